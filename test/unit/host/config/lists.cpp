// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/load.hpp"

#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <string>

using namespace tmon;

namespace {

std::string lines(const std::vector<Diagnostic>& diagnostics) {
	std::string all;
	for (const Diagnostic& d : diagnostics)
		all += (all.empty() ? "" : "\n") + to_string(d);
	return all;
}

// "class prefix name place; …"
std::string entries_of(const ConfigResult& result) {
	if (!result.config)
		return "errors: " + lines(result.errors);
	std::string all;
	for (const PolicyEntry& e : result.config->policy.entries)
		all += std::string(to_string(e.kind)) + ' ' + to_string(e.prefix) + ' ' + e.name + ' ' +
		       result.config->policy.files[e.place.file] + ':' + std::to_string(e.place.line) + ':' +
		       std::to_string(e.place.column) + "; ";
	return all;
}

// A folder with a configuration in it, and lists.
struct Folder {
	test::TempDir files;

	std::string path(const std::string& name) const { return (files / name).string(); }
	// Its own path left out of the messages.
	std::string errors(const std::string& config) const {
		std::string text = lines(load(config).errors);
		const std::string prefix = files.path().string() + '/';
		for (std::size_t at; (at = text.find(prefix)) != std::string::npos;)
			text.erase(at, prefix.size());
		return text;
	}
	ConfigResult load(const std::string& config, const Overrides& overrides = {}) const {
		return load_config(files.write("c", config).string(), overrides);
	}
};

std::string numbered_prefix(unsigned i) {
	return std::to_string(10 + (i >> 16)) + '.' + std::to_string(i >> 8 & 255) + '.' + std::to_string(i & 255) +
	       ".0/24\n";
}

} // namespace

BOOST_AUTO_TEST_SUITE(lists)

BOOST_AUTO_TEST_CASE(entries_come_in_order_with_class_name_and_place) {
	const Folder folder;
	folder.files.write("a.txt", "# one\n 2.0.0.0/8\n");
	folder.files.write("b.txt", "3.0.0.0/8\r\n3.1.0.0/16");
	const auto result = folder.load(R"({"denied_cidrs": [{"cidr": "10.1.0.0/16", "name": "guests"}],
"permitted_files": ["a.txt"], "permitted_cidrs": ["10.0.0.0/8"],
"never_drop_files": [")" + folder.path("b.txt") +
	                                R"("], "never_drop": ["::/0"]})");
	const std::string c = folder.path("c"), a = folder.path("a.txt"), b = folder.path("b.txt");
	BOOST_TEST(entries_of(result) == "denied 10.1.0.0/16 guests " + c + ":1:28; permitted 2.0.0.0/8  " + a +
	                                     ":2:2; permitted 10.0.0.0/8  " + c + ":2:51; never_drop 3.0.0.0/8  " + b +
	                                     ":1:1; never_drop 3.1.0.0/16  " + b + ":2:1; never_drop ::/0  " + c + ":" +
	                                     "3:" + std::to_string(42 + b.size()) + "; ");
	BOOST_REQUIRE(result.config);
	BOOST_TEST(result.config->lists == (std::vector<std::string>{a, b}), boost::test_tools::per_element());
	BOOST_TEST(result.config->policy.files.front() == c);
}

BOOST_AUTO_TEST_CASE(paths_start_at_the_folder_or_on_the_command_line_where_one_is) {
	const Folder folder;
	folder.files.write("a.txt", "1.0.0.0/8\n");
	const std::string relative = std::filesystem::relative(folder.path("a.txt"));
	Overrides overrides;
	overrides.settings = {{"denied_files.0", relative}};
	BOOST_TEST(entries_of(folder.load(R"({"permitted_cidrs": [], "denied_files": []})", overrides)) ==
	           "denied 1.0.0.0/8  " + relative + ":1:1; ");
	overrides.settings = {{"denied_files.0", "a.txt"}};
	BOOST_TEST(
	    lines(folder.load(R"({"permitted_cidrs": [], "denied_files": []})", overrides).errors) ==
	    "--set denied_files.0: error: denied_files[0] \"a.txt\": cannot be opened: No such file or directory");
	overrides.settings = {{"permitted_cidrs.0", "1.0.0.0/8"}};
	BOOST_TEST(entries_of(folder.load(R"({"permitted_cidrs": []})", overrides)) ==
	           "permitted 1.0.0.0/8  --set permitted_cidrs.0:0:0; ");
}

