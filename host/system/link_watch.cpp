// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/link_watch.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

namespace tmon {

LinkWatch::LinkWatch(boost::asio::io_context& io, Handlers handlers)
    : handlers_(std::move(handlers)), told_(NETLINK_ROUTE, RTMGRP_LINK), asked_(NETLINK_ROUTE),
      names_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
      readable_(io, fcntl(told_.descriptor(), F_DUPFD_CLOEXEC, 0)) {
	if (!names_)
		throw std::system_error(errno, std::generic_category(), "a socket to ask for interfaces");
	// A netlink socket can always be written to: this is what the io_context does first.
	readable_.async_wait(boost::asio::posix::stream_descriptor::wait_write, [this](const auto& failed) {
		if (!failed && !stopped_)
			run([this] { catch_up(); });
	});
}

// Does `work`, then waits for more of it.
void LinkWatch::run(const std::function<void()>& work) {
	try {
		work();
	} catch (const std::system_error& error) {
		stop();
		handlers_.on_failure(error.what());
	}
	if (!stopped_)
		wait();
}

void LinkWatch::stop() {
	stopped_ = true;
	boost::system::error_code ignored;
	readable_.close(ignored);
}

void LinkWatch::wait() {
	readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
		if (!failed && !stopped_)
			run([this] { read_told(); });
	});
}

void LinkWatch::read_told() {
	try {
		while (!stopped_) {
			const std::string bytes = told_.receive_told();
			if (bytes.empty())
				return;
			for (const NetlinkMessage& message : split_messages(bytes)) {
				const auto link = read_link(message.payload);
				if (link && message.type == RTM_NEWLINK)
					link_seen(*link);
				else if (link && message.type == RTM_DELLINK)
					link_gone(link->ifindex);
			}
		}
	} catch (const std::system_error& error) {
		if (error.code().value() != ENOBUFS)
			throw;
		catch_up();
		if (!stopped_ && handlers_.on_overrun)
			handlers_.on_overrun();
	}
}

// Some of what was told is lost, or nothing is known yet: asks for all there is. What was told before says nothing that the
// answer does not know better, and is discarded first: it could speak of links whose end was told in what is lost.
void LinkWatch::catch_up() {
	for (bool more = true; more;) {
		try {
			more = !told_.receive_told().empty();
		} catch (const std::system_error& error) {
			if (error.code().value() != ENOBUFS)
				throw;
		}
	}
	const std::vector<Link> links = dump_links(asked_);
	std::set<uint32_t> present;
	for (const Link& link : links)
		present.insert(link.ifindex);
	std::vector<uint32_t> gone;
	for (const auto& [ifindex, known] : known_) {
		if (!present.contains(ifindex))
			gone.push_back(ifindex);
	}
	for (const uint32_t ifindex : gone)
		link_gone(ifindex);
	for (const Link& link : links)
		link_seen(link);
}

void LinkWatch::link_seen(const Link& link) {
	const auto at = known_.find(link.ifindex);
	const bool renamed = at != known_.end() && at->second.name != link.name;
	if (at != known_.end() && !renamed && at->second.up == link.up)
		return;
	// Told before it went: that it has gone is told, too.
	if ((at == known_.end() || renamed) && !exists(link))
		return;
	if (renamed)
		link_gone(link.ifindex);
	known_[link.ifindex] = {link.name, link.up};
	if (!stopped_)
		handlers_.on_link(link.name, link.ifindex, link.up);
}

void LinkWatch::link_gone(uint32_t ifindex) {
	const auto known = known_.extract(ifindex);
	if (known && !stopped_)
		handlers_.on_gone(known.mapped().name, ifindex);
}

bool LinkWatch::exists(const Link& link) const {
	ifreq request{};
	request.ifr_ifindex = static_cast<int>(link.ifindex);
	return ioctl(names_.get(), SIOCGIFNAME, &request) == 0 && link.name == request.ifr_name;
}

} // namespace tmon
