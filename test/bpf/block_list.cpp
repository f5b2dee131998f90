// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The block list, from the host's end to the verdicts of the real program.
#define BOOST_TEST_MODULE bpf_block_list
#include "host/filter/block_list.hpp"

#include "host/system/clock.hpp"
#include "test/bpf/loaded_filter.hpp"
#include "test/support/privileged.hpp"

#include <bpf/bpf.h>

#include <random>

namespace {

using namespace tmon;
using namespace tmon::packet;
using namespace tmon::test;

BOOST_TEST_GLOBAL_FIXTURE(FilterProcess);

constexpr uint64_t kMinute = 60'000'000'000;

uint64_t now() { return static_cast<uint64_t>(clock_ns(CLOCK_MONOTONIC)); }

Bytes from(const std::string& source) {
	if (source.find(':') == std::string::npos)
		return Ethernet{} / IPv4{.src = source.c_str()} / UDP{.sport = 1, .dport = 2};
	return Ethernet{} / IPv6{.src = source.c_str()} / UDP{.sport = 1, .dport = 2};
}

struct Fixture {
	explicit Fixture(bool drop = false, uint32_t capacity = 1024) : loaded(options(drop, capacity)), list(loaded.filter.maps()) {}

	static FilterOptions options(bool drop, uint32_t capacity) {
		FilterOptions options = filter_options({entry("10.0.0.0/8"), entry("fd00::/8"), entry("192.0.2.0/24", EntryClass::never_drop)}, drop);
		options.block_list = capacity;
		return options;
	}
	bool drops(const std::string& source) { return loaded.run(from(source)) == kDrop; }

	LoadedFilter loaded;
	BlockList list;
};

} // namespace

BOOST_AUTO_TEST_SUITE(block_list, *test::needs_root())

BOOST_AUTO_TEST_CASE(a_blocked_source_is_dropped_in_log_mode_and_reported_with_its_reason) {
	Fixture f;
	BOOST_TEST(!f.drops("198.51.100.7"));
	BOOST_TEST(f.loaded.next_event()->reason == TMON_REASON_NOT_PERMITTED);
	BOOST_TEST(f.list.block(prefix("198.51.100.7/32"), now() + kMinute) == "");
	BOOST_TEST(f.drops("198.51.100.7"));
	const auto event = f.loaded.next_event();
	BOOST_REQUIRE(event);
	BOOST_TEST(event->reason == TMON_REASON_BLOCKED);
	BOOST_TEST(event->action == TMON_ACTION_DROP);
	BOOST_TEST(event->entry == 0u);
	BOOST_TEST(event->src_port == 1u);
	BOOST_TEST(!f.drops("198.51.100.8"));
	BOOST_TEST(f.loaded.packets(TMON_VERDICT_DENIED_BLOCKED) == 1u);
	BOOST_TEST(f.loaded.totals().dropped == 1u);
	BOOST_TEST(f.loaded.totals().denied == 3u);
}

BOOST_AUTO_TEST_CASE(permitted_sources_can_be_blocked_and_never_drop_ones_cannot) {
	Fixture f;
	for (const char* text : {"10.1.1.1/32", "fd00::1/128", "192.0.2.9/32"})
		BOOST_TEST(f.list.block(prefix(text), now() + kMinute) == "");
	BOOST_TEST(f.drops("10.1.1.1"));
	BOOST_TEST(f.loaded.next_event()->reason == TMON_REASON_BLOCKED);
	BOOST_TEST(f.drops("fd00::1"));
	BOOST_TEST(f.loaded.next_event()->src_port == 1u); // ports are read behind extension headers, too
	BOOST_TEST(!f.drops("192.0.2.9"));
	BOOST_TEST(f.loaded.next_event()->reason == TMON_REASON_NOT_PERMITTED);
	BOOST_TEST(!f.drops("10.1.1.2"));
	BOOST_TEST(!f.loaded.next_event());
}

BOOST_AUTO_TEST_CASE(an_entry_ends_by_itself_and_the_list_forgets_it) {
	Fixture f;
	const uint64_t end = now() + 50'000'000;
	BOOST_TEST(f.list.block(prefix("198.51.100.7/32"), end) == "");
	BOOST_TEST(f.drops("198.51.100.7"));
	BOOST_TEST(f.list.expire(end - 1).empty());
	while (now() < end)
		usleep(1000);
	BOOST_TEST(!f.drops("198.51.100.7")); // nobody has taken it out yet
	BOOST_TEST(f.list.next_end_ns().value() == end);
	BOOST_TEST(f.list.expire(now()).size() == 1u);
	BOOST_TEST(f.list.size() == 0u);
	BOOST_TEST(f.loaded.filter.maps().state().block_lengths_v4 == 0u);
	BOOST_TEST(!f.list.next_end_ns());
}

