// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Classes of entries, ids of events, and policies that take each other's place, in the real program.
#define BOOST_TEST_MODULE bpf_generations
#include "host/filter/xdp_filter.hpp"

#include "host/system/clock.hpp"
#include "test/bpf/loaded_filter.hpp"
#include "test/support/privileged.hpp"

#include <bpf/bpf.h>
#include <cap-ng.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace tmon;
using namespace tmon::packet;
using namespace tmon::test;

BOOST_TEST_GLOBAL_FIXTURE(FilterProcess);

Bytes v4(const char* source) { return Ethernet{} / IPv4{.src = source} / UDP{.sport = 1, .dport = 2}; }
Bytes v6(const char* source) { return Ethernet{} / IPv6{.src = source} / UDP{.sport = 1, .dport = 2}; }

std::vector<PolicyEntry> classes() {
	return {entry("10.0.0.0/8"),
	        entry("10.1.0.0/16", EntryClass::denied, "lab"),
	        entry("10.1.2.0/24"),
	        entry("10.1.2.3/32", EntryClass::never_drop, "console"),
	        entry("198.51.100.0/24", EntryClass::never_drop),
	        entry("198.51.100.64/26", EntryClass::denied),
	        entry("2001:db8::/32"),
	        entry("2001:db8:1::/48", EntryClass::denied),
	        entry("2001:db8:1::1/128", EntryClass::never_drop)};
}

struct Wanted {
	Bytes frame;
	const char* what;
	bool permitted, dropped;
	uint32_t entry; // of the event, where there is one; counted from 1 over denied and never_drop entries
};

std::vector<Wanted> wanted() {
	return {{v4("10.2.0.1"), "permitted", true, false, 0},
	        {v4("10.1.0.1"), "an exception inside", false, true, 1},
	        {v4("10.1.2.4"), "permitted again, deeper", true, false, 0},
	        {v4("10.1.2.3"), "never dropped, deepest", false, false, 2},
	        {v4("198.51.100.1"), "never dropped", false, false, 3},
	        {v4("198.51.100.65"), "denied inside never_drop", false, true, 4},
	        {v4("203.0.113.1"), "no entry", false, true, 0},
	        {v6("2001:db8:2::1"), "IPv6 permitted", true, false, 0},
	        {v6("2001:db8:1::2"), "IPv6 exception", false, true, 5},
	        {v6("2001:db8:1::1"), "IPv6 never dropped", false, false, 6},
	        {v6("2001:db9::1"), "IPv6 no entry", false, true, 0}};
}

void check(LoadedFilter& loaded, bool drop, uint32_t ids_before) {
	for (const Wanted& item : wanted()) {
		BOOST_TEST_CONTEXT(item.what) {
			BOOST_TEST(loaded.run(item.frame) == (drop && item.dropped ? kDrop : kPass));
			const auto event = loaded.next_event();
			BOOST_TEST(bool(event) == !item.permitted);
			if (!event)
				continue;
			BOOST_TEST(event->entry == (item.entry ? item.entry + ids_before : 0));
			BOOST_TEST(event->action == (drop && item.dropped ? TMON_ACTION_DROP : TMON_ACTION_LOG));
			BOOST_TEST(event->reason == TMON_REASON_NOT_PERMITTED);
		}
	}
}

} // namespace

BOOST_AUTO_TEST_SUITE(generations, *test::needs_root())

BOOST_AUTO_TEST_CASE(the_longest_prefix_decides_whatever_its_class) {
	for (const bool drop : {false, true}) {
		LoadedFilter loaded(filter_options(classes(), drop));
		check(loaded, drop, 0);
		BOOST_TEST(loaded.packets(TMON_VERDICT_DENIED_SPARED) == 3u);
		BOOST_TEST(loaded.totals().dropped == (drop ? 5u : 0u));
		BOOST_TEST(loaded.totals().denied == 8u);
		BOOST_TEST(loaded.totals().permitted == 3u);
	}
}

BOOST_AUTO_TEST_CASE(another_policy_takes_over_with_counters_rings_and_numbers_going_on) {
	LoadedFilter loaded(filter_options(classes(), true));
	BOOST_TEST(loaded.filter.generation().number() == 1u);
	BOOST_TEST(loaded.filter.generation().counts().of(EntryClass::never_drop) == 3u);
	check(loaded, true, 0);
	Rules next;
	next.policy.entries = classes();
	loaded.filter.exchange(loaded.filter.prepare(next));
	BOOST_TEST(loaded.filter.generation().number() == 2u);
	check(loaded, false, 6); // ids are not used again
	next.policy.entries = {entry("203.0.113.0/24")};
	loaded.filter.exchange(loaded.filter.prepare(next));
	BOOST_TEST(loaded.run(v4("203.0.113.1")) == kPass);
	BOOST_TEST(!loaded.next_event());
	BOOST_TEST(loaded.run(v4("10.2.0.1")) == kPass);
	BOOST_TEST(loaded.next_event()->entry == 0u);
	BOOST_TEST(loaded.filter.maps().state().generation == 3u);
	BOOST_TEST(loaded.totals().seen == 2 * wanted().size() + 2);
}

