#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# build.sh: builds the plugins and the test into the current directory. CXX and CC choose the compilers.
set -eu
src=$(dirname "$0")
: "${CXX:=g++}" "${CC:=gcc}" "${CXXFLAGS:=-O2 -Wall -Wextra}" "${CFLAGS:=-O2 -Wall -Wextra}"
flags=$(pkg-config --cflags --libs traffic-monitor-plugin)
case $($CXX --version) in *clang*) ;; *) flags="$flags $(pkg-config --variable=gcc_cflags traffic-monitor-plugin)" ;; esac

$CXX -std=c++17 $CXXFLAGS "$src/counter.cpp" -o counter.so $flags
$CXX -std=c++17 $CXXFLAGS "$src/port_watch.cpp" -o port-watch.so $flags
$CC -std=c11 $CFLAGS "$src/large_packets.c" -o large-packets.so $(pkg-config --cflags --libs traffic-monitor-plugin)
$CXX -std=c++17 $CXXFLAGS "$src/port_watch_test.cpp" -o port_watch_test \
	$(pkg-config --cflags traffic-monitor-plugin) -ldl -pthread
