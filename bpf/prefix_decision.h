/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the policy says of a source address, in 32 bits. */
#ifndef TMON_BPF_PREFIX_DECISION_H
#define TMON_BPF_PREFIX_DECISION_H

#define TMON_DECISION_DENIED 0u                  /* no entry covers the address */
#define TMON_DECISION_PERMITTED 0x80000000u
#define TMON_DECISION_NEVER_DROP 0x40000000u     /* denied, and passed in drop mode too */
#define TMON_DECISION_BLOCKED 0x20000000u        /* on the block list; never together with NEVER_DROP or PERMITTED */
#define TMON_DECISION_ENTRY(decision) ((decision) & 0x1fffffffu) /* id of the deciding entry when denied; 0: none */
#define TMON_ENTRY_ID_MAX 0x1fffffffu

#endif
