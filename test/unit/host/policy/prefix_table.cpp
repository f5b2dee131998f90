// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Tables against a linear scan in plain code.
#include "host/policy/prefix_table.hpp"

#include "test/unit/host/policy/prefix_sets.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <stdexcept>

namespace {

using namespace tmon;
using namespace tmon::test;

std::vector<PolicyEntry> policy(std::initializer_list<std::pair<const char*, EntryClass>> list) {
	std::vector<PolicyEntry> entries;
	for (const auto& [text, kind] : list)
		entries.push_back(entry(std::get<Prefix>(parse_prefix(text)), kind));
	return entries;
}

// What a table says about an address, and the scan's word for it.
uint32_t decide(const std::vector<PolicyEntry>& entries, const char* address, uint32_t first_id = 1) {
	const std::string text(address);
	const uint8_t family = text.find(':') == std::string::npos ? 4 : 6;
	const Prefix source = std::get<Prefix>(parse_prefix(text + (family == 4 ? "/32" : "/128")));
	const PrefixTable table = build_prefix_table(entries, family, first_id);
	const uint32_t decision = table.decide(source.address.data());
	BOOST_TEST(decision == scan(entries, family, source.address, first_id), text);
	return decision;
}

// Looks at both sides of every boundary, the ends of the address space, and random places. Returns how many.
std::size_t compare(const std::vector<PolicyEntry>& entries, uint8_t family, Random& random, std::size_t looks,
                    const PrefixTableTuning& tuning = {}) {
	const PrefixTable table = build_prefix_table(entries, family, 7, tuning);
	const Scan scan(entries, family, 7);
	BOOST_REQUIRE_LT(table.nodes_on_path, TMON_PREFIX_NODES_MAX);
	for (std::size_t i = 0; i < looks; ++i) {
		const Octets source = near_boundary(entries, family, random);
		const uint32_t found = table.decide(source.data()), expected = scan.decide(source);
		if (found != expected) {
			BOOST_ERROR(to_string(Prefix{family, static_cast<uint8_t>(family == 4 ? 32 : 128), source})
			            << ": " << std::hex << found << " instead of " << expected << " among " << std::dec << entries.size());
			return i;
		}
	}
	return looks;
}

} // namespace

BOOST_AUTO_TEST_SUITE(prefix_table)

