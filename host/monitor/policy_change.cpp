// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/policy_change.hpp"

#include "host/diagnostics/log.hpp"
#include "host/monitor/lock_out.hpp"
#include "host/supervise/runner_names.hpp"
#include "host/system/clock.hpp"

#include <exception>
#include <new>
#include <utility>

namespace tmon {

namespace {

std::shared_ptr<const EntryNames> names_of(const Generation& generation, const Policy& policy) {
	if (generation.next_entry_id() == generation.first_entry_id())
		return nullptr;
	return name_entries(policy, generation.first_entry_id());
}

} // namespace

Rules rules_of(const Config& config) {
	return {config.policy, config.drop_packets, config.dry_run, config.bpf_trace};
}

bool is_on_approval(const Config& config) { return config.drop_packets && config.confirm && !config.dry_run; }

std::string describe_policy(const Config& config, const PolicyCounts& counts) {
	std::string text = std::to_string(counts.of(EntryClass::permitted)) + " permitted prefixes";
	if (const std::size_t denied = counts.of(EntryClass::denied))
		text += ", " + std::to_string(denied) + " denied";
	if (const std::size_t spared = counts.of(EntryClass::never_drop))
		text += ", " + std::to_string(spared) + " never dropped";
	return text + (!config.drop_packets ? "; what is not permitted is reported"
	               : config.dry_run     ? "; what is not permitted is reported, and would be dropped (dry run)"
	                                    : "; what is not permitted is reported and dropped");
}

bool PolicyChange::is_same(const Config& next) const {
	return same_entries(next.policy, config_.policy) && next.drop_packets == config_.drop_packets &&
	       next.confirm == config_.confirm && confirmation_.state() != Confirmation::State::reverted;
}

bool PolicyChange::prepare(const Config& next) {
	discard();
	if (is_same(next))
		return true;
	try {
		if (!may_drop(next, filter_.interfaces()))
			return false;
		Rules rules = rules_of(next);
		rules.dry_run = config_.dry_run;
		rules.trace = config_.bpf_trace;
		prepared_ = filter_.prepare(rules);
		names_ = names_of(*prepared_, next.policy);
		return true;
	} catch (const std::bad_alloc&) {
		log_error("there is not enough memory for the new policy");
	} catch (const std::exception& error) {
		log_error(error.what());
	}
	discard();
	return false;
}

bool PolicyChange::put_in_force(Config& next) {
	if (!prepared_)
		return true;
	const bool on_approval = is_on_approval(next) && !config_.dry_run;
	// Its end before its beginning, and the names before the events: whatever becomes of us in between.
	const Confirmation::Saved before = confirmation_.save();
	if (on_approval)
		confirmation_.begin(*next.confirm);
	std::vector<std::string> absent;
	try {
		if (names_)
			supervisor_.set_entry_names(std::exchange(names_, nullptr));
		absent = filter_.exchange(std::move(prepared_));
	} catch (const std::exception& error) {
		confirmation_.restore(before);
		log_error(std::string(error.what()) + "; the policy stays as it was");
		return false;
	}
	if (!on_approval)
		confirmation_.cancel();
	since_ns_ = clock_ns(CLOCK_REALTIME);
	config_.policy = std::move(next.policy);
	config_.drop_packets = next.drop_packets;
	config_.confirm = next.confirm;
	log_info("policy " + std::to_string(filter_.generation().number()) + " is in force: " +
	         describe_policy(config_, filter_.generation().counts()));
	for (const std::string& name : absent)
		log_warning("nothing is attached to " + name + " now: it gets the policy when it is watched again");
	return true;
}

void PolicyChange::discard() {
	prepared_.reset();
	names_.reset();
}

void PolicyChange::name_entries() const {
	if (auto names = names_of(filter_.generation(), config_.policy))
		supervisor_.set_entry_names(std::move(names));
}

} // namespace tmon
