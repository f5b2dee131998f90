// SPDX-License-Identifier: MIT OR Apache-2.0
// Uses everything that the ABI has and says what it is given, in the same words as powers.c.
#include <traffic_monitor/plugin.hpp>

#include <sstream>

#include <unistd.h>

namespace {

class Powers : public tmon::Plugin {
public:
	Powers(tmon::Host services, std::string_view text)
	    : Plugin(services, text), said_(this->config().json()),
	      no_extension_(say("create " + said_ + ", " +
	                        (extension(services, "tmon.none/1") ? "an extension" : "no extension"))),
	      counter_(services.counter("events_total", "events")),
	      histogram_(services.histogram("packet_bytes", "bytes", {100, 1000})) {
		int32_t fd = -1;
		if (const int32_t status = services.open("greeting", TMON_OPEN_APPEND, fd); status != TMON_OK)
			throw tmon::Error(status, "");
		const bool written = write(fd, "hello\n", 6) == 6;
		close(fd);
		if (!written)
			throw tmon::Error(TMON_E_IO, "cannot write");
	}
	~Powers() { say("destroy"); }

	void on_batch(const tmon::Batch& batch) {
		const tmon_event& first = *batch.begin();
		if (first.packet_size == 0)
			throw tmon::Error(TMON_E_IO, "a packet without bytes");
		for (const tmon_event& event : batch) {
			++events_;
			bytes_ += event.packet_size;
			host().record(histogram_, event.packet_size);
		}
		host().record(counter_, batch.size());
		const uint64_t utc_ns = batch.utc_ns(first);
		const bool emitted =
		    host().emit(tmon::Alert("first_packet", TMON_SEVERITY_MEDIUM, first, "the first packet of a batch")
		                    .id(7)
		                    .mitre("T1046")
		                    .confidence(0.5)
		                    .seen(utc_ns, utc_ns)
		                    .threshold("packets", 1)
		                    .observed("bytes", first.packet_size));
		const int32_t blocked = host().block(first.src, 60, "first");
		std::ostringstream line;
		line << "batch ring " << batch.ring() << " first " << batch.first_seq() << " count " << batch.size()
		     << " lost " << batch.lost_before() << " at " << host().interface_name(first.ifindex) << " by '"
		     << host().entry_name(first.entry) << "' emit " << (emitted ? 0 : 1) << " block " << blocked
		     << " stop " << host().stop_requested();
		say(line.str());
	}
	void flush() { say("flush"); }
	void on_alert(const tmon_alert& alert) {
		say("alert " + std::to_string(alert.alert_id) + " from " + std::string(tmon::to_view(alert.emitter)) +
		    ": " + std::string(tmon::to_view(alert.rule)) + ", " + std::to_string(alert.victim_count) +
		    " victims, " + std::to_string(alert.observed_count) + " figures");
	}
	static constexpr uint64_t tick_interval_ns = 500'000'000;
	void on_tick(const tmon_tick& tick) {
		say("tick flags " + std::to_string(tick.flags) + " now " + std::to_string(tick.now_ns) + " seen " +
		    std::to_string(tick.seen) + " failed " + std::to_string(tick.failed));
	}
	void on_end() { say("end after " + std::to_string(events_) + " events, " + std::to_string(bytes_) + " bytes"); }
	std::string save_state() { return std::to_string(events_) + " " + std::to_string(bytes_); }
	void restore_state(std::string_view state) {
		std::istringstream in{std::string(state)};
		uint64_t events = 0, bytes = 0;
		if (!(in >> events >> bytes))
			throw tmon::Error(TMON_E_INVALID, "");
		events_ = events;
		bytes_ = bytes;
		say("restore");
	}
	int32_t reconfigure(const tmon::Config& config) {
		if (!config.has("name"))
			return TMON_E_UNSUPPORTED;
		say("reconfigure " + std::string(config.json()));
		return TMON_OK;
	}

private:
	bool say(const std::string& line) const { return host().info(line), true; }
	static bool extension(const tmon::Host& host, std::string_view id) {
		return host.raw().get_extension(host.raw().context, tmon::to_str(id)) != nullptr;
	}

	const std::string said_;
	const bool no_extension_;
	const uint32_t counter_, histogram_;
	uint64_t events_ = 0, bytes_ = 0;
};

} // namespace

TMON_PLUGIN(Powers, "powers", "1.0.0", R"("permissions": ["block", "paths"],
	"config": {"type": "object", "properties": {"name": {"type": "string", "default": "x"}}})")
