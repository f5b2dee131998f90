// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/answers.hpp"

#include "host/policy/match.hpp"
#include "host/system/clock.hpp"

#include <chrono>

namespace tmon {

namespace {

uint64_t seconds_up(std::chrono::nanoseconds left) {
	return static_cast<uint64_t>(std::chrono::ceil<std::chrono::seconds>(left).count());
}

BlockEntry to_entry(const Blocking::Entry& entry) {
	return {entry.prefix, seconds_up(entry.left), entry.by, entry.reason};
}

EntryCounts counts_of(const PolicyCounts& counts, EntryClass kind) {
	const auto at = static_cast<std::size_t>(kind);
	return {counts.v4[at], counts.v6[at]};
}

std::string place_of(const PolicyEntry& entry, const Policy& policy) {
	if (entry.place.file >= policy.files.size())
		return {};
	std::string text = policy.files[entry.place.file];
	if (entry.place.line > 0)
		text += ":" + std::to_string(entry.place.line) + ":" + std::to_string(entry.place.column);
	return text;
}

} // namespace

DropStatus Answers::drop() const {
	DropStatus drop;
	drop.dry_run = run_.config.dry_run;
	if (!run_.config.drop_packets)
		return drop;
	switch (run_.confirmation.state()) {
	case Confirmation::State::none:
		drop.state = DropState::dropping;
		break;
	case Confirmation::State::waiting:
		drop.state = DropState::until_confirmed;
		drop.seconds_left = seconds_up(run_.confirmation.left());
		break;
	case Confirmation::State::reverted:
		drop.state = DropState::reverted;
		break;
	}
	return drop;
}

Status Answers::status() const {
	Status status;
	status.uptime = std::chrono::duration_cast<std::chrono::seconds>(
	    std::chrono::nanoseconds(clock_ns(CLOCK_MONOTONIC) - run_.started_ns));
	status.pinned = run_.config.pin;
	status.totals = run_.totals();
	const XdpFilter& filter = run_.source.filter();
	for (std::size_t i = 0; i < filter.interfaces().size(); ++i) {
		const InterfaceKeeper::Standing& standing = run_.keeper.standing(i);
		const Interface& interface = filter.interfaces()[i];
		status.interfaces.push_back({interface.name, interface.ifindex,
		                             filter.attachment(i).is_native() ? "native" : "generic", standing.since_ns,
		                             !standing.attached || !filter.is_attached(i)});
		for (const tmon_count& count : status.totals.interfaces[i].counters.verdicts[TMON_VERDICT_DENIED_BLOCKED])
			status.blocks.packets += count.packets;
	}
	const PolicyCounts& counts = filter.generation().counts();
	status.policy.generation = filter.generation().number();
	status.policy.since_ns = run_.policy_since_ns;
	status.policy.permitted = counts_of(counts, EntryClass::permitted);
	status.policy.denied = counts_of(counts, EntryClass::denied);
	status.policy.never_drop = counts_of(counts, EntryClass::never_drop);
	status.drop = drop();
	status.blocks.entries = run_.blocking.list().size();
	status.blocks.capacity = run_.blocking.list().capacity();
	for (const Supervisor::Standing& plugin : run_.supervisor.standings())
		status.plugins.push_back({plugin.name, plugin.id, plugin.version, plugin.state});
	return status;
}

CheckedAddress Answers::check(const Prefix& address) const {
	CheckedAddress checked;
	if (const auto blocked = run_.blocking.covering(address))
		checked.block = to_entry(*blocked);
	const auto entries = covering_entries(run_.config.policy, address);
	const PolicyEntry* deciding = entries.empty() ? nullptr : entries.front();
	if (deciding)
		checked.entry = {deciding->prefix, deciding->kind, deciding->name, place_of(*deciding, run_.config.policy)};
	const bool spared = deciding && deciding->kind == EntryClass::never_drop;
	const bool blocked = checked.block && !spared;
	checked.reported = blocked || !deciding || deciding->kind != EntryClass::permitted;
	const DropStatus mode = drop();
	const bool dropping = mode.state == DropState::dropping || mode.state == DropState::until_confirmed;
	checked.dropped = !mode.dry_run && (blocked || (checked.reported && !spared && dropping));
	return checked;
}

BlockPage Answers::blocked(const std::optional<Prefix>& after, std::size_t limit) const {
	BlockPage page;
	for (const Blocking::Entry& entry : run_.blocking.page(after, limit, page.more))
		page.entries.push_back(to_entry(entry));
	page.total = run_.blocking.list().size();
	return page;
}

Outcome Answers::block(const BlockRequest& request, const Asker&) {
	if (std::string refused = run_.blocking.block(request.prefix, request.ttl, "ctl", request.reason); !refused.empty())
		return Outcome::refused(std::move(refused));
	if (run_.config.dry_run)
		return Outcome::made("blocked; this is a dry run, in which nothing is dropped");
	const auto entries = covering_entries(run_.config.policy, request.prefix);
	if (!entries.empty() && entries.front()->kind == EntryClass::never_drop)
		return Outcome::made("blocked without effect: " + to_string(entries.front()->prefix) + " is never dropped");
	if (!entries.empty() && entries.front()->kind == EntryClass::permitted)
		return Outcome::made("blocked, although " + to_string(entries.front()->prefix) + " is permitted");
	return Outcome::made("blocked");
}

Outcome Answers::unblock(const Prefix& prefix, const Asker&) {
	try {
		if (!run_.blocking.unblock(prefix)) {
			const auto covering = run_.blocking.covering(prefix);
			return Outcome::refused(to_string(prefix) + " is not blocked" +
			                        (covering ? " by itself, but with " + to_string(covering->prefix) : ""));
		}
		return Outcome::made();
	} catch (const FilterError& error) {
		return Outcome::refused(error.what());
	}
}

Outcome Answers::confirm(const Asker&) {
	switch (run_.confirmation.state()) {
	case Confirmation::State::none:
		return Outcome::refused("nothing is waiting for a confirmation");
	case Confirmation::State::waiting:
		if (run_.confirmation.confirm())
			return Outcome::made("packets are dropped for good");
		break;
	case Confirmation::State::reverted:
		break;
	}
	return Outcome::refused("it is too late: packets are only logged again; reload (SIGHUP) to begin anew");
}

} // namespace tmon
