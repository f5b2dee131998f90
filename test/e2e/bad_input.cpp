// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What cannot work ends at once, with the promised exit code and a message that says what to do; nothing is
// attached and nothing is left behind.
#include "test/e2e/monitor.hpp"
#include "test/support/privileged.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

using namespace tmon::test;
namespace json = boost::json;

namespace {

const std::string minimal = R"({"permitted_cidrs": ["10.0.0.0/8"]})";

// A namespace with an interface to watch.
struct Network {
	NetworkNamespace where;

	Network() { where.ip({"link", "add", "watched0", "up", "type", "veth", "peer", "name", "peer0"}); }
};

// A folder to work in.
struct Bench {
	TempDir files;

	std::string path(const std::string& name) const { return (files / name).string(); }
	std::string write(const std::string& name, const std::string& text) const {
		return files.write(name, text).string();
	}
	std::string with_plugins(json::array plugins) const {
		return write("config.json", json::serialize(config_with(std::move(plugins))));
	}
	std::set<std::string> left() const {
		std::set<std::string> names;
		for (const auto& entry : std::filesystem::recursive_directory_iterator(files.path()))
			names.insert(std::filesystem::relative(entry.path(), files.path()).string());
		return names;
	}
};

struct Case {
	std::string name;
	// Prepares files and gives the arguments.
	std::function<std::vector<std::string>(const Bench&)> arguments;
	int status;
	std::vector<std::string> says; // parts of standard error
	std::vector<std::string> wrapper = {};
};

void check(const Network& network, const Case& item) {
	BOOST_TEST_CONTEXT(item.name) {
		const Bench bench;
		std::vector<std::string> arguments = item.arguments(bench);
		const std::set<std::string> before = bench.left();
		const Finished finished = run_monitor(network.where, std::move(arguments), item.wrapper);
		BOOST_TEST(finished.status == item.status, "it ended with " << finished.status << ":\n"
		                                                            << finished.errors);
		for (const std::string& part : item.says)
			BOOST_TEST(finished.errors.find(part) != std::string::npos, "not \"" << part << "\" in:\n"
			                                                                     << finished.errors);
		BOOST_TEST(finished.output == "");
		BOOST_TEST(finished.errors.find("monitoring;") == std::string::npos);
		BOOST_TEST(xdp_program(network.where, "watched0") == 0u);
		BOOST_TEST(bench.left() == before, boost::test_tools::per_element());
	}
}

void check_all(const std::vector<Case>& cases) {
	const Network network;
	for (const Case& item : cases)
		check(network, item);
}

// With a config of this text.
std::function<std::vector<std::string>(const Bench&)> config_text(const std::string& text) {
	return [text](const Bench& bench) {
		return std::vector<std::string>{"-i", "watched0", "-c", bench.write("config.json", text)};
	};
}

// With these words behind a valid config.
std::function<std::vector<std::string>(const Bench&)> options(const std::vector<std::string>& words) {
	return [words](const Bench& bench) {
		std::vector<std::string> arguments = {"-i", "watched0", "-c", bench.write("config.json", minimal)};
		arguments.insert(arguments.end(), words.begin(), words.end());
		return arguments;
	};
}

// With one plugin.
std::function<std::vector<std::string>(const Bench&)> with_plugin(const std::string& name, json::object config = {}) {
	return [name, config](const Bench& bench) {
		return std::vector<std::string>{"-i", "watched0", "-c",
		                                bench.with_plugins({plugin(name, "it", config)})};
	};
}

} // namespace

BOOST_AUTO_TEST_SUITE(bad_input, *needs_root())

BOOST_AUTO_TEST_CASE(command_line) {
	check_all({
	    {"unknown option", options({"--drop-packts"}), 2, {"unknown option \"--drop-packts\"", "--drop-packets"}},
	    {"option twice",
	     options({"--xdp-mode", "auto", "--xdp-mode", "auto"}),
	     2,
	     {"--xdp-mode is given more than once"}},
	    {"no value", options({"--log-file"}), 2, {"--log-file needs a value"}},
	    {"bad value", options({"--stats-interval", "5x"}), 2, {"--stats-interval"}},
	    {"format without its file", options({"--log-format", "json"}), 2, {"--log-format json needs --log-file"}},
	    {"no config",
	     [](const Bench&) {
		     return std::vector<std::string>{"-i", "watched0"};
	     },
	     2,
	     {"-c FILE is required"}},
	    {"no interface",
	     [](const Bench& bench) {
		     return std::vector<std::string>{"-c", bench.write("config.json", minimal)};
	     },
	     2,
	     {"-i INTERFACE is required"}},
	    {"a stray word", options({"eth0"}), 2, {"unexpected argument \"eth0\""}},
	});
}

