// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The XDP program in the kernel: loaded, attached, counted, detached.
#pragma once

#include "bpf/counters.h"
#include "bpf/ring_layout.h"
#include "host/config/config.hpp"
#include "host/policy/prefix_table.hpp"
#include "host/system/fd.hpp"
#include "host/system/interfaces.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct xdp_filter; // the skeleton

namespace tmon {

// The kernel refused something; the text says what, why, and what to do.
struct FilterError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

struct FilterOptions {
	Policy policy;
	std::vector<Interface> interfaces; // at least one
	bool drop = false;
	bool trace = false;
	uint64_t ring_bytes = 4u << 20;
};

// How an interface was attached, and why not natively where that was asked for or tried.
struct Attachment {
	bool native = false;
	std::string note; // empty when there is nothing to say
};

// Owns the programs (one for each interface, sharing all maps), the maps and the links. When it is
// destroyed, or the process dies, nothing stays attached.
class XdpFilter {
public:
	// Loads without attaching. Throws FilterError or RingError.
	explicit XdpFilter(FilterOptions options);
	~XdpFilter();
	XdpFilter(const XdpFilter&) = delete;
	XdpFilter& operator=(const XdpFilter&) = delete;

	const std::vector<Interface>& interfaces() const noexcept { return options_.interfaces; }

	// Attaches to one interface. Never replaces a program that is already there. Throws FilterError.
	Attachment attach(std::size_t interface, XdpMode mode);

	// False once the kernel has detached the program because the interface is gone. Throws FilterError.
	bool is_attached(std::size_t interface) const;

	// Detaches from all interfaces and returns once no CPU runs the program any more: counters and rings
	// are final.
	void detach();

	// Counters of one interface, summed over the CPUs. Throws FilterError.
	tmon_counters counters(std::size_t interface) const;

	// The frozen region of event rings; see host/ring/event_rings.hpp.
	int rings_descriptor() const;
	// Readable when the doorbell has been rung, and the flag that arms it; see doorbell.hpp.
	int doorbell_descriptor() const;
	uint64_t* doorbell_armed() const;
	// For BPF_PROG_TEST_RUN.
	int program_descriptor(std::size_t interface) const;

private:
	struct CloseSkeleton {
		void operator()(::xdp_filter* skeleton) const noexcept;
	};

	void load_program(std::size_t interface, const tmon_rings& layout, const PrefixTable& table_v4,
	                  const PrefixTable& table_v6);
	void publish_rings(const tmon_rings& layout);
	const ::xdp_filter& first() const { return *programs_.front(); }

	FilterOptions options_;
	std::vector<std::unique_ptr<::xdp_filter, CloseSkeleton>> programs_;
	std::vector<Fd> links_; // per interface; empty where not attached
};

// Highest CPU number this kernel may ever bring up, plus 1.
uint32_t possible_cpus();

} // namespace tmon
