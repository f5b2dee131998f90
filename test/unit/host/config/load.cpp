// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/load.hpp"

#include "host/config/schema.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

using namespace tmon;

namespace {

std::string lines(const std::vector<Diagnostic>& diagnostics, std::string_view severity = "error") {
	std::string all;
	for (const Diagnostic& d : diagnostics)
		all += (all.empty() ? "" : "\n") + to_string(d, severity);
	return all;
}

struct Case {
	const char* text;
	const char* errors;
};

// Of what stands behind "permitted_cidrs" on the second line.
struct KeyCase {
	const char* rest;
	const char* error;
};

const Case cases[] = {
    {"[]", "c:1:1: error: the configuration: expected an object, found an array"},
    {"{}", "c:1:1: error: the key \"permitted_cidrs\" is missing"},
    {"{\"permited_cidr\": []}", "c:1:1: error: the key \"permitted_cidrs\" is missing\n"
				"c:1:2: error: unknown key \"permited_cidr\" (did you mean \"permitted_cidrs\"?)"},
    {R"({
  "permitted_cidrs": [
    "127.0.0.0/8",
    "10.0.0.300/8",
    {"cidr": "10.1.0.0/8", "name": "a"},
    5, "10.0.0.0/8", null,
    {"name": "b"},
    {"cidr": ["::/0"], "nam": "c"},
    "10.0.0.0/8", {"cidr": "127.0.0.0/8", "name": "\u0007"}
  ],
  "heuristcs": {},
  "stats": {"interval": "1d"}, "ring": [],
  "drop_packets": "yes"
})",
     "c:4:5: error: permitted_cidrs[1] \"10.0.0.300/8\": octet 300 exceeds 255\n"
     "c:5:14: error: permitted_cidrs[2].cidr \"10.1.0.0/8\": bits set behind /8: write 10.0.0.0/8\n"
     "c:6:5: error: permitted_cidrs[3]: expected a string or {\"cidr\": …, \"name\": …}, found the number 5\n"
     "c:6:22: error: permitted_cidrs[5]: expected a string or {\"cidr\": …, \"name\": …}, found null\n"
     "c:7:5: error: the key \"cidr\" is missing in permitted_cidrs[6]\n"
     "c:8:14: error: permitted_cidrs[7].cidr: expected a string, found an array\n"
     "c:8:24: error: unknown key \"nam\" in permitted_cidrs[7] (did you mean \"name\"?)\n"
     "c:9:5: error: permitted_cidrs[8] \"10.0.0.0/8\": duplicate of permitted_cidrs[4] at line 6, column 8, permitted there as well\n"
     "c:9:28: error: permitted_cidrs[9] \"127.0.0.0/8\": duplicate of permitted_cidrs[0] at line 3, column 5, permitted there as well\n"
     "c:9:51: error: permitted_cidrs[9].name \"\\u0007\": a name has 1 to 64 bytes and no control characters\n"
     "c:11:3: error: unknown key \"heuristcs\"\n"
     "c:12:25: error: stats.interval \"1d\": expected seconds, or a number with ms, s, m or h behind it, such as "
     "\"60s\"\n"
     "c:12:40: error: ring: expected an object, found an array\n"
     "c:13:19: error: drop_packets: expected true or false, found the string \"yes\""},
    {"{\"permitted_cidrs\": [],\n \"drop_packets\": true}",
     "c:1:21: error: permitted_cidrs is empty and packets are to be dropped: that would drop all of them"},
    {"{\"permitted_cidrs\": [\"::/0\"],\n \"permitted_cidrs\": [7], \"x\": 1}",
     "c:2:2: error: duplicate key \"permitted_cidrs\": it is already given at line 1, column 2\n"
     "c:2:26: error: unknown key \"x\""},
    {"{\"permitted_cidrs\": [],\n}", "c:1:23: error: a comma before '}': remove it"},
};

