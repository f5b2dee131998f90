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
    : interfaces_(options.interfaces), ring_bytes_(options.ring_bytes), block_list_(options.block_list), pin_(options.pin),
      pinned_(pin_ ? find_pinned(interfaces_, sizes()) : std::nullopt),
      maps_(pinned_ ? SharedMaps(std::move(pinned_->maps), sizes()) : SharedMaps(sizes())),
      attachments_(interfaces_.size()) {
	generation_ = prepare(options.rules);
	if (!pinned_)
		note_generation();
}

void XdpFilter::note_generation() {
	tmon_filter_state& state = maps_.state();
	std::atomic_ref(state.generation).store(generation_->number());
	std::atomic_ref(state.next_entry_id).store(generation_->next_entry_id());
}

// Takes over the link of an earlier run, and has it run the present generation. Returns the program that it ran
// before.
Fd XdpFilter::adopt(std::size_t interface, XdpMode mode) {
	Attachment adopted(std::move(pinned_->links[interface]), interfaces_[interface], mode);
	Fd before = adopted.program();
	adopted.update(program_descriptor(interface));
	attachments_[interface] = std::move(adopted);
	return before;
}

void XdpFilter::attach(XdpMode mode) {
	std::vector<std::pair<std::size_t, Fd>> adopted; // with what they ran before
	try {
		// What can fail first: the others only exchange a program.
		for (std::size_t i = 0; i < interfaces_.size(); ++i) {
			if (pinned_ && pinned_->links[i])
				continue;
			attachments_[i] = Attachment(program_descriptor(i), interfaces_[i], mode);
			if (pinned_)
				not_adopted_.push_back(interfaces_[i].name);
		}
		for (std::size_t i = 0; i < interfaces_.size(); ++i) {
			if (!attachments_[i])
				adopted.emplace_back(i, adopt(i, mode));
		}
		if (pin_) {
			std::vector<int> links;
			for (const Attachment& attachment : attachments_)
				links.push_back(attachment.link());
			pin_filter(interfaces_, maps_, sizes(), links);
		}
	} catch (...) {
		for (auto& [interface, before] : adopted) {
			if (before)
				attachments_[interface].update(before.get());
		}
		detach();
		throw;
	}
	if (pinned_) {
		wait_for_all_cpus();
		note_generation();
	}
}

const Attachment& XdpFilter::attach_again(std::size_t interface, const Interface& now, XdpMode mode) {
	attachments_[interface].release();
	interfaces_[interface] = now;
	attachments_[interface] = Attachment(program_descriptor(interface), now, mode);
	if (pin_)
		pin_link(now, attachments_[interface].link());
	return attachments_[interface];
}

std::unique_ptr<Generation> XdpFilter::prepare(const Rules& rules) const {
	const tmon_filter_state& state = maps_.state();
	uint64_t first = std::max<uint64_t>(state.next_entry_id, 1);
	// After a thousand million entries the ids begin anew; no reader lags that far behind.
	if (first + rules.policy.entries.size() > TMON_DECISION_ENTRY_MAX)
		first = 1;
	return std::make_unique<Generation>(rules, maps_, state.generation + 1, static_cast<uint32_t>(first));
}

std::vector<std::string> XdpFilter::exchange(std::unique_ptr<Generation> next) {
	std::vector<std::size_t> done;
	std::vector<std::string> absent; // get it when they are back
	try {
		for (std::size_t i = 0; i < attachments_.size(); ++i) {
			if (!is_attached(i)) {
				absent.push_back(interfaces_[i].name);
				continue;
			}
			try {
				attachments_[i].update(next->program(i));
			} catch (const FilterError&) {
				if (is_attached(i))
					throw;
				absent.push_back(interfaces_[i].name); // has just gone
				continue;
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
	generation_ = std::move(next);
	note_generation();
	return absent;
}

void XdpFilter::detach() {
	for (Attachment& attachment : attachments_)
		attachment.release();
	wait_for_all_cpus();
}

} // namespace tmon
