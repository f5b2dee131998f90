// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/e2e/monitor.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include <bpf/libbpf.h>
#include <net/if.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace tmon::test {

namespace json = boost::json;

namespace {

std::vector<std::string> command(const NetworkNamespace& where, const MonitorOptions& options, const TempDir& files) {
	std::vector<std::string> words = options.wrapper;
	if (!options.own_mounts)
		words.insert(words.begin(), {"nsenter", "--net=/run/netns/" + where.name()});
	words.push_back(in_dist("bin/traffic-monitor"));
	for (const std::string& interface : options.interfaces)
		words.insert(words.end(), {"-i", interface});
	const auto config = files.write("config.json", json::serialize(options.config));
	words.insert(words.end(), {"-c", config.string(), "--stats-file", (files / "stats.json").string(), "--set",
	                           "control.socket=" + (files / "control.sock").string()});
	words.insert(words.end(), options.stats.begin(), options.stats.end());
	words.insert(words.end(), options.arguments.begin(), options.arguments.end());
	return words;
}

std::vector<std::string> ctl_command(std::vector<std::string> words, const std::string& socket) {
	words.insert(words.begin(), {in_dist("bin/traffic-monitor"), "ctl"});
	words.insert(words.end(), {"--socket", socket});
	return words;
}

// Those that are named as this program names its processes, by the rest of their names.
std::map<std::string, pid_t> children_of(pid_t parent) {
	std::map<std::string, pid_t> found;
	const std::string id = std::to_string(parent);
	std::istringstream children(read_file("/proc/" + id + "/task/" + id + "/children"));
	for (pid_t child = 0; children >> child;) {
		const std::string name = read_file("/proc/" + std::to_string(child) + "/comm");
		if (name.starts_with("tm:") && name.ends_with('\n'))
			found[name.substr(3, name.size() - 4)] = child;
	}
	return found;
}

json::object parse_stats(const std::filesystem::path& file) {
	const std::string text = read_file(file);
	return text.empty() ? json::object{} : json::parse(text).as_object();
}

} // namespace

std::string in_dist(const std::string& path) {
	const char* dist = std::getenv("TMON_DIST");
	if (dist == nullptr)
		throw std::runtime_error("TMON_DIST names no tree to test");
	return std::string(dist) + '/' + path;
}

std::string test_plugin(const std::string& name) { return TMON_TEST_PLUGINS "/" + name + ".so"; }

json::object config_with(json::array plugins) {
	return {{"permitted_cidrs",
	         {"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10"}},
	        {"plugins", std::move(plugins)}};
}

json::object plugin(const std::string& plugin, const std::string& name, json::object config,
                    const std::string& isolation) {
	return {{"plugin", plugin}, {"name", name}, {"isolation", isolation}, {"config", std::move(config)}};
}

Monitor::Monitor(const NetworkNamespace& where, const MonitorOptions& options)
    : process_(command(where, options, files_), {.network_namespace = options.own_mounts ? where.name() : std::string(),
                                          .environment = {"STATE_DIRECTORY=" + (files_ / "state").string()}}) {
	const auto monitors = [&] { return process_.errors().find("info: monitoring;") != std::string::npos; };
	eventually([&] { return monitors() || !process_.running(); }, std::chrono::seconds(20));
	if (!monitors())
		throw std::runtime_error("it does not monitor:\n" + process_.errors());
}

pid_t Monitor::spawner() const {
	const auto found = children_of(pid());
	const auto at = found.find("spawner");
	return at == found.end() ? -1 : at->second;
}

std::map<std::string, pid_t> Monitor::runners() const { return children_of(spawner()); }

void Monitor::signal_all(int number) const { kill(-pid(), number); }

std::string Monitor::reload(const json::object& config, const std::string& until) const {
	const std::size_t before = errors().size();
	files_.write("config.json", json::serialize(config));
	signal(SIGHUP);
	std::string logged;
	const auto done = [&] {
		logged = errors().substr(before);
		return says(logged, until);
	};
	if (!eventually(done, std::chrono::seconds(15)))
		throw std::runtime_error("\"" + until + "\" is not what it says to a reload:\n" + logged);
	return logged;
}

Finished Monitor::ctl(std::vector<std::string> words) const {
	return run(ctl_command(std::move(words), control_socket()));
}

json::object Monitor::ask(std::vector<std::string> words) const {
	words.push_back("--json");
	const Finished finished = ctl(std::move(words));
	if (finished.status != 0)
		throw std::runtime_error("ctl: " + finished.output + finished.errors);
	return json::parse(finished.output).as_object();
}

Ended Monitor::stop(int number, Duration limit) {
	signal(number);
	return wait(limit);
}

Ended Monitor::wait(Duration limit) {
	const auto status = process_.wait(limit);
	if (!status)
		throw std::runtime_error("it has not ended after " + std::to_string(limit.count()) +
		                         " ms; it wrote:\n" + process_.errors());
	return {*status, process_.output(), process_.errors(), parse_stats(stats_file())};
}

Finished run_monitor(const NetworkNamespace& where, std::vector<std::string> arguments,
                     const std::vector<std::string>& wrapper) {
	std::vector<std::string> words = wrapper;
	words.push_back(in_dist("bin/traffic-monitor"));
	words.insert(words.end(), arguments.begin(), arguments.end());
	return run(std::move(words), {.network_namespace = where.name()});
}

uint64_t figure(const json::object& stats, const std::string& pointer) {
	return json::value_to<uint64_t>(json::value(stats).at_pointer(pointer));
}

void check_accounts(const json::object& stats) {
	const auto total = [&](const std::string& key) { return figure(stats, "/" + key); };
	BOOST_TEST(total("seen") == total("permitted") + total("denied") + total("passed_unfiltered"));
	BOOST_TEST(total("denied") == total("reported"));
	BOOST_TEST(total("dropped") <= total("denied"));
	for (const auto& [name, value] : stats.at("plugins").as_object()) {
		BOOST_TEST_CONTEXT("plugin " << std::string(name)) {
			const auto own = [&account = value](const char* key) {
				return json::value_to<uint64_t>(account.at(key));
			};
			BOOST_TEST(own("offered") == own("delivered") + own("lagged") + own("failed") + own("pending"));
			BOOST_TEST(own("pending") == 0u);
		}
	}
}

uint32_t xdp_program(const NetworkNamespace& where, const std::string& interface) {
	const NetworkNamespace::Inside inside(where);
	uint32_t id = 0;
	const int ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
	if (const int error = bpf_xdp_query_id(ifindex, 0, &id); error != 0)
		throw std::runtime_error("asking for the XDP program of " + interface + ": " + std::to_string(error));
	return id;
}

bool process_runs(pid_t pid) {
	const std::string status = read_file("/proc/" + std::to_string(pid) + "/stat");
	const std::size_t name_end = status.rfind(')');
	return name_end != std::string::npos && name_end + 2 < status.size() && status[name_end + 2] != 'Z' &&
	       status[name_end + 2] != 'X';
}

} // namespace tmon::test
