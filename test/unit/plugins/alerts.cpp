// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/plugin_fixture.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace tmon::test;

namespace {

const uint8_t victims[2][16] = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1},
                                {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 2}};
const tmon_measure threshold[] = {{tmon::to_str("ports"), 10}, {tmon::to_str("window_seconds"), 60}};
const tmon_measure observed[] = {{tmon::to_str("ports"), 12}, {tmon::to_str("rate"), 0.25}};

tmon_alert sample() {
	tmon_alert alert{};
	alert.size = sizeof alert;
	alert.state = TMON_ALERT_OPEN;
	alert.alert_id = 42;
	alert.emitter = tmon::to_str("threats");
	alert.rule = tmon::to_str("port_scan");
	alert.message = tmon::to_str("12 packets");
	alert.mitre = tmon::to_str("T1046");
	alert.severity = TMON_SEVERITY_HIGH;
	alert.ip_version = 4;
	alert.confidence = 0.9;
	const uint8_t source[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 7};
	std::memcpy(alert.source, source, 16);
	alert.victims = victims;
	alert.victim_count = 2;
	alert.threshold = threshold;
	alert.threshold_count = 2;
	alert.observed = observed;
	alert.observed_count = 2;
	alert.first_seen_ns = 1'700'000'000'123'000'000;
	alert.last_seen_ns = 1'700'000'001'999'999'999;
	alert.count = 1482;
	alert.suppressed = 1470;
	alert.lagged_during = 3;
	return alert;
}

struct Output {
	TemporaryDirectory dir;
	tmon::testing::Host host;
	Output() { host.standard_output = dir / "out"; }
	std::string console() const { return read_file(dir / "out"); }
	std::string file() const { return read_file(dir / "alerts.jsonl"); }
	std::string config(const std::string& more = "") const {
		return R"({"file":")" + (dir / "alerts.jsonl") + '"' + more + "}";
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_alerts)

BOOST_AUTO_TEST_CASE(both_outputs) {
	Output output;
	ShippedPlugin plugin(output.host, "alerts", output.config());
	BOOST_REQUIRE(plugin.created() == TMON_OK);
	BOOST_TEST(!plugin.takes_events());
	BOOST_TEST(plugin.alert(sample()) == TMON_OK);
	BOOST_TEST(output.console() == "[ALERT] high port_scan open 203.0.113.7 -> 10.0.0.1 and 1 more: 12 packets\n");
	BOOST_TEST(
	    output.file() ==
	    R"({"type":"alert","alert_id":"threats-42","state":"open","rule":"port_scan","severity":"high",)"
	    R"("confidence":0.9,"src":"203.0.113.7","victims":["10.0.0.1","10.0.0.2"],)"
	    R"("first_seen":"2023-11-14T22:13:20.123Z","last_seen":"2023-11-14T22:13:21.999Z","count":1482,)"
	    R"("suppressed":1470,"threshold":{"ports":10,"window_seconds":60},"observed":{"ports":12,"rate":0.25},)"
	    R"("message":"12 packets","lagged_during":3,"mitre":"T1046","emitter":"threats"})"
	    "\n");
}

