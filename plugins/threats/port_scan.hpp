// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/common/seeded_hash.hpp"
#include "traffic_monitor/plugin.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tmon::threats {

// Finds sources that try many ports: `ports` distinct destination ports whose latest packets lie less
// than `window_ns` apart. A source is an IPv4 address or an IPv6 /64.
//
// Time is that of the events (CLOCK_MONOTONIC of the batches), so a recorded run gives the same alerts
// again. Memory is fixed at construction; what does not fit is counted.
class PortScan {
public:
	struct Settings {
		uint32_t ports = 10;
		uint64_t window_ns = 60'000'000'000;
		uint64_t seed = 0;
		std::size_t memory = 8u << 20; // bytes, at most
	};
	// Takes one alert, valid during the call. False: refused; open and closed are offered again.
	using Emit = std::function<bool(const tmon_alert&)>;

	PortScan(const Settings& settings, Emit emit);

	void feed(const Batch& batch);
	// Time goes on without events. Ignored unless `clock_offset_ns` tells that `now_ns` is of the clock
	// that the events have: those of a capture are not of this machine's time.
	void tick(uint64_t now_ns, int64_t clock_offset_ns);
	// Closes everything that is open.
	void end();

	uint64_t evicted() const { return evicted_; } // sources forgotten within their window
	uint64_t closed_early() const { return closed_early_; } // alerts closed to make room for others
	std::size_t capacity() const { return sources_.size(); }
	std::size_t open_alerts() const { return open_.size(); }
	std::size_t memory() const; // bytes held

private:
	static constexpr std::size_t ways = 8;
	static constexpr std::size_t max_victims = 8;
	static constexpr std::size_t max_open = 256;
	static constexpr uint16_t no_alert = UINT16_MAX;

	// What is known of a source since it was last quiet for a window.
	struct Source {
		uint8_t key[16];
		uint8_t victims[max_victims][16];
		uint64_t first_ns, last_ns;
		uint64_t count; // packets that the rule looks at
		uint64_t lost_at_start; // events lost before it began
		uint16_t port_count; // of its places in times_ and ports_
		uint16_t alert; // index into alerts_ or no_alert
		uint8_t victim_count;
		uint8_t ip_version;
	};
	struct Alert {
		uint64_t id;
		uint64_t last_message_ns;
		uint64_t messages; // open and update that were accepted
		uint32_t source; // index into sources_
		uint32_t distinct; // bits set in seen
		uint8_t address[16];
		bool announced; // open was accepted
		std::array<uint64_t, 1024> seen; // one bit for each port
	};

	void take(const tmon_event& event);
	Source* find(const tmon_event& event);
	bool note_port(std::size_t source, uint16_t port, uint64_t time_ns);
	void open(std::size_t source, const tmon_event& event);
	void go_on(Alert& alert, const tmon_event& event);
	bool close(uint16_t alert);
	void release(uint16_t alert);
	void close_quiet();
	bool send(Alert& alert, uint32_t state);
	std::string message(const Alert& alert, const Source& source) const;

	Settings settings_;
	Emit emit_;
	plugins::SeededHash hash_;
	std::size_t sets_;
	std::vector<uint32_t> tags_; // for each place: 0 unused, else part of the hash
	std::vector<Source> sources_;
	std::vector<uint64_t> times_; // settings_.ports for each source: when each port was last tried
	std::vector<uint16_t> ports_;
	std::vector<Alert> alerts_;
	std::vector<uint16_t> open_, free_; // indices into alerts_
	uint64_t now_ns_ = 0;
	uint64_t next_close_ns_ = UINT64_MAX; // no open alert can be quiet before
	int64_t clock_offset_ns_ = 0;
	bool have_clock_ = false;
	uint64_t next_id_ = 1;
	uint64_t lost_ = 0;
	uint64_t evicted_ = 0, closed_early_ = 0;
};

} // namespace tmon::threats
