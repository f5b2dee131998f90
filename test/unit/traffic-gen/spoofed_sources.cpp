// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/spoofed_sources.hpp"

#include "traffic-gen/ranges.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace tmon;
using namespace tmon::packet;

BOOST_AUTO_TEST_SUITE(spoofed_sources)

BOOST_AUTO_TEST_CASE(numbers_of_public_addresses) {
	BOOST_TEST(to_string(public4(0)) == "1.0.0.1");
	BOOST_TEST(to_string(public4(253)) == "1.0.0.254");
	BOOST_TEST(to_string(public4(254)) == "1.0.1.1");
	BOOST_TEST(to_string(public4(public4_count() - 1)) == "223.255.255.254");
	// 10.0.0.0/8 is left out.
	const uint64_t below_ten = 9ull * 65536 * 254;
	BOOST_TEST(to_string(public4(below_ten - 1)) == "9.255.255.254");
	BOOST_TEST(to_string(public4(below_ten)) == "11.0.0.1");
	for (uint64_t number = 0; number < public4_count(); number += 100'003)
		BOOST_REQUIRE(is_public(public4(number)));
}

BOOST_AUTO_TEST_CASE(each_is_public_and_another) {
	const SpoofedSources sources(5);
	constexpr std::size_t count = 1'000'000;
	std::vector<uint32_t> four;
	std::vector<Ipv6Address> six;
	for (uint64_t i = 0; i < count; ++i) {
		four.push_back(sources.v4(i).host_order());
		six.push_back(sources.v6(i));
	}
	BOOST_TEST(std::all_of(four.begin(), four.end(), [](uint32_t value) { return is_public(Ipv4Address(value)); }));
	BOOST_TEST(std::all_of(six.begin(), six.end(), [](const Ipv6Address& address) { return is_public(address); }));
	std::sort(four.begin(), four.end());
	std::sort(six.begin(), six.end());
	BOOST_TEST((std::unique(four.begin(), four.end()) == four.end()));
	BOOST_TEST((std::unique(six.begin(), six.end()) == six.end()));
	// They are spread: in each sixteenth of the address space that is public as a whole, about as many.
	for (uint32_t part = 2; part < 6; ++part) {
		const auto in_part = std::count_if(four.begin(), four.end(),
						   [&](uint32_t value) { return value >> 28 == part; });
		BOOST_TEST((in_part > 65'000 && in_part < 80'000), in_part);
	}
}

BOOST_AUTO_TEST_CASE(seeds_differ) {
	int same = 0;
	for (uint64_t i = 0; i < 1000; ++i)
		same += SpoofedSources(1).v4(i) == SpoofedSources(2).v4(i) || SpoofedSources(1).v6(i) == SpoofedSources(2).v6(i);
	BOOST_TEST(same == 0);
}

BOOST_AUTO_TEST_SUITE_END()
