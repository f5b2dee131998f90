// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/match.hpp"

#include <boost/test/unit_test.hpp>

#include <random>

using namespace tmon;

namespace {

Prefix prefix(std::string_view text) {
	const auto parsed = parse_prefix(text);
	BOOST_REQUIRE(std::holds_alternative<Prefix>(parsed));
	return std::get<Prefix>(parsed);
}

bool bit(const Prefix& p, std::size_t at) { return p.address[at / 8] >> (7 - at % 8) & 1; }

} // namespace

BOOST_AUTO_TEST_SUITE(match)

BOOST_AUTO_TEST_CASE(the_longest_comes_first) {
	Policy policy;
	for (const char* text : {"0.0.0.0/0", "10.1.0.0/16", "::/0", "10.0.0.0/8", "10.1.2.3/32", "10.1.2.2/32",
	                         "11.0.0.0/8", "10.128.0.0/9", "2001:db8::/33", "2001:db8::/32"})
		policy.entries.push_back({.prefix = prefix(text), .name = {}, .place = {}});
	const auto chain = [&](std::string_view address) {
		std::string all;
		for (const PolicyEntry* entry : covering_entries(policy, std::get<Prefix>(parse_address(address))))
			all += to_string(entry->prefix) + ' ';
		return all;
	};
	BOOST_TEST(chain("10.1.2.3") == "10.1.2.3/32 10.1.0.0/16 10.0.0.0/8 0.0.0.0/0 ");
	BOOST_TEST(chain("10.1.2.4") == "10.1.0.0/16 10.0.0.0/8 0.0.0.0/0 ");
	BOOST_TEST(chain("10.200.0.0") == "10.128.0.0/9 10.0.0.0/8 0.0.0.0/0 ");
	BOOST_TEST(chain("12.0.0.0") == "0.0.0.0/0 ");
	BOOST_TEST(chain("2001:db8:7fff::") == "2001:db8::/33 2001:db8::/32 ::/0 ");
	BOOST_TEST(chain("2001:db8:8000::") == "2001:db8::/32 ::/0 ");
	policy.entries.clear();
	BOOST_TEST(chain("10.1.2.3") == "");
}

BOOST_AUTO_TEST_CASE(covering_is_agreeing_in_all_bits_of_the_shorter) {
	std::mt19937 random(5);
	int covered = 0;
	for (int i = 0; i < 200'000; ++i) {
		Prefix pair[2];
		const unsigned bits = random() % 2 ? 32 : 128;
		for (Prefix& p : pair) {
			p.family = bits == 32 ? 4 : 6;
			p.length = static_cast<uint8_t>(random() % (bits + 1));
			// Few bits differ, so that many agree.
			for (std::size_t at = 0; at < p.length; ++at)
				if (random() % 64 == 0)
					p.address[at / 8] = static_cast<uint8_t>(p.address[at / 8] | 0x80 >> at % 8);
		}
		bool expected = pair[0].length <= pair[1].length;
		for (std::size_t at = 0; at < pair[0].length; ++at)
			expected = expected && bit(pair[0], at) == bit(pair[1], at);
		if (covers(pair[0], pair[1]) != expected)
			BOOST_ERROR(to_string(pair[0]) << " and " << to_string(pair[1]));
		covered += expected;
	}
	BOOST_TEST(covered > 20'000);
	BOOST_TEST(!covers(prefix("0.0.0.0/0"), prefix("::/0")));
}

BOOST_AUTO_TEST_SUITE_END()
