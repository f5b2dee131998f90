#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# build.sh INCLUDE: builds the plugins of this folder with the headers in INCLUDE, as they were built when ABI 1.0-rc
# was made, and writes SHA256SUMS. What is kept in the tree is never built anew: it stands for plugins out there.
set -eu
include=$1
cd "$(dirname "$0")"
flags="-I$include -O2 -fPIC -fvisibility=hidden -shared -s -Wl,-z,now -Wl,-z,defs -Wl,--build-id=none"
gcc -std=c11 $flags powers.c -o c-gcc.so
g++ -std=c++17 $flags -fno-gnu-unique powers.cpp -o cpp-gcc.so
clang++ -std=c++17 $flags powers.cpp -o cpp-clang.so
g++ -std=c++17 $flags -fno-gnu-unique -ffunction-sections -fdata-sections -Wl,--gc-sections -Wl,--exclude-libs,ALL \
	-static-libstdc++ -static-libgcc powers.cpp -o cpp-gcc-static.so
sha256sum *.so powers.c powers.cpp build.sh transcript.txt > SHA256SUMS