BOOST_AUTO_TEST_CASE(interfaces_and_rights) {
	const std::vector<std::string> nobody = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
	const auto readable = [](const Bench& bench) {
		std::filesystem::permissions(bench.files.path(), std::filesystem::perms(0755));
		return std::vector<std::string>{"-i", "watched0", "-c", bench.write("config.json", minimal)};
	};
	check_all({
	    {"no such interface",
	     options({"-i", "watched1"}),
	     4,
	     {"no interface \"watched1\"; there are: ", "lo", "watched0"}},
	    {"neither of two",
	     [](const Bench& bench) {
		     return std::vector<std::string>{"-i", "nope0,nope1", "-c", bench.write("config.json", minimal)};
	     },
	     4,
	     {"no interface \"nope0\"", "no interface \"nope1\""}},
	    {"an unprivileged user",
	     readable,
	     4,
	     {"CAP_BPF", "CAP_NET_ADMIN", "CAP_PERFMON", "run as root (sudo) or grant"},
	     nobody},
	    {"one capability missing",
	     options({}),
	     4,
	     {"CAP_PERFMON missing"},
	     {"setpriv", "--bounding-set", "-perfmon", "--inh-caps", "-perfmon"}},
	    {"native mode on lo",
	     [](const Bench& bench) {
		     return std::vector<std::string>{"-i",         "lo",    "-c", bench.write("config.json", minimal),
		                                     "--xdp-mode", "native"};
	     },
	     4,
	     {"cannot attach to lo (native mode): the driver has no native XDP"}},
	});
}

