// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/strange_alerts.hpp"

#include <limits>

namespace tmon {

std::string strange_text(Random& random) {
	switch (random.below(8)) {
	case 0: return {};
	case 1: return std::string("a\0b\0", 4);
	case 2: return "\xff\xfe\xc3(\xe2\x82";
	case 3: return "\x1b[31mred\x1b[0m\r\n\t\"quoted\\\",comma";
	case 4: return std::string(1 + random.below(20'000), 'x');
	case 5: return "\xed\xa0\x80\xf4\x90\x80\x80";
	case 6: return "\xe2\x80\xaeright to left";
	default: break;
	}
	std::string text(static_cast<std::size_t>(random.below(64)), '\0');
	for (char& c : text)
		c = static_cast<char>(random.next());
	return text;
}

StrangeAlert StrangeAlert::plain() {
	StrangeAlert result;
	tmon_alert& alert = result.alert;
	alert.alert_id = 1;
	alert.emitter = result.text("threats");
	alert.rule = result.text("port_scan");
	alert.message = result.text("203.0.113.5 has tried 12 ports");
	alert.mitre = result.text("T1046");
	alert.severity = TMON_SEVERITY_HIGH;
	alert.ip_version = 4;
	alert.confidence = 0.9;
	alert.source[10] = alert.source[11] = 0xff;
	alert.source[12] = 203;
	result.victims.push_back({});
	alert.victims = reinterpret_cast<const uint8_t(*)[16]>(result.victims.data());
	alert.victim_count = 1;
	result.measures.push_back({result.text("ports"), 12});
	alert.threshold = alert.observed = result.measures.data();
	alert.threshold_count = 1;
	alert.observed_count = 1;
	alert.first_seen_ns = 1'700'000'000'000'000'000;
	alert.last_seen_ns = alert.first_seen_ns + 1'000'000'000;
	alert.count = 12;
	return result;
}

StrangeAlert StrangeAlert::make(Random& random) {
	StrangeAlert result;
	tmon_alert& alert = result.alert;
	const auto number = [&] { return random.one_in(3) ? 0 : random.one_in(3) ? ~uint64_t{0} : random.next(); };
	const auto real = [&] {
		constexpr double values[] = {0,
		                             -1,
		                             0.5,
		                             1e308,
		                             -0.0,
		                             std::numeric_limits<double>::quiet_NaN(),
		                             std::numeric_limits<double>::infinity(),
		                             -std::numeric_limits<double>::infinity(),
		                             std::numeric_limits<double>::denorm_min()};
		return values[random.below(std::size(values))];
	};
	alert.state = static_cast<uint32_t>(random.one_in(3) ? random.next() : random.below(3));
	alert.alert_id = number();
	alert.emitter = result.text(strange_text(random));
	alert.rule = result.text(strange_text(random));
	alert.message = result.text(strange_text(random));
	alert.mitre = result.text(strange_text(random));
	alert.severity = static_cast<uint32_t>(random.one_in(3) ? random.next() : random.below(6));
	alert.ip_version = static_cast<uint32_t>(random.one_in(3) ? random.next() : 4 + 2 * random.below(2));
	alert.confidence = real();
	for (uint8_t& byte : alert.source)
		byte = static_cast<uint8_t>(random.next());
	result.victims.resize(static_cast<std::size_t>(random.one_in(4) ? 500 : random.below(3)));
	alert.victims = result.victims.empty() ? nullptr : reinterpret_cast<const uint8_t(*)[16]>(result.victims.data());
	alert.victim_count = static_cast<uint32_t>(result.victims.size());
	result.measures.resize(static_cast<std::size_t>(random.below(5)));
	for (tmon_measure& measure : result.measures)
		measure = {result.text(strange_text(random)), real()};
	alert.threshold = alert.observed = result.measures.empty() ? nullptr : result.measures.data();
	alert.threshold_count = static_cast<uint32_t>(result.measures.size());
	alert.observed_count = result.measures.size();
	alert.first_seen_ns = number();
	alert.last_seen_ns = number();
	alert.count = number();
	alert.suppressed = number();
	alert.lagged_during = number();
	alert.source_prefix = static_cast<uint32_t>(random.one_in(2) ? 0 : random.next());
	return result;
}

} // namespace tmon
