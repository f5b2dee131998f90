// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The conformance kit finds what is wrong with a plugin, and finds nothing wrong with those that are sound.
#include "test/conformance/program.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

using namespace tmon::test;
namespace json = boost::json;

namespace {

struct Checked {
	Finished finished;
	json::object verdict;

	Checked(const std::string& plugin, const std::string& seed) : finished(plugins({"check", plugin, "--json", "--seed", seed})) {
		BOOST_REQUIRE(!finished.output.empty());
		verdict = json::parse(finished.output).as_object();
	}
	// "fail", "note", ... of one case.
	std::string outcome(const std::string& name) const {
		for (const json::value& result : verdict.at("cases").as_array())
			if (result.at("name").as_string() == name)
				return json::value_to<std::string>(result.at("outcome"));
		return "missing";
	}
	std::string messages(const std::string& name) const {
		std::string text;
		for (const json::value& result : verdict.at("cases").as_array())
			if (result.at("name").as_string() == name)
				text += json::serialize(result.at("messages")) + '\n';
		return text;
	}
	std::string failures() const {
		std::string text;
		for (const json::value& result : verdict.at("cases").as_array())
			if (result.at("outcome") == "fail")
				text += json::serialize(result) + '\n';
		return text;
	}
};

struct Defect {
	const char* plugin;
	const char* found_by; // a case
	const char* outcome;
	const char* message;
};

const Defect defects[] = {
    {"executable_stack", "linking", "fail", "it wants an executable stack"},
    {"run_path", "linking", "fail", "/tmp/of/mine"},
    {"lazy", "linking", "note", "-Wl,-z,now"},
    {"exports_more", "exports", "note", "a_helper_of_mine"},
    {"undefined_symbol", "symbols", "fail", "nobody_has_this"},
    {"entry_contradicts", "create", "fail", "its entry has the id \\\"another\\\", its manifest says \\\"defective\\\""},
    {"constructor_crashes", "create", "fail", "was ended by SIGABRT in loading"},
    {"exits", "create", "fail", "exited with status 3 in create"},
    {"config_ends_with_nul", "create", "fail", "was ended by SIGSEGV in create"},
    {"refuses_its_defaults", "create", "fail", "create refused a configuration that its schema takes"},
    {"unknown_status", "create", "fail", "create returned status -99, which the ABI does not have for it"},
    {"capability_missing", "create", "fail", "its manifest says that it has alerts, and it has not"},
    {"has_any_extension", "create", "fail", "get_extension gives a table for"},
    {"prints", "create", "note", "wrote to its standard output or error: hello"},
    {"empty_config", "broken-configuration", "fail", "was ended by SIGSEGV in create"},
    {"leaks_memory", "repeat", "fail", "bytes of memory behind"},
    {"leaks_descriptors", "repeat", "fail", "descriptors behind"},
    {"one_instance_only", "two-instances", "fail", "was ended by SIGABRT in create"},
    {"must_be_ended", "order", "fail", "was ended by SIGABRT in destroy"},
    {"thread_stays", "after-destroy", "fail", "threads of the plugin still run after destroy"},
    {"uses_host_after_destroy", "after-destroy", "fail", "host->log was used after destroy had returned"},
    {"thread_uses_serial_service", "create", "fail", "host->interface_name is [serial] and was used by a thread"},
    {"positive_status", "batch-sizes", "fail", "on_batch returned status 7, which the ABI does not have for it"},
    {"retries_forever", "batch-sizes", "fail", "on_batch asked for the same batch 200 times"},
    {"reads_behind_the_batch", "batch-sizes", "fail", "was ended by SIGSEGV in on_batch"},
    {"writes_into_the_batch", "batch-sizes", "fail", "was ended by SIGSEGV in on_batch"},
    {"bad_alert", "batch-sizes", "fail", "the rule of an alert is not UTF-8"},
    {"bad_alert", "batch-sizes", "fail", "the confidence of an alert is not between 0 and 1"},
    {"hangs_on_unknown_reason", "events", "fail", "did not return from on_batch within 2000 ms"},
    {"stops_at_unknown_reason", "events", "fail", "was ended by SIGABRT in on_batch"},
    {"blind_to_losses", "gaps", "fail", "was ended by SIGABRT in on_batch (very many lost)"},
    {"walks_by_sizeof", "longer-structs", "fail", "walk events by event_stride"},
    {"exact_batch_size", "longer-structs", "fail", "it does otherwise with the structs of a newer host"},
    {"short_names", "names", "fail", "was ended by SIGABRT in on_batch"},
    {"time_goes_on", "ticks", "fail", "was ended by SIGABRT in on_tick"},
    {"end_needs_events", "end", "fail", "on_end failed: TMON_E_INTERNAL"},
    {"takes_victims_for_granted", "alerts", "fail", "was ended by SIGSEGV in on_alert"},
    {"save_forgets_failures", "state", "fail", "save returned TMON_OK although write had failed"},
    {"restore_trusts", "state", "fail", "was ended by SIGSEGV in restore"},
    {"reconfigure_refuses", "reconfigure", "fail", "reconfigure refused the configuration that it has"},
    {"metric_must_work", "failing-services", "fail", "was ended by SIGABRT in create (metric_define fails with TMON_E_NOMEM)"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(conformance_check)

BOOST_AUTO_TEST_CASE(shipped_plugins_pass_with_any_seed) {
	for (const char* id : {"console", "logger-csv", "logger-json", "threats", "alerts"}) {
		for (const char* seed : {"0", "1", "4294967295", "18446744073709551615"}) {
			const Checked checked(id, seed);
			BOOST_TEST_CONTEXT(id << " --seed " << seed) {
				BOOST_TEST(checked.finished.status == 0, checked.failures() << checked.finished.errors);
				BOOST_TEST(checked.verdict.at("verdict") == "passed");
				BOOST_TEST(checked.verdict.at("id") == id);
				BOOST_TEST(checked.verdict.at("reproduce").as_string() ==
				           std::string("traffic-monitor plugins check ") + id + " --seed " + seed);
			}
		}
	}
}

// With everything that a plugin can have, so that no case is skipped.
BOOST_AUTO_TEST_CASE(a_sound_plugin_passes_every_case) {
	for (const char* seed : {"1", "2", "3"}) {
		const Checked checked(defective("sound"), seed);
		BOOST_TEST(checked.finished.status == 0, checked.failures() << checked.finished.errors);
		std::set<std::string> names;
		for (const json::value& result : checked.verdict.at("cases").as_array()) {
			BOOST_TEST((result.at("outcome") == "pass"), json::serialize(result));
			BOOST_TEST(names.insert(json::value_to<std::string>(result.at("name"))).second);
		}
		BOOST_TEST(names.size() == 25u);
	}
}

BOOST_AUTO_TEST_CASE(each_defect_is_found_by_its_case) {
	for (const Defect& defect : defects) {
		const Checked checked(defective(defect.plugin), "7");
		BOOST_TEST_CONTEXT(defect.plugin) {
			BOOST_TEST(checked.outcome(defect.found_by) == defect.outcome);
			BOOST_TEST(says(checked.messages(defect.found_by), defect.message), checked.finished.output);
			const bool failed = std::string(defect.outcome) == "fail";
			BOOST_TEST(checked.finished.status == (failed ? 1 : 0), checked.failures());
			BOOST_TEST(checked.verdict.at("verdict") == (failed ? "failed" : "passed"));
		}
	}
}

BOOST_AUTO_TEST_CASE(the_text_says_the_same) {
	const Finished finished = plugins({"check", defective("blind_to_losses"), "--seed", "7"});
	BOOST_TEST(finished.status == 1);
	BOOST_TEST(says(finished.output, "defective 1.0.0, seed 7\n"), finished.output);
	BOOST_TEST(says(finished.output, "\npass  create "), finished.output);
	BOOST_TEST(says(finished.output, "\nfail  gaps "), finished.output);
	BOOST_TEST(says(finished.output, "        fail: was ended by SIGABRT in on_batch (very many lost)\n"), finished.output);
	BOOST_TEST(says(finished.output, "FAILED: 25 cases, "), finished.output);
	BOOST_TEST(says(finished.output, "to repeat: traffic-monitor plugins check " + defective("blind_to_losses") + " --seed 7\n"),
	           finished.output);
}

BOOST_AUTO_TEST_CASE(a_seed_is_made_up_and_printed) {
	const auto seed = [] {
		const Finished finished = plugins({"check", "console", "--json"});
		return json::parse(finished.output).at("seed").to_number<uint64_t>();
	};
	const uint64_t first = seed(), second = seed();
	BOOST_TEST((first != second || first != seed()));
}

BOOST_AUTO_TEST_CASE(what_is_no_plugin_is_said_to_be_none) {
	const TempDir dir;
	const Finished text = plugins({"check", dir.write("text.so", "not an object").string()});
	BOOST_TEST(text.status == 3);
	BOOST_TEST(says(text.output, "not a plugin: "), text.output);
	BOOST_TEST(says(text.output, "not an ELF file"), text.output);
	const Finished as_json = plugins({"check", (dir / "missing.so").string(), "--json"});
	BOOST_TEST(as_json.status == 3);
	const json::object verdict = json::parse(as_json.output).as_object();
	BOOST_TEST(verdict.at("verdict") == "not a plugin");
	BOOST_TEST(verdict.at("reasons").as_array().size() == 1u);
	BOOST_TEST(verdict.at("cases").as_array().empty());
	BOOST_TEST(plugins({"check", in_dist("bin/traffic-monitor")}).status == 3);
}

BOOST_AUTO_TEST_CASE(a_configuration_can_be_given) {
	BOOST_TEST(plugins({"check", "threats", "--config", R"({"port_scan": {"ports": 3}})"}).status == 0);
	const TempDir dir;
	const auto file = dir.write("config.json", "{\n  \"port_scan\": {\"ports\": 1}}");
	const Finished wrong = plugins({"check", "threats", "--config", "@" + file.string()});
	BOOST_TEST(wrong.status == 3);
	BOOST_TEST(says(wrong.errors, "config.json:2:26: error: config.port_scan.ports: expected a whole number from 2 to 1024"),
	           wrong.errors);
	BOOST_TEST(plugins({"check", "threats", "--config", "@" + (dir / "none").string()}).status == 3);
	BOOST_TEST(plugins({"check", "threats", "--config", "[]"}).status == 3);
	BOOST_TEST(plugins({"check", "threats", "--config", "{"}).status == 3);
}

// What a plugin writes while it is checked is removed with the folder that it was written into.
BOOST_AUTO_TEST_CASE(nothing_is_left_behind) {
	const TempDir dir;
	const Finished finished = run({in_dist("bin/traffic-monitor"), "plugins", "check", "logger-json"},
	                              {.environment = {"TMPDIR=" + dir.path().string()}}, std::chrono::seconds(60));
	BOOST_TEST(finished.status == 0, finished.output);
	BOOST_TEST(std::filesystem::is_empty(dir.path()));
}

BOOST_AUTO_TEST_SUITE_END()