BOOST_AUTO_TEST_CASE(configuration) {
	check_all({
	    {"missing",
	     [](const Bench& bench) {
		     return std::vector<std::string>{"-i", "watched0", "-c", bench.path("none.json")};
	     },
	     3,
	     {"none.json", "No such file or directory"}},
	    {"a directory",
	     [](const Bench& bench) {
		     return std::vector<std::string>{"-i", "watched0", "-c", bench.files.path().string()};
	     },
	     3,
	     {"directory"}},
	    {"unreadable",
	     [](const Bench& bench) {
		     std::filesystem::permissions(bench.files.path(), std::filesystem::perms(0755));
		     const std::string file = bench.write("config.json", minimal);
		     std::filesystem::permissions(file, std::filesystem::perms(0600));
		     return std::vector<std::string>{"-i", "watched0", "-c", file};
	     },
	     3,
	     {"config.json", "Permission denied"},
	     {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"}},
	    {"empty", config_text(""), 3, {"config.json:1:1: error: "}},
	    {"not JSON", config_text("{\n  \"permitted_cidrs\": [,]\n}\n"), 3, {"config.json:2:23: error: "}},
	    {"no prefixes", config_text("{}"), 3, {"permitted_cidrs"}},
	    {"bad prefixes, all of them",
	     config_text("{\"permitted_cidrs\": [\n  \"10.0.0.300/8\",\n  \"10.0.0.0/8\",\n  \"10.1.0.0/8\"\n]}"),
	     3,
	     {"config.json:2:3: error: permitted_cidrs[0] \"10.0.0.300/8\": octet 300 exceeds 255",
	      "config.json:4:3: error: permitted_cidrs[2] \"10.1.0.0/8\": bits set behind /8: write 10.0.0.0/8"}},
	    {"unknown key and wrong type",
	     config_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"],\n \"intefaces\": [],\n \"drop_packets\": 1}"),
	     3,
	     {"config.json:2:2: error: unknown key \"intefaces\" (did you mean \"interfaces\"?)", "config.json:3:"}},
	    {"dropping everything",
	     config_text(R"({"permitted_cidrs": [], "drop_packets": true})"),
	     3,
	     {"permitted_cidrs"}},
	});
}

// With a config of this text, and a list beside it.
std::function<std::vector<std::string>(const Bench&)> config_and_list(const std::string& text, const std::string& list) {
	return [text, list](const Bench& bench) {
		bench.write("list.txt", list);
		return std::vector<std::string>{"-i", "watched0", "-c", bench.write("config.json", text)};
	};
}

BOOST_AUTO_TEST_CASE(lists) {
	check_all({
	    {"bad lines, a contradiction and a missing file",
	     config_and_list("{\"permitted_files\": [\"list.txt\", \"none.txt\"],\n \"denied_cidrs\": [\"10.0.0.0/8\"]}",
	                     "10.0.0.0/8\n10.0.0.0/33 # no\n\n 10.0.0.1\n"),
	     3,
	     {"config.json:1:34: error: permitted_files[1] \"none.txt\": cannot be opened: No such file or directory",
	      "config.json:2:19: error: denied_cidrs[0] \"10.0.0.0/8\": a contradiction: denied here, permitted by ",
	      "list.txt:1:1: remove one of them", "list.txt:2:1: error: \"10.0.0.0/33\": length 33 exceeds 32",
	      "list.txt:4:2: error: \"10.0.0.1\": no length: write 10.0.0.1/32 for one address"}},
	    {"a list that is empty, with dropping",
	     config_and_list("{\"permitted_files\": [\"list.txt\"], \"drop_packets\": true}", "# nothing\n"),
	     3,
	     {"config.json:1:21: error: permitted_cidrs and permitted_files hold no prefix"}},
	    {"to confirm without dropping", options({"--confirm", "60s"}), 3, {"--confirm: error: confirm: nothing is dropped"}},
	    {"to confirm too soon", options({"--confirm", "1s"}), 2, {"--confirm \"1s\" is out of bounds: 5s to 24h"}},
	});
}

// They need no rights, look at all files, and say what they say on the channel where it belongs.
BOOST_AUTO_TEST_CASE(check_and_explain) {
	const Network network;
	const Bench bench;
	const std::vector<std::string> nobody = {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
	std::filesystem::permissions(bench.files.path(), std::filesystem::perms(0755));
	bench.write("list.txt", "10.0.0.0/8\n");
	const std::string good = bench.write("good.json", R"({"permitted_files": ["list.txt"], "denied_cidrs": ["10.1.0.0/16"],
 "plugins": []})");
	const std::string bad = bench.write("bad.json", "{\"permitted_cidrs\": [1],\n\"plugins\": [{\"plugin\": \"nothing\"}]}");

	const Finished right = run_monitor(network.where, {"check", good}, nobody);
	BOOST_TEST(right.status == 0, right.errors);
	BOOST_TEST(right.errors == "");
	BOOST_TEST(right.output == good + ": right; 1 permitted (1 IPv4, 0 IPv6), 1 denied (1 IPv4, 0 IPv6), 0 never dropped; only "
	                                  "logs; plugins: none; lists: " + bench.path("list.txt") + '\n');
	const Finished both = run_monitor(network.where, {"check", bad, good});
	BOOST_TEST(both.status == 3);
	BOOST_TEST(both.output == right.output);
	for (const char* part : {"bad.json:1:22: error: permitted_cidrs[0]: expected a string", "bad.json:2:24: error: plugins[0]: "
	                         "unknown plugin \"nothing\""})
		BOOST_TEST(both.errors.find(part) != std::string::npos, both.errors);
	const Finished machine = run_monitor(network.where, {"check", "--json", bad, good});
	BOOST_TEST(machine.status == 3);
	BOOST_TEST(machine.errors == "");
	BOOST_TEST(json::parse(machine.output).at("files").at(1).at("prefixes").at("denied").at("ipv4").to_number<int>() == 1);

	const Finished explained = run_monitor(network.where, {"explain", "10.1.2.3", "-c", good, "--drop-packets"}, nobody);
	BOOST_TEST(explained.status == 0, explained.errors);
	BOOST_TEST(explained.output == "10.1.2.3 denied: reported and dropped\n  decided by  10.1.0.0/16  denied_cidrs     " + good +
	                                   ":1:52\n  overrides   10.0.0.0/8   permitted_files  " + bench.path("list.txt") + ":1:1\n");
	BOOST_TEST(run_monitor(network.where, {"explain", "10.1.2.3", "-c", bad}).status == 3);
	const Finished no_address = run_monitor(network.where, {"explain", "10.1.2", "-c", good});
	BOOST_TEST(no_address.status == 2);
	BOOST_TEST(no_address.errors.find("\"10.1.2\", character 7: only 3 octets, four are needed") != std::string::npos);
	BOOST_TEST(run_monitor(network.where, {"explain", "--help"}).output.find("Usage: traffic-monitor explain") !=
	           std::string::npos);
}

BOOST_AUTO_TEST_CASE(plugins_that_are_none) {
	check_all({
	    {"unknown",
	     with_plugin("loger-json"),
	     3,
	     {"config.json:1:",
	      "unknown plugin \"loger-json\": there are alerts, console, logger-csv, logger-json, threats"}},
	    {"missing file",
	     with_plugin("./nowhere.so"),
	     3,
	     {"cannot open the plugin ./nowhere.so: No such file or directory"}},
	    {"a directory", with_plugin("/usr"), 3, {"the plugin /usr is not a regular file"}},
	    {"a text file",
	     [](const Bench& bench) {
		     const std::string file = bench.write("text.so", "not a shared object\n");
		     return std::vector<std::string>{"-i", "watched0", "-c",
		                                     bench.with_plugins({plugin(file, "text")})};
	     },
	     3,
	     {"config.json:1:", "text.so cannot be loaded: not an ELF file"}},
	    {"an empty file",
	     [](const Bench& bench) {
		     const std::string file = bench.write("empty.so", "");
		     return std::vector<std::string>{"-i", "watched0", "-c",
		                                     bench.with_plugins({plugin(file, "empty")})};
	     },
	     3,
	     {"config.json:1:", "empty.so cannot be loaded: empty"}},
	    {"no entry",
	     with_plugin(test_plugin("no_entry")),
	     3,
	     {"no_entry.so is not a plugin for this program: it has no manifest (section .tmon.manifest)"}},
	    {"another ABI",
	     with_plugin(test_plugin("other_major")),
	     3,
	     {"other_major.so: manifest:1:", "it was built for plugin ABI 8.0, this is 1.0", "rebuild it"}},
	    {"a newer ABI",
	     with_plugin(test_plugin("newer_minor")),
	     3,
	     {"newer_minor.so: manifest:1:", "it requires plugin ABI 1.1, this is 1.0", "a newer traffic-monitor is needed"}},
	    {"two at once",
	     [](const Bench& bench) {
		     return std::vector<std::string>{
		         "-i", "watched0", "-c",
		         bench.with_plugins({plugin("nothing", "one"), plugin("console", "fine"),
		                             plugin(test_plugin("no_entry"), "two")})};
	     },
	     3,
	     {"plugins[0]: unknown plugin \"nothing\"", "plugins[2]: ", "no_entry.so is not a plugin"}},
	});
}

// A copy of a good plugin that something has been done to.
std::function<std::vector<std::string>(const Bench&)> spoilt(const std::function<void(const std::filesystem::path&)>& spoil) {
	return [spoil](const Bench& bench) {
		const std::filesystem::path directory = bench.files / "folder";
		std::filesystem::create_directory(directory);
		std::filesystem::permissions(directory, std::filesystem::perms(0755));
		const auto file = directory / "it.so";
		std::filesystem::copy_file(test_plugin("tally"), file);
		std::filesystem::permissions(file, std::filesystem::perms(0755));
		spoil(file);
		return std::vector<std::string>{"-i", "watched0", "-c",
		                                bench.with_plugins({plugin(file.string(), "it")})};
	};
}

BOOST_AUTO_TEST_CASE(plugin_files_that_are_not_to_be_trusted) {
	const auto overwrite = [](const std::filesystem::path& file, std::streamoff at, const std::string& bytes) {
		std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(at) << bytes;
	};
	check_all({
	    {"cut short",
	     spoilt([](const auto& file) { std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2); }),
	     3,
	     {"config.json:1:", "it.so cannot be loaded: truncated: "}},
	    {"for another machine",
	     spoilt([&](const auto& file) { overwrite(file, 18, std::string("\xb7\0", 2)); }),
	     3,
	     {"config.json:1:", "it.so cannot be loaded: "}},
	    {"without a manifest",
	     with_plugin(test_plugin("no_manifest")),
	     3,
	     {"no_manifest.so is not a plugin for this program: it has no manifest (section .tmon.manifest)"}},
	    {"everybody may write the file",
	     spoilt([](const auto& file) { std::filesystem::permissions(file, std::filesystem::perms(0666)); }),
	     3,
	     {"it.so can be written by everybody (mode 0666): chmod go-w "}},
	    {"everybody may write the directory",
	     spoilt([](const auto& file) {
		     std::filesystem::permissions(file.parent_path(), std::filesystem::perms(0777));
	     }),
	     3,
	     {"the directory ", "folder can be written by everybody (mode 0777): chmod go-w "}},
	    {"somebody else's",
	     spoilt([](const auto& file) { BOOST_REQUIRE(chown(file.c_str(), 65534, 65534) == 0); }),
	     3,
	     {"it.so belongs to nobody (uid 65534), who could change the plugin: it must belong to root"}},
	    {"a symbolic link",
	     spoilt([](const auto& file) {
		     std::filesystem::rename(file, file.parent_path() / "other.so");
		     std::filesystem::create_symlink("other.so", file);
	     }),
	     3,
	     {"it.so is a symbolic link to other.so: give the path of the file itself"}},
	    {"a FIFO",
	     spoilt([](const auto& file) {
		     std::filesystem::remove(file);
		     BOOST_REQUIRE(mkfifo(file.c_str(), 0644) == 0);
	     }),
	     3,
	     {"it.so is not a regular file"}},
	    {"another content than expected",
	     [](const Bench& bench) {
		     json::object entry = plugin(test_plugin("tally"), "it");
		     entry["sha256"] = std::string(64, '0');
		     return std::vector<std::string>{"-i", "watched0", "-c", bench.with_plugins({entry})};
	     },
	     3,
	     {"tally.so has the SHA-256 ", ", expected is 0000"}},
	    {"granted what it does not ask for",
	     [](const Bench& bench) {
		     json::object entry = plugin(test_plugin("tally"), "it");
		     entry["grant"] = {"network"};
		     return std::vector<std::string>{"-i", "watched0", "-c", bench.with_plugins({entry})};
	     },
	     3,
	     {"plugins[0].grant[0]: the plugin tally does not ask for \"network\""}},
	});
}