BOOST_AUTO_TEST_CASE(every_bad_entry_of_all_files_is_reported_at_once) {
	const Folder folder;
	folder.files.write("a", "10.0.0.0/8\n10.0.0.0\nx\n");
	folder.files.write("b", "# ok\n10.0.0.0/8\n\n  1.2.3.4/40");
	BOOST_TEST(
	    folder.errors(R"({"permitted_files": ["a", 5, "none", ""],
 "denied_files": ["b"], "denied_cidrs": "x", "never_drop": [7, {"cidr": "::/0", "name": ""}],
 "never_drop_files": {}, "permited": 1})") ==
	    "c:1:27: error: permitted_files[1]: expected a string, found the number 5\n"
	    "c:1:30: error: permitted_files[2] \"none\": cannot be opened: No such file or directory (it is looked for "
	    "at "
	    "none)\n"
	    "c:1:38: error: permitted_files[3]: the name of a file is empty\n"
	    "c:2:41: error: denied_cidrs: expected an array, found the string \"x\"\n"
	    "c:2:61: error: never_drop[0]: expected a string or {\"cidr\": …, \"name\": …}, found the number 7\n"
	    "c:2:89: error: never_drop[1].name \"\": a name has 1 to 64 bytes and no control characters\n"
	    "c:3:22: error: never_drop_files: expected an array, found an object\n"
	    "c:3:26: error: unknown key \"permited\"\n"
	    "a:2:1: error: \"10.0.0.0\": no length: write 10.0.0.0/32 for one address\n"
	    "a:3:1: error: \"x\": unexpected 'x'\n"
	    "b:2:1: error: \"10.0.0.0/8\": a contradiction: denied here, permitted by a:1:1: remove one of them\n"
	    "b:4:3: error: \"1.2.3.4/40\": length 40 exceeds 32");
}

// In the order of the file, each where its string begins.
BOOST_AUTO_TEST_CASE(no_malformed_form_slips_into_any_list) {
	const char* const forms[] = {"10.0.0.1",           "10.0.0.0/33", "::/129",  "256.0.0.0/8",
	                             "10.0.0.00/8",        "10.1.0.0/8",  "::1/64",  "fe80::1%eth0/64",
	                             " 10.0.0.0/8",        "10.0.0.0/8 ", "",        "::ffff:10.0.0.0/104",
	                             "10.0.0.0/255.0.0.0", "10.0/16",     "/8",      "10.0.0.0/",
	                             "1:2:3/48",           "::1::/64",    "\\u0000", "10.0.0.0/8\\u0000",
	                             "10.0.0.0\\u001b/8",  "éé/8"};
	for (const char* const list : {"permitted_cidrs", "denied_cidrs", "never_drop"}) {
		std::string text = R"({"permitted_files": [], ")" + std::string(list) + "\": [\n";
		for (const char* const form : forms)
			text += (form == forms[0] ? " \"" : ",\n \"") + std::string(form) + '"';
		text += ",\n {\"cidr\": \"10.0.0.1\", \"name\": \"a\\u0000\"}, {\"cidr\": \"::/0\", \"name\": "
		        "\"\\u0085\"}]}";
		const auto result = load_config_text(text, "c");
		BOOST_TEST(!result.config);
		BOOST_REQUIRE(result.errors.size() == std::size(forms) + 3);
		for (std::size_t i = 0; i < std::size(forms); ++i) {
			BOOST_TEST(result.errors[i].line == i + 2);
			BOOST_TEST(result.errors[i].column == 2u);
			BOOST_TEST(
			    result.errors[i].message.starts_with(std::string(list) + '[' + std::to_string(i) + "] \""));
		}
		BOOST_TEST(result.errors.back().message.ends_with(
		    ".name \"\\u0085\": a name has 1 to 64 bytes and no control characters"));
	}
}