const KeyCase key_cases[] = {
    {R"("ring": {"size": "63K"})", "2:18: error: ring.size \"63K\" is out of bounds: 64K to 1G"},
    {R"("ring": {"size": 1073741825})", "2:18: error: ring.size \"1073741825\" is out of bounds: 64K to 1G"},
    {R"("ring": {"size": "99999999999999999999G"})",
     "2:18: error: ring.size \"99999999999999999999G\" is out of bounds: 64K to 1G"},
    {R"("ring": {"size": "17179869184G"})", "2:18: error: ring.size \"17179869184G\" is out of bounds: 64K to 1G"},
    {R"("ring": {"size": -1})",
     "2:18: error: ring.size \"-1\": expected bytes, or a number with K, M or G behind it, such as \"4M\""},
    {R"("ring": {"size": "4m"})",
     "2:18: error: ring.size \"4m\": expected bytes, or a number with K, M or G behind it, such as \"4M\""},
    {R"("ring": {"size": 1.5})", "2:18: error: ring.size: expected a string or a whole number, found the number 1.5"},
    {R"("ring": {"siez": 1})", "2:10: error: unknown key \"siez\" in ring (did you mean \"size\"?)"},
    {R"("stats": {"interval": "99ms"})", "2:23: error: stats.interval \"99ms\" is out of bounds: 100ms to 24h"},
    {R"("stats": {"interval": "25h"})", "2:23: error: stats.interval \"25h\" is out of bounds: 100ms to 24h"},
    {R"("stats": {"interval": 0})", "2:23: error: stats.interval \"0\" is out of bounds: 100ms to 24h"},
    {R"("stats": {"interval": true})", "2:23: error: stats.interval: expected a string or a whole number, found true"},
    {R"("stats": {"file": ""})", "2:19: error: stats.file: the name of a file is empty"},
    {R"("stats": {"file": "/tmp/"})", "2:19: error: stats.file: \"/tmp/\" is a directory: name a file in it"},
    {R"("stats": {"file": "a\u0000b"})",
     "2:19: error: stats.file: the name of a file contains a control character: \"a\\u0000b\""},
    {R"("xdp_mode": "nativ")",
     "2:13: error: xdp_mode \"nativ\": expected auto, native or generic (did you mean \"native\"?)"},
    {R"("xdp_mode": null)", "2:13: error: xdp_mode: expected a string, found null"},
    {R"("interfaces": "eth0")", "2:15: error: interfaces: expected an array, found the string \"eth0\""},
    {R"("interfaces": ["eth0", "eth0"])",
     "2:24: error: interfaces[1] \"eth0\": duplicate of interfaces[0] at line 2, column 16"},
    {R"("interfaces": ["0123456789abcdef"])",
     "2:16: error: interfaces[0]: \"0123456789abcdef\" is longer than the 15 characters that an interface's name can "
     "have"},
    {R"("interfaces": [""])", "2:16: error: interfaces[0]: an interface needs a name"},
    {R"("interfaces": ["a/b"])", "2:16: error: interfaces[0]: \"a/b\" cannot be the name of an interface"},
    {R"("interfaces": [1])", "2:16: error: interfaces[0]: expected a string, found the number 1"},
    {R"("confirm": "60s")",
     "2:12: error: confirm: nothing is dropped that would have to be confirmed: leave it out, or add drop_packets "
     "(--drop-packets)"},
    {R"("drop_packets": true, "confirm": "4s")", "2:34: error: confirm \"4s\" is out of bounds: 5s to 24h"},
    {R"("drop_packets": true, "confirm": 90000)", "2:34: error: confirm \"90000\" is out of bounds: 5s to 24h"},
    {R"("drop_packets": true, "confirm": true)",
     "2:34: error: confirm: expected a string or a whole number, found true"},
    {R"("pin": 1)", "2:8: error: pin: expected true or false, found the number 1"},
    {R"("dry_run": true)", "2:1: error: unknown key \"dry_run\""},
    {R"("block_list": 5)", "2:15: error: block_list: expected an object, found the number 5"},
    {R"("block_list": {"size": 1023})",
     "2:24: error: block_list.size: expected a whole number from 1024 to 16777216, found the number 1023"},
    {R"("block_list": {"size": 16777217})",
     "2:24: error: block_list.size: expected a whole number from 1024 to 16777216, found the number 16777217"},
    {R"("block_list": {"size": "1M"})",
     "2:24: error: block_list.size: expected a whole number from 1024 to 16777216, found the string \"1M\""},
    {R"("control": {"sokcet": "x"})", "2:13: error: unknown key \"sokcet\" in control (did you mean \"socket\"?)"},
    {R"("control": {"socket": true})", "2:23: error: control.socket: expected a string, or null for none, found true"},
    {R"("control": {"socket": ""})", "2:23: error: control.socket: the name of a file is empty"},
    {R"("control": {"socket": "/run/x/"})",
     "2:23: error: control.socket: \"/run/x/\" is a directory: name a file in it"},
    {R"("control": {"socket": "/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"})",
     "2:23: error: control.socket: \"/012345678901234567890123456789012345678901234567890123456789012…\" is longer than "
     "the 107 bytes that a socket's path can have"},
    {R"("denied_cidr": [])", "2:1: error: unknown key \"denied_cidr\" (did you mean \"denied_cidrs\"?)"},
    {R"("never_drops": [])", "2:1: error: unknown key \"never_drops\" (did you mean \"never_drop\"?)"},
    {R"("denied_file": [])", "2:1: error: unknown key \"denied_file\" (did you mean \"denied_files\"?)"},
    {R"("plugins": {})", "2:12: error: plugins: expected an array, found an object"},
    {R"("plugins": ["console"])", "2:13: error: plugins[0]: expected an object, found the string \"console\""},
    {R"("plugins": [{}])", "2:13: error: the key \"plugin\" is missing in plugins[0]"},
    {R"("plugins": [{"plugin": "x.so"}])",
     "2:24: error: plugins[0].plugin \"x.so\": a file is named by a path, write \"./x.so\""},
    {R"("plugins": [{"plugin": "a b"}])",
     "2:24: error: plugins[0].plugin \"a b\": expected the id of a plugin, or the path of its file"},
    {R"("plugins": [{"plugin": "a", "isolation": "proces"}])",
     "2:42: error: plugins[0].isolation \"proces\": expected process or thread (did you mean \"process\"?)"},
    {R"("plugins": [{"plugin": "a", "config": []}])",
     "2:39: error: plugins[0].config: expected an object, found an array"},
    {R"("plugins": [{"plugin": "a", "name": "-"}])",
     "2:37: error: plugins[0].name \"-\": a name is 1 to 64 letters, digits, '.', '_' and '-', the first a letter or "
     "digit"},
    {R"("plugins": [{"plugin": "./a b.so"}])",
     "2:13: error: plugins[0]: the file's name \"a b\" cannot be the plugin's: give it a \"name\" of 1 to 64 letters, "
     "digits, '.', '_' and '-', the first a letter or digit"},
    {R"("plugins": [{"plugin": "a"}, {"plugin": "/x/a.so"}])",
     "2:30: error: plugins[1]: the name \"a\" is taken by plugins[0] at line 2, column 13: give one of them another "
     "\"name\""},
    {R"("plugins": [{"plugin": "a", "grant": "network"}])",
     "2:38: error: plugins[0].grant: expected an array, found the string \"network\""},
    {R"("plugins": [{"plugin": "a", "grant": ["netwrk"]}])",
     "2:39: error: plugins[0].grant[0] \"netwrk\": expected \"network\", \"exec\", \"block\", \"stdout\", {\"read\": \"/path\"} or "
     "{\"write\": \"/path\"}"},
    {R"("plugins": [{"plugin": "a", "grant": ["paths"]}])",
     "2:39: error: plugins[0].grant[0] \"paths\": expected \"network\", \"exec\", \"block\", \"stdout\", {\"read\": \"/path\"} or "
     "{\"write\": \"/path\"}"},
    {R"("plugins": [{"plugin": "a", "grant": [7]}])",
     "2:39: error: plugins[0].grant[0]: expected \"network\", \"exec\", \"block\", \"stdout\", {\"read\": \"/path\"} or {\"write\": "
     "\"/path\"}, found the number 7"},
    {R"("plugins": [{"plugin": "a", "grant": [{}]}])",
     "2:39: error: plugins[0].grant[0]: expected \"network\", \"exec\", \"block\", \"stdout\", {\"read\": \"/path\"} or {\"write\": "
     "\"/path\"}, found an empty object"},
    {R"("plugins": [{"plugin": "a", "grant": [{"raed": "/x"}]}])",
     "2:40: error: unknown key \"raed\" in plugins[0].grant[0] (did you mean \"read\"?)"},
    {R"("plugins": [{"plugin": "a", "grant": ["exec", "exec"]}])",
     "2:47: error: plugins[0].grant[1] \"exec\" is granted already"},
    {R"("plugins": [{"plugin": "a", "grant": [{"read": "/x"}, {"write": "/x", "read": "/x"}]}])",
     "2:79: error: plugins[0].grant[1].read \"/x\" is granted already"},
    {R"("plugins": [{"plugin": "a", "grant": [{"read": "x"}]}])",
     "2:48: error: plugins[0].grant[0].read \"x\": expected an absolute path, one that begins with '/'"},
    {R"("plugins": [{"plugin": "a", "grant": [{"read": "/x/"}]}])",
     "2:48: error: plugins[0].grant[0].read \"/x/\": leave out the '/' at its end; a directory stands for all that is in "
     "it"},
    {R"("plugins": [{"plugin": "a", "grant": [{"write": "/x/../y"}]}])",
     "2:49: error: plugins[0].grant[0].write \"/x/../y\": write it without \"//\", \".\" and \"..\""},
    {R"("plugins": [{"plugin": "a", "grant": [{"write": "//x"}]}])",
     "2:49: error: plugins[0].grant[0].write \"//x\": write it without \"//\", \".\" and \"..\""},
    {R"("plugins": [{"plugin": "a", "grant": [{"write": "/x/."}]}])",
     "2:49: error: plugins[0].grant[0].write \"/x/.\": write it without \"//\", \".\" and \"..\""},
    {R"("plugins": [{"plugin": "a", "limits": {"memory": "15M"}}])",
     "2:50: error: plugins[0].limits.memory \"15M\" is out of bounds: 16M to 1024G"},
    {R"("plugins": [{"plugin": "a", "limits": {"threads": 0}}])",
     "2:51: error: plugins[0].limits.threads: expected a whole number from 1 to 1024, found the number 0"},
    {R"("plugins": [{"plugin": "a", "limits": {"files": 65537}}])",
     "2:49: error: plugins[0].limits.files: expected a whole number from 16 to 65536, found the number 65537"},
    {R"("plugins": [{"plugin": "a", "limits": {"files": "20"}}])",
     "2:49: error: plugins[0].limits.files: expected a whole number from 16 to 65536, found the string \"20\""},
    {R"("plugins": [{"plugin": "a", "limits": {"deadline": "61s"}}])",
     "2:52: error: plugins[0].limits.deadline \"61s\" is out of bounds: 100ms to 60s"},
    {R"("plugins": [{"plugin": "a", "limits": {"thread": 1}}])",
     "2:40: error: unknown key \"thread\" in plugins[0].limits (did you mean \"threads\"?)"},
    {R"("plugins": [{"plugin": "a", "sha256": "abc"}])",
     "2:39: error: plugins[0].sha256 \"abc\": expected 64 hexadecimal digits, as sha256sum prints them"},
    {R"("logging": {"format": "xml"})", "2:23: error: logging.format \"xml\": expected console, json, csv or jsonl"},
    {R"("logging": {"format": "jsonl"})", "2:12: error: logging: the format jsonl needs an \"output_file\""},
    {R"("logging": {"format": "csv", "output_file": null})",
     "2:12: error: logging: the format csv needs an \"output_file\""},
    {R"("logging": {})", "2:12: error: the key \"format\" is missing in logging"},
    {R"("logging": {"format": "csv", "output_file": "f", "buffer_size": 0})",
     "2:65: error: logging.buffer_size \"0\" is out of bounds: 1 to 64M"},
    {R"("logging": {"format": "csv", "output_file": "f", "max_files": "10"})",
     "2:63: error: logging.max_files: expected a whole number, found the string \"10\""},
    {R"("logging": {"format": "csv", "output_file": "f", "max_files": -1})",
     "2:63: error: logging.max_files is negative"},
};

