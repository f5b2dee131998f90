// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/xdp_filter.hpp"

#include "bpf/prefix_table.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace tmon {

namespace {

// Returns once no CPU runs a program that has just been taken out: programs run inside RCU read sections.
void wait_for_all_cpus() {
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0)
		std::this_thread::sleep_for(std::chrono::milliseconds(100));
}

} // namespace

XdpFilter::XdpFilter(const FilterOptions& options)
    : interfaces_(options.interfaces), maps_({interfaces_.size(), options.ring_bytes, options.block_list}),
      attachments_(interfaces_.size()) {
	generation_ = prepare(options.rules);
	maps_.state().generation = generation_->number();
	maps_.state().next_entry_id = generation_->next_entry_id();
}

const Attachment& XdpFilter::attach(std::size_t interface, XdpMode mode) {
	return attachments_[interface] = Attachment(program_descriptor(interface), interfaces_[interface], mode);
}

const Attachment& XdpFilter::attach_again(std::size_t interface, const Interface& now, XdpMode mode) {
	attachments_[interface].release();
	interfaces_[interface] = now;
	return attach(interface, mode);
}

std::unique_ptr<Generation> XdpFilter::prepare(const Rules& rules) const {
	const tmon_filter_state& state = maps_.state();
	uint64_t first = std::max<uint64_t>(state.next_entry_id, 1);
	// After a thousand million entries the ids begin anew; no reader lags that far behind.
	if (first + rules.policy.entries.size() > TMON_DECISION_ENTRY_MAX)
		first = 1;
	return std::make_unique<Generation>(rules, maps_, state.generation + 1, static_cast<uint32_t>(first));
}

void XdpFilter::exchange(std::unique_ptr<Generation> next) {
	std::vector<std::size_t> done;
	try {
		for (std::size_t i = 0; i < attachments_.size(); ++i) {
			if (!is_attached(i))
				continue; // gets it when it is back
			try {
				attachments_[i].update(next->program(i));
			} catch (const FilterError&) {
				if (!is_attached(i))
					continue; // has just gone
				throw;
			}
			done.push_back(i);
		}
	} catch (const FilterError& failed) {
		std::string text = failed.what();
		for (const std::size_t i : done) {
			try {
				attachments_[i].update(generation_->program(i));
			} catch (const FilterError& again) {
				text += std::string("; and back: ") + again.what();
			}
		}
		throw FilterError(text);
	}
	wait_for_all_cpus();
	tmon_filter_state& state = maps_.state();
	std::atomic_ref(state.generation).store(next->number());
	std::atomic_ref(state.next_entry_id).store(next->next_entry_id());
	generation_ = std::move(next);
}

void XdpFilter::detach() {
	for (Attachment& attachment : attachments_)
		attachment.release();
	wait_for_all_cpus();
}

} // namespace tmon
