// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The program's `ctl` and `status` against a run's real socket, with what people and programs read of it.
#include "host/control/commands.hpp"
#include "test/support/control_target.hpp"
#include "test/support/temp_dir.hpp"

#include "host/commands/ctl.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;

struct Result {
	int code = 0;
	std::string out, err;
};

// In a process of its own, with its outputs in files.
Result ctl(const TempDir& directory, std::vector<const char*> words, uid_t user = geteuid()) {
	const std::string out = directory / "out", err = directory / "err";
	std::fflush(nullptr); // nothing of ours is written twice
	const pid_t child = fork();
	if (child == 0) {
		const auto into = [](const std::string& path, int descriptor) {
			dup2(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), descriptor);
		};
		into(out, 1);
		into(err, 2);
		if (user != geteuid() && (setgid(user) != 0 || setuid(user) != 0))
			_exit(99);
		const int code = ctl_main(words);
		std::fflush(nullptr);
		_exit(code);
	}
	int status = 0;
	waitpid(child, &status, 0);
	return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(out), read_file(err)};
}

struct Served {
	Served() : path(directory / "control.sock"), host(path) {}
	Result ctl(std::vector<const char*> words) {
		words.insert(words.begin() + 1, {"--socket", path.c_str()});
		return ::ctl(directory, words);
	}
	TempDir directory;
	std::string path;
	ServedTarget host;
};

BOOST_AUTO_TEST_CASE(a_block_list_is_kept) {
	Served served;
	BOOST_TEST(served.ctl({"blocked"}).out == "nothing is blocked\n");
	Result result = served.ctl({"block", "203.0.113.7", "--ttl", "10m", "--reason", "a scan"});
	BOOST_TEST(result.code == 0);
	BOOST_TEST(result.out == "203.0.113.7/32: blocked\n");
	BOOST_TEST(served.ctl({"block", "2001:db8::/32", "--ttl", "25h"}).code == 0);
	BOOST_TEST(served.ctl({"blocked"}).out == "PREFIX          LEFT   BY   REASON\n"
	                                          "203.0.113.7/32  10m    ctl  a scan\n"
	                                          "2001:db8::/32   1d 1h  ctl\n");
	BOOST_TEST(served.ctl({"check-ip", "203.0.113.7"}).out ==
	           "203.0.113.7: packets from it are reported and dropped\n"
	           "  no entry covers it\n"
	           "  blocked as 203.0.113.7/32 by ctl, 10m left: a scan\n");
	BOOST_TEST(served.ctl({"check-ip", "10.1.1.1"}).out == "10.1.1.1: packets from it are reported, and pass\n"
	                                                       "  decided by 10.0.0.0/8 (denied, \"lab\"), cfg.json:3:5\n");
	BOOST_TEST(served.ctl({"unblock", "203.0.113.7"}).out == "203.0.113.7/32: done\n");
	result = served.ctl({"unblock", "203.0.113.7"});
	BOOST_TEST(result.code == 1);
	BOOST_TEST(result.out == "");
	BOOST_TEST(result.err == "traffic-monitor: 203.0.113.7/32 is not blocked\n");
	result = served.ctl({"unblock", "203.0.113.7", "--json"});
	BOOST_TEST(result.code == 1);
	BOOST_TEST(result.out == "{\"ok\":false,\"error\":\"203.0.113.7/32 is not blocked\"}\n");
	BOOST_TEST(served.ctl({"confirm"}).out == "dropping goes on\n");
}

BOOST_AUTO_TEST_CASE(a_long_list_is_fetched_in_pages) {
	Served served;
	served.host.in_loop([&] {
		for (int i = 0; i < 1234; ++i) {
			const Prefix prefix{4, 32, {10, 0, static_cast<uint8_t>(i / 256), static_cast<uint8_t>(i % 256)}};
			served.host.target.list[prefix] = {prefix, 60s, "r"};
		}
	});
	const Result result = served.ctl({"blocked", "--json"});
	BOOST_TEST(result.code == 0);
	const boost::json::value answer = boost::json::parse(result.out);
	BOOST_TEST(answer.at("total") == 1234);
	BOOST_TEST(answer.at("entries").as_array().size() == 1234u);
	BOOST_TEST(answer.at("entries").as_array().back().at("prefix").as_string() == "10.0.4.209/32");
}

BOOST_AUTO_TEST_CASE(status_is_for_people_and_for_programs) {
	Served served;
	served.host.in_loop([&] {
		Status& status = served.host.target.answer;
		status.uptime = 3661s;
		status.interfaces = {{"eth0", 3, "native", 1'769'860'800'000'000'000, false}, {"eth1\x1b[2J", 4, "", 0, true}};
		status.policy = {7, 0, {10, 2}, {3, 0}, {0, 1}};
		status.drop = {DropState::until_confirmed, 42, false};
		status.blocks.capacity = 100;
		PluginTotals log;
		log.name = "log";
		status.totals.plugins = {log};
		status.plugins = {{"log", "logger-json", "1.0.0", "running"}};
	});
	const Result result = served.ctl({"status"});
	BOOST_TEST(result.code == 0);
	for (const char* part : {", up 1h 1m\n", "mode             dropping until confirmed: 42s left (traffic-monitor ctl confirm)\n",
	                         "policy           generation 7 since 1970-01-01T00:00:00Z; permitted: 10 IPv4, 2 IPv6; denied: 3 IPv4",
	                         "block list       0 of 100 entries; 0 packets dropped\n",
	                         "eth0         3      native  2026-01-31T12:00:00Z  attached\n", "gone\n",
	                         "log     logger-json 1.0.0  0        0 "})
		BOOST_TEST(result.out.find(part) != std::string::npos, part << " in\n" << result.out);
	BOOST_TEST(result.out.find('\x1b') == std::string::npos); // no terminal; and what is foreign is made visible
	const boost::json::value json = boost::json::parse(served.ctl({"status", "--json"}).out);
	BOOST_TEST(json.at("policy").at("generation") == 7);
	BOOST_TEST(served.ctl({"stats"}).out.find("alerts.emitted") != std::string::npos);
	BOOST_TEST(served.ctl({"version"}).out.starts_with("traffic-monitor "));
	BOOST_TEST(served.ctl({"help"}).out.find("check-ip") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(colour_marks_what_matters) {
	FakeTarget target;
	target.answer.interfaces = {{"eth0", 3, "native", 0, true}};
	const auto answer = boost::json::parse(answer_request(R"({"command":"status"})", target, {}).line).as_object();
	BOOST_TEST(format_answer("status", answer, true).find("\x1b[31mgone\x1b[0m\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_a_run_it_says_so) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	const Result none = ctl(directory, {"status", "--socket", path.c_str()});
	BOOST_TEST(none.code == 1);
	BOOST_TEST(none.err == "traffic-monitor: no traffic-monitor answers at " + path + ": is it running?\n");
	BOOST_TEST(ctl(directory, {"block", "10.0.0.1", "--socket", path.c_str()}).code == 2);

	Served served;
	if (geteuid() == 0) {
		chmod(served.directory.path().c_str(), 0755);
		const Result denied = ctl(served.directory, {"status", "--socket", served.path.c_str()}, 4711);
		BOOST_TEST(denied.code == 1);
		BOOST_TEST(denied.err == "traffic-monitor: no permission to use " + served.path + ": become root, or whoever owns it\n");
	}
}

} // namespace
