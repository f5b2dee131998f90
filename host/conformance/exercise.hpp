// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/case_list.hpp"
#include "host/conformance/events.hpp"
#include "host/conformance/instance.hpp"

#include <memory>
#include <string>

namespace tmon {

// What the process has of its own: to see whether a plugin leaves something behind.
class ProcessUsage {
public:
	// Opens what it needs; before the sandbox, which would not let it.
	ProcessUsage();

	uint64_t heap_bytes() const;
	uint64_t mapped_bytes() const;
	unsigned descriptors() const;
	unsigned threads() const;

private:
	Fd tasks_, statm_;
};

// What a case has to work with.
class Exercise {
public:
	// All outlive it.
	Exercise(const CaseOrder& what, const std::vector<std::string>& said, const PluginModule& module, HostServices& services,
	         RunnerPage& page, Reporter& to, const ProcessUsage& process)
	    : order(what), capabilities(said), reporter(to), usage(process), random(what.seed),
	      around_{module, page, to, what.deadline_ms}, services_(services) {}

	WatchedHost& host(std::size_t tail = 0) { return WatchedHost::make(services_, reporter, tail); }

	// An instance that has not been created.
	std::unique_ptr<Instance> bare(WatchedHost& host) { return std::make_unique<Instance>(around_, host); }
	// One with the sound configuration; the case ends when there is none.
	std::unique_ptr<Instance> sound(WatchedHost& host);
	std::unique_ptr<Instance> sound() { return sound(host()); }

	// Everything that it can do, once, in a sensible order, up to the end of the events.
	void use(Instance& instance, EventKind kind = EventKind::plausible, const StructShape& shape = {});

	const CaseOrder& order;
	const std::vector<std::string>& capabilities; // of the manifest
	Reporter& reporter;
	const ProcessUsage& usage;
	Random random;

private:
	const Instance::Surroundings around_;
	HostServices& services_;
};

tmon_tick make_tick(uint64_t now_ns, uint32_t flags = 0);

// Runs the case that the order names. False when there is none of that name.
bool run_case(Exercise& exercise);

} // namespace tmon
