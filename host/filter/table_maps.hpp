// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A prefix table in the maps and constants of a BPF program that includes bpf/lookup.bpf.h.
#pragma once

#include "host/policy/prefix_table.hpp"

#include <cstdint>

struct bpf_object;

namespace tmon {

// Before the object is loaded: sizes the map of the table's family and gives the program the geometry. Throws
// FilterError.
void prepare_table_map(::bpf_object* object, const PrefixTable& table);

// After the object is loaded: writes the table through one mapping, freezes the map, and reads it back. Throws
// FilterError; the object is not to be used then.
void fill_table_map(::bpf_object* object, const PrefixTable& table);

// Compares what the kernel holds with the table, geometry included. Throws FilterError naming what differs.
void check_table_map(const ::bpf_object* object, const PrefixTable& table);

} // namespace tmon