BOOST_AUTO_TEST_CASE(a_prefix_stands_once_in_all_lists) {
	const Folder folder;
	folder.files.write("a", "10.0.0.0/8\n2001:db8::/32\n10.0.0.0/8\n");
	folder.files.write("b", "2001:db8::/32\n");
	BOOST_TEST(folder.errors(R"({"permitted_cidrs": ["::/0", "::/0"], "permitted_files": ["a", "b"],
"never_drop": ["::/0", "10.0.0.0/8"]})") ==
	           "c:1:30: error: permitted_cidrs[1] \"::/0\": duplicate of permitted_cidrs[0] at line 1, column 22, "
	           "permitted "
	           "there as well\n"
	           "c:2:16: error: never_drop[0] \"::/0\": a contradiction: never dropped here, permitted by "
	           "permitted_cidrs[0] at "
	           "line 1, column 22: remove one of them\n"
	           "c:2:24: error: never_drop[1] \"10.0.0.0/8\": a contradiction: never dropped here, permitted by "
	           "a:1:1: remove "
	           "one of them\n"
	           "a:3:1: error: \"10.0.0.0/8\": duplicate of line 1, column 1, permitted there as well\n"
	           "b:1:1: error: \"2001:db8::/32\": duplicate of a:2:1, permitted there as well");
	folder.files.write("a", "10.0.0.0/8\n10.0.0.0/9\n10.0.0.0/32\n");
	BOOST_TEST(folder.errors(R"({"permitted_files": ["a"], "denied_cidrs": ["10.0.0.0/10"]})") == "");
}

BOOST_AUTO_TEST_CASE(a_file_is_read_once) {
	const Folder folder;
	folder.files.write("a", "10.0.0.0/8\n");
	std::filesystem::create_symlink("a", folder.files / "b");
	BOOST_TEST(folder.errors(R"({"permitted_files": ["a"], "denied_files": ["./a", "b"]})") ==
	           "c:1:45: error: denied_files[0] \"./a\": the file is read already, for permitted_files[0] at line "
	           "1, column 22\n"
	           "c:1:52: error: denied_files[1] \"b\": the file is read already, for permitted_files[0] at line 1, "
	           "column 22");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read_say_why_without_waiting) {
	const Folder folder;
	std::filesystem::create_directory(folder.files / "dir");
	BOOST_REQUIRE(mkfifo(folder.path("fifo").c_str(), 0600) == 0);
	folder.files.write("large", "");
	std::filesystem::resize_file(folder.files / "large", (256u << 20) + 1);
	std::filesystem::create_symlink("loop", folder.files / "loop");
	BOOST_TEST(folder.errors(R"({"permitted_files": ["dir", "fifo", "large", "/dev/zero", "loop", "-"]})") ==
	           "c:1:22: error: permitted_files[0] \"dir\": is a directory: name a file in it\n"
	           "c:1:29: error: permitted_files[1] \"fifo\": is a FIFO: name a regular file, it is read again at "
	           "each SIGHUP\n"
	           "c:1:37: error: permitted_files[2] \"large\": larger than 256 MiB: is this the right file?\n"
	           "c:1:46: error: permitted_files[3] \"/dev/zero\": is a device: name a regular file, it is read "
	           "again at each "
	           "SIGHUP\n"
	           "c:1:59: error: permitted_files[4] \"loop\": cannot be opened: Too many levels of symbolic links\n"
	           "c:1:67: error: permitted_files[5] \"-\": cannot be opened: No such file or directory (it is looked "
	           "for at -)");
}

