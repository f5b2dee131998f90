// SPDX-License-Identifier: MIT OR Apache-2.0
//
// SIGHUP: the policy and the plugins become what the configuration says, together, or stay what they are.
#include "test/e2e/recorder.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/frame_counter.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

using namespace tmon::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* kPermitted = "10.9.9.9";
constexpr const char* kDenied = "203.0.113.9";
constexpr const char* kDenied6 = "2001:db8::9";
constexpr uint64_t kFrames = 10;
constexpr const char* kUnchanged = "everything goes on as it was\n";

struct Fate {
	uint64_t passed = 0, reported = 0; // of ten packets
	bool operator==(const Fate&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Fate& fate) {
	return out << "passed " << fate.passed << ", reported " << fate.reported;
}

constexpr Fate kSilent{kFrames, 0}, kLogged{kFrames, kFrames}, kDropped{0, kFrames};

// A run on a wire and what becomes of packets.
class Running {
public:
	Recorder recorder;
	json::object config = config_with({recorder.plugin()});
	Wire wire;

	void start() {
		behind_.emplace(wire.watched, wire.interface());
		monitor_.emplace(wire.watched, MonitorOptions{.interfaces = {wire.interface()}, .config = config});
	}
	Monitor& monitor() { return *monitor_; }
	std::string reload(const std::string& until) { return monitor_->reload(config, until); }

	Fate fate(const std::string& source) {
		const auto before = packets();
		wire.send(frames_from(source, kFrames));
		std::map<std::string, uint64_t> now;
		BOOST_TEST(eventually([&] { return (now = packets()).at("seen") == before.at("seen") + kFrames; }));
		const Fate fate{kFrames - (now.at("dropped") - before.at("dropped")),
		                now.at("denied") - before.at("denied")};
		passed_ += fate.passed;
		BOOST_TEST(behind_->wait_for(passed_).total == passed_);
		return fate;
	}
	uint64_t generation() const { return figure(monitor_->ask({"status"}), "/policy/generation"); }

	void end() {
		const Ended ended = monitor_->stop();
		BOOST_TEST(ended.status == 0, ended.errors);
		check_accounts(ended.stats);
		BOOST_TEST(figure(ended.stats, "/plugins/records/delivered") == figure(ended.stats, "/denied"));
		BOOST_TEST(recorder.events().size() == figure(ended.stats, "/denied"));
	}

private:
	std::map<std::string, uint64_t> packets() const {
		const json::object status = monitor_->ask({"status"});
		std::map<std::string, uint64_t> all;
		for (const char* what : {"seen", "dropped", "denied"})
			all[what] = figure(status, std::string("/packets/") + what);
		return all;
	}

