// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The program as it is installed, run in a network namespace and looked at from outside.
#pragma once

#include "test/support/network_namespace.hpp"
#include "test/support/process.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <csignal>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tmon::test {

// A file of the tree that is tested: in_dist("bin/traffic-monitor").
std::string in_dist(const std::string& path);

// A plugin of test/e2e/plugins, by the name of its source.
std::string test_plugin(const std::string& name);

// A configuration that permits what configs/default.json permits, with these plugins.
boost::json::object config_with(boost::json::array plugins);
boost::json::object plugin(const std::string& plugin, const std::string& name, boost::json::object config = {},
                           const std::string& isolation = "process");

struct MonitorOptions {
	std::vector<std::string> interfaces;
	boost::json::object config;
	std::vector<std::string> arguments = {}; // behind those for the above
	std::vector<std::string> stats = {"--stats-interval", "60s"};
	std::vector<std::string> wrapper = {}; // a program that starts the one that is tested
	bool own_mounts = true; // with /sys of its own, as `ip netns exec` does; what is pinned would go with it
};

struct Ended {
	int status = 0; // as Process::wait
	std::string output, errors;
	boost::json::object stats; // empty when none were written
};

// A run that is expected to monitor.
class Monitor {
public:
	// Returns once it monitors. Throws std::runtime_error with all that it wrote when it does not.
	Monitor(const NetworkNamespace& where, const MonitorOptions& options);

	pid_t pid() const { return process_.pid(); }
	std::string output() const { return process_.output(); }
	std::string errors() const { return process_.errors(); }
	std::filesystem::path stats_file() const { return files_ / "stats.json"; }
	std::filesystem::path config_file() const { return files_ / "config.json"; }
	// Each run has its own, so that many can be tested at one time.
	std::string control_socket() const { return (files_ / "control.sock").string(); }
	// Where what a plugin has died of is kept.
	std::filesystem::path crashes() const { return files_ / "state/crashes"; }

	// The process that starts, reaps and ends them; -1 when there is none.
	pid_t spawner() const;
	// The processes of its plugins, by instance name.
	std::map<std::string, pid_t> runners() const;

	void signal(int number) const { process_.signal(number); }
	// Writes the configuration anew and has it read. Returns what it logs from then on, once that has `until` in it; throws
	// std::runtime_error with all of it when it does not come.
	std::string reload(const boost::json::object& config, const std::string& until) const;

	// `traffic-monitor ctl WORDS…` to this run.
	Finished ctl(std::vector<std::string> words) const;
	// Its answer; throws std::runtime_error when it is refused.
	boost::json::object ask(std::vector<std::string> words) const;
	// To the process group, as a terminal does.
	void signal_all(int number) const;

	// Tells it to end, waits, and says how it ended. Throws when it has not ended after `limit`.
	Ended stop(int number = SIGINT, Duration limit = std::chrono::seconds(15));
	Ended wait(Duration limit = std::chrono::seconds(15));

private:
	TempDir files_;
	Process process_;
};

// A run that is expected to end by itself, with exactly these arguments.
Finished run_monitor(const NetworkNamespace& where, std::vector<std::string> arguments,
                     const std::vector<std::string>& wrapper = {});

// What stands in the statistics, such as "/plugins/log/delivered"; throws when there is no such number.
uint64_t figure(const boost::json::object& stats, const std::string& pointer);

// Whether a text has a part in it.
inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Boost.Test assertions: packets and events add up, and every plugin was offered all there was and has nothing left.
void check_accounts(const boost::json::object& stats);

// Ids of the XDP programs attached to an interface; 0 when there is none.
uint32_t xdp_program(const NetworkNamespace& where, const std::string& interface);

// False once a process has ended, even when its parent has not asked for it yet.
bool process_runs(pid_t pid);

} // namespace tmon::test
