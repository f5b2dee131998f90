// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Frames made to slip past: the real program, the same parser natively, and an oracle that knows neither have to agree
// about each, whole and cut at every length, and about many thousands of mutations of them.
#define BOOST_TEST_MODULE bpf_corpus
#include "test/bpf/corpus.hpp"
#include "test/bpf/judges.hpp"
#include "test/bpf/mutate.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

namespace {

using namespace tmon;
using corpus::Fate;
using corpus::Item;
using packet::Bytes;

constexpr const char* fate_names[] = {"permitted",           "denied", "undecidable", "ARP",
                                      "neighbour discovery", "DHCP",   "not IP"};

void check_theme(const std::vector<Item>& items) {
	test::Judges judges;
	for (const Item& item : items) {
		BOOST_TEST_CONTEXT(item.name) {
			BOOST_TEST(judges.disagreement(item.frame) == "");
			BOOST_TEST(fate_names[int(judges.fate())] == fate_names[int(item.fate)]);
			BOOST_TEST(judges.judgement().reason == item.reason);
		}
	}
}

} // namespace

BOOST_AUTO_TEST_SUITE(corpus_of, *test::needs_root())

BOOST_AUTO_TEST_CASE(the_link_layer) { check_theme(corpus::link_layer()); }
BOOST_AUTO_TEST_CASE(ipv4) { check_theme(corpus::ipv4()); }
BOOST_AUTO_TEST_CASE(ipv6) { check_theme(corpus::ipv6()); }
BOOST_AUTO_TEST_CASE(sources_and_tunnels) { check_theme(corpus::sources()); }
BOOST_AUTO_TEST_CASE(what_a_host_cannot_do_without) { check_theme(corpus::exempt()); }

BOOST_AUTO_TEST_CASE(every_truncation) {
	test::Judges judges;
	std::size_t cut = 0;
	for (const Item& item : corpus::all()) {
		const std::size_t longest = std::min<std::size_t>(item.frame.size(), 14 + 8 + 8 + 60 + 14);
		for (std::size_t size = 14; size < longest; ++size, ++cut) {
			const std::string said = judges.disagreement(
			    Bytes(item.frame.begin(), item.frame.begin() + static_cast<std::ptrdiff_t>(size)));
			BOOST_REQUIRE_MESSAGE(said.empty(), item.name << ", " << size << " bytes of it\n" << said);
		}
	}
	BOOST_TEST(cut > 100'000u);
}

BOOST_AUTO_TEST_CASE(mutations) {
	test::Judges judges;
	test::Mutator mutate(88172645463325252ull);
	const std::vector<Item> items = corpus::all();
	std::map<Fate, int> fates;
	std::map<unsigned, int> reasons;
	std::map<std::string, int> met;
	for (int i = 0; i < 250'000; ++i) {
		const Item& item = items[mutate.below(items.size())];
		const Bytes frame = mutate(item.frame);
		const std::string said = judges.disagreement(frame);
		BOOST_REQUIRE_MESSAGE(said.empty(), "mutation " << i << ", of " << item.name << "\n" << said);
		const oracle::Judgement& judgement = judges.judgement();
		++fates[judges.fate()];
		++reasons[judgement.reason];
		met["IPv" + std::to_string(judgement.family)] += judges.fate() == Fate::denied;
		met["fragments"] += judgement.flags & TMON_EVENT_FRAGMENT ? 1 : 0;
		met["without ports"] += judgement.flags & TMON_EVENT_NO_PORTS ? 1 : 0;
		met["short"] += judgement.flags & TMON_EVENT_SHORT ? 1 : 0;
		met["TCP with flags"] += judgement.tcp_flags != 0;
	}
	// A test that meets only frames of one kind has gone blind.
	for (const Fate fate : {Fate::permitted, Fate::denied, Fate::undecidable, Fate::arp, Fate::neighbour_discovery,
	                        Fate::dhcp, Fate::non_ip})
		BOOST_TEST(fates[fate] >= 300, fate_names[int(fate)] << ": " << fates[fate]);
	for (const unsigned reason :
	     {TMON_REASON_TRUNCATED, TMON_REASON_BAD_VERSION, TMON_REASON_BAD_HEADER, TMON_REASON_VLAN_DEPTH})
		BOOST_TEST(reasons[reason] >= 500, "reason " << reason << ": " << reasons[reason]);
	for (const auto& [what, count] : met)
		if (what != "IPv0")
			BOOST_TEST(count >= 500, what << ": " << count);
}

BOOST_AUTO_TEST_SUITE_END()
