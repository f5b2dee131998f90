// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/interface_keeper.hpp"

#include "host/diagnostics/log.hpp"
#include "host/system/clock.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace tmon {

namespace {

constexpr auto kRetry = std::chrono::milliseconds(500);

void say_gone(const std::string& name) {
	log_error("interface " + name + " is gone: its packets are neither seen nor dropped until it is back");
}

std::string seconds_text(int64_t nanoseconds) {
	char text[32];
	std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanoseconds) / 1e9);
	return text;
}

} // namespace

InterfaceKeeper::InterfaceKeeper(boost::asio::io_context& io, LiveSource& source, XdpMode mode,
                                 std::function<void(const Interface&)> added)
    : source_(source), mode_(mode), added_(std::move(added)),
      standings_(source.filter().interfaces().size(), {true, clock_ns(CLOCK_REALTIME)}), refusals_(standings_.size()),
      looked_ns_(clock_ns(CLOCK_REALTIME)),
      watch_(io, {[this](const std::string& name, uint32_t ifindex, bool) { on_link(name, ifindex); },
                  [this](const std::string& name, uint32_t ifindex) { on_gone(name, ifindex); },
                  [](const std::string& reason) {
	                  log_error("interfaces that come and go are not noticed any more: " + reason);
                  },
                  [this] { look(); }}) {
	for (std::size_t i = 0; i < standings_.size(); ++i)
		retries_.emplace_back(io);
}

bool InterfaceKeeper::all_attached() const {
	for (std::size_t i = 0; i < standings_.size(); ++i) {
		if (!standings_[i].attached || !holds(i))
			return false;
	}
	return true;
}

bool InterfaceKeeper::holds(std::size_t interface) const {
	try {
		return source_.filter().is_attached(interface);
	} catch (const FilterError& error) {
		log_error(error.what());
		return false;
	}
}

void InterfaceKeeper::look() {
	const int64_t before = std::exchange(looked_ns_, clock_ns(CLOCK_REALTIME));
	for (std::size_t i = 0; i < standings_.size(); ++i) {
		if (!standings_[i].attached || holds(i))
			continue;
		const Interface interface = source_.filter().interfaces()[i];
		const std::vector<Interface> present = list_interfaces();
		const bool is_there = std::any_of(present.begin(), present.end(), [&](const Interface& one) {
			return one.ifindex == interface.ifindex;
		});
		standings_[i] = {false, std::max(before, standings_[i].since_ns)};
		if (is_there) {
			log_error("interface " + interface.name + ": somebody has detached the filter");
			attach(i, interface);
		} else {
			say_gone(interface.name);
		}
	}
}

void InterfaceKeeper::stop() {
	watch_.stop();
	for (boost::asio::steady_timer& retry : retries_)
		retry.cancel();
}

std::optional<std::size_t> InterfaceKeeper::index_of(const std::string& name) const {
	const auto& all = source_.filter().interfaces();
	const auto at = std::find_if(all.begin(), all.end(), [&](const Interface& one) { return one.name == name; });
	return at == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - all.begin()));
}

std::optional<std::size_t> InterfaceKeeper::index_of(uint32_t ifindex) const {
	const auto& all = source_.filter().interfaces();
	const auto at =
	    std::find_if(all.begin(), all.end(), [&](const Interface& one) { return one.ifindex == ifindex; });
	return at == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - all.begin()));
}

void InterfaceKeeper::on_link(const std::string& name, uint32_t ifindex) {
	if (std::exchange(told_[ifindex], name) != name)
		added_({ifindex, name});
	const std::optional<std::size_t> interface = index_of(name);
	if (!interface ||
	    (standings_[*interface].attached && source_.filter().interfaces()[*interface].ifindex == ifindex))
		return;
	attach(*interface, {ifindex, name});
}

void InterfaceKeeper::on_gone(const std::string&, uint32_t ifindex) {
	told_.erase(ifindex);
	const std::optional<std::size_t> interface = index_of(ifindex);
	if (!interface || !standings_[*interface].attached)
		return;
	const std::string& name = source_.filter().interfaces()[*interface].name;
	if (holds(*interface)) {
		log_warning("interface " + name +
		            " has got another name or network namespace; it is watched all the same");
		return;
	}
	standings_[*interface] = {false, clock_ns(CLOCK_REALTIME)};
	say_gone(name);
}

void InterfaceKeeper::attach(std::size_t interface, const Interface& now) {
	const bool instead = standings_[interface].attached;
	try {
		source_.attach_again(interface, now, mode_);
	} catch (const std::exception& error) {
		if (instead)
			standings_[interface] = {false, clock_ns(CLOCK_REALTIME)};
		if (std::exchange(refusals_[interface], error.what()) != error.what())
			log_error("interface " + now.name + " is back, but " + error.what());
		try_again(interface, now);
		return;
	}
	const int64_t time = clock_ns(CLOCK_REALTIME);
	if (instead)
		log_warning("there is another interface " + now.name +
		            ": it is watched instead of the one that had this name before");
	else
		log_warning("interface " + now.name + " is back and watched again; what arrived within " +
		            seconds_text(time - standings_[interface].since_ns) + " was neither seen nor dropped");
	refusals_[interface].clear();
	standings_[interface] = {true, time};
}

void InterfaceKeeper::try_again(std::size_t interface, const Interface& now) {
	retries_[interface].expires_after(kRetry);
	retries_[interface].async_wait([this, interface, now](const auto& failed) {
		if (failed || standings_[interface].attached)
			return;
		// Only as long as this very interface is there.
		const std::vector<Interface> present = list_interfaces();
		if (std::any_of(present.begin(), present.end(), [&](const Interface& one) {
			    return one.ifindex == now.ifindex && one.name == now.name;
		    }))
			attach(interface, now);
	});
}

} // namespace tmon