BOOST_AUTO_TEST_CASE(states_and_versions) {
	Output output;
	ShippedPlugin plugin(output.host, "alerts", "{}");
	tmon_alert alert = sample();
	alert.state = TMON_ALERT_CLOSED;
	alert.severity = TMON_SEVERITY_CRITICAL;
	alert.ip_version = 6;
	const uint8_t source[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	std::memcpy(alert.source, source, 16);
	alert.victims = nullptr;
	alert.victim_count = 0;
	BOOST_TEST(plugin.alert(alert) == TMON_OK);
	BOOST_TEST(output.console() == "[ALERT] critical port_scan closed 2001:db8::1: 12 packets\n");
}

BOOST_AUTO_TEST_CASE(odd_texts_and_figures_stay_valid) {
	Output output;
	ShippedPlugin plugin(output.host, "alerts", output.config());
	tmon_alert alert = sample();
	alert.state = 99;
	alert.severity = 77;
	alert.emitter = tmon::to_str("a\"b");
	alert.message = tmon::to_str("x\n\x1b[2J\xff");
	alert.mitre = {nullptr, 0};
	alert.confidence = std::nan("");
	const tmon_measure odd[] = {{tmon::to_str("\""), INFINITY}};
	alert.observed = odd;
	alert.observed_count = 1;
	BOOST_TEST(plugin.alert(alert) == TMON_OK);
	BOOST_TEST(output.console().find(": x??[2J?\n") != std::string::npos);
	const auto value = boost::json::parse(output.file());
	BOOST_TEST(value.at("alert_id").as_string() == "a\"b-42");
	BOOST_TEST(value.at("message").as_string() == "x\n\x1b[2J\xef\xbf\xbd");
	BOOST_TEST(value.at("state").as_string() == "unknown");
	BOOST_TEST(value.at("severity").as_string() == "unknown");
	BOOST_TEST(value.at("confidence").is_null());
	BOOST_TEST(value.at("observed").at("\"").is_null());
	BOOST_TEST(value.at("mitre").as_string() == "");
}

BOOST_AUTO_TEST_CASE(what_is_below_the_minimum_is_left_out) {
	for (const auto& [name, least] :
	     std::map<std::string, uint32_t>{{"low", 1}, {"medium", 2}, {"high", 3}, {"critical", 4}}) {
		Output output;
		ShippedPlugin plugin(output.host, "alerts",
		                    output.config(R"(,"console":false,"minimum_severity":")" + name + '"'));
		for (uint32_t severity = 1; severity <= 4; ++severity) {
			tmon_alert alert = sample();
			alert.severity = severity;
			BOOST_TEST(plugin.alert(alert) == TMON_OK);
		}
		const std::string text = output.file();
		BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 5 - static_cast<int>(least));
		BOOST_TEST(output.console() == "");
	}
}

BOOST_AUTO_TEST_CASE(a_file_is_appended_to) {
	Output output;
	write_file(output.dir / "alerts.jsonl", "{\"torn\":");
	for (int run = 0; run < 2; ++run) {
		ShippedPlugin plugin(output.host, "alerts", output.config());
		BOOST_TEST(plugin.alert(sample()) == TMON_OK);
	}
	const std::string text = output.file();
	BOOST_TEST(text.find("{\"torn\":\n{\"type\"") == 0u);
	BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 3);
}

BOOST_AUTO_TEST_CASE(one_output_that_fails_does_not_silence_the_other) {
	{
		Output output;
		output.host.standard_output = "/dev/full";
		ShippedPlugin plugin(output.host, "alerts", output.config());
		BOOST_TEST(plugin.alert(sample()) == TMON_E_IO);
		BOOST_TEST(output.file().find("threats-42") != std::string::npos);
	}
	Output output;
	ShippedPlugin plugin(output.host, "alerts", R"({"file":"/dev/full"})");
	BOOST_REQUIRE(plugin.created() == TMON_OK);
	BOOST_TEST(plugin.alert(sample()) == TMON_E_IO);
	BOOST_TEST(output.host.last_failure() == "cannot write /dev/full: No space left on device");
	BOOST_TEST(output.console().find("[ALERT]") == 0u);
}

BOOST_AUTO_TEST_CASE(configuration) {
	const std::pair<std::string, std::string> cases[] = {
	    {R"({"console":false})", R"("console" is false and "file" is missing: alerts would go nowhere)"},
	    {R"({"console":1})", R"("console" must be true or false, not 1)"},
	    {R"({"minimum_severity":"hi"})", R"("minimum_severity" is none of the four severities)"},
	};
	for (const auto& [config, expected] : cases) {
		tmon::testing::Host host;
		ShippedPlugin plugin(host, "alerts", config);
		BOOST_TEST(plugin.created() == TMON_E_CONFIG);
		BOOST_TEST(host.last_failure() == expected);
	}
	tmon::testing::Host host;
	ShippedPlugin plugin(host, "alerts", R"({"file":"/nonexistent/alerts"})");
	BOOST_TEST(plugin.created() == TMON_E_IO);
	BOOST_TEST(host.last_failure() == "/nonexistent/alerts: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