BOOST_AUTO_TEST_CASE(dropping_needs_something_permitted) {
	const Folder folder;
	folder.files.write("empty", "# nothing yet\n");
	folder.files.write("one", "10.0.0.0/8\n");
	const std::string drop = R"("drop_packets": true, "denied_cidrs": ["1.0.0.0/8"], "never_drop": ["2.0.0.0/8"]})";
	BOOST_TEST(
	    folder.errors(R"({"permitted_cidrs": [], )" + drop) ==
	    "c:1:21: error: permitted_cidrs is empty and packets are to be dropped: that would drop all of them");
	BOOST_TEST(folder.errors(R"({"permitted_files": ["empty"], )" + drop) ==
	           "c:1:21: error: permitted_cidrs and permitted_files hold no prefix and packets are to be dropped: "
	           "that would "
	           "drop all of them");
	BOOST_TEST(
	    folder.errors(R"({"permitted_files": [], )" + drop).starts_with("c:1:21: error: permitted_cidrs and "));
	BOOST_TEST(folder.errors(R"({"permitted_files": ["one"], )" + drop) == "");
	BOOST_TEST(folder.errors(R"({"permitted_files": ["empty"], "permitted_cidrs": ["10.0.0.0/8"], )" + drop) == "");
	BOOST_TEST(folder.load(R"({"permitted_files": ["empty"]})").config.has_value());
	BOOST_TEST(folder.errors(R"({"denied_files": ["one"]})") ==
	           "c:1:1: error: the key \"permitted_cidrs\" is missing");
}

BOOST_AUTO_TEST_CASE(a_million_lines_with_three_bad_ones_are_three_errors) {
	const Folder folder;
	std::string text;
	constexpr unsigned count = 1'000'000;
	for (unsigned i = 0; i < count; ++i)
		text += i == 17          ? "10.0.0.17\n"
		        : i == 500'000   ? numbered_prefix(3)
		        : i == count - 1 ? "x\n"
		                         : numbered_prefix(i);
	folder.files.write("a", text);
	const auto start = std::chrono::steady_clock::now();
	const std::string errors = folder.errors(R"({"permitted_files": ["a"]})");
	const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
	BOOST_TEST(errors ==
	           "a:18:1: error: \"10.0.0.17\": no length: write 10.0.0.17/32 for one address\n"
	           "a:500001:1: error: \"10.0.3.0/24\": duplicate of line 4, column 1, permitted there as well\n"
	           "a:1000000:1: error: \"x\": unexpected 'x'");
	BOOST_TEST_MESSAGE("a list of 1 000 000 prefixes in " << elapsed.count() << " s");
}

BOOST_AUTO_TEST_CASE(of_a_file_that_is_no_list_the_first_hundred_errors_are_shown) {
	const Folder folder;
	std::string text;
	for (int i = 0; i < 5000; ++i)
		text += "no prefix\n";
	folder.files.write("a", text);
	folder.files.write("b", "10.0.0.0/8\nnor this\n");
	const auto result = folder.load(R"({"permitted_files": ["a", "b"]})");
	BOOST_REQUIRE(result.errors.size() == 102u);
	BOOST_TEST(result.errors[99].line == 100u);
	BOOST_TEST(to_string(result.errors[100]) ==
	           folder.path("a") + ": error: 4900 more errors in this file: is it a list of prefixes, one a line?");
	BOOST_TEST(result.errors[101].file == folder.path("b"));
	// The same file under another name: each of its lines is there twice.
	text.clear();
	for (unsigned i = 0; i < 101; ++i)
		text += numbered_prefix(i);
	folder.files.write("a", text);
	folder.files.write("b", text);
	const auto twice = folder.load(R"({"permitted_files": ["a"], "denied_files": ["b"]})");
	BOOST_REQUIRE(twice.errors.size() == 101u);
	BOOST_TEST(twice.errors[0].line == 1u);
	BOOST_TEST(to_string(twice.errors[100]).find(": error: 1 more error in this file") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
