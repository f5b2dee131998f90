// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/filter/block_list.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

// The block list while the monitor runs: who asked for an entry and why, and that entries end in time.
class Blocking {
public:
	struct Entry {
		Prefix prefix;
		std::chrono::nanoseconds left{};
		std::string by;     // "ctl", or "plugin NAME"; empty for what an earlier run has left
		std::string reason;
	};

	// `list` outlives this. `guard` says why a prefix must not be blocked, or nothing.
	Blocking(boost::asio::io_context& io, BlockList& list, std::function<std::string(const Prefix&)> guard);

	// Returns why not, or an empty string.
	std::string block(const Prefix& prefix, std::chrono::nanoseconds ttl, std::string by, std::string reason);
	// False when it was not blocked. Throws FilterError.
	bool unblock(const Prefix& prefix);

	// The one that covers an address (a prefix of full length), if there is one.
	std::optional<Entry> covering(const Prefix& address) const;
	// At most `limit` entries behind `after`, in the order of their prefixes, and whether there are more.
	std::vector<Entry> page(const std::optional<Prefix>& after, std::size_t limit, bool& more) const;

	const BlockList& list() const noexcept { return list_; }

private:
	struct Origin {
		std::string by, reason;
	};
	Entry entry(const Prefix& prefix, uint64_t until_ns) const;
	void wait();
	void expire();

	BlockList& list_;
	std::function<std::string(const Prefix&)> guard_;
	boost::asio::steady_timer timer_;
	std::map<Prefix, Origin> origins_; // of what was blocked in this run
};

} // namespace tmon
