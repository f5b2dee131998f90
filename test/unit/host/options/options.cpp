// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/options.hpp"

#include "traffic_monitor/version.h"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace tmon;

namespace {

using Arguments = std::vector<const char*>;

std::variant<RunOptions, Exit> parse(const Arguments& arguments) { return parse_run_options(arguments); }

RunOptions options_of(const Arguments& arguments) {
	auto result = parse(arguments);
	if (auto* exit = std::get_if<Exit>(&result)) {
		BOOST_ERROR(exit->text);
		return {};
	}
	return std::get<RunOptions>(std::move(result));
}

std::string lines(const std::vector<Diagnostic>& diagnostics) {
	std::string all;
	for (const Diagnostic& d : diagnostics)
		all += to_string(d) + '\n';
	return all;
}

const char* const default_config = TMON_TOP "/configs/default.json";

struct Bad {
	Arguments arguments;
	const char* message;
};

const Bad bad[] = {
    {{}, "-c FILE is required: name a configuration, such as configs/default.json"},
    {{"-i", "eth0"}, "-c FILE is required: name a configuration, such as configs/default.json"},
    {{"-c", "f", "--drop-packet"}, "unknown option \"--drop-packet\" (did you mean \"--drop-packets\"?)"},
    {{"-c", "f", "--ring-sise=8M"}, "unknown option \"--ring-sise\" (did you mean \"--ring-size\"?)"},
    {{"-c"}, "--config needs a value"},
    {{"-c", "f", "-i"}, "--interface needs a value"},
    {{"-c", "f", "--set"}, "--set needs a value"},
    {{"-c", "a", "-c", "b"}, "--config is given more than once"},
    {{"-c", "f", "--drop-packets=false"}, "--drop-packets takes no value"},
    {{"-c", "f", "-x"}, "unknown option \"-x\""},
    {{"-c", "f", "eth0"}, "unexpected argument \"eth0\""},
    {{"analyse", "-c", "f"}, "unknown command \"analyse\""},
    {{"chekc", "f"}, "unknown command \"chekc\" (did you mean \"check\"?)"},
    {{"run", "check", "-c", "f"}, "unexpected argument \"check\""},
    {{"-c", "f", "--confirm", "4s"}, "--confirm \"4s\" is out of bounds: 5s to 24h"},
    {{"-c", "f", "--confirm", "soon"},
     "--confirm \"soon\": expected seconds, or a number with s, m or h behind it, such as \"60s\""},
    {{"-c", "f", "--dry-rnu"}, "unknown option \"--dry-rnu\" (did you mean \"--dry-run\"?)"},
    {{"-c", "f", "--log-format", "jsonl"}, "--log-format jsonl needs --log-file FILE"},
    {{"-c", "f", "--log-format", "csv"}, "--log-format csv needs --log-file FILE"},
    {{"-c", "f", "--log-format", "jsnol"},
     "--log-format \"jsnol\": expected console, json, csv or jsonl (did you mean \"jsonl\"?)"},
    {{"-c", "f", "--log-format", "csv", "--log-file", ""}, "--log-file: the name of a file is empty"},
    {{"-c", "f", "--log-format", "csv", "--log-file", "logs/"},
     "--log-file: \"logs/\" is a directory: name a file in it"},
    {{"-c", "f", "--log-buffer-size", "0"}, "--log-buffer-size \"0\" is out of bounds: 1 to 64M"},
    {{"-c", "f", "--log-buffer-size", "8k"},
     "--log-buffer-size \"8k\": expected bytes, or a number with K, M or G behind it, such as \"4M\""},
    {{"-c", "f", "--ring-size", "1K"}, "--ring-size \"1K\" is out of bounds: 64K to 1G"},
    {{"-c", "f", "--stats-interval", "2d"},
     "--stats-interval \"2d\": expected seconds, or a number with ms, s, m or h behind it, such as \"60s\""},
    {{"-c", "f", "--xdp-mode", "skb"}, "--xdp-mode \"skb\": expected auto, native or generic"},
    {{"-c", "f", "--set", "ring.size"}, "--set \"ring.size\": expected KEY=VALUE, such as ring.size=8M"},
    {{"-c", "f", "--set", "=8M"}, "--set \"=8M\": expected KEY=VALUE, such as ring.size=8M"},
    {{"-c", "f", "-i", "0123456789abcdef"},
     "-i: \"0123456789abcdef\" is longer than the 15 characters that an interface's name can have"},
    {{"-c", "f", "-i", "a/b"}, "-i: \"a/b\" cannot be the name of an interface"},
    {{"-c", "f", "-i", "a,b", "-i", "a"}, "-i: \"a\" is given twice"},
    {{"-c", "f", "--log-format", "[x]"}, "--log-format \"[x]\": expected console, json, csv or jsonl"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(command_lines_of_the_original_are_valid) {
	const RunOptions plain = options_of({"--interface", "eth0", "--config", "configs/default.json"});
	BOOST_TEST(plain.config_file == "configs/default.json");
	BOOST_TEST(plain.given.interfaces == std::vector<std::string>{"eth0"}, boost::test_tools::per_element());
	BOOST_TEST(!plain.given.drop_packets);
	BOOST_TEST(!plain.given.log_format);

	const RunOptions all = options_of({"run", "-i", "eth0", "-c", "f", "--drop-packets", "-v", "--log-format",
					   "json", "--log-file", "traffic.json", "--log-buffer-size", "4096"});
	BOOST_TEST(all.given.drop_packets);
	BOOST_TEST(all.given.verbose);
	BOOST_TEST((all.given.log_format == LogFormat::json));
	BOOST_TEST(*all.given.log_file == "traffic.json");
	BOOST_TEST(*all.given.log_buffer_bytes == 4096u);
	// Without an effect there, and no error.
	options_of({"-i", "eth0", "-c", "f", "--log-buffer-size", "8192"});
	options_of({"-i", "eth0", "-c", "f", "--log-file", "x"});
}

BOOST_AUTO_TEST_CASE(the_other_options_are_taken) {
	const RunOptions all = options_of({"-ieth0,eth1", "-i", "lo", "--config=f", "--xdp-mode", "generic", "--set",
					   "ring.size=8M", "--set", "a.b=c=d,e", "--set=x=[1,2]", "--bpf-trace",
					   "--ring-size=1M", "--stats-interval", "500ms", "--stats-file", "s.json"});
	BOOST_TEST(all.given.interfaces == (std::vector<std::string>{"eth0", "eth1", "lo"}),
		   boost::test_tools::per_element());
	BOOST_TEST((all.given.xdp_mode == XdpMode::generic));
	BOOST_REQUIRE(all.given.settings.size() == 3);
	BOOST_TEST(all.given.settings[0].path == "ring.size");
	BOOST_TEST(all.given.settings[0].value == "8M");
	BOOST_TEST(all.given.settings[1].path == "a.b");
	BOOST_TEST(all.given.settings[1].value == "c=d,e");
	BOOST_TEST(all.given.settings[2].value == "[1,2]");
	BOOST_TEST(all.given.bpf_trace);
	BOOST_TEST(*all.given.ring_bytes == 1u << 20);
	BOOST_TEST(all.given.stats_interval->count() == 500);
	BOOST_TEST(*all.given.stats_file == "s.json");
	BOOST_TEST((!all.given.confirm && !all.given.dry_run && !all.given.force && !all.given.pin));

	const RunOptions careful =
	    options_of({"-c", "f", "--drop-packets", "--confirm", "2m", "--dry-run", "--force", "--pin"});
	BOOST_TEST(careful.given.confirm->count() == 120'000);
	BOOST_TEST((careful.given.dry_run && careful.given.force && careful.given.pin));
}

BOOST_AUTO_TEST_CASE(wrong_command_lines_say_what_is_wrong) {
	for (const Bad& c : bad)
		BOOST_TEST_CONTEXT(c.message) {
			const auto result = parse(c.arguments);
			const auto* exit = std::get_if<Exit>(&result);
			BOOST_REQUIRE(exit);
			BOOST_TEST(exit->code == 2);
			BOOST_TEST(exit->text ==
				   "traffic-monitor: " + std::string(c.message) + "\nTry 'traffic-monitor --help'.\n");
		}
}

BOOST_AUTO_TEST_CASE(help_and_version_end_well) {
	for (const char* option : {"--help", "-h"}) {
		const Exit help = std::get<Exit>(parse({option}));
		BOOST_TEST(help.code == 0);
		for (const char* part :
		     {"Usage: ", "--interface", "--config", "--drop-packets", "--confirm", "--dry-run", "--force",
		      "--pin", "check FILE", "explain ADDRESS", "--verbose", "--log-format", "--log-file",
		      "--log-buffer-size", "--xdp-mode", "--set", "--bpf-trace", "--ring-size", "--stats-interval",
		      "--stats-file", "--version", "Exit codes:", "Environment:", "Examples:"})
			BOOST_TEST(help.text.find(part) != std::string::npos, part << " is missing");
		for (std::size_t at = 0, end; (end = help.text.find('\n', at)) != std::string::npos; at = end + 1)
			BOOST_TEST(end - at <= 108u);
	}
	const Exit version = std::get<Exit>(parse({"-c", "f", "--version"}));
	BOOST_TEST(version.code == 0);
	BOOST_TEST(version.text == "traffic-monitor " TMON_VERSION_STRING "\n");
}

BOOST_AUTO_TEST_CASE(merge_gives_a_configuration_or_an_exit_code) {
	const auto good =
	    merge(options_of({"-i", "eth0", "-c", default_config, "--drop-packets", "--ring-size", "1M"}));
	BOOST_TEST(good.exit_code == 0);
	BOOST_REQUIRE(good.config);
	BOOST_TEST(good.config->policy.entries.size() == 7u);
	BOOST_TEST(good.config->interfaces[0] == "eth0");
	BOOST_TEST(good.config->drop_packets);
	BOOST_TEST(good.config->ring_bytes == 1u << 20);
	BOOST_TEST(good.config->plugins[0].plugin == "console");

	const auto no_interface = merge(options_of({"-c", default_config}));
	BOOST_TEST(no_interface.exit_code == 2);
	BOOST_TEST(!no_interface.config);
	BOOST_TEST(lines(no_interface.errors).find("-i INTERFACE is required") != std::string::npos);

	const auto from_set = merge(options_of({"-c", default_config, "--set", "interfaces=[\"lo\",\"eth0\"]"}));
	BOOST_TEST(from_set.exit_code == 0);
	BOOST_TEST(from_set.config->interfaces.size() == 2u);
	const auto replaced =
	    merge(options_of({"-i", "x", "-c", default_config, "--set", "interfaces=[\"lo\",\"eth0\"]"}));
	BOOST_TEST(replaced.config->interfaces.size() == 1u);

	const auto wrong = merge(options_of({"-c", default_config, "--set", "permitted_cidrs.0=10.0.0.1/8"}));
	BOOST_TEST(wrong.exit_code == 3);
	BOOST_TEST(!wrong.config);
	BOOST_TEST(lines(wrong.errors) ==
		   "--set permitted_cidrs.0: error: permitted_cidrs[0] \"10.0.0.1/8\": bits set behind "
		   "/8: write 10.0.0.0/8\n");

	const PluginCheck refuse = [](PluginEntry& entry, Findings& findings) {
		findings.error(entry.plugin_place, entry.path + ": no");
	};
	const auto refused =
	    merge(options_of({"-i", "lo", "-c", default_config, "--set", R"(plugins=[{"plugin": "x"}])", "--set",
			    "drop_packets=1"}),
		  refuse);
	BOOST_TEST(refused.exit_code == 3);
	BOOST_TEST(lines(refused.errors) ==
		   "--set plugins: error: plugins[0]: no\n"
		   "--set drop_packets: error: drop_packets: expected true or false, found the number 1\n");

	const auto missing = merge(options_of({"-i", "lo", "-c", "/nonexistent/x.json"}));
	BOOST_TEST(missing.exit_code == 3);
	BOOST_TEST(missing.errors.size() == 1u);

	const auto idle = merge(options_of({"-i", "lo", "-c", default_config, "--log-file", "x"}));
	BOOST_TEST(idle.exit_code == 0);
	BOOST_TEST(idle.warnings.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
