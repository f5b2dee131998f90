// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Frames in several buffers, as drivers hand them over with an MTU above a page, and as the kernel merges them in
// generic mode. The length counts all of them; only the first can be read.
#define BOOST_TEST_MODULE bpf_multi_buffer
#include "test/bpf/agreement.hpp"
#include "test/bpf/judges.hpp"
#include "test/support/privileged.hpp"
#include "test/support/xdp_test_run.hpp"
#include "without_pull.skel.h"

#include <boost/test/unit_test.hpp>

#include <memory>

namespace {

using namespace tmon;
using namespace tmon::packet;
using corpus::Fate;

std::vector<corpus::Item> jumbo_frames() {
	std::vector<corpus::Item> items;
	for (const std::size_t size : {3600u, 4096u, 8960u, 20000u, 65000u}) {
		items.push_back({"permitted", Ethernet{} / IPv4{} / TCP{} / Payload(size), Fate::permitted});
		items.push_back({"denied", Ethernet{} / corpus::stranger4() / TCP{} / Payload(size), Fate::denied});
		items.push_back(
		    {"IPv6", Ethernet{} / Vlan{.id = 3} / corpus::stranger6() / UDP{} / Payload(size), Fate::denied});
		items.push_back(
		    {"IPv6 chain",
		     Ethernet{} / corpus::stranger6() / HopByHop{.options = Bytes(100)} / TCP{} / Payload(size),
		     Fate::denied});
		items.push_back({"no IP", Ethernet{.type = 0x88cc} / Payload(size), Fate::non_ip});
		items.push_back({"total length beyond all buffers",
		                 Ethernet{} / corpus::stranger4({.total_length = 65535}) / UDP{} / Payload(size),
		                 Fate::denied});
		items.push_back({"IHL of 4", Ethernet{} / corpus::stranger4({.ihl = 4}) / UDP{} / Payload(size),
		                 Fate::undecidable, TMON_REASON_BAD_HEADER});
		items.push_back({"DHCP",
		                 Ethernet{} / corpus::stranger4() / UDP{.sport = 67, .dport = 68} / Payload(size),
		                 Fate::dhcp});
	}
	// What the kernel merges to more than a length field can say.
	const std::size_t big = 66000;
	const Raw jumbo{{6, 0, 0xc2, 4, 0, 1, 1, 0xf4}};
	items.push_back(
	    {"BIG TCP", Ethernet{} / corpus::stranger4({.total_length = 0}) / TCP{} / Payload(big), Fate::denied});
	items.push_back(
	    {"BIG TCP, permitted", Ethernet{} / IPv4{.total_length = 0} / TCP{} / Payload(big), Fate::permitted});
	items.push_back({"length 0, not TCP",
	                 Ethernet{} / corpus::stranger4({.total_length = 0}) / UDP{} / Payload(big), Fate::undecidable,
	                 TMON_REASON_BAD_HEADER});
	items.push_back({"length 0, 65535 bytes of TCP",
	                 Ethernet{} / corpus::stranger4({.total_length = 0}) / TCP{} / Payload(65535 - 40),
	                 Fate::undecidable, TMON_REASON_BAD_HEADER});
	items.push_back({"length 0, 65536 bytes of TCP",
	                 Ethernet{} / corpus::stranger4({.total_length = 0}) / TCP{} / Payload(65536 - 40),
	                 Fate::denied});
	items.push_back(
	    {"jumbogram",
	     Ethernet{} / corpus::stranger6({.next_header = 0, .payload_length = 0}) / jumbo / TCP{} / Payload(big),
	     Fate::denied});
	return items;
}

// The program as kernels before 6.18 run it, which cannot pull headers into the first buffer.
class WithoutPull {
public:
	WithoutPull() : program_(without_pull__open_and_load()) { BOOST_REQUIRE(program_); }

	// Denied frames by reason, before and after.
	std::vector<uint64_t> reasons() const {
		std::vector<tmon_counters> each(possible_cpus());
		const uint32_t key = 0;
		BOOST_REQUIRE(bpf_map_lookup_elem(bpf_map__fd(program_->maps.counters), &key, each.data()) == 0);
		std::vector<uint64_t> sums(TMON_REASON_COUNT);
		for (const tmon_counters& one : each)
			for (std::size_t reason = 0; reason < sums.size(); ++reason)
				sums[reason] += one.denied_by_reason[reason];
		return sums;
	}
	void run(const Bytes& frame, uint32_t linear) {
		test::xdp_test_run(bpf_program__fd(program_->progs.xdp_filter), frame, 1, linear);
	}

private:
	struct Destroy {
		void operator()(without_pull* program) const { without_pull__destroy(program); }
	};
	std::unique_ptr<without_pull, Destroy> program_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(multi_buffer, *test::needs_root())

BOOST_AUTO_TEST_CASE(are_judged_and_counted_as_a_whole) {
	test::Judges judges;
	for (const corpus::Item& item : jumbo_frames()) {
		BOOST_TEST_CONTEXT(item.name << ", " << item.frame.size() << " bytes") {
			BOOST_TEST(judges.disagreement(item.frame, 3000) == "");
			BOOST_TEST(int(judges.fate()) == int(item.fate));
			BOOST_TEST(judges.judgement().reason == item.reason);
			if (item.name.starts_with("BIG") || item.name == "jumbogram")
				BOOST_TEST(judges.judgement().packet_size == item.frame.size() - 14);
		}
	}
}

BOOST_AUTO_TEST_CASE(headers_outside_of_the_first_buffer_are_pulled_into_it) {
	test::Judges judges;
	for (const corpus::Item& item : jumbo_frames()) {
		if (item.frame.size() > 9000)
			continue;
		for (uint32_t linear = 14; linear < 160; ++linear) {
			BOOST_TEST_CONTEXT(item.name << ", first buffer of " << linear) {
				BOOST_TEST(judges.disagreement(item.frame, linear) == "");
				BOOST_TEST(int(judges.fate()) == int(item.fate));
			}
		}
	}
}

BOOST_AUTO_TEST_CASE(short_frames_in_two_buffers_are_judged_like_those_in_one) {
	test::Judges judges;
	for (const corpus::Item& item : corpus::all()) {
		if (item.frame.size() > 128)
			continue;
		for (const uint32_t linear : {14u, 18u, 33u, 47u, 60u})
			if (linear < item.frame.size())
				BOOST_TEST(judges.disagreement(item.frame, linear) == "",
				           item.name << ", first buffer of " << linear);
	}
}

BOOST_AUTO_TEST_CASE(where_nothing_can_be_pulled_a_split_header_is_undecidable) {
	WithoutPull program;
	std::size_t split = 0;
	for (const corpus::Item& item : jumbo_frames()) {
		if (item.frame.size() > 5000 || item.fate == Fate::permitted)
			continue;
		for (uint32_t linear = 14; linear < 100; ++linear) {
			const std::vector<uint64_t> before = program.reasons();
			program.run(item.frame, linear);
			std::vector<uint64_t> after = program.reasons();
			const std::span readable(item.frame.data(), linear);
			const oracle::Judgement judgement = oracle::judge(readable, item.frame.size());
			BOOST_TEST(test::native_disagreement(readable, item.frame.size()) == "");
			const Fate fate = test::fate_of(judgement);
			if (fate == Fate::denied || fate == Fate::undecidable)
				after[judgement.reason] -= 1;
			BOOST_TEST(after == before, item.name << ", first buffer of " << linear << ": " << judgement);
			split += judgement.reason == TMON_REASON_SPLIT;
		}
	}
	BOOST_TEST(split > 100u);
}

BOOST_AUTO_TEST_SUITE_END()
