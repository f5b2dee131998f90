// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/blocking.hpp"

#include "host/diagnostics/log.hpp"
#include "host/filter/filter_error.hpp"
#include "host/system/clock.hpp"

#include <algorithm>
#include <utility>

namespace tmon {

namespace {

uint64_t now_ns() { return static_cast<uint64_t>(clock_ns(CLOCK_MONOTONIC)); }

// Entries that end within this time of each other are taken out together.
constexpr auto kPause = std::chrono::milliseconds(200);

} // namespace

Blocking::Blocking(boost::asio::io_context& io, BlockList& list, std::function<std::string(const Prefix&)> guard)
    : list_(list), guard_(std::move(guard)), timer_(io) {
	wait();
}

std::string Blocking::block(const Prefix& prefix, std::chrono::nanoseconds ttl, std::string by, std::string reason) {
	const uint64_t now = now_ns();
	const auto most = static_cast<uint64_t>(INT64_MAX) - now;
	const uint64_t until = now + std::min(static_cast<uint64_t>(std::max(ttl.count(), int64_t{0})), most);
	if (std::string needed = guard_(prefix); !needed.empty())
		return needed;
	if (std::string refused = list_.block(prefix, until); !refused.empty())
		return refused;
	origins_.insert_or_assign(prefix, Origin{std::move(by), std::move(reason)});
	wait();
	return {};
}

bool Blocking::unblock(const Prefix& prefix) {
	origins_.erase(prefix);
	return list_.unblock(prefix);
}

Blocking::Entry Blocking::entry(const Prefix& prefix, uint64_t until_ns) const {
	const uint64_t now = now_ns();
	const auto origin = origins_.find(prefix);
	const Origin nobody;
	const Origin& by = origin == origins_.end() ? nobody : origin->second;
	return {prefix, std::chrono::nanoseconds(until_ns > now ? until_ns - now : 0), by.by, by.reason};
}

std::optional<Blocking::Entry> Blocking::covering(const Prefix& address) const {
	const auto found = list_.covering(address, now_ns());
	return found ? std::optional(entry(*found, list_.until(*found))) : std::nullopt;
}

std::vector<Blocking::Entry> Blocking::page(const std::optional<Prefix>& after, std::size_t limit, bool& more) const {
	std::vector<std::pair<Prefix, uint64_t>> all = list_.entries();
	std::erase_if(all, [&](const auto& one) { return after && one.first <= *after; });
	more = all.size() > limit;
	const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
	std::partial_sort(all.begin(), end, all.end());
	std::vector<Entry> page;
	for (auto at = all.begin(); at != end; ++at)
		page.push_back(entry(at->first, at->second));
	return page;
}

void Blocking::wait() {
	const std::optional<uint64_t> next = list_.next_end_ns();
	if (!next) {
		timer_.cancel();
		return;
	}
	const uint64_t now = now_ns();
	timer_.expires_after(std::chrono::nanoseconds(*next > now ? *next - now : 0) + kPause);
	timer_.async_wait([this](const auto& failed) {
		if (!failed)
			expire();
	});
}

void Blocking::expire() {
	try {
		for (const Prefix& ended : list_.expire(now_ns())) {
			origins_.erase(ended);
			log_info(to_string(ended) + " is not blocked any more: its time is over");
		}
	} catch (const FilterError& error) {
		log_error(error.what());
	}
	wait();
}

} // namespace tmon
