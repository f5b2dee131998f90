// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic_monitor/plugin.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstring>
#include <memory>
#include <string>

namespace {

struct Fails : tmon::Plugin {
	using Plugin::Plugin;
	void on_batch(const tmon::Batch&) { throw tmon::Error(TMON_E_IO, "disk gone"); }
	void on_end() { throw 7; }
};

struct Seen {
	int32_t status = 0;
	std::string text;
};

void record_failure(tmon_host_context* context, int32_t status, tmon_str text) {
	auto& seen = *reinterpret_cast<Seen*>(context);
	seen = {status, std::string(tmon::to_view(text))};
}

} // namespace

TMON_PLUGIN(Fails, "fails", "1.2.3")

BOOST_AUTO_TEST_SUITE(plugin_hpp)

BOOST_AUTO_TEST_CASE(entry_tells_what_it_is) {
	BOOST_TEST(tmon_plugin_entry_v1.magic == TMON_PLUGIN_MAGIC);
	BOOST_TEST(tmon_plugin_entry_v1.size == sizeof(tmon_plugin_entry));
	BOOST_TEST(tmon_plugin_entry_v1.abi_major == unsigned{TMON_ABI_MAJOR});
	BOOST_TEST(tmon_plugin_entry_v1.abi_minor_required == 0u);
	BOOST_TEST(tmon_plugin_entry_v1.id == std::string("fails"));
	BOOST_TEST(tmon_plugin_entry_v1.version == std::string("1.2.3"));
}

BOOST_AUTO_TEST_CASE(exceptions_become_a_status_and_a_text) {
	Seen seen;
	tmon_host host{};
	host.size = sizeof host;
	host.context = reinterpret_cast<tmon_host_context*>(&seen);
	host.fail = record_failure;
	const tmon_plugin_api& api = *tmon_plugin_entry_v1.api;
	void* self = nullptr;
	BOOST_REQUIRE(api.create(&host, tmon::to_str("{}"), &self) == TMON_OK);

	tmon_batch batch{};
	BOOST_TEST(api.on_batch(self, &batch) == TMON_E_IO);
	BOOST_TEST(seen.status == TMON_E_IO);
	BOOST_TEST(seen.text == "disk gone");

	auto* end = static_cast<const tmon_ext_end*>(api.get_extension(self, tmon::to_str(TMON_EXT_END)));
	BOOST_REQUIRE(end != nullptr);
	BOOST_TEST(end->on_end(self) == TMON_E_INTERNAL);
	BOOST_TEST(api.get_extension(self, tmon::to_str(TMON_EXT_ALERTS)) == nullptr);
	BOOST_TEST(api.get_extension(self, tmon::to_str(TMON_EXT_TICKS)) == nullptr);
	BOOST_TEST(api.flush == nullptr);
	api.destroy(self);
}

BOOST_AUTO_TEST_CASE(an_error_is_one_whatever_status_it_was_given) {
	BOOST_TEST(tmon::Error(TMON_OK, "").status() == TMON_E_INTERNAL);
	BOOST_TEST(tmon::Error(TMON_RETRY, "").status() == TMON_E_INTERNAL);
	BOOST_TEST(tmon::Error(TMON_E_FATAL, "").status() == TMON_E_FATAL);
}

BOOST_AUTO_TEST_CASE(an_alert_owns_what_it_points_to) {
	tmon_event event{};
	event.ip_version = 4;
	event.src[10] = event.src[11] = event.dst[10] = event.dst[11] = 0xff;
	event.src[15] = 7;
	event.dst[15] = 1;
	std::unique_ptr<tmon::Alert> made(new tmon::Alert("rule", TMON_SEVERITY_LOW, event, std::string(100, 'm')));
	made->threshold("ports", 10).observed("ports", 12).observed("hosts", 3).mitre("T1046").id(4);
	const tmon::Alert copy = *made;
	made.reset();
	const tmon_alert& raw = copy.raw();
	BOOST_TEST(raw.size == sizeof raw);
	BOOST_TEST(tmon::to_view(raw.rule) == "rule");
	BOOST_TEST(tmon::to_view(raw.message) == std::string(100, 'm'));
	BOOST_TEST(tmon::to_view(raw.mitre) == "T1046");
	BOOST_TEST(raw.alert_id == 4u);
	BOOST_TEST(tmon::address_text(raw.source) == "0.0.0.7");
	BOOST_REQUIRE(raw.victim_count == 1u);
	BOOST_TEST(raw.victims[0][15] == 1);
	BOOST_REQUIRE(raw.threshold_count == 1u);
	BOOST_TEST(tmon::to_view(raw.threshold[0].name) == "ports");
	BOOST_REQUIRE(raw.observed_count == 2u);
	BOOST_TEST(tmon::to_view(raw.observed[1].name) == "hosts");
	BOOST_TEST(raw.observed[1].value == 3);
}

BOOST_AUTO_TEST_CASE(batches_are_walked_by_their_stride) {
	// As a host with a longer event would hand them over: 64 known bytes, 16 unknown.
	constexpr std::size_t stride = sizeof(tmon_event) + 16;
	alignas(8) std::array<unsigned char, 3 * stride> bytes{};
	for (std::size_t i = 0; i < 3; ++i) {
		tmon_event event{};
		event.packet_size = static_cast<uint32_t>(100 + i);
		event.time_ns = 1000 * i;
		std::memcpy(bytes.data() + i * stride, &event, sizeof event);
	}
	tmon_batch raw{};
	raw.size = sizeof raw;
	raw.count = 3;
	raw.event_stride = stride;
	raw.clock_offset_ns = -5;
	raw.events = bytes.data();
	const tmon::Batch batch(raw);
	uint32_t expected = 100;
	for (const tmon_event& event : batch)
		BOOST_TEST(event.packet_size == expected++);
	BOOST_TEST(expected == 103u);
	BOOST_TEST(batch.utc_ns(*std::next(batch.begin())) == 995u);
}

BOOST_AUTO_TEST_SUITE_END()
