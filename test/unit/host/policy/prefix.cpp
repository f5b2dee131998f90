// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/prefix.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

#include <arpa/inet.h>

#include <random>
#include <string>

using tmon::address_text;
using tmon::parse_address;
using tmon::to_string;
using tmon::parse_prefix;
using tmon::Prefix;
using tmon::PrefixError;

namespace {

struct Good {
	const char* text;
	const char* canonical;
};

const Good good[] = {
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"10.0.0.0/8", "10.0.0.0/8"},
    {"172.16.0.0/12", "172.16.0.0/12"},
    {"192.168.1.128/25", "192.168.1.128/25"},
    {"255.255.255.255/32", "255.255.255.255/32"},
    {"::/0", "::/0"},
    {"::1/128", "::1/128"},
    {"fc00::/7", "fc00::/7"},
    {"2001:DB8::/32", "2001:db8::/32"},
    {"2001:0db8:0000:0000:0000:0000:0000:0000/32", "2001:db8::/32"},
    {"2001:db8:0:0:1:0:0:1/128", "2001:db8::1:0:0:1/128"},
    {"2001:db8:0:1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128"},
    {"2001:db8::1:1:1:1:1/128", "2001:db8:0:1:1:1:1:1/128"},
    {"1::2:0:0:0:0/128", "1:0:0:2::/128"},
    {"1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:8/128"},
    {"1:2:3:4:5:6:7::/112", "1:2:3:4:5:6:7:0/112"},
    {"::2:3:4:5:6:7:8/128", "0:2:3:4:5:6:7:8/128"},
    {"64:ff9b::192.0.2.0/120", "64:ff9b::c000:200/120"},
    {"1:2:3:4:5:6:1.2.3.4/128", "1:2:3:4:5:6:102:304/128"},
    {"::1.2.3.4/128", "::102:304/128"},
    {"::/64", "::/64"},
    {"fe80::/9", "fe80::/9"},
};

struct Bad {
	const char* text;
	std::size_t offset;
	const char* message;
};

