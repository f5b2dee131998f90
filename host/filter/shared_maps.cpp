// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/shared_maps.hpp"

#include "host/filter/filter_error.hpp"
#include "host/ring/event_rings.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace tmon {

namespace {

struct Shape {
	bpf_map_type type;
	uint32_t key_size, value_size, max_entries, flags;
};

std::array<Shape, SharedMaps::kMaps> shapes(const SharedMapSizes& sizes, const tmon_rings& layout) {
	const auto interfaces = static_cast<uint32_t>(sizes.interfaces);
	return {{
	    {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), TMON_RING_UNIT, static_cast<uint32_t>(layout.size / TMON_RING_UNIT),
	     BPF_F_MMAPABLE},
	    {BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint32_t), sizeof(tmon_counters), interfaces, 0},
	    {BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0},
	    {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(tmon_filter_state), 1, BPF_F_MMAPABLE},
	    {BPF_MAP_TYPE_HASH, sizeof(tmon_block_key_v4), sizeof(uint64_t), sizes.block_list, BPF_F_NO_PREALLOC},
	    {BPF_MAP_TYPE_HASH, sizeof(tmon_block_key_v6), sizeof(uint64_t), sizes.block_list, BPF_F_NO_PREALLOC},
	}};
}

Fd make_map(const char* name, const Shape& shape) {
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = shape.flags);
	const int map = bpf_map_create(shape.type, name, shape.key_size, shape.value_size, shape.max_entries, &options);
	if (map < 0)
		throw FilterError("cannot make the map " + std::string(name) + " of " + std::to_string(shape.max_entries) +
		                  " entries: " + errno_text(map));
	return Fd(map);
}

void check_shape(const char* name, int map, const Shape& wanted) {
	bpf_map_info info{};
	__u32 size = sizeof info;
	if (bpf_obj_get_info_by_fd(map, &info, &size) != 0)
		throw FilterError("cannot look at the pinned map " + std::string(name) + ": " + errno_text(errno));
	if (info.type != wanted.type || info.key_size != wanted.key_size || info.value_size != wanted.value_size)
		throw FilterError("the pinned map " + std::string(name) + " is of another version of this program");
	if (info.max_entries != wanted.max_entries)
		throw FilterError("the pinned map " + std::string(name) + " has " + std::to_string(info.max_entries) +
		                  " entries, and this configuration wants " + std::to_string(wanted.max_entries));
}

} // namespace

uint32_t possible_cpus() {
	std::string text;
	std::getline(std::ifstream("/sys/devices/system/cpu/possible"), text);
	const std::size_t start = text.find_last_of("-,") + 1;
	uint32_t last = 0;
	const auto result = std::from_chars(text.data() + start, text.data() + text.size(), last);
	if (result.ec != std::errc{})
		throw FilterError("cannot tell how many CPUs there are from /sys/devices/system/cpu/possible");
	return last + 1;
}

SharedMaps::SharedMaps(const SharedMapSizes& sizes) : layout_(lay_out_rings(possible_cpus(), sizes.ring_bytes)) {
	const auto wanted = shapes(sizes, layout_);
	for (std::size_t i = 0; i < kMaps; ++i)
		maps_[i] = make_map(kNames[i], wanted[i]);
	const int rings = descriptor(Map::event_rings);
	const uint32_t header = 0;
	if (bpf_map_update_elem(rings, &header, &layout_, BPF_ANY) != 0)
		throw FilterError("cannot write the header of the event rings: " + errno_text(errno));
	if (const int error = bpf_map_freeze(rings); error != 0)
		throw FilterError("cannot freeze the event rings: " + errno_text(error));
	map_state();
}

SharedMaps::SharedMaps(std::array<Fd, kMaps> maps, const SharedMapSizes& sizes)
    : layout_(lay_out_rings(possible_cpus(), sizes.ring_bytes)), maps_(std::move(maps)) {
	const auto wanted = shapes(sizes, layout_);
	for (std::size_t i = 0; i < kMaps; ++i)
		check_shape(kNames[i], maps_[i].get(), wanted[i]);
	map_state();
}

SharedMaps::~SharedMaps() { munmap(state_, sizeof *state_); }

void SharedMaps::map_state() {
	void* at = mmap(nullptr, sizeof *state_, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor(Map::state), 0);
	if (at == MAP_FAILED)
		throw FilterError("cannot map the state of the filter: " + errno_text(errno));
	state_ = static_cast<tmon_filter_state*>(at);
}

tmon_counters SharedMaps::counters(std::size_t interface) const {
	const int cpus = libbpf_num_possible_cpus();
	if (cpus <= 0)
		throw FilterError("cannot tell how many CPUs there are: " + errno_text(cpus));
	std::vector<tmon_counters> each(static_cast<std::size_t>(cpus));
	const auto key = static_cast<uint32_t>(interface);
	if (bpf_map_lookup_elem(descriptor(Map::counters), &key, each.data()) != 0)
		throw FilterError("cannot read the counters: " + errno_text(errno));
	static_assert(sizeof(tmon_counters) % sizeof(uint64_t) == 0);
	tmon_counters sum{};
	auto* total = reinterpret_cast<unsigned char*>(&sum);
	for (const tmon_counters& one : each) {
		for (std::size_t at = 0; at < sizeof sum; at += sizeof(uint64_t)) {
			uint64_t a, b;
			std::memcpy(&a, total + at, sizeof a);
			std::memcpy(&b, reinterpret_cast<const unsigned char*>(&one) + at, sizeof b);
			a += b;
			std::memcpy(total + at, &a, sizeof a);
		}
	}
	return sum;
}

} // namespace tmon
