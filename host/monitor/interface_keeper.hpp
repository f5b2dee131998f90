// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/sources/live_source.hpp"
#include "host/system/link_watch.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tmon {

// Keeps the filter on its interfaces: says when one has gone, and attaches again when it is back under its name. One
// that is renamed stays watched.
class InterfaceKeeper {
public:
	// `source` outlives this. `added` is told of every interface of the host that comes, before anything is
	// attached to it.
	InterfaceKeeper(boost::asio::io_context& io, LiveSource& source, XdpMode mode,
	                std::function<void(const Interface&)> added);

	struct Standing {
		bool attached = false;
		int64_t since_ns = 0; // UTC: attached, or gone
	};
	const Standing& standing(std::size_t interface) const { return standings_[interface]; }
	// Whether the filter is on none, some or all of them.
	bool all_attached() const;
	// Attaches again where somebody has detached the filter, which the kernel tells nobody. Called now and then.
	void look();

	// No more of it: the run ends.
	void stop();

private:
	std::optional<std::size_t> index_of(const std::string& name) const;
	std::optional<std::size_t> index_of(uint32_t ifindex) const;
	bool holds(std::size_t interface) const;
	void on_link(const std::string& name, uint32_t ifindex);
	void on_gone(const std::string& name, uint32_t ifindex);
	void attach(std::size_t interface, const Interface& now);
	void try_again(std::size_t interface, const Interface& now);

	LiveSource& source_;
	XdpMode mode_;
	std::function<void(const Interface&)> added_;
	std::vector<Standing> standings_;
	std::vector<boost::asio::steady_timer> retries_;
	std::vector<std::string> refusals_; // why the last attempt has failed, each said once
	int64_t looked_ns_;                 // UTC
	std::map<uint32_t, std::string> told_; // names, by ifindex, of those that there are
	LinkWatch watch_;
};

} // namespace tmon