// Two files take turns under one name while it starts: what is checked is what is loaded, or it is refused.
BOOST_AUTO_TEST_CASE(a_plugin_that_is_replaced_while_it_is_loaded) {
	const Network network;
	const Bench bench;
	const std::filesystem::path good = bench.files / "good", evil = bench.files / "evil", file = bench.files / "it.so";
	std::filesystem::copy_file(test_plugin("tally"), good);
	// Whoever gets this has loaded what no check has seen: everybody may write it.
	std::filesystem::copy_file(test_plugin("crash"), evil);
	std::filesystem::permissions(good, std::filesystem::perms(0755));
	std::filesystem::permissions(evil, std::filesystem::perms(0777));
	std::filesystem::copy_file(good, file);
	std::atomic<bool> done{false};
	std::thread replacer([&] {
		const auto put = [&](const std::filesystem::path& from) {
			std::error_code ignored;
			std::filesystem::remove(bench.files / "next", ignored);
			std::filesystem::create_hard_link(from, bench.files / "next", ignored);
			std::filesystem::rename(bench.files / "next", file, ignored);
		};
		while (!done) {
			put(evil);
			put(good);
		}
	});
	const std::string config = bench.with_plugins({plugin(file.string(), "it")});
	int started = 0, refused = 0;
	for (int i = 0; i < 25; ++i) {
		Process process({in_dist("bin/traffic-monitor"), "-i", "watched0", "-c", config, "-v"},
		                {.network_namespace = network.where.name()});
		eventually([&] { return !process.running() || process.errors().find("monitoring;") != std::string::npos; });
		process.signal(SIGTERM);
		const int status = process.wait(std::chrono::seconds(10)).value_or(-1);
		BOOST_TEST((status == 0 || status == 3), process.errors());
		if (status == 0) {
			++started;
			BOOST_TEST(process.errors().find("plugin it is ready: tally 1") != std::string::npos, process.errors());
		} else {
			++refused;
			BOOST_TEST((process.errors().find("it.so can be written by everybody") != std::string::npos ||
			            process.errors().find("it.so changed while it was being read") != std::string::npos),
			           process.errors());
		}
	}
	done = true;
	replacer.join();
	BOOST_TEST_MESSAGE(started << " starts, " << refused << " refused");
	BOOST_TEST(started + refused == 25);
}

