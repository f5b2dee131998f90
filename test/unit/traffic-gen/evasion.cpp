// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Holds the label of every shape against the filter's own parser.
#include "traffic-gen/evasion.hpp"

#include "bpf/classify.h"
#include "traffic-gen/ranges.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace tmon;
using namespace tmon::packet;

namespace {

template <class Address>
bool source_is_permitted(const uint8_t* at) {
	Address address;
	std::copy_n(at, address.bytes.size(), address.bytes.begin());
	return is_permitted(address);
}

Family family_of(const tmon_frame& frame) {
	return frame.ip_version == 4 ? Family::v4 : frame.ip_version == 6 ? Family::v6 : Family::none;
}

// As the program in the kernel does it, with the list of configs/default.json.
Traits filtered(const Bytes& bytes) {
	const uint8_t* end = bytes.data() + bytes.size();
	tmon_frame frame;
	switch (tmon_classify(bytes.data(), end, static_cast<uint32_t>(bytes.size()), &frame)) {
	case TMON_NETWORK_ARP:
	case TMON_NETWORK_OTHER:
		return {Verdict::unfiltered, Family::none, Protocol::other};
	case TMON_NETWORK_UNDECIDABLE:
		return {Verdict::undecidable, family_of(frame), Protocol::other};
	case TMON_NETWORK_IPV4:
	case TMON_NETWORK_IPV6:
		break;
	}
	const Family family = family_of(frame);
	const uint8_t* source = tmon_source(&frame);
	if (family == Family::v4 ? source_is_permitted<Ipv4Address>(source) : source_is_permitted<Ipv6Address>(source))
		return {Verdict::permitted, family, Protocol::other};
	const bool passes = tmon_exempt(&frame, end) != TMON_EXEMPT_NOT;
	return {passes ? Verdict::unfiltered : Verdict::denied, family, Protocol::other};
}

std::vector<Shape> all_shapes() {
	std::vector<Shape> all;
	for (const auto& shapes : {link_shapes(), network_shapes(), neutral_shapes()})
		all.insert(all.end(), shapes.begin(), shapes.end());
	return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(evasion)

BOOST_AUTO_TEST_CASE(every_shape_is_what_the_filter_says) {
	Random random(1);
	for (const Shape& shape : all_shapes()) {
		BOOST_TEST_CONTEXT(shape.name) {
			for (const Families families : {Families::v4, Families::v6}) {
				if (shape.families != Families::both && shape.families != families)
					continue;
				const ScenarioOptions options{.families = families};
				for (int i = 0; i < 300; ++i) {
					Bytes frame;
					const Traits traits = shape.make(ShapeMaker(options, random), frame);
					const Traits expected = filtered(frame);
					BOOST_REQUIRE((traits.verdict == expected.verdict));
					BOOST_REQUIRE((traits.family == expected.family));
					BOOST_REQUIRE((frame.size() >= 14 && frame.size() <= 14u + 576u));
				}
			}
		}
	}
}

// Sources are permitted or not, so a shape that is judged by its source comes in both ways.
BOOST_AUTO_TEST_CASE(shapes_come_from_permitted_and_from_denied_sources) {
	Random random(2);
	const ScenarioOptions options;
	std::map<std::string_view, std::set<Verdict>> verdicts;
	for (const Shape& shape : all_shapes())
		for (int i = 0; i < 100; ++i) {
			Bytes frame;
			verdicts[shape.name].insert(shape.make(ShapeMaker(options, random), frame).verdict);
		}
	for (const auto& [name, seen] : verdicts) {
		const bool one_way = seen == std::set{Verdict::undecidable} || seen == std::set{Verdict::unfiltered};
		const bool both_ways = seen == std::set{Verdict::permitted, Verdict::denied} ||
				       seen == std::set{Verdict::permitted, Verdict::unfiltered};
		BOOST_TEST((one_way || both_ways), name);
	}
}

BOOST_AUTO_TEST_CASE(a_round_has_each_shape_once) {
	const std::size_t shapes = all_shapes().size();
	const auto scenario = make_scenario({.name = ScenarioName::evasion});
	std::map<Verdict, int> first, second;
	for (auto* round : {&first, &second})
		for (std::size_t i = 0; i < shapes; ++i) {
			Bytes frame;
			++(*round)[scenario->next(frame).verdict];
		}
	BOOST_TEST(shapes > 60u);
	BOOST_TEST(first[Verdict::undecidable] == second[Verdict::undecidable]);
	BOOST_TEST(first[Verdict::undecidable] == 16);
}

BOOST_AUTO_TEST_CASE(families_are_kept_to) {
	for (const Families families : {Families::v4, Families::v6}) {
		const auto scenario = make_scenario({.name = ScenarioName::evasion, .families = families});
		for (int i = 0; i < 2000; ++i) {
			Bytes frame;
			const Family family = scenario->next(frame).family;
			BOOST_REQUIRE((family != (families == Families::v4 ? Family::v6 : Family::v4)));
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
