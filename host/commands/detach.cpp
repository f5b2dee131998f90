// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/detach.hpp"

#include "host/diagnostics/log.hpp"
#include "host/exit_code.hpp"
#include "host/filter/pins.hpp"
#include "host/filter/xdp_links.hpp"
#include "host/system/interfaces.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <system_error>
#include <thread>

namespace tmon {

namespace {

using namespace std::chrono_literals;

// The kernel detaches a moment after the last reference is gone.
constexpr auto kDetachLimit = 2s;

void say(const std::string& interface, const std::string& text) {
	std::printf("%s: %s\n", printable(interface).c_str(), printable(text).c_str());
}

int complain(const std::string& interface, const std::string& text, int code) {
	std::fprintf(stderr, "traffic-monitor: %s: %s\n", printable(interface).c_str(), printable(text).c_str());
	return code;
}

std::string list_of(const std::vector<std::string>& names) {
	std::string text;
	for (const std::string& name : names)
		text += (text.empty() ? "" : ", ") + name;
	return text;
}

std::string list_of(const std::vector<LinkHolder>& holders) {
	std::string text;
	for (const LinkHolder& holder : holders)
		text += (text.empty() ? "" : ", ") + holder.name + " (process " + std::to_string(holder.pid) + ")";
	return text;
}

bool any_of_ours(const std::vector<LinkHolder>& holders) {
	return std::any_of(holders.begin(), holders.end(),
	                   [](const LinkHolder& holder) { return holder.name == "traffic-monitor"; });
}

uint32_t index_of(const std::string& interface, const std::vector<Interface>& present) {
	for (const Interface& each : present) {
		if (each.name == interface)
			return each.ifindex;
	}
	return 0;
}

template <class Condition>
bool soon(Condition condition) {
	const auto deadline = std::chrono::steady_clock::now() + kDetachLimit;
	while (!condition()) {
		if (std::chrono::steady_clock::now() >= deadline)
			return false;
		std::this_thread::sleep_for(1ms);
	}
	return true;
}

// Where nothing is pinned: who is there?
int explain_unpinned(const std::string& interface, const std::vector<Interface>& present) {
	const uint32_t ifindex = index_of(interface, present);
	if (ifindex == 0)
		return complain(interface, "no such interface, and nothing is pinned for it; there are: " + join_names(present),
		                exit_attach);
	const uint32_t program = attached_program(ifindex);
	if (program == 0) {
		say(interface, "nothing is attached");
		return exit_ok;
	}
	const auto link = find_xdp_link(ifindex);
	const auto holders = link ? holders_of_link(link->id) : std::vector<LinkHolder>{};
	if (any_of_ours(holders))
		return complain(interface, list_of(holders) + " monitors it; nothing is pinned: its filter ends with it", exit_runtime);
	return complain(interface,
	                describe_program(program) + " is attached" + (holders.empty() ? "" : " by " + list_of(holders)) +
	                    ", which is not of this program's pins, and is left alone",
	                exit_attach);
}

// What sits on the interface now that our pins are gone.
void mention_foreign(const std::string& interface, uint32_t ifindex) {
	if (const uint32_t program = attached_program(ifindex); program != 0)
		say(interface, describe_program(program) + " is attached, which was not pinned by this program, and is left alone");
}

int detach_one(const std::string& interface, const std::filesystem::path& root, const std::vector<Interface>& present) {
	PinFolder folder(root, interface);
	if (!folder.exists()) {
		folder.remove_all(); // a folder, and what an interrupted run has not pinned to the end
		return explain_unpinned(interface, present);
	}
	std::optional<XdpLink> link;
	if (const Fd pinned = folder.open("link"))
		link = xdp_link(pinned.get());
	if (link) {
		if (const auto holders = holders_of_link(link->id); !holders.empty())
			return complain(interface,
			                list_of(holders) + " goes on and holds the filter; end it first. Its pins are left alone", exit_runtime);
	}
	const std::string removed = "; removed the pins " + list_of(folder.remove_all());
	if (link && link->ifindex != 0) {
		const bool gone = soon([&] { return !link_exists(link->id) && attached_program(link->ifindex) != link->program_id; });
		if (!gone)
			return complain(interface,
			                "removed its pins, but " + describe_program(link->program_id) +
			                    " is still attached: a process that cannot be seen from here, or another pin, holds its link " +
			                    std::to_string(link->id),
			                exit_runtime);
		say(interface, "detached program " + std::to_string(link->program_id) + removed);
	} else {
		say(interface, (link ? "its interface is gone, and the filter with it" : "no link was pinned") + removed);
	}
	mention_foreign(interface, index_of(interface, present));
	return exit_ok;
}

} // namespace

int detach_pinned(const DetachPinned& options, const InstalledTree&) {
	if (geteuid() != 0) {
		std::fprintf(stderr, "traffic-monitor: pins belong to root: run as root (sudo)\n");
		return exit_runtime;
	}
	const std::filesystem::path root = pin_root();
	const std::vector<Interface> present = list_interfaces();
	std::vector<std::string> interfaces = options.interfaces;
	try {
		if (!is_bpffs(kBpffs))
			std::fprintf(stderr,
			             "traffic-monitor: no BPF file system is at %s here, so no pins are seen; within ip netns exec, use nsenter "
			             "--net=/run/netns/NAME in its place\n",
			             kBpffs);
		if (interfaces.empty())
			interfaces = pinned_interfaces(root);
	} catch (const PinError& error) {
		std::fprintf(stderr, "traffic-monitor: %s\n", error.what());
		return exit_runtime;
	}
	if (interfaces.empty())
		std::printf("nothing is pinned in this network namespace\n");
	int code = exit_ok;
	for (const std::string& interface : interfaces) {
		int result;
		try {
			result = detach_one(interface, root, present);
		} catch (const std::runtime_error& error) { // PinError, and what the kernel refuses
			result = complain(interface, error.what(), exit_runtime);
		}
		// A failure is what counts most.
		if (code == exit_ok || result == exit_runtime)
			code = result;
	}
	return code;
}

} // namespace tmon