BOOST_AUTO_TEST_CASE(an_empty_policy_permits_nothing) {
	BOOST_TEST(decide({}, "0.0.0.0") == 0u);
	BOOST_TEST(decide({}, "255.255.255.255") == 0u);
	BOOST_TEST(decide({}, "::") == 0u);
	const PrefixTable table = build_prefix_table({}, 6, 1);
	BOOST_TEST(!table.geometry.has_permitted);
	BOOST_TEST(!table.geometry.has_entries);
	BOOST_TEST(table.units.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_table_holds_its_family_only) {
	const auto both = policy({{"10.0.0.0/8", EntryClass::permitted}, {"2001:db8::/32", EntryClass::permitted}});
	BOOST_TEST(build_prefix_table(both, 4, 1).prefixes == 1u);
	BOOST_TEST(build_prefix_table(both, 6, 1).prefixes == 1u);
	BOOST_TEST(decide(both, "10.1.2.3") == TMON_DECISION_PERMITTED);
	BOOST_TEST(decide(both, "2001:db8:ffff::1") == TMON_DECISION_PERMITTED);
	BOOST_TEST(decide(both, "a00::") == 0u);
}

BOOST_AUTO_TEST_CASE(everything_and_a_single_address) {
	const auto all = policy({{"0.0.0.0/0", EntryClass::permitted}, {"::/0", EntryClass::permitted}});
	for (const char* address : {"0.0.0.0", "127.255.255.255", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
		BOOST_TEST(decide(all, address) == TMON_DECISION_PERMITTED);
	const auto one = policy({{"255.255.255.255/32", EntryClass::permitted},
	                         {"0.0.0.0/32", EntryClass::permitted},
	                         {"::/128", EntryClass::permitted},
	                         {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", EntryClass::permitted}});
	for (const char* address : {"0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
		BOOST_TEST(decide(one, address) == TMON_DECISION_PERMITTED);
	for (const char* address : {"0.0.0.1", "255.255.255.254", "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"})
		BOOST_TEST(decide(one, address) == 0u);
}

BOOST_AUTO_TEST_CASE(the_longest_prefix_decides) {
	const auto nested = policy({{"10.1.2.3/32", EntryClass::permitted},
	                            {"10.1.0.0/16", EntryClass::denied},
	                            {"10.0.0.0/8", EntryClass::permitted},
	                            {"10.1.2.0/24", EntryClass::never_drop},
	                            {"0.0.0.0/0", EntryClass::denied}});
	BOOST_TEST(decide(nested, "10.1.2.3", 5) == TMON_DECISION_PERMITTED);
	BOOST_TEST(decide(nested, "10.2.0.0", 5) == TMON_DECISION_PERMITTED);
	BOOST_TEST(decide(nested, "10.1.3.0", 5) == 5u);
	BOOST_TEST(decide(nested, "10.1.2.4", 5) == (6u | TMON_DECISION_NEVER_DROP));
	BOOST_TEST(decide(nested, "11.0.0.0", 5) == 7u);
}

BOOST_AUTO_TEST_CASE(ids_count_over_both_families) {
	const auto both = policy({{"10.0.0.0/8", EntryClass::denied},
	                          {"2001:db8::/32", EntryClass::never_drop},
	                          {"192.168.0.0/16", EntryClass::permitted},
	                          {"172.16.0.0/12", EntryClass::denied}});
	BOOST_TEST(decide(both, "10.0.0.1", 100) == 100u);
	BOOST_TEST(decide(both, "2001:db8::1", 100) == (101u | TMON_DECISION_NEVER_DROP));
	BOOST_TEST(decide(both, "172.16.0.1", 100) == 102u);
	BOOST_TEST(decide(both, "172.32.0.1", 100) == 0u);
}

BOOST_AUTO_TEST_CASE(ids_end_where_a_decision_has_no_room) {
	const auto two = policy({{"10.0.0.0/8", EntryClass::denied}, {"11.0.0.0/8", EntryClass::denied}});
	BOOST_TEST(decide(two, "11.0.0.0", TMON_DECISION_ENTRY_MAX - 1) == TMON_DECISION_ENTRY_MAX);
	BOOST_CHECK_THROW(build_prefix_table(two, 4, TMON_DECISION_ENTRY_MAX), std::length_error);
}

BOOST_AUTO_TEST_CASE(neighbours_merge) {
	std::vector<PolicyEntry> entries;
	for (unsigned i = 0; i < 256; ++i)
		entries.push_back(entry(Prefix{4, 24, {10, 1, static_cast<uint8_t>(i)}}, EntryClass::permitted));
	const PrefixTable table = build_prefix_table(entries, 4, 1);
	BOOST_TEST(table.prefixes == 256u);
	BOOST_TEST(table.permitted_ranges == 1u);
	BOOST_TEST(table.refused_ranges == 0u);
}

BOOST_AUTO_TEST_CASE(every_length_and_a_chain_of_all_of_them) {
	Random random(1);
	for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
		const auto bits = static_cast<uint8_t>(family == 4 ? 32 : 128);
		for (uint8_t length = 0; length <= bits; ++length)
			compare({entry(random_prefix(family, length, random), EntryClass::permitted)}, family, random, 2000);
		for (unsigned round = 0; round < 20; ++round) {
			const Octets along = random.octets(family);
			std::vector<PolicyEntry> chain;
			for (uint8_t length = 0; length <= bits; ++length)
				chain.push_back(entry(prefix_of(family, length, along), round < 10 && length % 2 ? EntryClass::denied : random.kind()));
			compare(chain, family, random, 5000);
		}
	}
}

// Combs: every other block of one size below one prefix, so that many separators share all bits but a few.
BOOST_AUTO_TEST_CASE(combs_at_every_depth) {
	Random random(2);
	for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
		for (unsigned length = 10; length <= (family == 4 ? 32u : 128u); length += family == 4 ? 1 : 3) {
			const Octets along = random.octets(family);
			std::vector<PolicyEntry> comb;
			for (unsigned tooth = 0; tooth < 512; ++tooth)
				comb.push_back(entry(block_of(family, static_cast<uint8_t>(length), along, 2 * tooth, 10),
				                     random.one_in(8) ? random.kind() : EntryClass::permitted));
			compare(comb, family, random, 3000);
		}
	}
}

BOOST_AUTO_TEST_CASE(random_policies) {
	Random random(3);
	std::size_t looks = 0;
	for (unsigned round = 0; round < 2600; ++round) {
		const uint8_t family = round % 2 ? 6 : 4;
		const auto entries = random_policy(family, 1 + random.below(random.one_in(10) ? 400 : 40), random);
		const PrefixTableTuning tuning = random.one_in(2) ? PrefixTableTuning{} : PrefixTableTuning{static_cast<unsigned>(1 + random.below(12)), 0.5, 0.5};
		looks += compare(entries, family, random, 4000, tuning);
	}
	BOOST_TEST(looks >= 10'000'000u);
}

// Two million and one: no two of them merge, and each end is looked at from both sides.
BOOST_AUTO_TEST_CASE(two_million_prefixes) {
	constexpr uint32_t count = 2'000'001;
	for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
		std::vector<PolicyEntry> entries(count);
		const auto address = [&](uint32_t number) {
			const uint32_t spread = number * 1717u; // below 2^32; gaps everywhere
			Octets octets = family == 4 ? Octets{} : Octets{0x20, 0x01, 0x0d, 0xb8};
			for (unsigned i = 0; i < 4; ++i)
				octets[(family == 4 ? 0 : 4) + i] = static_cast<uint8_t>(spread >> (24 - 8 * i));
			return octets;
		};
		for (uint32_t i = 0; i < count; ++i)
			entries[i].prefix = {family, static_cast<uint8_t>(family == 4 ? 32 : i % 4 ? 64 : 128), address(i)};
		const PrefixTable table = build_prefix_table(entries, family, 1);
		BOOST_TEST(table.permitted_ranges == count);
		std::size_t wrong = 0;
		for (uint32_t i = 0; i < count; ++i) {
			Octets source = entries[i].prefix.address;
			const Octets ends = last_of(entries[i].prefix);
			wrong += table.decide(source.data()) != TMON_DECISION_PERMITTED;
			wrong += table.decide(ends.data()) != TMON_DECISION_PERMITTED;
			if (step(source, family, -1))
				wrong += table.decide(source.data()) != 0;
			Octets behind = ends;
			if (step(behind, family, 1))
				wrong += table.decide(behind.data()) != 0;
		}
		BOOST_TEST(wrong == 0u);
		BOOST_TEST_MESSAGE("IPv" << int{family} << ": " << static_cast<double>(table.bytes()) / count << " bytes a prefix");
	}
}

BOOST_AUTO_TEST_SUITE_END()
