// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/list_file.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace tmon;

namespace {

struct Parsed {
	std::vector<PolicyEntry> entries;
	std::string entries_text; // "prefix line:column; …"
	std::string faults;       // "offset message", one a line
};

Parsed parse(std::string_view text, EntryClass kind = EntryClass::permitted) {
	Parsed result;
	parse_list(text, kind, 7, result.entries, [&](std::size_t offset, const std::string& message) {
		result.faults += std::to_string(offset) + ' ' + message + '\n';
	});
	for (const PolicyEntry& e : result.entries)
		result.entries_text += to_string(e.prefix) + ' ' + std::to_string(e.place.line) + ':' +
		                       std::to_string(e.place.column) + "; ";
	return result;
}

struct Case {
	std::string_view text;
	const char* entries;
	const char* faults;
};

const Case cases[] = {
    {"", "", ""},
    {"\n\n \t\n", "", ""},
    {"10.0.0.0/8", "10.0.0.0/8 1:1; ", ""},
    {"10.0.0.0/8\n", "10.0.0.0/8 1:1; ", ""},
    {"10.0.0.0/8\r\n::/0\r\n", "10.0.0.0/8 1:1; ::/0 2:1; ", ""},
    {"10.0.0.0/8\r", "10.0.0.0/8 1:1; ", ""},
    {"# a\n\n  10.0.0.0/8\t# office \xff\n::1/128#b\n#", "10.0.0.0/8 3:3; ::1/128 4:1; ", ""},
    {" # \r\n\t2001:db8::/32 \r\n", "2001:db8::/32 2:2; ", ""},
    {"10.0.0.1\n10.0.0.0/33\n  ::/129\n", "",
     "0 \"10.0.0.1\": no length: write 10.0.0.1/32 for one address\n"
     "9 \"10.0.0.0/33\": length 33 exceeds 32\n"
     "23 \"::/129\": length 129 exceeds 128\n"},
    {"256.0.0.0/8\n010.0.0.0/8\n10.1.0.0/8\nfe80::1%eth0/128\n::ffff:10.0.0.0/104\n", "",
     "0 \"256.0.0.0/8\": octet 256 exceeds 255\n"
     "12 \"010.0.0.0/8\": leading zero in \"010\"\n"
     "24 \"10.1.0.0/8\": bits set behind /8: write 10.0.0.0/8\n"
     "35 \"fe80::1%eth0/128\": zone \"%eth0\" is not possible in a prefix: leave it out\n"
     "52 \"::ffff:10.0.0.0/104\": an IPv4-mapped address: write it as IPv4, 10.0.0.0/8\n"},
    {"10.0.0.0/8 office\n10.0.0.0 /8\n", "",
     "0 \"10.0.0.0/8 office\": text behind the prefix: put a '#' before it to make it a comment\n"
     "18 \"10.0.0.0 /8\": a space: write the prefix without any\n"},
    {"10.0.0.0/8,\n\"10.0.0.0/8\"\n/8\n10.0.0.0/\n", "",
     "0 \"10.0.0.0/8,\": unexpected ',' in the length\n"
     "12 \"\\\"10.0.0.0/8\\\"\": unexpected '\"'\n"
     "25 \"/8\": no address before \"/\"\n"
     "28 \"10.0.0.0/\": no length behind \"/\"\n"},
    {std::string_view("10.0.0.0/8\0\n\xff\x1b[2J/8\n", 20), "",
     "0 \"10.0.0.0/8\\u0000\": unexpected byte 0x00 in the length\n"
     "12 \"\\xff\\u001b[2J/8\": unexpected byte 0xff\n"},
    {"\xef\xbb\xbf" "10.0.0.0/8\n::/8\n", "10.0.0.0/8 1:4; ::/8 2:1; ",
     "0 a byte order mark: save the file as UTF-8 without it\n"},
    {"\xff\xfe" "1\0", "", "0 UTF-16 text: save the file as UTF-8\n"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(list_file)

BOOST_AUTO_TEST_CASE(lines_are_prefixes_comments_or_faults) {
	for (const Case& c : cases)
		BOOST_TEST_CONTEXT(c.text) {
			const Parsed parsed = parse(c.text);
			BOOST_TEST(parsed.entries_text == c.entries);
			BOOST_TEST(parsed.faults == c.faults);
		}
}

BOOST_AUTO_TEST_CASE(entries_have_the_class_and_the_file) {
	const Parsed parsed = parse("10.0.0.0/8", EntryClass::never_drop);
	BOOST_REQUIRE(parsed.entries.size() == 1);
	BOOST_TEST((parsed.entries[0].kind == EntryClass::never_drop));
	BOOST_TEST(parsed.entries[0].place.file == 7u);
	BOOST_TEST(parsed.entries[0].name == "");
}

// Neither looked through nor repeated.
BOOST_AUTO_TEST_CASE(an_endless_line_is_one_short_fault) {
	const Parsed parsed = parse(std::string(50'000'000, '1') + "\n10.0.0.0/8\n");
	BOOST_TEST(parsed.faults.size() < 200u);
	BOOST_TEST(parsed.faults.ends_with("…\": longer than any prefix\n"));
	BOOST_TEST(parsed.entries_text == "10.0.0.0/8 2:1; ");
}

BOOST_AUTO_TEST_SUITE_END()