const Bad bad[] = {
    {"", 0, "empty: write a prefix such as 10.0.0.0/8 or 2001:db8::/32"},
    {"/", 0, "no address before \"/\""},
    {"/8", 0, "no address before \"/\""},
    {" 10.0.0.0/8", 0, "a space: write the prefix without any"},
    {"10.0.0.0/8 ", 10, "a space: write the prefix without any"},
    {"10.0.0.0 /8", 8, "a space: write the prefix without any"},
    {"10.0.0.0/\t8", 9, "a space: write the prefix without any"},
    {"fe80::1%eth0/128", 7, "zone \"%eth0\" is not possible in a prefix: leave it out"},
    {"fe80::1%eth0", 7, "zone \"%eth0\" is not possible in a prefix: leave it out"},
    {"fe80::1%\x1b[2J/128", 7, "a zone is not possible in a prefix: leave it out"},
    {"fe80::/64%1", 9, "zone \"%1\" is not possible in a prefix: leave it out"},
    {"[::1]/128", 0, "brackets: write the address without them"},
    {"10.0.0.1", 8, "no length: write 10.0.0.1/32 for one address"},
    {"2001:DB8::1", 11, "no length: write 2001:db8::1/128 for one address"},
    {"::ffff:1.2.3.4", 14, "no length: write 1.2.3.4/32 for one address"},
    {"10.0.0.0/", 9, "no length behind \"/\""},
    {"::/", 3, "no length behind \"/\""},
    {"10.0.0.300/8", 7, "octet 300 exceeds 255"},
    {"256.0.0.0/8", 0, "octet 256 exceeds 255"},
    {"10.99999999999999999999.0.0/8", 3, "octet 99999999999999999999 exceeds 255"},
    {"010.0.0.0/8", 0, "leading zero in \"010\""},
    {"10.00.0.0/8", 3, "leading zero in \"00\""},
    {"10.0.0.0/08", 9, "leading zero in \"08\""},
    {"::/00", 3, "leading zero in \"00\""},
    {"10.0.0.0/33", 9, "length 33 exceeds 32"},
    {"10.0.0.0/4294967304", 9, "length 4294967304 exceeds 32"},
    {"::/129", 3, "length 129 exceeds 128"},
    {"10.0.0.0/99999999999999999999", 9, "length 99999999999999999999 exceeds 32"},
    {"10.0.0.0/-1", 9, "unexpected '-' in the length"},
    {"10.0.0.0/+8", 9, "unexpected '+' in the length"},
    {"10.0.0.0/8/8", 10, "unexpected '/' in the length"},
    {"10.0.0.0//8", 9, "unexpected '/' in the length"},
    {"10.0.0.0/8x", 10, "unexpected 'x' in the length"},
    {"10.0.0.0/0x8", 10, "unexpected 'x' in the length"},
    {"10.0.0.0/255.0.0.0", 9, "a netmask instead of a length: write /8"},
    {"10.0.0.0/0.0.0.0", 9, "a netmask instead of a length: write /0"},
    {"10.0.0.0/255.255.255.255", 9, "a netmask instead of a length: write /32"},
    {"10.0.0.0/255.0.255.0", 9, "a netmask instead of a length"},
    {"10.0.0.0/255.0", 12, "unexpected '.' in the length"},
    {"10.1.0.0/8", 0, "bits set behind /8: write 10.0.0.0/8"},
    {"10.0.0.1/31", 0, "bits set behind /31: write 10.0.0.0/31"},
    {"0.0.0.1/0", 0, "bits set behind /0: write 0.0.0.0/0"},
    {"2001:db8::1/64", 0, "bits set behind /64: write 2001:db8::/64"},
    {"fe80::/8", 0, "bits set behind /8: write fe00::/8"},
    {"10.0.0/8", 6, "only 3 octets, four are needed"},
    {"10/8", 2, "only one octet, four are needed"},
    {"10.0.0.0.0/8", 9, "more than four octets"},
    {"10..0.0/8", 3, "an octet is missing"},
    {"10.0.0./8", 7, "an octet is missing"},
    {".10.0.0/8", 0, "an octet is missing"},
    {"10.0.0.0x/8", 8, "unexpected 'x'"},
    {"0x0a.0.0.0/8", 1, "unexpected 'x'"},
    {"10.*.0.0/8", 3, "unexpected '*'"},
    {"10.0.0.1-10.0.0.9", 8, "unexpected '-'"},
    {"10,0,0,0/8", 2, "unexpected ','"},
    {"localhost/8", 0, "unexpected 'l'"},
    {"-10.0.0.0/8", 0, "unexpected '-'"},
    {"10.0.0.\x01/8", 7, "unexpected byte 0x01"},
    {"10.0.0.\xc2\xb2/8", 7, "unexpected byte 0xc2"},
    {":/0", 0, "starts with a single ':'"},
    {":1::/16", 0, "starts with a single ':'"},
    {":::/0", 2, "unexpected ':'"},
    {"1:::2/128", 3, "unexpected ':'"},
    {"1::2::3/128", 4, "a second \"::\""},
    {"1:2:3:4:5:6:7:/112", 13, "ends with a single ':'"},
    {"1:2:3:4:5:6:7/112", 13, "only 7 groups, eight are needed"},
    {"1:2:3:4:5:6:7:8:9/128", 16, "more than eight groups"},
    {"1:2:3:4::5:6:7:8/128", 7, "\"::\" stands for nothing: eight groups are there"},
    {"::1:2:3:4:5:6:7:8/128", 0, "\"::\" stands for nothing: eight groups are there"},
    {"12345::/16", 0, "more than four digits in a group"},
    {"::00001/128", 2, "more than four digits in a group"},
    {"2001:db8::g/128", 10, "unexpected 'g'"},
    {"2001:db8::-1/128", 10, "unexpected '-'"},
    {"::1.2.3/128", 7, "only 3 octets, four are needed"},
    {"::1.2.3.256/128", 8, "octet 256 exceeds 255"},
    {"::01.2.3.4/128", 2, "leading zero in \"01\""},
    {"::1.2.3.4:5/128", 9, "unexpected ':'"},
    {"1:2:3:4:5:6:7:1.2.3.4/128", 14, "more than eight groups"},
    {"::ffff:10.0.0.0/104", 0, "an IPv4-mapped address: write it as IPv4, 10.0.0.0/8"},
    {"::ffff:a01:203/128", 0, "an IPv4-mapped address: write it as IPv4, 10.1.2.3/32"},
    {"::ffff:0:0/96", 0, "an IPv4-mapped address: write it as IPv4, 0.0.0.0/0"},
    {"::ffff:10.1.0.0/104", 0, "an IPv4-mapped address: write it as IPv4, 10.0.0.0/8"},
    {"::ffff:0:0/95", 0, "bits set behind /95: write ::fffe:0:0/95"},
};