	std::optional<FrameCounter> behind_;
	std::optional<Monitor> monitor_;
	uint64_t passed_ = 0;
};

// 10 000 prefixes, of which none covers the sources above; line `bad` is not one.
std::string many_prefixes(std::size_t bad = 0) {
	std::string text;
	for (std::size_t line = 1; line <= 10'000; ++line)
		text += line == bad
		            ? "192.0.2.300/32\n"
		            : "172.20." + std::to_string(line / 250) + '.' + std::to_string(line % 250) + "/32\n";
	return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reload, *needs_root())

BOOST_AUTO_TEST_CASE(lists_and_drop_mode_change_while_it_runs) {
	Running run;
	run.start();
	BOOST_TEST(run.fate(kPermitted) == kSilent);
	BOOST_TEST(run.fate(kDenied) == kLogged);
	run.config["drop_packets"] = true;
	const std::string logged =
	    run.reload("policy 2 is in force: 7 permitted prefixes; what is not permitted is reported and dropped\n");
	BOOST_TEST(says(logged, "plugins reloaded: nothing has changed\n"), logged);
	BOOST_TEST(run.fate(kDenied) == kDropped);
	BOOST_TEST(run.fate(kDenied6) == kDropped);
	run.config["denied_cidrs"] = json::array{"10.9.0.0/16"};
	run.config["never_drop"] = json::array{"203.0.113.0/24"};
	run.config["permitted_cidrs"].as_array().push_back("2001:db8::/32");
	run.reload("policy 3 is in force: 8 permitted prefixes, 1 denied, 1 never dropped; what is not permitted is "
	           "reported and dropped\n");
	BOOST_TEST(run.fate(kPermitted) == kDropped);
	BOOST_TEST(run.fate(kDenied) == kLogged);
	BOOST_TEST(run.fate(kDenied6) == kSilent);
	run.config["drop_packets"] = false;
	run.reload("policy 4 is in force");
	BOOST_TEST(run.fate(kPermitted) == kLogged);
	BOOST_TEST(run.generation() == 4u);
	run.end();
}

BOOST_AUTO_TEST_CASE(one_bad_line_among_ten_thousand_changes_nothing) {
	Running run;
	const TempDir lists;
	const std::string list = (lists / "partners.txt").string();
	lists.write("partners.txt", many_prefixes());
	run.config["permitted_files"] = json::array{list};
	run.config["drop_packets"] = true;
	run.start();
	BOOST_TEST(run.fate(kDenied) == kDropped);
	BOOST_TEST(run.fate("192.0.2.1") == kDropped);
	// All else in it is right, and would let the source pass.
	lists.write("partners.txt", many_prefixes(7'654) + "203.0.113.0/24\n");
	const std::string refused = run.reload(kUnchanged);
	BOOST_TEST(says(refused, list + ":7654:1: error: \"192.0.2.300/32\": octet 300 exceeds 255\n"), refused);
	BOOST_TEST(!says(refused, ":7653:"), refused);
	BOOST_TEST(run.fate(kDenied) == kDropped);
	BOOST_TEST(run.generation() == 1u);
	lists.write("partners.txt", many_prefixes() + "203.0.113.0/24\n");
	run.reload("policy 2 is in force: 10008 permitted prefixes;");
	BOOST_TEST(run.fate(kDenied) == kSilent);
	run.end();
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_changes_nothing) {
	Running run;
	run.start();
	const auto refused = [&](const std::string& text, const std::string& reason) {
		std::ofstream(run.monitor().config_file()) << text;
		const std::size_t before = run.monitor().errors().size();
		run.monitor().signal(SIGHUP);
		const auto logged = [&] { return run.monitor().errors().substr(before); };
		BOOST_TEST(eventually([&] { return says(logged(), kUnchanged); }), logged());
		BOOST_TEST(says(logged(), reason), logged());
	};
	refused("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n}", "config.json:1:35: error: a comma before '}'");
	refused("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n \"interfases\": []}",
	        "config.json:2:2: error: unknown key \"interfases\" (did you mean \"interfaces\"?)\n");
	refused("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n \"denied_cidrs\": [\"10.0.0.0/8\"]}", "config.json:2:");
	refused("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n \"denied_files\": [\"/nowhere/list\"]}", "/nowhere/list");
	std::filesystem::remove(run.monitor().config_file());
	const std::size_t before = run.monitor().errors().size();
	run.monitor().signal(SIGHUP);
	BOOST_TEST(eventually([&] { return says(run.monitor().errors().substr(before), kUnchanged); }));
	BOOST_TEST(run.generation() == 1u);
	BOOST_TEST(run.fate(kPermitted) == kSilent);
	BOOST_TEST(run.fate(kDenied) == kLogged);
	run.end();
}

BOOST_AUTO_TEST_CASE(plugins_and_policy_change_together_or_not_at_all) {
	Running run;
	run.start();
	const auto runners = run.monitor().runners();
	BOOST_TEST(runners.size() == 1u);
	const json::object right = run.config;
	run.config["drop_packets"] = true;
	run.config["plugins"] =
	    json::array{run.recorder.plugin({{"refuse", true}}), plugin(test_plugin("tally"), "tally")};
	const std::string refused = run.reload(kUnchanged);
	BOOST_TEST(says(refused, "plugin records: it is told to refuse\n"), refused);
	BOOST_TEST(!says(refused, "is in force"), refused);
	BOOST_TEST(run.generation() == 1u);
	BOOST_TEST(run.fate(kDenied) == kLogged);
	BOOST_TEST((run.monitor().runners() == runners));

	// The policy is what is refused: the gateway would be cut off.
	run.wire.watched.ip({"address", "add", "203.0.113.1/24", "dev", run.wire.interface()});
	run.wire.watched.ip({"route", "add", "default", "via", "203.0.113.7"});
	run.config["plugins"] = json::array{run.recorder.plugin(), plugin(test_plugin("tally"), "tally")};
	BOOST_TEST(says(run.reload(kUnchanged), "error: default gateway 203.0.113.7"));
	BOOST_TEST((run.monitor().runners() == runners));
	BOOST_TEST(run.fate(kDenied) == kLogged);

	run.wire.watched.ip({"route", "delete", "default"});
	const std::string both = run.reload("policy 2 is in force");
	BOOST_TEST(says(both, "plugins reloaded; added tally\n"), both);
	BOOST_TEST(run.fate(kDenied) == kDropped);
	BOOST_TEST(run.monitor().runners().size() == 2u);
	run.config = right;
	BOOST_TEST(says(run.reload("policy 3 is in force"), "removed tally"));
	BOOST_TEST(run.fate(kDenied) == kLogged);
	run.end();
}

BOOST_AUTO_TEST_CASE(what_takes_a_restart_is_named_and_the_rest_takes_effect) {
	Running run;
	run.start();
	run.config["ring"] = json::object{{"size", "8M"}};
	run.config["permitted_cidrs"].as_array().push_back("203.0.113.0/24");
	BOOST_TEST(says(run.reload("policy 2 is in force"), "the rest takes a restart\n"));
	BOOST_TEST(run.fate(kDenied) == kSilent);
	run.end();
}

// Faster than it can follow: the last one counts.
BOOST_AUTO_TEST_CASE(the_last_of_many_signals_is_obeyed) {
	Running run;
	run.start();
	const std::string file = run.monitor().config_file().string();
	for (int i = 1; i <= 30; ++i) {
		run.config["denied_cidrs"] =
		    json::array{json::object{{"cidr", "10.9.0.0/16"}, {"name", std::to_string(i)}}};
		// As an editor does it, so that it is never seen half written.
		std::ofstream(file + ".new") << json::serialize(run.config);
		std::filesystem::rename(file + ".new", file);
		run.monitor().signal(SIGHUP);
	}
	const auto name = [&] { return run.monitor().ask({"check-ip", kPermitted}).at("entry").at("name"); };
	BOOST_TEST(eventually([&] { return name() == "30"; }, 15s), run.monitor().errors());
	BOOST_TEST(run.fate(kPermitted) == kLogged);
	BOOST_TEST(run.monitor().runners().size() == 1u);
	run.end();
	BOOST_TEST(says(run.recorder.names(), " 30\n"), run.recorder.names());
}

BOOST_AUTO_TEST_SUITE_END()