BOOST_AUTO_TEST_CASE(a_generation_that_is_only_prepared_changes_nothing) {
	LoadedFilter loaded(filter_options(classes(), false));
	Rules next;
	next.drop = true;
	{
		const auto prepared = loaded.filter.prepare(next);
		BOOST_TEST(prepared->number() == 2u);
		check(loaded, false, 0);
	}
	BOOST_TEST(loaded.filter.generation().number() == 1u);
	check(loaded, false, 0);
}

// Takes a right of this process away until it goes.
struct WithoutCapability {
	explicit WithoutCapability(unsigned which) : which_(which) { set(CAPNG_DROP); }
	~WithoutCapability() { set(CAPNG_ADD); }
	void set(capng_act_t action) const {
		capng_get_caps_process();
		BOOST_REQUIRE(capng_update(action, CAPNG_EFFECTIVE, which_) == 0);
		BOOST_REQUIRE(capng_apply(CAPNG_SELECT_CAPS) == 0);
	}
	unsigned which_;
};

BOOST_AUTO_TEST_CASE(what_the_kernel_refuses_changes_nothing) {
	LoadedFilter loaded(filter_options(classes(), true));
	Rules next;
	next.policy.entries = {entry("203.0.113.0/24")};
	const auto descriptors = [] {
		return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
	};
	const auto before = descriptors();
	for (const unsigned missing : {CAP_BPF, CAP_NET_ADMIN}) {
		const WithoutCapability without(missing);
		BOOST_CHECK_EXCEPTION(loaded.filter.prepare(next), FilterError, [](const FilterError& error) {
			return std::string(error.what()).find("not permitted") != std::string::npos;
		});
	}
	BOOST_TEST(descriptors() == before);
	check(loaded, true, 0);
	loaded.filter.exchange(loaded.filter.prepare(next));
	BOOST_TEST(loaded.run(v4("203.0.113.1")) == kPass);
}

BOOST_AUTO_TEST_CASE(without_memory_for_its_tables_a_policy_is_refused) {
	LoadedFilter loaded(filter_options(classes(), true));
	Rules next;
	for (unsigned i = 0; i < 1u << 18; ++i)
		next.policy.entries.push_back(
		    {{6, 64, {0x20, 0x01, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}}, {}, {}, {}});
	std::ifstream status("/proc/self/statm");
	rlim_t pages = 0;
	status >> pages;
	rlimit before{};
	BOOST_REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
	const rlimit tight{pages * 4096 + (4u << 20), before.rlim_max};
	BOOST_REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
	BOOST_CHECK_THROW(loaded.filter.prepare(next), std::exception);
	BOOST_REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
	check(loaded, true, 0);
}

BOOST_AUTO_TEST_CASE(policies_that_have_gone_leave_nothing_behind) {
	LoadedFilter loaded(filter_options(classes(), false));
	const auto descriptors = [] {
		return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
	};
	const auto before = descriptors();
	Rules next;
	next.policy.entries = classes();
	for (int i = 0; i < 50; ++i)
		loaded.filter.exchange(loaded.filter.prepare(next));
	BOOST_TEST(descriptors() == before);
	BOOST_TEST(loaded.filter.generation().number() == 51u);
	check(loaded, false, 50 * 6);
}

// The program itself looks at the clock: nobody has to be there when the time is over.
BOOST_AUTO_TEST_CASE(drop_mode_ends_when_its_time_is_over) {
	LoadedFilter loaded(filter_options({entry("10.0.0.0/8")}, true));
	const auto now = [] { return static_cast<uint64_t>(clock_ns(CLOCK_MONOTONIC)); };
	tmon_filter_state& state = loaded.filter.maps().state();
	const uint64_t until = now() + 50'000'000;
	state.drop_until_ns = until;
	const uint32_t before = loaded.run(v4("203.0.113.1"));
	if (now() < until)
		BOOST_TEST(before == kDrop);
	while (now() <= until)
		usleep(1000);
	BOOST_TEST(loaded.run(v4("203.0.113.1")) == kPass);
	state.drop_until_ns = 0;
	BOOST_TEST(loaded.run(v4("203.0.113.1")) == kDrop);
}

BOOST_AUTO_TEST_CASE(every_ipv4_source_and_no_ipv6_one) {
	LoadedFilter loaded(filter_options({entry("0.0.0.0/0")}, true));
	BOOST_TEST(loaded.run(v4("203.0.113.1")) == kPass);
	BOOST_TEST(loaded.run(v6("2001:db8::1")) == kDrop);
}

BOOST_AUTO_TEST_SUITE_END()