// The same in the words of the C library. It writes the last 32 bits of what could be an IPv4-compatible
// address with dots, which this program does not.
std::string reference_text(const Prefix& prefix) {
	char text[INET6_ADDRSTRLEN];
	inet_ntop(prefix.family == 4 ? AF_INET : AF_INET6, prefix.address.data(), text, sizeof text);
	return std::string(text) + '/' + std::to_string(prefix.length);
}

Prefix random_prefix(std::mt19937_64& random) {
	Prefix prefix;
	prefix.family = random() % 2 ? 4 : 6;
	const unsigned bits = prefix.family == 4 ? 32 : 128;
	prefix.length = static_cast<uint8_t>(random() % (bits + 1));
	const bool sparse = random() % 2;
	for (unsigned i = 0; i < prefix.length; ++i) {
		// Whole groups of zeros are what the IPv6 text is about.
		if (sparse && i % 16 == 0 && random() % 2) {
			i += 15;
			continue;
		}
		if (random() % 2)
			prefix.address[i / 8] = static_cast<uint8_t>(prefix.address[i / 8] | 0x80 >> i % 8);
	}
	return prefix;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prefix)

BOOST_AUTO_TEST_CASE(well_formed_text_is_parsed_and_made_canonical) {
	for (const Good& c : good) {
		BOOST_TEST_CONTEXT(c.text) {
			const auto result = parse_prefix(c.text);
			if (auto* error = std::get_if<PrefixError>(&result))
				BOOST_TEST(error->message == "");
			else
				BOOST_TEST(to_string(std::get<Prefix>(result)) == c.canonical);
		}
	}
}

BOOST_AUTO_TEST_CASE(each_malformed_text_has_its_message_and_offset) {
	for (const Bad& c : bad) {
		BOOST_TEST_CONTEXT(c.text) {
			const auto result = parse_prefix(c.text);
			auto* error = std::get_if<PrefixError>(&result);
			BOOST_REQUIRE(error);
			BOOST_TEST(error->message == c.message);
			BOOST_TEST(error->offset == c.offset);
		}
	}
}

BOOST_AUTO_TEST_CASE(what_a_message_proposes_is_accepted) {
	for (const Bad& c : bad) {
		const auto result = parse_prefix(c.text);
		auto* error = std::get_if<PrefixError>(&result);
		const std::size_t at = error ? error->message.find(": write ") : std::string::npos;
		if (at == std::string::npos || error->message.find("without") != std::string::npos)
			continue;
		const std::size_t slash = error->message.find('/', at + 8);
		const std::size_t start = error->message.rfind(' ', slash) + 1;
		if (slash == start || error->message.starts_with("empty"))
			continue;
		const std::string proposal = error->message.substr(start, error->message.find(' ', start) - start);
		BOOST_TEST_CONTEXT(c.text << " -> " << proposal) {
			BOOST_TEST(std::holds_alternative<Prefix>(parse_prefix(proposal)));
		}
	}
}

BOOST_AUTO_TEST_CASE(random_prefixes_agree_with_the_c_library) {
	std::mt19937_64 random(20240611);
	for (int i = 0; i < 200'000; ++i) {
		const Prefix prefix = random_prefix(random);
		const std::string text = to_string(prefix), reference = reference_text(prefix);
		const bool dotted = prefix.family == 6 && reference.find('.') != std::string::npos;
		if (!dotted && text != reference)
			BOOST_TEST(text == reference);
		std::array<uint8_t, 16> address{};
		const std::string bare = text.substr(0, text.find('/'));
		if (inet_pton(prefix.family == 4 ? AF_INET : AF_INET6, bare.c_str(), address.data()) != 1 ||
		    address != prefix.address)
			BOOST_ERROR("inet_pton reads " << text << " differently");
		for (const std::string& written : {text, reference}) {
			const auto result = parse_prefix(written);
			const auto* again = std::get_if<Prefix>(&result);
			if (!again || *again != prefix)
				BOOST_ERROR(written << " is not parsed back");
		}
	}
}

