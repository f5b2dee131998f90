// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/duplicates.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>

using namespace tmon;

BOOST_AUTO_TEST_SUITE(duplicates)

BOOST_AUTO_TEST_CASE(they_are_those_that_a_map_finds) {
	std::mt19937 random(9);
	std::size_t found_at_all = 0;
	for (int round = 0; round < 2'000; ++round) {
		std::vector<PolicyEntry> entries(random() % 60);
		for (PolicyEntry& entry : entries) {
			entry.prefix.family = random() % 2 ? 4 : 6;
			entry.prefix.length = static_cast<uint8_t>(16 + random() % 2);
			entry.prefix.address[random() % (entry.prefix.family == 4 ? 4 : 16)] =
			    static_cast<uint8_t>(random() % 3);
			entry.kind = static_cast<EntryClass>(random() % 3);
		}
		std::map<Prefix, uint32_t> first;
		std::string expected, found;
		for (uint32_t i = 0; i < entries.size(); ++i)
			if (const auto [earlier, is_new] = first.emplace(entries[i].prefix, i); !is_new)
				expected += std::to_string(i) + ' ' + std::to_string(earlier->second) + '\n';
		for (const Duplicate& duplicate : find_duplicates(entries))
			found += std::to_string(duplicate.later) + ' ' + std::to_string(duplicate.earlier) + '\n';
		BOOST_REQUIRE(found == expected);
		found_at_all += !found.empty();
	}
	BOOST_TEST(found_at_all > 500u);
}

BOOST_AUTO_TEST_SUITE_END()
