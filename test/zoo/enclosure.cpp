// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/zoo/enclosure.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tmon::test {

std::string zoo_plugin(const std::string& name) { return std::string(TMON_ZOO) + "/" + name + ".so"; }

json::object animal(const std::string& name, const std::string& does, const std::string& in, json::object more,
                    const std::string& isolation) {
	json::object config{{"do", does}, {"in", in}};
	json::object entry = plugin(zoo_plugin("zoo"), name, {}, isolation);
	for (const auto& [key, value] : more) {
		if (key == "limits" || key == "grant" || key == "plugin")
			entry[key] = value;
		else
			config[key] = value;
	}
	entry["config"] = config;
	return entry;
}

Enclosure::Enclosure(std::vector<json::object> animals, std::vector<std::string> stats, const std::string& isolation)
    : isolation_(isolation) {
	chmod(pen.path().c_str(), 0777); // plugins are other users
	monitor.emplace(wire.watched, MonitorOptions{.interfaces = {wire.interface()},
	                                             .config = config_of(std::move(animals)),
	                                             .stats = std::move(stats)});
	host_ = monitor->pid();
}

json::object Enclosure::config_of(std::vector<json::object> animals) const {
	json::array plugins{plugin(test_plugin("tally"), "good", {}, isolation_),
	                    plugin(test_plugin("retries"), "strict", {}, isolation_)};
	for (const json::object& one : animals) {
		std::string text = json::serialize(one);
		for (std::size_t at; (at = text.find("PEN")) != std::string::npos;)
			text.replace(at, 3, pen.path().string());
		plugins.push_back(json::parse(text));
	}
	return config_with(std::move(plugins));
}

void Enclosure::exchange(std::vector<json::object> animals, const std::string& answer) {
	std::ofstream(monitor->config_file()) << json::serialize(config_of(std::move(animals)));
	const std::size_t before = monitor->errors().size();
	monitor->signal(SIGHUP);
	const bool answered =
	    eventually([&] { return says(monitor->errors().substr(before), answer); }, std::chrono::seconds(15));
	BOOST_TEST(answered, "not \"" << answer << "\" in:\n" << monitor->errors());
}

uint64_t Enclosure::feed(uint64_t packets) {
	const Sent sent =
	    wire.send({"--scenario", "spoofed-flood", "--count", std::to_string(packets), "--rate", "20000"});
	denied_ += sent.denied;
	return sent.denied;
}

void Enclosure::poison(pid_t victim) {
	const auto id = static_cast<uint32_t>(victim);
	const std::string target = "10." + std::to_string(id >> 16 & 255) + "." + std::to_string(id >> 8 & 255) + "." +
	                           std::to_string(id & 255);
	const std::vector<packet::Bytes> frame = {packet::Ethernet{} /
	                                          packet::IPv4{.src = "198.51.100.66", .dst = packet::Ipv4Address(target)} /
	                                          packet::TCP{.sport = 57005, .dport = 1}};
	wire.send(frame);
	++denied_;
}

bool Enclosure::heard(const std::string& text, Duration limit) const {
	const bool found = eventually([&] { return says(monitor->errors(), text); }, limit);
	BOOST_TEST(found, "not \"" << text << "\" in:\n" << monitor->errors());
	return found;
}

Ended Enclosure::close(int status) {
	BOOST_TEST(process_runs(host_));
	BOOST_TEST(monitor->pid() == host_);
	BOOST_TEST(xdp_program(wire.watched, wire.interface()) != 0u);
	const Ended ended = monitor->stop();
	BOOST_TEST((status == kEither ? ended.status == 0 || ended.status == 1 : ended.status == status), "it ended with " << ended.status << ":\n" << ended.errors);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == denied_);
	for (const char* good : {"good", "strict"}) {
		const std::string own = std::string("/plugins/") + good;
		BOOST_TEST(figure(ended.stats, own + "/offered") == denied_, good);
		BOOST_TEST(figure(ended.stats, own + "/delivered") == denied_, good);
	}
	BOOST_TEST(says(ended.errors, "[strict] took " + std::to_string(denied_) + " events, refused some first, 0 wrong\n"),
	           ended.errors);
	BOOST_TEST(says(ended.errors, ", 0 lost\n"));
	BOOST_TEST(!says(ended.errors, "do not balance"), ended.errors);
	BOOST_TEST(xdp_program(wire.watched, wire.interface()) == 0u);
	BOOST_TEST(eventually([&] { return !any_process_left(*monitor); }));
	return ended;
}

namespace {

// Of "2026-01-31T12:00:00.123Z …", within its day.
double time_of(const std::string& line) {
	int hours = 0, minutes = 0;
	double seconds = 0;
	return std::sscanf(line.c_str(), "%*d-%*d-%*dT%d:%d:%lfZ", &hours, &minutes, &seconds) == 3
	           ? hours * 3600 + minutes * 60 + seconds
	           : -1;
}

} // namespace

double seconds_between(const std::string& log, const std::string& first, const std::string& then) {
	std::istringstream lines(log);
	double from = -1;
	for (std::string line; std::getline(lines, line);) {
		if (from < 0 && says(line, first))
			from = time_of(line);
		else if (from >= 0 && says(line, then))
			return time_of(line) < from ? time_of(line) + 86400 - from : time_of(line) - from;
	}
	return -1;
}

bool any_process_left(const Monitor& monitor) {
	const std::string mark = monitor.crashes().parent_path().string();
	for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
		const std::string name = entry.path().filename();
		if (name.find_first_not_of("0123456789") != std::string::npos)
			continue;
		if (says(read_file(entry.path() / "environ"), "STATE_DIRECTORY=" + mark) && process_runs(std::atoi(name.c_str())))
			return true;
	}
	return false;
}

} // namespace tmon::test
