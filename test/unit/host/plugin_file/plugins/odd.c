/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* No manifest, and what a plugin had better not have; see also its flags in the Jamfile. */
__attribute__((visibility("default"), weak)) int weak_one = 1;

#ifndef WITHOUT_UNIQUE
__asm__(".data\n.globl unique_one\n.type unique_one, @gnu_unique_object\n.size unique_one, 4\nunique_one: .long 1\n.text");
#endif
