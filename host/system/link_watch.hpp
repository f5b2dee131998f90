// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Tells which network interfaces there are, as they come, change and go.
#pragma once

#include "host/system/links.hpp"
#include "host/system/netlink.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace tmon {

// All of it in the thread that runs the io_context; nothing happens while no interface changes. An interface is known by its
// ifindex: one that is deleted and made again under its name has another.
class LinkWatch {
public:
	struct Handlers {
		// It is there now, or has been set up or down. `up` is the administrative state.
		std::function<void(const std::string& name, uint32_t ifindex, bool up)> on_link;
		// Nothing has this name and ifindex any more: deleted, moved to another namespace, or renamed. After a rename the new
		// name follows at once as on_link with the same ifindex; what is attached to the interface stays attached.
		std::function<void(const std::string& name, uint32_t ifindex)> on_gone;
		// Watching has ended for this reason; nothing further is told.
		std::function<void(const std::string& reason)> on_failure;
		// Some of what was told was lost, and all that is there has been told anew: an interface made again with the ifindex
		// it had would not have been noticed. May be empty.
		std::function<void()> on_overrun = {};
	};

	// Watches the network namespace of the calling thread. Each interface that is there is told by on_link once the io_context
	// runs, so none that comes or goes from now on is missed. A handler may not destroy this. Throws std::system_error.
	LinkWatch(boost::asio::io_context& io, Handlers handlers);

	// Nothing is told any more; allowed at any time, also within a handler.
	void stop();

private:
	struct Known {
		std::string name;
		bool up = false;
	};

	void run(const std::function<void()>& work);
	void wait();
	void read_told();
	void catch_up();
	void link_seen(const Link& link);
	void link_gone(uint32_t ifindex);
	bool exists(const Link& link) const;

	Handlers handlers_;
	NetlinkSocket told_;  // watched
	NetlinkSocket asked_; // for dumps
	Fd names_;            // any socket of this namespace, to ask for names
	boost::asio::posix::stream_descriptor readable_; // a duplicate of told_'s
	std::map<uint32_t, Known> known_;
	bool stopped_ = false;
};

} // namespace tmon