BOOST_AUTO_TEST_CASE(the_later_end_wins_and_unblocking_takes_effect_at_once) {
	Fixture f;
	const uint64_t start = now();
	BOOST_TEST(f.list.block(prefix("2001:db8::/64"), start + 2 * kMinute) == "");
	BOOST_TEST(f.list.block(prefix("2001:db8::/64"), start + kMinute) == "");
	BOOST_TEST(f.list.size() == 1u);
	BOOST_TEST(f.list.entries().front().second == start + 2 * kMinute);
	BOOST_TEST(f.drops("2001:db8::5"));
	BOOST_TEST(!f.drops("2001:db8:0:1::5"));
	BOOST_TEST(f.list.expire(start + kMinute).empty());
	BOOST_TEST(f.list.unblock(prefix("2001:db8::/64")));
	BOOST_TEST(!f.list.unblock(prefix("2001:db8::/64")));
	BOOST_TEST(!f.drops("2001:db8::5"));
}

BOOST_AUTO_TEST_CASE(every_length_blocks_what_it_covers_and_nothing_beside_it) {
	std::mt19937_64 random(7);
	const auto flip = [](std::array<uint8_t, 16> bytes, std::size_t bit) {
		bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (0x80u >> bit % 8));
		return bytes;
	};
	const auto text = [](uint8_t family, const std::array<uint8_t, 16>& bytes) {
		const std::string whole = to_string(Prefix{family, static_cast<uint8_t>(family == 4 ? 32 : 128), bytes});
		return whole.substr(0, whole.find('/'));
	};
	Fixture f;
	for (const uint8_t family : {uint8_t{4}, uint8_t{6}}) {
		const uint8_t bits = family == 4 ? 32 : 128;
		for (uint8_t length = family == 4 ? kWidestBlockV4 : kWidestBlockV6; length <= bits; ++length) {
			std::array<uint8_t, 16> inside{};
			for (std::size_t i = 0; i < bits / 8u; ++i)
				inside[i] = static_cast<uint8_t>(random());
			inside[0] = family == 4 ? 198 : 0x20;
			Prefix blocked{family, length, inside};
			for (std::size_t bit = length; bit < 128; ++bit)
				blocked.address[bit / 8] = static_cast<uint8_t>(blocked.address[bit / 8] & ~(0x80u >> bit % 8));
			BOOST_TEST_CONTEXT(to_string(blocked)) {
				BOOST_TEST(f.list.block(blocked, now() + kMinute) == "");
				BOOST_TEST(f.drops(text(family, inside)));
				BOOST_TEST(f.drops(text(family, blocked.address)));
				BOOST_TEST(!f.drops(text(family, flip(inside, length - 1u))));
				if (length < bits)
					BOOST_TEST(f.drops(text(family, flip(inside, bits - 1u))));
				BOOST_TEST((f.list.covering({family, bits, inside}, now()) == blocked));
				BOOST_TEST(!f.list.covering({family, bits, flip(inside, length - 1u)}, now()));
				BOOST_TEST(f.list.unblock(blocked));
			}
		}
	}
}

BOOST_AUTO_TEST_CASE(eight_lengths_at_a_time_and_no_more) {
	Fixture f;
	for (int length = 20; length < 28; ++length)
		BOOST_TEST(f.list.block(prefix("198.51." + std::to_string(length) + ".0/32"), now() + kMinute) == "");
	for (const char* text : {"8.0.0.0/8", "9.0.0.0/9", "9.128.0.0/10", "11.0.0.0/11", "12.0.0.0/12", "13.0.0.0/13", "14.0.0.0/14"})
		BOOST_TEST(f.list.block(prefix(text), now() + kMinute) == "");
	BOOST_TEST(f.list.block(prefix("15.0.0.0/15"), now() + kMinute).find("8 different lengths") != std::string::npos);
	BOOST_TEST(f.list.block(prefix("8.8.8.8/32"), now() + kMinute) == "");
	for (const char* source : {"8.200.1.1", "9.1.1.1", "9.129.1.1", "11.1.1.1", "12.1.1.1", "13.1.1.1", "14.1.1.1", "198.51.21.0"})
		BOOST_TEST(f.drops(source), source);
	BOOST_TEST(!f.drops("15.0.0.1"));
	BOOST_TEST(f.list.unblock(prefix("14.0.0.0/14")));
	BOOST_TEST(f.list.block(prefix("15.0.0.0/15"), now() + kMinute) == "");
	BOOST_TEST(f.drops("15.0.0.1"));
}

