// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/generation.hpp"

#include "host/filter/filter_error.hpp"
#include "host/filter/load_log.hpp"
#include "host/filter/table_maps.hpp"
#include "xdp_filter.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace tmon {

void Generation::CloseSkeleton::operator()(::xdp_filter* skeleton) const noexcept { xdp_filter__destroy(skeleton); }

Generation::Generation(const Rules& rules, const SharedMaps& shared, uint64_t number, uint32_t first_entry_id)
    : number_(number), first_entry_id_(first_entry_id), counts_(count_entries(rules.policy)), drops_(rules.drop),
      dry_run_(rules.dry_run) {
	const Tables tables{build_prefix_table(rules.policy.entries, 4, first_entry_id),
	                    build_prefix_table(rules.policy.entries, 6, first_entry_id)};
	next_entry_id_ = first_entry_id + static_cast<uint32_t>(counts_.of(EntryClass::denied) + counts_.of(EntryClass::never_drop));
	bpf_map_info counters{};
	__u32 size = sizeof counters;
	if (bpf_obj_get_info_by_fd(shared.descriptor(SharedMaps::Map::counters), &counters, &size) != 0)
		throw FilterError("cannot look at the counters: " + errno_text(errno));
	for (std::size_t i = 0; i < counters.max_entries; ++i)
		load_program(rules, tables, shared, i);
	fill_table_map(programs_.front()->obj, tables.v4);
	fill_table_map(programs_.front()->obj, tables.v6);
}

Generation::~Generation() = default;

void Generation::load_program(const Rules& rules, const Tables& tables, const SharedMaps& shared,
                              std::size_t interface) {
	const LoadLog log;
	programs_.emplace_back(xdp_filter__open());
	::xdp_filter* program = programs_.back().get();
	if (!program)
		throw FilterError("cannot open the XDP program: " + errno_text(errno));
	prepare_table_map(program->obj, tables.v4);
	prepare_table_map(program->obj, tables.v6);
	program->rodata->drop_mode = rules.drop;
	program->rodata->dry_run = rules.dry_run;
	program->rodata->trace = rules.trace;
	program->rodata->interface_index = static_cast<uint32_t>(interface);
	const tmon_rings& layout = shared.layout();
	program->rodata->ring_slots_index = static_cast<uint32_t>(layout.slots_offset / TMON_RING_UNIT);
	program->rodata->ring_slots_shift = static_cast<uint32_t>(std::countr_zero(layout.slots));
	const auto reuse = [](bpf_map* map, int descriptor) {
		if (const int error = bpf_map__reuse_fd(map, descriptor); error != 0)
			throw FilterError("cannot share the map " + std::string(bpf_map__name(map)) + ": " + errno_text(error));
	};
	using Map = SharedMaps::Map;
	reuse(program->maps.event_rings, shared.descriptor(Map::event_rings));
	reuse(program->maps.counters, shared.descriptor(Map::counters));
	reuse(program->maps.doorbell, shared.descriptor(Map::doorbell));
	reuse(program->maps.bss, shared.descriptor(Map::state));
	reuse(program->maps.blocked_v4, shared.descriptor(Map::blocked_v4));
	reuse(program->maps.blocked_v6, shared.descriptor(Map::blocked_v6));
	if (interface > 0) {
		reuse(program->maps.prefixes_v4, bpf_map__fd(programs_.front()->maps.prefixes_v4));
		reuse(program->maps.prefixes_v6, bpf_map__fd(programs_.front()->maps.prefixes_v6));
	}
	if (const int error = xdp_filter__load(program); error != 0)
		throw FilterError("the kernel refused the XDP program: " + errno_text(error) + "\n" +
		                  explain_refusal(log.text()));
}

int Generation::program(std::size_t interface) const {
	return bpf_program__fd(programs_[interface]->progs.xdp_filter);
}

} // namespace tmon
