// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/xdp_filter.hpp"

#include "host/filter/load_log.hpp"
#include "host/filter/table_maps.hpp"
#include "host/ring/event_rings.hpp"
#include "xdp_filter.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

namespace tmon {

namespace {

std::string reason(int error) { return std::strerror(error < 0 ? -error : error); }

// Whoever sits on an interface already: "program 17 (xdp_other)".
std::string foreign_program(int ifindex) {
	__u32 id = 0;
	if (bpf_xdp_query_id(ifindex, 0, &id) != 0 || id == 0)
		return "another program";
	std::string text = "program " + std::to_string(id);
	if (const Fd program{bpf_prog_get_fd_by_id(id)}; program) {
		bpf_prog_info info{};
		__u32 size = sizeof info;
		if (bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0)
			text += std::string(" (") + info.name + ")";
	}
	return text;
}

std::string explain_attach(int error, int ifindex) {
	switch (error) {
	case EBUSY:
	case EEXIST:
		return foreign_program(ifindex) + " is attached already and is not replaced; detach it first";
	case EOPNOTSUPP:
		return "the driver has no native XDP";
	case ERANGE:
	case EINVAL:
		return reason(error) + " (an MTU above one page, or a feature of the interface that excludes XDP)";
	case EPERM:
		return reason(error) + ": CAP_NET_ADMIN and CAP_BPF are needed";
	default:
		return reason(error);
	}
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

void XdpFilter::CloseSkeleton::operator()(::xdp_filter* skeleton) const noexcept { xdp_filter__destroy(skeleton); }

XdpFilter::XdpFilter(FilterOptions options) : options_(std::move(options)) {
	const tmon_rings layout = lay_out_rings(possible_cpus(), options_.ring_bytes);
	links_.resize(options_.interfaces.size());
	const PrefixTable v4 = build_prefix_table(options_.policy.entries, 4, 1);
	const PrefixTable v6 = build_prefix_table(options_.policy.entries, 6, 1);
	for (std::size_t i = 0; i < options_.interfaces.size(); ++i)
		load_program(i, layout, v4, v6);
	fill_table_map(programs_.front()->obj, v4);
	fill_table_map(programs_.front()->obj, v6);
	publish_rings(layout);
}

XdpFilter::~XdpFilter() = default;

void XdpFilter::load_program(std::size_t interface, const tmon_rings& layout, const PrefixTable& table_v4,
                             const PrefixTable& table_v6) {
	const LoadLog log;
	programs_.emplace_back(xdp_filter__open());
	::xdp_filter* program = programs_.back().get();
	if (!program)
		throw FilterError("cannot open the XDP program: " + reason(errno));
	prepare_table_map(program->obj, table_v4);
	prepare_table_map(program->obj, table_v6);
	program->rodata->drop_mode = options_.drop;
	program->rodata->trace = options_.trace;
	program->rodata->interface_index = static_cast<uint32_t>(interface);
	program->rodata->ring_slots_index = static_cast<uint32_t>(layout.slots_offset / TMON_RING_UNIT);
	program->rodata->ring_slots_shift = static_cast<uint32_t>(std::countr_zero(layout.slots));
	bpf_map__set_max_entries(program->maps.counters, static_cast<uint32_t>(options_.interfaces.size()));
	bpf_map__set_max_entries(program->maps.event_rings, static_cast<uint32_t>(layout.size / TMON_RING_UNIT));
	if (interface > 0) {
		const auto& shared = first().maps;
		bpf_map__reuse_fd(program->maps.prefixes_v4, bpf_map__fd(shared.prefixes_v4));
		bpf_map__reuse_fd(program->maps.prefixes_v6, bpf_map__fd(shared.prefixes_v6));
		bpf_map__reuse_fd(program->maps.counters, bpf_map__fd(shared.counters));
		bpf_map__reuse_fd(program->maps.event_rings, bpf_map__fd(shared.event_rings));
		bpf_map__reuse_fd(program->maps.bss, bpf_map__fd(shared.bss));
		bpf_map__reuse_fd(program->maps.doorbell, bpf_map__fd(shared.doorbell));
	}
	if (const int error = xdp_filter__load(program); error != 0)
		throw FilterError("the kernel refused the XDP program: " + reason(error) + "\n" +
		                  explain_refusal(log.text()));
}

void XdpFilter::publish_rings(const tmon_rings& layout) {
	const int rings = rings_descriptor();
	const uint32_t header = 0;
	if (bpf_map_update_elem(rings, &header, &layout, BPF_ANY) != 0)
		throw FilterError("cannot write the header of the event rings: " + reason(errno));
	// From here on only the program can write them, whoever holds the descriptor.
	if (const int error = bpf_map_freeze(rings); error != 0)
		throw FilterError("cannot freeze the event rings: " + reason(error));
}

Attachment XdpFilter::attach(std::size_t interface, XdpMode mode) {
	const Interface& where = options_.interfaces[interface];
	const auto ifindex = static_cast<int>(where.ifindex);
	const auto try_mode = [&](__u32 flags) {
		LIBBPF_OPTS(bpf_link_create_opts, attach_options, .flags = flags);
		const int link = bpf_link_create(program_descriptor(interface), ifindex, BPF_XDP, &attach_options);
		if (link >= 0)
			links_[interface] = Fd(link);
		return link < 0 ? -link : 0;
	};
	const auto refuse = [&](const char* how, int error) {
		throw FilterError("cannot attach to " + where.name + " (" + how + " mode): " + explain_attach(error, ifindex));
	};

	if (mode == XdpMode::generic) {
		if (const int error = try_mode(XDP_FLAGS_SKB_MODE); error != 0)
			refuse("generic", error);
		return {false, {}};
	}
	const int native_error = try_mode(XDP_FLAGS_DRV_MODE);
	if (native_error == 0)
		return {true, {}};
	// A foreign program is no reason to try elsewhere, and neither is a lack of rights.
	if (mode == XdpMode::native || native_error == EBUSY || native_error == EEXIST || native_error == EPERM)
		refuse("native", native_error);
	if (const int error = try_mode(XDP_FLAGS_SKB_MODE); error != 0)
		refuse("generic", error);
	return {false, "native mode is not available: " + explain_attach(native_error, ifindex)};
}

bool XdpFilter::is_attached(std::size_t interface) const {
	if (!links_[interface])
		return false;
	bpf_link_info info{};
	__u32 size = sizeof info;
	if (bpf_obj_get_info_by_fd(links_[interface].get(), &info, &size) != 0)
		throw FilterError("cannot ask for the link of " + options_.interfaces[interface].name + ": " + reason(errno));
	return info.xdp.ifindex != 0;
}

void XdpFilter::detach() {
	for (Fd& link : links_)
		link.reset();
	// The program runs inside RCU read sections; this waits for all of them to end.
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

tmon_counters XdpFilter::counters(std::size_t interface) const {
	const int cpus = libbpf_num_possible_cpus();
	if (cpus <= 0)
		throw FilterError("cannot tell how many CPUs there are: " + reason(cpus));
	std::vector<tmon_counters> each(static_cast<std::size_t>(cpus));
	const auto key = static_cast<uint32_t>(interface);
	if (bpf_map_lookup_elem(bpf_map__fd(first().maps.counters), &key, each.data()) != 0)
		throw FilterError("cannot read the counters: " + reason(errno));
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

int XdpFilter::rings_descriptor() const { return bpf_map__fd(first().maps.event_rings); }
int XdpFilter::doorbell_descriptor() const { return bpf_map__fd(first().maps.doorbell); }
uint64_t* XdpFilter::doorbell_armed() const { return &first().bss->doorbell_armed; }
int XdpFilter::program_descriptor(std::size_t interface) const {
	return bpf_program__fd(programs_[interface]->progs.xdp_filter);
}

} // namespace tmon