ConfigResult load_rest(const std::string& rest, const Overrides& overrides = {}) {
	return load_config_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n" + rest + "}", "c", overrides);
}

// "id name config" of every plugin.
std::string plugins_of(const ConfigResult& result) {
	if (!result.config)
		return "errors: " + lines(result.errors);
	std::string all;
	for (const PluginConfig& p : result.config->plugins)
		all += (all.empty() ? "" : "; ") + p.plugin + ' ' + p.name + ' ' + p.config_json;
	return all;
}

Overrides with_log(std::optional<LogFormat> format, std::optional<std::string> file,
		   std::optional<std::uint64_t> buffer = {}) {
	Overrides overrides;
	overrides.log_format = format;
	overrides.log_file = std::move(file);
	overrides.log_buffer_bytes = buffer;
	return overrides;
}

ConfigResult load_set(std::vector<Setting> settings, const std::string& rest = "\"ring\": {}") {
	Overrides overrides;
	overrides.settings = std::move(settings);
	return load_rest(rest, overrides);
}

class Folder {
public:
	Folder() {
		char name[] = "/tmp/tmon-config-XXXXXX";
		path_ = mkdtemp(name);
	}
	~Folder() { std::filesystem::remove_all(path_); }
	std::string operator/(const std::string& name) const { return path_ + '/' + name; }

private:
	std::string path_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(all_errors_are_reported_at_once_at_their_places) {
	for (const Case& c : cases)
		BOOST_TEST_CONTEXT(c.text) {
			const auto result = load_config_text(c.text, "c");
			BOOST_TEST(lines(result.errors) == c.errors);
			BOOST_TEST(!result.config);
		}
}

BOOST_AUTO_TEST_CASE(each_key_is_checked) {
	for (const KeyCase& c : key_cases)
		BOOST_TEST_CONTEXT(c.rest) {
			BOOST_TEST(lines(load_rest(c.rest).errors) == "c:" + std::string(c.error));
		}
}

BOOST_AUTO_TEST_CASE(the_least_configuration_has_the_defaults) {
	const auto result =
	    load_config_text(R"({"permitted_cidrs": ["10.0.0.0/8", {"cidr": "::1/128", "name": "me"}]})", "c");
	BOOST_REQUIRE(result.config);
	const Config& config = *result.config;
	BOOST_REQUIRE(config.policy.entries.size() == 2);
	BOOST_TEST(to_string(config.policy.entries[0].prefix) == "10.0.0.0/8");
	BOOST_TEST(config.policy.entries[0].name == "");
	BOOST_TEST(to_string(config.policy.entries[1].prefix) == "::1/128");
	BOOST_TEST(config.policy.entries[1].name == "me");
	BOOST_TEST(config.interfaces.empty());
	BOOST_TEST(!config.drop_packets);
	BOOST_TEST(config.ring_bytes == 4u << 20);
	BOOST_TEST(config.stats_interval.count() == 60'000);
	BOOST_TEST(!config.stats_file);
	BOOST_TEST((config.xdp_mode == XdpMode::automatic));
	BOOST_TEST((!config.confirm && !config.dry_run && !config.force && !config.pin));
	BOOST_TEST(config.block_list_size == 131'072u);
	BOOST_TEST((config.control_enabled && !config.control_socket));
	BOOST_TEST(plugins_of(result) == "console console {}");
	BOOST_TEST(result.warnings.empty());
}

BOOST_AUTO_TEST_CASE(every_key_is_taken) {
	const auto result = load_rest(R"("interfaces": ["eth0", "wlan0.1"], "drop_packets": true, "xdp_mode": "generic",
  "plugins": [ {"plugin": "threats"},
               {"plugin": "/opt/acme/acme.so", "isolation": "thread", "config": {"a": [1, 2.5, "\u00e9\n"]}},
               {"plugin": "threats", "name": "second"} ],
  "ring": {"size": "512K"}, "stats": {"interval": "500ms", "file": "s.json"},
  "confirm": "2m", "pin": true, "block_list": {"size": 2048}, "control": {"socket": "/run/s"})");
	BOOST_TEST(lines(result.errors) == "");
	BOOST_REQUIRE(result.config);
	const Config& config = *result.config;
	BOOST_TEST(config.interfaces == (std::vector<std::string>{"eth0", "wlan0.1"}),
		   boost::test_tools::per_element());
	BOOST_TEST(config.drop_packets);
	BOOST_TEST((config.xdp_mode == XdpMode::generic));
	BOOST_TEST(config.ring_bytes == 512u << 10);
	BOOST_TEST(config.stats_interval.count() == 500);
	BOOST_TEST(*config.stats_file == "s.json");
	BOOST_TEST(config.confirm->count() == 120'000);
	BOOST_TEST(config.pin);
	BOOST_TEST(config.block_list_size == 2048u);
	BOOST_TEST((config.control_enabled && *config.control_socket == "/run/s"));
	BOOST_TEST(!load_rest(R"("control": {"socket": null})").config->control_enabled);
	BOOST_TEST(plugins_of(result) == "threats threats {}; /opt/acme/acme.so acme {\"a\":[1,2.5,\"é\\n\"]}; "
					 "threats second {}");
	BOOST_TEST((config.plugins[0].isolation == Isolation::process));
	BOOST_TEST((config.plugins[1].isolation == Isolation::thread));
	BOOST_TEST(to_string(config.plugins[1].where) == "c:4:16: error: ");
}

BOOST_AUTO_TEST_CASE(a_plugin_is_granted_limited_and_pinned) {
	const std::string digits = "0123456789abcdefABCDEF0123456789abcdefabcdef0123456789abcdef0123";
	const auto result = load_rest(R"("plugins": [ {"plugin": "a"}, {"plugin": "b",
  "grant": ["network", "exec", "block", {"read": "/"}, {"read": "/etc/hosts", "write": "/var/x"}],
  "limits": {"memory": "64M", "threads": 1, "files": 16, "deadline": "100ms"}, "sha256": ")" +
				      digits + "\"} ]");
	BOOST_TEST(lines(result.errors) == "");
	BOOST_REQUIRE(result.config);
	const PluginConfig& plain = result.config->plugins[0];
	BOOST_TEST((!plain.grants.network && !plain.grants.exec && !plain.grants.block));
	BOOST_TEST((plain.grants.read_paths.empty() && plain.grants.write_paths.empty() && plain.sha256.empty()));
	BOOST_TEST(plain.limits.memory_bytes == 512u << 20);
	BOOST_TEST(plain.limits.threads == 32u);
	BOOST_TEST(plain.limits.files == 256u);
	BOOST_TEST(plain.limits.deadline.count() == 2000);
	const PluginConfig& bounded = result.config->plugins[1];
	BOOST_TEST((bounded.grants.network && bounded.grants.exec && bounded.grants.block));
	BOOST_TEST(bounded.grants.read_paths == (std::vector<std::string>{"/", "/etc/hosts"}),
		   boost::test_tools::per_element());
	BOOST_TEST(bounded.grants.write_paths == std::vector<std::string>{"/var/x"}, boost::test_tools::per_element());
	BOOST_TEST(bounded.limits.memory_bytes == 64u << 20);
	BOOST_TEST(bounded.limits.threads == 1u);
	BOOST_TEST(bounded.limits.files == 16u);
	BOOST_TEST(bounded.limits.deadline.count() == 100);
	BOOST_TEST(bounded.sha256 == "0123456789abcdefabcdef0123456789abcdefabcdef0123456789abcdef0123");
}

BOOST_AUTO_TEST_CASE(limits_of_a_thread_are_warned_of) {
	const auto result = load_rest(R"("plugins": [{"plugin": "a", "limits": {}, "isolation": "thread"}])");
	BOOST_TEST(result.config.has_value());
	BOOST_TEST(lines(result.warnings, "warning") == "c:2:39: warning: plugins[0].limits has no effect: the plugin runs in "
							"a thread of the program");
}

// What a check finds stands among all other errors, in the order of the file.
BOOST_AUTO_TEST_CASE(a_check_sees_every_entry_that_can_be_read) {
	std::string seen;
	const PluginCheck check = [&](PluginEntry& entry, Findings& findings) {
		seen += entry.path + ' ' + entry.config.plugin + ' ' +
			(entry.settings ? to_json(*entry.settings) : "unreadable") + '\n';
		findings.error(entry.plugin_place, entry.path + ": seen");
		for (const GrantPlace& grant : entry.grants)
			findings.error(grant.place, grant.path + ": granted");
		if (!entry.settings)
			return;
		for (Member& member : *entry.settings->get<Value::Object>())
			findings.error(member.value.place, member_path(entry.settings_path(), member.key));
		entry.settings->get<Value::Object>()->push_back({"added", entry.place, {entry.place, true}});
	};
	const std::string text = R"({"permitted_cidrs": [7],
 "plugins": [{"plugin": 1, "config": {"a": 1}},
  {"plugin": "b", "isolation": 1, "config": {"b c": 1}, "grant": ["exec", {"read": "/x"}, "no"]},
  {"plugin": "c", "config": []}],
 "logging": {"format": "csv", "output_file": "f"}, "zz": 1})";
	Overrides overrides;
	overrides.settings = {{"plugins.3", R"({"plugin": "d", "config": {"e": 1}})"}};
	overrides.log_buffer_bytes = 5;
	const auto result = load_config_text(text, "c", overrides, check);
	BOOST_TEST(seen == "plugins[1] b {\"b c\":1}\nplugins[2] c unreadable\nplugins[3] d {\"e\":1}\n"
			   "logger-csv logger-csv {\"file\":\"f\",\"buffer_size\":5}\n");
	BOOST_TEST(lines(result.errors) ==
		   "c:1:22: error: permitted_cidrs[0]: expected a string or {\"cidr\": …, \"name\": …}, found the number 7\n"
		   "c:2:25: error: plugins[0].plugin: expected a string, found the number 1\n"
		   "c:3:14: error: plugins[1]: seen\n"
		   "c:3:32: error: plugins[1].isolation: expected a string, found the number 1\n"
		   "c:3:53: error: plugins[1].config[\"b c\"]\n"
		   "c:3:67: error: plugins[1].grant[0]: granted\n"
		   "c:3:84: error: plugins[1].grant[1].read: granted\n"
		   "c:3:91: error: plugins[1].grant[2] \"no\": expected \"network\", \"exec\", \"block\", \"stdout\", {\"read\": \"/path\"} "
		   "or {\"write\": \"/path\"}\n"
		   "c:4:14: error: plugins[2]: seen\n"
		   "c:4:29: error: plugins[2].config: expected an object, found an array\n"
		   "c:5:13: error: logger-csv: seen\n"
		   "c:5:46: error: logger-csv.config.file\n"
		   "c:5:52: error: unknown key \"zz\"\n"
		   "--set plugins.3: error: plugins[3]: seen\n"
		   "--set plugins.3: error: plugins[3].config.e\n"
		   "--log-buffer-size: error: logger-csv.config.buffer_size");
}

BOOST_AUTO_TEST_CASE(what_a_check_adds_reaches_the_plugin) {
	const PluginCheck check = [](PluginEntry& entry, Findings&) {
		entry.settings->get<Value::Object>()->push_back({"added", entry.place, {entry.place, true}});
		entry.config.config_paths = {"p"};
	};
	const auto result = load_config_text(R"({"permitted_cidrs": [], "plugins": [{"plugin": "a", "config": {"x": 1}}]})", "c",
					     with_log(LogFormat::jsonl, "o"), check);
	BOOST_TEST(plugins_of(result) ==
		   R"(a a {"x":1,"added":true}; logger-json logger-json )"
		   R"({"file":"o","format":"jsonl","buffer_size":8192,"added":true})");
	BOOST_TEST(result.config->plugins[0].config_paths.front() == "p");
}

BOOST_AUTO_TEST_CASE(units_are_understood) {
	const std::pair<const char*, int> intervals[] = {
	    {"\"60s\"", 60'000}, {"\"5m\"", 300'000}, {"\"1h\"", 3'600'000}, {"\"24h\"", 86'400'000},
	    {"\"100ms\"", 100},  {"7", 7'000},        {"\"7\"", 7'000}};
	for (const auto& [text, ms] : intervals)
		BOOST_TEST(
		    load_rest("\"stats\": {\"interval\": " + std::string(text) + "}").config->stats_interval.count() ==
		    ms);
	const std::pair<const char*, unsigned> sizes[] = {
	    {"\"64K\"", 65536}, {"65536", 65536}, {"\"1G\"", 1u << 30}, {"\"8M\"", 8u << 20}, {"\"100000\"", 100000}};
	for (const auto& [text, bytes] : sizes)
		BOOST_TEST(load_rest("\"ring\": {\"size\": " + std::string(text) + "}").config->ring_bytes == bytes);
}

BOOST_AUTO_TEST_CASE(shorthand_becomes_a_plugin) {
	const std::string csv = R"("logging": {"format": "csv", "output_file": "b.csv", "buffer_size": 100})";
	const std::string json = R"("logging": {"format": "json", "output_file": "b.json"})";
	const std::string console = R"("logging": {"format": "console"})";
	const std::string list = R"("plugins": [{"plugin": "logger-json", "config": {"file": "x"}}])";
	const std::string with_console = R"("plugins": [{"plugin": "console", "name": "c", "config": {"a": 1}}])";
	struct {
		std::string rest;
		Overrides overrides;
		const char* plugins;
	} const table[] = {
	    {csv, {}, R"(logger-csv logger-csv {"file":"b.csv","buffer_size":100})"},
	    {json, {}, R"(logger-json logger-json {"file":"b.json","format":"json","buffer_size":8192})"},
	    {console, {}, "console console {}"},
	    {"\"plugins\": []", {}, ""},
	    {list, {}, R"(logger-json logger-json {"file":"x"})"},
	    {list + ", " + csv,
	     {},
	     R"(logger-json logger-json {"file":"x"}; logger-csv logger-csv {"file":"b.csv","buffer_size":100})"},
	    {list + ", " + json,
	     {},
	     R"(logger-json logger-json {"file":"x"}; logger-json logger-json-2 {"file":"b.json","format":"json","buffer_size":8192})"},
	    {list + ", " + console, {}, R"(logger-json logger-json {"file":"x"}; console console {})"},
	    {with_console + ", " + console, {}, R"(console c {"a":1})"},
	    {"\"ring\": {}", with_log(LogFormat::jsonl, "o"),
	     R"(logger-json logger-json {"file":"o","format":"jsonl","buffer_size":8192})"},
	    {"\"ring\": {}", with_log(LogFormat::csv, "o", 1), R"(logger-csv logger-csv {"file":"o","buffer_size":1})"},
	    {"\"ring\": {}", with_log(LogFormat::console, {}), "console console {}"},
	    {csv, with_log(LogFormat::jsonl, "o"),
	     R"(logger-json logger-json {"file":"o","format":"jsonl","buffer_size":8192})"},
	    {csv, with_log(LogFormat::console, {}), "console console {}"},
	    {csv, with_log({}, "o", 7), R"(logger-csv logger-csv {"file":"o","buffer_size":7})"},
	    {R"("logging": {"format": "csv"})", with_log({}, "o"),
	     R"(logger-csv logger-csv {"file":"o","buffer_size":8192})"},
	    {R"("logging": {"format": "csv"})", with_log(LogFormat::console, {}), "console console {}"},
	    {list, with_log(LogFormat::console, {}), R"(logger-json logger-json {"file":"x"}; console console {})"},
	};
	for (const auto& row : table)
		BOOST_TEST_CONTEXT(row.rest) {
			const auto result = load_rest(row.rest, row.overrides);
			BOOST_TEST(plugins_of(result) == row.plugins);
			BOOST_TEST(lines(result.warnings, "warning") == "");
		}
	BOOST_TEST(to_string(load_rest(csv).config->plugins[0].where) == "c:2:12: error: ");
}

BOOST_AUTO_TEST_CASE(what_has_no_effect_is_warned_of) {
	const auto rotation =
	    load_rest(R"("logging": {"format": "csv", "output_file": "f", "rotate_size_mb": 100, "max_files": 10})");
	BOOST_TEST(rotation.config.has_value());
	BOOST_TEST(
	    lines(rotation.warnings, "warning") ==
	    "c:2:68: warning: logging.rotate_size_mb has no effect: this version does not rotate its logs, the file "
	    "grows\n"
	    "c:2:86: warning: logging.max_files has no effect: this version does not rotate its logs, the file grows");
	const auto nulls = load_rest(R"("logging": {"format": "console", "output_file": null, "buffer_size": null,
"rotate_size_mb": null, "max_files": null})");
	BOOST_TEST(nulls.config.has_value());
	BOOST_TEST(lines(nulls.warnings) == "");
	const auto idle = load_rest("\"ring\": {}", with_log({}, "f", 100));
	BOOST_TEST(idle.config.has_value());
	BOOST_TEST(
	    lines(idle.warnings, "warning") ==
	    "--log-file: warning: no effect: no log is written to a file; add --log-format jsonl, json or csv\n"
	    "--log-buffer-size: warning: no effect: no log is written to a file; add --log-format jsonl, json or csv");
	const auto console = load_rest(R"("logging": {"format": "console", "output_file": "x"})");
	BOOST_TEST(lines(console.warnings, "warning") ==
		   "c:2:49: warning: logging.output_file has no effect: the format is console");
}

BOOST_AUTO_TEST_CASE(options_win_over_the_file_and_over_set) {
	Overrides overrides;
	overrides.settings = {{"ring.size", "8M"}, {"stats.interval", "5s"}, {"xdp_mode", "native"}};
	overrides.interfaces = {"lo"};
	overrides.ring_bytes = 1u << 20;
	overrides.drop_packets = true;
	overrides.stats_file = "o";
	overrides.bpf_trace = overrides.verbose = true;
	overrides.dry_run = overrides.force = overrides.pin = true;
	overrides.confirm = std::chrono::seconds(5);
	const auto result = load_rest(
	    R"("interfaces": ["eth0"], "ring": {"size": "2M"}, "stats": {"interval": 1, "file": "f"}, "xdp_mode": "generic")",
	    overrides);
	BOOST_TEST(lines(result.errors) == "");
	BOOST_REQUIRE(result.config);
	BOOST_TEST(result.config->interfaces.size() == 1u);
	BOOST_TEST(result.config->interfaces[0] == "lo");
	BOOST_TEST(result.config->ring_bytes == 1u << 20);
	BOOST_TEST(result.config->stats_interval.count() == 5000);
	BOOST_TEST((result.config->xdp_mode == XdpMode::native));
	BOOST_TEST(*result.config->stats_file == "o");
	BOOST_TEST(result.config->drop_packets);
	BOOST_TEST(result.config->bpf_trace);
	BOOST_TEST((result.config->dry_run && result.config->force && result.config->pin));
	BOOST_TEST(result.config->confirm->count() == 5000);
	BOOST_TEST(result.config->verbose);

	Overrides drop;
	drop.drop_packets = true;
	BOOST_TEST(
	    lines(load_config_text("{\"permitted_cidrs\": []}", "c", drop).errors) ==
	    "c:1:21: error: permitted_cidrs is empty and packets are to be dropped: that would drop all of them");
	BOOST_TEST(load_config_text("{\"permitted_cidrs\": []}", "c").config.has_value());
	Overrides confirm;
	confirm.confirm = std::chrono::seconds(5);
	BOOST_TEST(lines(load_rest("\"pin\": false", confirm).errors) ==
		   "--confirm: error: confirm: nothing is dropped that would have to be confirmed: leave it out, or add "
		   "drop_packets (--drop-packets)");
}

BOOST_AUTO_TEST_CASE(what_differs_is_told_apart) {
	const Config base = *load_rest(R"("pin": false)").config;
	const auto differs = [&](const std::string& rest) {
		const Config other = *load_rest(rest).config;
		return std::pair(!same_but_for_plugins(base, other), !same_but_for_policy_and_plugins(base, other));
	};
	BOOST_TEST((differs(R"("plugins": [])") == std::pair(false, false)));
	for (const char* policy :
	     {R"("drop_packets": true)", R"("denied_cidrs": ["10.1.0.0/16"])", R"("never_drop": ["::/0"])"})
		BOOST_TEST((differs(policy) == std::pair(true, false)), policy);
	for (const char* other :
	     {R"("pin": true)", R"("interfaces": ["a"])", R"("ring": {"size": "64K"})", R"("stats": {"interval": 1})",
	      R"("stats": {"file": "f"})", R"("crashes": {"keep": 1})", R"("crashes": {"directory": "d"})",
	      R"("xdp_mode": "native")", R"("block_list": {"size": 1024})", R"("control": {"socket": null})",
	      R"("control": {"socket": "s"})"})
		BOOST_TEST((differs(other) == std::pair(true, true)), other);
	const Config dropping = *load_rest(R"("drop_packets": true)").config;
	const Config confirmed = *load_rest(R"("drop_packets": true, "confirm": 5)").config;
	BOOST_TEST(!same_but_for_plugins(dropping, confirmed));
	BOOST_TEST(same_but_for_policy_and_plugins(dropping, confirmed));
}

BOOST_AUTO_TEST_CASE(settings_change_the_document) {
	const std::string list = R"("plugins": [{"plugin": "logger-json", "config": {"file": "x"}}])";
	BOOST_TEST(plugins_of(load_set({{"plugins.0.config.file", "y"}}, list)) ==
		   R"(logger-json logger-json {"file":"y"})");
	BOOST_TEST(plugins_of(load_set({{"plugins.0.config", "{\"a\":{\"b\":[true]}}"}}, list)) ==
		   R"(logger-json logger-json {"a":{"b":[true]}})");
	BOOST_TEST(plugins_of(load_set({{"plugins.1.plugin", "threats"}}, list)) ==
		   R"(logger-json logger-json {"file":"x"}; threats threats {})");
	BOOST_TEST(plugins_of(load_set({{"plugins.0.config.deep.er", "1"}}, list)) ==
		   R"(logger-json logger-json {"file":"x","deep":{"er":1}})");
	const auto replaced = load_set({{"permitted_cidrs.0", "10.1.2.3/32"}, {"permitted_cidrs.1", "::/0"}});
	BOOST_REQUIRE(replaced.config);
	BOOST_TEST(to_string(replaced.config->policy.entries[0].prefix) == "10.1.2.3/32");
	BOOST_TEST(to_string(replaced.config->policy.entries[1].prefix) == "::/0");
	BOOST_TEST(load_set({{"ring.size", "1M"}, {"ring.size", "2M"}}).config->ring_bytes == 2u << 20);
	BOOST_TEST(*load_set({{"stats.file", ""}, {"stats.file", "a=b.c"}}).config->stats_file == "a=b.c");
}

BOOST_AUTO_TEST_CASE(errors_of_settings_name_them) {
	const std::pair<Setting, const char*> table[] = {
	    {{"ring.size", "8X"},
	     "--set ring.size: error: ring.size \"8X\": expected bytes, or a number with K, M or G behind it, such as "
	     "\"4M\""},
	    {{"ring.siez", "8M"}, "--set ring.siez: error: unknown key \"siez\" in ring (did you mean \"size\"?)"},
	    {{"rnig.size", "8M"}, "--set rnig.size: error: unknown key \"rnig\" (did you mean \"ring\"?)"},
	    {{"ring", "{\"size\": 5, \"size\": 6}"},
	     "--set ring: error: duplicate key \"size\": it is already given at --set ring"},
	    {{"ring..size", "8M"}, "--set ring..size: error: a part of the path is empty: write it as in ring.size=8M"},
	    {{"permitted_cidrs.2", "x"},
	     "--set permitted_cidrs.2: error: \"permitted_cidrs\" has 1 elements: \"2\" is none of their indices (from "
	     "0), nor the next one"},
	    {{"permitted_cidrs.x", "x"},
	     "--set permitted_cidrs.x: error: \"permitted_cidrs\" has 1 elements: \"x\" is none of their indices (from "
	     "0), nor the next one"},
	    {{"permitted_cidrs.0.y", "x"},
	     "--set permitted_cidrs.0.y: error: \"permitted_cidrs.0\" is neither an object nor an array"},
	    {{"ring.size", "\xff"}, "--set ring.size: error: invalid UTF-8 in \"\\xff\""},
	    {{"denied_cidrs", "[\"10.0.0.0/8\"]"},
	     "--set denied_cidrs: error: denied_cidrs[0] \"10.0.0.0/8\": a contradiction: denied here, permitted by "
	     "permitted_cidrs[0] at line 1, column 22: remove one of them"},
	    {{"permitted_cidrs.1", "10.0.0.0/8"},
	     "--set permitted_cidrs.1: error: permitted_cidrs[1] \"10.0.0.0/8\": duplicate of permitted_cidrs[0] at "
	     "line 1, column 22, permitted there as well"},
	};
	for (const auto& [setting, error] : table)
		BOOST_TEST(lines(load_set({setting}).errors) == error);
	BOOST_TEST(
	    lines(load_set({{"b", "1"}, {"a", "1"}}, "\"x\": 1").errors) ==
	    "c:2:1: error: unknown key \"x\"\n--set b: error: unknown key \"b\"\n--set a: error: unknown key \"a\"");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_say_why) {
	const Folder folder;
	BOOST_TEST(lines(load_config(folder / "none.json").errors) ==
		   folder / "none.json" + ": error: cannot open the configuration: No such file or directory: check "
					  "the path; examples are in configs/");
	BOOST_TEST(lines(load_config(folder / "").errors) ==
		   folder / "" + ": error: cannot read the configuration: Is a directory: name a file in it");
	std::ofstream(folder / "a.json") << "{\n\"permitted_cidrs\": [1]}";
	BOOST_TEST(lines(load_config(folder / "a.json").errors)
		       .starts_with(folder / "a.json" + ":2:21: error: permitted_cidrs[0]: "));
	if (geteuid() != 0) {
		chmod((folder / "a.json").c_str(), 0);
		BOOST_TEST(lines(load_config(folder / "a.json").errors).find("Permission denied") != std::string::npos);
	}
	std::ofstream(folder / "empty.json");
	BOOST_TEST(
	    lines(load_config(folder / "empty.json").errors).starts_with(folder / "empty.json" + ":1:1: error: empty"));
}

BOOST_AUTO_TEST_CASE(every_file_in_configs_is_valid) {
	int count = 0;
	for (const auto& entry : std::filesystem::directory_iterator(TMON_TOP "/configs")) {
		if (entry.path().extension() != ".json")
			continue;
		const auto result = load_config(entry.path());
		BOOST_TEST_CONTEXT(entry.path()) {
			BOOST_TEST(lines(result.errors) == "");
			BOOST_TEST(lines(result.warnings) == "");
		}
		++count;
	}
	BOOST_TEST(count >= 5);
	BOOST_TEST(plugins_of(load_config(TMON_TOP "/configs/default.json")) == "console console {}");
	BOOST_TEST(load_config(TMON_TOP "/configs/plugins-example.json").config->plugins.back().name == "my-detector");
}

BOOST_AUTO_TEST_CASE(files_of_the_original_are_valid) {
	for (
	    const char* text : {
		R"({ "permitted_cidrs": ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"] })",
		R"({ "permitted_cidrs": ["127.0.0.0/8", "192.168.1.0/24"] })",
		R"({ "permitted_cidrs": ["127.0.0.0/8"], "logging": { "format": "jsonl", "output_file": "traffic.jsonl",
		      "buffer_size": 8192, "rotate_size_mb": 100, "max_files": 10 } })",
	    })
		BOOST_TEST(lines(load_config_text(text, "c").errors) == "");
}

