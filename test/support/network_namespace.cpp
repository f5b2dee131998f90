// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/network_namespace.hpp"

#include "test/support/process.hpp"

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace tmon::test {

namespace {

const std::filesystem::path directory = "/run/netns";
const std::string prefix = "tmon-test-";

// A script that runs many test programs gives them a common name, to remove what they may have left.
std::string run_name() {
	const char* name = std::getenv("TMON_TEST_RUN");
	return name != nullptr && *name != '\0' ? name : "0";
}

std::string checked(std::vector<std::string> argv) {
	std::string command;
	for (const std::string& word : argv)
		command += word + ' ';
	const Finished finished = run(std::move(argv));
	if (finished.status != 0)
		throw std::runtime_error(command + "failed: " + finished.errors);
	return finished.output;
}

void remove_namespace(const std::string& name) noexcept {
	try {
		run({"ip", "netns", "delete", name});
	} catch (const std::exception&) {
		// A later program tries again.
	}
}

// Namespaces of this program; whatever skips their destructors (exit, a signal that the test framework
// turns into a failure) leaves them to the end of the program.
struct Registry {
	std::mutex mutex;
	std::set<std::string> names;
	const pid_t owner = getpid();

	~Registry() {
		if (getpid() != owner)
			return; // a fork of the test
		for (const std::string& name : names)
			remove_namespace(name);
	}
};

Registry& registry() {
	static Registry instance;
	return instance;
}

// tmon-test-RUN-PID-NUMBER: what a killed program has left is known by its process that is no more.
void remove_stale() {
	std::error_code error;
	for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
		const std::string name = entry.path().filename().string();
		const std::size_t number = name.rfind('-');
		if (!name.starts_with(prefix) || number == std::string::npos)
			continue;
		const std::size_t at = name.rfind('-', number - 1) + 1;
		pid_t pid = 0;
		const auto [end, status] = std::from_chars(name.data() + at, name.data() + number, pid);
		if (status == std::errc() && end == name.data() + number && kill(pid, 0) != 0 && errno == ESRCH)
			remove_namespace(name);
	}
}

int open_namespace(const std::string& path) {
	const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		throw std::system_error(errno, std::generic_category(), path);
	return descriptor;
}

} // namespace

NetworkNamespace::NetworkNamespace() {
	static std::atomic<int> number = 0;
	static std::once_flag swept;
	std::call_once(swept, remove_stale);
	name_ = prefix + run_name() + '-' + std::to_string(getpid()) + '-' + std::to_string(++number);
	{
		Registry& all = registry();
		const std::lock_guard lock(all.mutex);
		all.names.insert(name_);
	}
	checked({"ip", "netns", "add", name_});
	ip({"link", "set", "lo", "up"});
	for (const char* which : {"all", "default"}) {
		const std::string conf = std::string("net.ipv6.conf.") + which;
		sysctl(conf + ".accept_dad", "0");
		sysctl(conf + ".router_solicitations", "0");
	}
}

NetworkNamespace::~NetworkNamespace() {
	remove_namespace(name_);
	Registry& all = registry();
	const std::lock_guard lock(all.mutex);
	all.names.erase(name_);
}

std::string NetworkNamespace::ip(const std::vector<std::string>& words) const {
	std::vector<std::string> argv = {"ip", "-n", name_};
	argv.insert(argv.end(), words.begin(), words.end());
	return checked(std::move(argv));
}

void NetworkNamespace::sysctl(const std::string& key, const std::string& value) const {
	std::string path = "/proc/sys/" + key;
	for (std::size_t i = sizeof "/proc/sys/" - 1; i < path.size(); ++i)
		if (path[i] == '.')
			path[i] = '/';
	// /proc/sys/net shows the namespace of whoever opens it.
	const Inside inside(*this);
	std::ofstream file(path);
	if (!(file << value).flush())
		throw std::runtime_error("cannot set " + key + " to " + value + " in " + name_);
}

NetworkNamespace::Inside::Inside(const NetworkNamespace& target)
    : outside_(open_namespace("/proc/thread-self/ns/net")) {
	int descriptor = -1;
	try {
		descriptor = open_namespace((directory / target.name()).string());
	} catch (...) {
		close(outside_);
		throw;
	}
	const int status = setns(descriptor, CLONE_NEWNET);
	const int error = errno;
	close(descriptor);
	if (status != 0) {
		close(outside_);
		throw std::system_error(error, std::generic_category(), "setns " + target.name());
	}
}

NetworkNamespace::Inside::~Inside() {
	// To go on in the wrong namespace would send test traffic into a real network.
	if (setns(outside_, CLONE_NEWNET) != 0)
		std::abort();
	close(outside_);
}

VethPair::VethPair(const NetworkNamespace& left, const NetworkNamespace& right, const VethOptions& options) {
	if (options.subnet < 10 || options.subnet > 99)
		throw std::invalid_argument("VethOptions::subnet is from 10 to 99");
	const std::string subnet = std::to_string(options.subnet);
	const auto end = [&](const std::string& last, const std::string& interface) {
		return End{interface, "10." + subnet + ".0." + last, "fd" + subnet + "::" + last,
			   "02:00:00:00:" + subnet + ":0" + last};
	};
	left_ = end("1", "veth" + subnet + "l");
	right_ = end("2", "veth" + subnet + "r");
	left.ip({"link", "add", left_.interface, "address", left_.mac, "type", "veth", "peer", "name", right_.interface,
		 "address", right_.mac, "netns", right.name()});
	for (const auto& [where, side] : {std::pair(&left, &left_), std::pair(&right, &right_)}) {
		const bool silent = side == &left_ && options.silent_left;
		if (silent)
			where->sysctl("net.ipv6.conf." + side->interface + ".disable_ipv6", "1");
		where->ip({"link", "set", side->interface, "mtu", std::to_string(options.mtu), "up"});
		if (!silent) {
			where->ip({"address", "add", side->address + "/24", "dev", side->interface});
			where->ip({"address", "add", side->address6 + "/64", "dev", side->interface, "nodad"});
		}
	}
	const auto is_up = [](const NetworkNamespace& where, const End& side) {
		return where.ip({"-o", "link", "show", side.interface}).find("state UP") != std::string::npos;
	};
	if (!eventually([&] { return is_up(left, left_) && is_up(right, right_); }))
		throw std::runtime_error(left_.interface + " has not come up");
}

bool can_make_namespaces() { return geteuid() == 0 && access("/proc/self/ns/net", F_OK) == 0; }

} // namespace tmon::test