BOOST_AUTO_TEST_CASE(too_wide_and_too_many_are_refused_with_a_reason) {
	Fixture f(false, 4);
	BOOST_TEST(f.list.block(prefix("0.0.0.0/0"), now() + kMinute).find("too wide") != std::string::npos);
	BOOST_TEST(f.list.block(prefix("2000::/8"), now() + kMinute).find("too wide") != std::string::npos);
	for (int i = 0; i < 4; ++i)
		BOOST_TEST(f.list.block(prefix("198.51.100." + std::to_string(i) + "/32"), now() + kMinute) == "");
	BOOST_TEST(f.list.block(prefix("198.51.100.9/32"), now() + kMinute).find("full: 4 entries") != std::string::npos);
	BOOST_TEST(f.list.block(prefix("198.51.100.1/32"), now() + 2 * kMinute) == ""); // there already
	BOOST_TEST(f.list.block(prefix("2001:db8::1/128"), now() + kMinute) == "");     // each family has its own
	BOOST_TEST(!f.drops("198.51.100.9"));
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_entries_of_each_family) {
	constexpr uint32_t count = 100'000;
	Fixture f(false, count);
	const uint64_t end = now() + kMinute;
	Prefix v4{4, 32, {198, 18}}, v6{6, 128, {0x20, 0x01, 0x0d, 0xb8}};
	for (uint32_t i = 0; i < count; ++i) {
		for (std::size_t byte = 0; byte < 3; ++byte)
			v4.address[1 + byte] = v6.address[13 + byte] = static_cast<uint8_t>(i >> (16 - 8 * byte));
		BOOST_REQUIRE(f.list.block(v4, end + i) == "");
		BOOST_REQUIRE(f.list.block(v6, end + i) == "");
	}
	BOOST_TEST(f.list.size() == 2 * count);
	BOOST_TEST(f.drops("198.0.0.0"));
	BOOST_TEST(f.drops("198.1.134.159")); // the last
	BOOST_TEST(!f.drops("198.1.134.160"));
	BOOST_TEST(f.drops("2001:db8::1:869f"));
	BOOST_TEST(!f.drops("2001:db8::1:86a0"));
	BOOST_TEST(f.list.expire(end + count / 2 - 1).size() == count);
	BOOST_TEST(!f.drops("198.0.0.0"));
	BOOST_TEST(f.drops("198.1.134.159"));
}

BOOST_AUTO_TEST_CASE(it_survives_a_change_of_the_policy_and_another_reader_finds_it) {
	Fixture f;
	BOOST_TEST(f.list.block(prefix("198.51.100.7/32"), now() + kMinute) == "");
	BOOST_TEST(f.list.block(prefix("2001:db8::/48"), now() + kMinute) == "");
	Rules next;
	next.policy.entries = {entry("198.51.100.0/24"), entry("2001:db8::/32")};
	f.loaded.filter.exchange(f.loaded.filter.prepare(next));
	BOOST_TEST(f.drops("198.51.100.7"));
	BOOST_TEST(!f.drops("198.51.100.8"));
	BOOST_TEST(f.drops("2001:db8::1"));
	const BlockList again(f.loaded.filter.maps());
	BOOST_TEST((again.entries() == f.list.entries()));
	BOOST_TEST(f.drops("198.51.100.7"));
}

BOOST_AUTO_TEST_CASE(a_dry_run_drops_nothing_and_says_what_it_would) {
	FilterOptions options = Fixture::options(true, 16);
	options.rules.dry_run = true;
	LoadedFilter loaded(options);
	BlockList list(loaded.filter.maps());
	BOOST_TEST(list.block(prefix("10.1.1.1/32"), now() + kMinute) == "");
	for (const char* source : {"10.1.1.1", "198.51.100.7"}) {
		BOOST_TEST(loaded.run(from(source)) == kPass);
		const auto event = loaded.next_event();
		BOOST_REQUIRE(event);
		BOOST_TEST(event->action == TMON_ACTION_LOG);
		BOOST_TEST((event->flags & TMON_EVENT_DRY_RUN) != 0);
	}
	BOOST_TEST(loaded.run(from("192.0.2.1")) == kPass);
	BOOST_TEST((loaded.next_event()->flags & TMON_EVENT_DRY_RUN) == 0);
	BOOST_TEST(loaded.packets(TMON_VERDICT_DENIED_DRY_RUN) == 1u);
	BOOST_TEST(loaded.packets(TMON_VERDICT_BLOCKED_DRY_RUN) == 1u);
	BOOST_TEST(loaded.packets(TMON_VERDICT_DENIED_SPARED) == 1u);
	BOOST_TEST(loaded.totals().dropped == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
