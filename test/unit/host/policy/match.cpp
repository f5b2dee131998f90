// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/match.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>

using namespace tmon;

namespace {

Address address(const char* text) { return as_address(std::get<Prefix>(parse_address(text))); }
Prefix prefix(const std::string& text) { return std::get<Prefix>(parse_prefix(text)); }

unsigned bit(const std::array<uint8_t, 16>& bytes, unsigned at) { return bytes[at / 8] >> (7 - at % 8) & 1u; }

} // namespace

BOOST_AUTO_TEST_SUITE(match)

BOOST_AUTO_TEST_CASE(the_longest_prefix_comes_first_and_decides) {
	Policy policy;
	policy.entries = {{prefix("10.0.0.0/8"), EntryClass::permitted, "site", {}},
	                  {prefix("10.1.2.3/32"), EntryClass::never_drop, "", {}},
	                  {prefix("10.1.0.0/16"), EntryClass::denied, "", {}},
	                  {prefix("::/0"), EntryClass::permitted, "", {}}};
	const auto entries = covering_entries(policy, address("10.1.2.3"));
	BOOST_REQUIRE(entries.size() == 3u);
	BOOST_TEST(to_string(entries[0]->prefix) == "10.1.2.3/32");
	BOOST_TEST(to_string(entries[1]->prefix) == "10.1.0.0/16");
	BOOST_TEST(to_string(entries[2]->prefix) == "10.0.0.0/8");
	BOOST_TEST(deciding_entry(policy, address("10.1.2.4")) == &policy.entries[2]);
	BOOST_TEST(deciding_entry(policy, address("10.2.0.1")) == &policy.entries[0]);
	BOOST_TEST(deciding_entry(policy, address("11.0.0.1")) == nullptr);
	// A prefix of length 0 is one of its own family only.
	BOOST_TEST(deciding_entry(policy, address("2001:db8::1")) == &policy.entries[3]);
	BOOST_TEST(covering_entries(policy, address("2001:db8::1")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_prefix_covers_itself_and_what_is_inside) {
	BOOST_TEST(covers(prefix("10.0.0.0/8"), prefix("10.0.0.0/8")));
	BOOST_TEST(covers(prefix("10.0.0.0/8"), prefix("10.1.0.0/16")));
	BOOST_TEST(!covers(prefix("10.1.0.0/16"), prefix("10.0.0.0/8")));
	BOOST_TEST(!covers(prefix("10.0.0.0/16"), prefix("10.1.0.0/16")));
	BOOST_TEST(!covers(prefix("::/0"), prefix("10.0.0.0/8")));
}

BOOST_AUTO_TEST_CASE(covering_is_the_equality_of_the_leading_bits) {
	std::mt19937_64 random(41);
	unsigned covered = 0;
	for (int i = 0; i < 200'000; ++i) {
		const uint8_t family = random() % 2 ? 4 : 6;
		const unsigned bits = family == 4 ? 32 : 128, length = static_cast<unsigned>(random() % (bits + 1));
		Address source{family, {}};
		for (unsigned at = 0; at < bits / 8; ++at)
			source.bytes[at] = static_cast<uint8_t>(random());
		Prefix rule{family, static_cast<uint8_t>(length), {}};
		for (unsigned at = 0; at < length; ++at)
			rule.address[at / 8] = static_cast<uint8_t>(rule.address[at / 8] | bit(source.bytes, at) << (7 - at % 8));
		if (length > 0 && random() % 2) {
			const unsigned flipped = static_cast<unsigned>(random() % length);
			rule.address[flipped / 8] = static_cast<uint8_t>(rule.address[flipped / 8] ^ 0x80 >> flipped % 8);
		}
		bool expected = true;
		for (unsigned at = 0; at < length; ++at)
			expected &= bit(source.bytes, at) == bit(rule.address, at);
		covered += expected;
		if (covers(rule, as_prefix(source)) != expected)
			BOOST_ERROR(to_string(rule) << " and " << to_string(source));
	}
	BOOST_TEST(covered > 50'000u);
}

BOOST_AUTO_TEST_SUITE_END()