BOOST_AUTO_TEST_CASE(long_lists_are_fast) {
	std::string text = "{\"permitted_cidrs\": [\n";
	constexpr unsigned count = 100'000;
	for (unsigned i = 0; i < count; ++i)
		text += (i ? ",\n    \"" : "    \"") + std::to_string(10 + (i >> 16)) + '.' +
			std::to_string(i >> 8 & 255) + '.' + std::to_string(i & 255) + ".0/24\"";
	const auto start = std::chrono::steady_clock::now();
	const auto good = load_config_text(text + "]}", "c");
	const auto bad = load_config_text(text + ",\n \"10.0.7.0/24\"]}", "c");
	const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
	BOOST_REQUIRE(good.config);
	BOOST_TEST(good.config->policy.entries.size() == count);
	BOOST_TEST(lines(bad.errors) == "c:100002:2: error: permitted_cidrs[100000] \"10.0.7.0/24\": duplicate of "
					"permitted_cidrs[7] at line 9, column 5, permitted there as well");
	BOOST_TEST_MESSAGE("two lists of 100 000 prefixes in " << elapsed.count() << " s");
	// Every entry wrong: every one reported.
	std::string wrong = text + "]}";
	for (std::size_t at = 0; (at = wrong.find("/24", at)) != std::string::npos; ++at)
		wrong[at + 1] = '9';
	BOOST_TEST(load_config_text(wrong, "c").errors.size() == count);
}