BOOST_AUTO_TEST_CASE(plugin_configuration) {
	check_all({
	    {"unknown key, placed at its entry",
	     config_text("{\"permitted_cidrs\": [\"10.0.0.0/8\"], \"plugins\": [\n  {\"plugin\": \"console\"},\n"
	                 "  {\"plugin\": \"threats\", \"config\": {\"port_scan\": {\"prots\": 3}}}\n]}"),
	     3,
	     {"config.json:3:50: error: unknown key \"prots\" in plugins[1].config.port_scan (did you mean \"ports\"?)"}},
	    {"missing file", with_plugin("logger-json"), 3, {"config.json:1:", "the key \"file\" is missing in plugins[0].config"}},
	    {"nowhere to put alerts", with_plugin("alerts", {{"console", false}}), 3, {"alerts would go nowhere"}},
	});
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_written) {
	// A folder "dir" is there, "none" is not.
	const auto write_to = [](std::vector<std::string> words, const std::string& name) {
		return [words, name](const Bench& bench) {
			std::filesystem::create_directory(bench.files / "dir");
			std::vector<std::string> arguments = {"-i", "watched0", "-c",
			                                      bench.write("config.json", minimal)};
			arguments.insert(arguments.end(), words.begin(), words.end());
			arguments.push_back(bench.path(name));
			return arguments;
		};
	};
	std::vector<Case> cases;
	for (const char* format : {"json", "jsonl", "csv"}) {
		const std::vector<std::string> log = {"--log-format", format, "--log-file"};
		cases.push_back({std::string("log in no directory, ") + format,
		                 write_to(log, "none/log"),
		                 1,
		                 {"cannot open ", "none/log: No such file or directory"}});
		cases.push_back({std::string("log is a directory, ") + format,
		                 write_to(log, "dir"),
		                 1,
		                 {"cannot open ", "dir: Is a directory"}});
	}
	const std::vector<std::string> stats = {"--stats-file"};
	cases.push_back({"statistics in no directory",
	                 write_to(stats, "none/stats"),
	                 1,
	                 {"none/stats", "No such file or directory"}});
	cases.push_back(
	    {"statistics are a directory", write_to(stats, "dir"), 1, {"cannot replace ", "dir: Is a directory"}});
	check_all(cases);
}