BOOST_AUTO_TEST_CASE(random_text_is_an_address_where_the_c_library_says_so) {
	std::mt19937_64 random(7);
	const std::string_view alphabet = "0123456789abcdef::::....1100";
	int accepted = 0;
	for (int i = 0; i < 300'000; ++i) {
		std::string text;
		// From a valid address by a few edits, so that many stay near the border.
		text = to_string(random_prefix(random));
		text.resize(text.find('/'));
		for (auto edits = random() % 3; edits > 0; --edits) {
			const std::size_t at = random() % text.size();
			const char c = alphabet[random() % alphabet.size()];
			switch (random() % 3) {
			case 0:
				text[at] = c;
				break;
			case 1:
				text.insert(at, 1, c);
				break;
			default:
				if (text.size() > 1)
					text.erase(at, 1);
			}
		}
		const bool v6 = text.find(':') != std::string::npos;
		std::array<uint8_t, 16> address{};
		const bool expected = inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), address.data()) == 1;
		const auto result = parse_prefix(text + (v6 ? "/128" : "/32"));
		const auto* prefix = std::get_if<Prefix>(&result);
		const auto* error = std::get_if<PrefixError>(&result);
		const bool mapped = error && error->message.starts_with("an IPv4-mapped");
		if ((prefix != nullptr || mapped) != expected || (prefix && prefix->address != address))
			BOOST_ERROR(text << (error ? ": " + error->message : " is accepted or has another value"));
		if (error && error->offset > text.size() + 4)
			BOOST_ERROR(text << ": the offset is outside");
		accepted += prefix != nullptr;
	}
	BOOST_TEST(accepted > 50'000);
	BOOST_TEST(accepted < 250'000);
}

BOOST_AUTO_TEST_CASE(addresses_are_prefixes_of_full_length) {
	for (const auto& [text, canonical] : {std::pair("10.0.0.1", "10.0.0.1/32"), std::pair("2001:DB8::1", "2001:db8::1/128"),
	                                      std::pair("::", "::/128"), std::pair("64:ff9b::1.2.3.4", "64:ff9b::102:304/128")}) {
		const auto address = parse_address(text);
		BOOST_REQUIRE(std::holds_alternative<Prefix>(address));
		BOOST_TEST(to_string(std::get<Prefix>(address)) == canonical);
		BOOST_TEST(address_text(std::get<Prefix>(address)) + (text[0] == '1' ? "/32" : "/128") == canonical);
	}
	const std::pair<std::string, PrefixError> wrong[] = {
	    {"", {0, "empty: write an address such as 10.0.0.1 or 2001:db8::1"}},
	    {"10.0.0.1 ", {8, "a space: write the address without any"}},
	    {"10.0.0.0/8", {8, "a prefix: give one address in it, such as 10.0.0.0"}},
	    {"10.0.0.1/8", {8, "a prefix: give one address, without a length"}},
	    {"fe80::1%eth0", {7, "zone \"%eth0\": the filter looks at the address alone, leave it out"}},
	    {"::ffff:1.2.3.4", {0, "an IPv4-mapped address: write it as IPv4, 1.2.3.4"}},
	    {"[::1]", {0, "brackets: write the address without them"}},
	    {"10.0.0.256", {7, "octet 256 exceeds 255"}},
	    {"1:2:3", {5, "only 3 groups, eight are needed"}},
	    {"localhost", {0, "unexpected 'l'"}},
	    {std::string(1000, ':'), {0, "longer than any address"}},
	};
	for (const auto& [text, expected] : wrong)
		BOOST_TEST_CONTEXT(text) {
			const auto address = parse_address(text);
			BOOST_REQUIRE(std::holds_alternative<PrefixError>(address));
			BOOST_TEST(std::get<PrefixError>(address).message == expected.message);
			BOOST_TEST(std::get<PrefixError>(address).offset == expected.offset);
		}
}

// Messages go to terminals, whatever the text is.
BOOST_AUTO_TEST_CASE(messages_are_short_and_printable) {
	for (const std::string& text :
	     {std::string("fe80::1%\x1b[2J\xff/64"), std::string(100'000, '9') + ".0.0.0/8", std::string("10.0.0.\0/8", 10)}) {
		const auto result = parse_prefix(text);
		BOOST_REQUIRE(std::holds_alternative<PrefixError>(result));
		const std::string& message = std::get<PrefixError>(result).message;
		BOOST_TEST(message.size() < 200u);
		BOOST_TEST(std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c < 127; }), message);
	}
}

BOOST_AUTO_TEST_SUITE_END()
