// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The XDP program in the kernel: loaded, attached, counted, exchanged, detached.
#pragma once

#include "host/filter/attachment.hpp"
#include "host/filter/filter_error.hpp"
#include "host/filter/generation.hpp"
#include "host/filter/pinned.hpp"
#include "host/filter/rules.hpp"
#include "host/filter/shared_maps.hpp"
#include "host/system/interfaces.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tmon {

struct FilterOptions {
	Rules rules;
	std::vector<Interface> interfaces; // at least one
	uint64_t ring_bytes = 4u << 20;
	uint32_t block_list = 131072; // entries of each family
	bool pin = false; // what is attached stays when the process ends, and what an earlier run has left is taken over
};

// Owns the maps, the present generation of programs and the links. When it is destroyed, or the process dies, nothing
// stays attached, unless it is to be pinned.
class XdpFilter {
public:
	// Loads without attaching. Throws FilterError or RingError.
	explicit XdpFilter(const FilterOptions& options);

	const std::vector<Interface>& interfaces() const noexcept { return interfaces_; }

	// Whether maps and counters go on where an earlier run has left them.
	bool has_adopted() const noexcept { return bool(pinned_); }
	// Where they do, the interfaces that were not attached any more.
	const std::vector<std::string>& not_adopted() const noexcept { return not_adopted_; }

	// Attaches to every interface, or to none. Never replaces a program of somebody else. Throws FilterError.
	void attach(XdpMode mode);
	// Attaches to one that was gone and is back, under another ifindex. Throws FilterError.
	const Attachment& attach_again(std::size_t interface, const Interface& now, XdpMode mode);

	const Attachment& attachment(std::size_t interface) const { return attachments_[interface]; }
	// False when it is not attached, or not any more because the interface is gone. Throws FilterError.
	bool is_attached(std::size_t interface) const { return attachments_[interface].holds(); }

	// Another policy is made ready beside the present one. Throws FilterError; nothing has changed then.
	std::unique_ptr<Generation> prepare(const Rules& rules) const;
	// Every interface runs it from its next packet on, or, when one refuses, none does and FilterError is thrown. Returns
	// the names of those that nothing is attached to now.
	std::vector<std::string> exchange(std::unique_ptr<Generation> next);
	const Generation& generation() const noexcept { return *generation_; }

	// Detaches from all interfaces and returns once no CPU runs the program any more: counters and rings
	// are final. What is pinned goes on.
	void detach();

	SharedMaps& maps() noexcept { return maps_; }
	const SharedMaps& maps() const noexcept { return maps_; }

	// Counters of one interface, summed over the CPUs. Throws FilterError.
	tmon_counters counters(std::size_t interface) const { return maps_.counters(interface); }
	// The frozen region of event rings; see host/ring/event_rings.hpp.
	int rings_descriptor() const noexcept { return maps_.descriptor(SharedMaps::Map::event_rings); }

	// For BPF_PROG_TEST_RUN.
	int program_descriptor(std::size_t interface) const { return generation_->program(interface); }

private:
	SharedMapSizes sizes() const { return {interfaces_.size(), ring_bytes_, block_list_}; }
	Fd adopt(std::size_t interface, XdpMode mode);
	void note_generation();

	std::vector<Interface> interfaces_;
	uint64_t ring_bytes_;
	uint32_t block_list_;
	bool pin_;
	std::optional<PinnedFilter> pinned_; // what was found, without what has been taken over
	SharedMaps maps_;
	std::vector<std::string> not_adopted_;
	std::unique_ptr<Generation> generation_;
	std::vector<Attachment> attachments_; // per interface
};

} // namespace tmon