// Whatever else a failed start has opened by then must not stay: the log of the good plugin.
BOOST_AUTO_TEST_CASE(a_start_that_fails_in_the_kernel) {
	const Network network;
	const Bench bench;
	const auto options = [&] {
		return std::vector<std::string>{"-i",           "lo",
		                                "-c",           bench.write("config.json", minimal),
		                                "--xdp-mode",   "native",
		                                "--log-format", "jsonl",
		                                "--log-file",   bench.path("log")};
	};
	const Finished finished = run_monitor(network.where, options());
	BOOST_TEST(finished.status == 4);
	BOOST_TEST(xdp_program(network.where, "lo") == 0u);
	BOOST_TEST(read_file(bench.files / "log") == "");
}

BOOST_AUTO_TEST_CASE(help_and_version) {
	const Network network;
	for (const char* option : {"--help", "-h"}) {
		const Finished help = run_monitor(network.where, {option});
		BOOST_TEST(help.status == 0);
		BOOST_TEST(help.errors == "");
		BOOST_TEST(help.output.find("Usage: traffic-monitor") == 0u);
		for (const char* part : {"--interface", "--drop-packets", "--stats-file", "Exit codes:"})
			BOOST_TEST(help.output.find(part) != std::string::npos, part);
	}
	const Finished version = run_monitor(network.where, {"--version"});
	BOOST_TEST(version.status == 0);
	BOOST_TEST(version.output.find("traffic-monitor 0.") == 0u);
	BOOST_TEST(version.errors == "");
}

BOOST_AUTO_TEST_SUITE_END()