BOOST_AUTO_TEST_CASE(mutated_configurations_are_judged_without_a_crash) {
	std::vector<std::string> valid;
	for (const auto& entry : std::filesystem::directory_iterator(TMON_TOP "/configs")) {
		if (entry.path().extension() != ".json")
			continue;
		std::ifstream file(entry.path());
		valid.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
	}
	std::mt19937_64 random(11);
	const std::string_view pieces[] = {"\"", "{",   "}",  "[", "]",  ",",    ":",    "null",
					   "-1", "1e9", "\\", "/", "::", "\x80", "name", "\"a\""};
	int accepted = 0;
	for (int i = 0; i < 24'000; ++i) {
		std::string text = valid[random() % valid.size()];
		for (auto edits = 1 + random() % 6; edits > 0; --edits) {
			const std::size_t at = random() % text.size();
			switch (random() % 5) {
			case 0:
				text[at] = static_cast<char>(random());
				break;
			case 1:
				text.insert(at, pieces[random() % std::size(pieces)]);
				break;
			case 2:
				text.erase(at, 1 + random() % 8);
				break;
			case 3:
				text.insert(at, text.substr(random() % text.size(), random() % 60));
				break;
			default:
				text[at] = static_cast<char>(text[at] ^ 1 << random() % 8);
			}
			if (text.empty())
				text = " ";
		}
		Overrides overrides;
		if (random() % 4 == 0)
			overrides.settings = {{text.substr(0, random() % 20), text.substr(0, random() % 40)},
					      {"plugins.0.name", "z"}};
		const auto result = load_config_text(text, "c", overrides);
		if (result.config.has_value() != result.errors.empty())
			BOOST_ERROR("neither a result nor a reason: " << text);
		for (const Diagnostic& d : result.errors)
			if (d.message.empty() || d.line > text.size() + 1 || d.column > text.size() + 1)
				BOOST_ERROR("a wrong place: " << to_string(d));
		accepted += result.config.has_value();
	}
	BOOST_TEST(accepted > 100);
}

BOOST_AUTO_TEST_SUITE_END()
