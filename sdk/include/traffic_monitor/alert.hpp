// SPDX-License-Identifier: MIT OR Apache-2.0
#ifndef TRAFFIC_MONITOR_ALERT_HPP
#define TRAFFIC_MONITOR_ALERT_HPP

#include "plugin.h"
#include "text.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tmon {

// An alert that owns what it points to. Set the members of the C struct that have no function here, such as
// count, through raw().
//
//     host().emit(tmon::Alert("port_scan", TMON_SEVERITY_HIGH, event, "tried 12 ports").observed("ports", 12));
class Alert {
public:
	// The source and the victim are those of the event; its state is TMON_ALERT_OPEN. An alert that is not
	// updated or closed later needs no id.
	Alert(std::string rule, uint32_t severity, const tmon_event& event, std::string message)
	    : rule_(std::move(rule)), message_(std::move(message)) {
		raw_.severity = severity;
		raw_.ip_version = event.ip_version;
		raw_.confidence = 1;
		raw_.count = 1;
		std::memcpy(raw_.source, event.src, sizeof raw_.source);
		victim(event.dst);
	}

	Alert& id(uint64_t id) noexcept { return raw_.alert_id = id, *this; }
	Alert& state(uint32_t state) noexcept { return raw_.state = state, *this; }
	Alert& confidence(double confidence) noexcept { return raw_.confidence = confidence, *this; }
	Alert& mitre(std::string technique) { return mitre_ = std::move(technique), *this; }
	Alert& victim(const uint8_t (&address)[16]) {
		victims_.emplace_back();
		std::memcpy(victims_.back().bytes, address, sizeof address);
		return *this;
	}
	// UTC, nanoseconds since 1970-01-01, as Batch::utc_ns gives it.
	Alert& seen(uint64_t first_ns, uint64_t last_ns) noexcept {
		raw_.first_seen_ns = first_ns;
		raw_.last_seen_ns = last_ns;
		return *this;
	}
	Alert& threshold(std::string name, double value) { return threshold_.add(std::move(name), value), *this; }
	Alert& observed(std::string name, double value) { return observed_.add(std::move(name), value), *this; }

	tmon_alert& raw() noexcept {
		link();
		return raw_;
	}
	const tmon_alert& raw() const noexcept {
		link();
		return raw_;
	}

private:
	struct Address {
		uint8_t bytes[16];
	};
	struct Measures {
		std::vector<std::string> names;
		std::vector<tmon_measure> measures;

		void add(std::string name, double value) {
			names.push_back(std::move(name));
			measures.push_back({{nullptr, 0}, value});
		}
		const tmon_measure* link() noexcept {
			for (std::size_t i = 0; i < names.size(); ++i)
				measures[i].name = to_str(names[i]);
			return measures.data();
		}
	};

	// Not before somebody looks: strings and vectors move while the alert is put together or copied.
	void link() const noexcept {
		raw_.size = sizeof raw_;
		raw_.rule = to_str(rule_);
		raw_.message = to_str(message_);
		raw_.mitre = to_str(mitre_);
		raw_.victims = reinterpret_cast<const uint8_t(*)[16]>(victims_.data());
		raw_.victim_count = static_cast<uint32_t>(victims_.size());
		raw_.threshold = threshold_.link();
		raw_.threshold_count = static_cast<uint32_t>(threshold_.measures.size());
		raw_.observed = observed_.link();
		raw_.observed_count = observed_.measures.size();
	}

	std::string rule_, message_, mitre_;
	std::vector<Address> victims_;
	mutable Measures threshold_, observed_;
	mutable tmon_alert raw_{};
};

} // namespace tmon

#endif
