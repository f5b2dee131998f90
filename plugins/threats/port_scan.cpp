// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/threats/port_scan.hpp"

#include "plugins/format/text.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace tmon::threats {

namespace {

constexpr uint8_t tcp_ack = 0x10;

// Only what can be the first packet of a conversation tells of a scan.
bool is_probe(const tmon_event& event) {
	if ((event.ip_version != 4 && event.ip_version != 6) || (event.flags & TMON_EVENT_NO_PORTS) != 0)
		return false;
	switch (event.protocol) {
	case TMON_PROTO_TCP: return (event.tcp_flags & tcp_ack) == 0;
	case TMON_PROTO_UDP: return !(event.src_port < 1024 && event.dst_port >= 1024); // else the answer of a service
	case TMON_PROTO_SCTP: return true;
	default: return false;
	}
}

// Who has one address of a /64 has all of them.
void make_key(uint8_t (&key)[16], const tmon_event& event) {
	std::memcpy(key, event.src, 16);
	if (event.ip_version == 6)
		std::memset(key + 8, 0, 8);
}

bool passed(uint64_t now, uint64_t since, uint64_t duration) { return now >= since && now - since >= duration; }

} // namespace

PortScan::PortScan(const Settings& settings, Emit emit)
    : settings_(settings), emit_(std::move(emit)), hash_(settings.seed) {
	const std::size_t place =
	    sizeof(uint32_t) + sizeof(Source) + settings.ports * (sizeof(uint64_t) + sizeof(uint16_t));
	const std::size_t fixed = max_open * (sizeof(Alert) + 2 * sizeof(uint16_t));
	const std::size_t rest = settings.memory > fixed ? settings.memory - fixed : 0;
	sets_ = std::max<std::size_t>(1, rest / (ways * place));
	const std::size_t places = sets_ * ways;
	tags_.resize(places);
	sources_.resize(places);
	times_.resize(places * settings.ports);
	ports_.resize(places * settings.ports);
	alerts_.resize(max_open);
	open_.reserve(max_open);
	free_.reserve(max_open);
	for (uint16_t i = max_open; i-- > 0;)
		free_.push_back(i);
}

std::size_t PortScan::memory() const {
	return tags_.capacity() * sizeof tags_[0] + sources_.capacity() * sizeof sources_[0] +
	       times_.capacity() * sizeof times_[0] + ports_.capacity() * sizeof ports_[0] +
	       alerts_.capacity() * sizeof alerts_[0] + (open_.capacity() + free_.capacity()) * sizeof open_[0];
}

void PortScan::feed(const Batch& batch) {
	lost_ += batch.lost_before();
	clock_offset_ns_ = batch.raw().clock_offset_ns;
	have_clock_ = true;
	for (const tmon_event& event : batch) {
		now_ns_ = std::max(now_ns_, event.time_ns);
		if (now_ns_ >= next_close_ns_)
			close_quiet();
		if (is_probe(event))
			take(event);
	}
}

void PortScan::take(const tmon_event& event) {
	Source* const source = find(event);
	if (source == nullptr)
		return;
	if (source->count != 0 && source->alert == no_alert &&
	    passed(event.time_ns, source->last_ns, settings_.window_ns))
		source->count = 0;
	if (source->count == 0) {
		source->first_ns = source->last_ns = event.time_ns;
		source->lost_at_start = lost_;
		source->port_count = 0;
		source->victim_count = 0;
	}
	++source->count;
	// Rings are read one after the other, so times do not only grow.
	source->first_ns = std::min(source->first_ns, event.time_ns);
	source->last_ns = std::max(source->last_ns, event.time_ns);
	const bool known = std::any_of(source->victims, source->victims + source->victim_count,
	                               [&](const auto& victim) { return std::memcmp(victim, event.dst, 16) == 0; });
	if (!known && source->victim_count < max_victims)
		std::memcpy(source->victims[source->victim_count++], event.dst, 16);

	const auto index = static_cast<std::size_t>(source - sources_.data());
	if (source->alert != no_alert)
		go_on(alerts_[source->alert], event);
	else if (note_port(index, event.dst_port, event.time_ns))
		open(index, event);
}

// The place of the event's source, which may be new; nullptr when there is no room.
PortScan::Source* PortScan::find(const tmon_event& event) {
	uint8_t key[16];
	make_key(key, event);
	const uint64_t hash = hash_(key);
	const std::size_t set = ((hash >> 32) * sets_ >> 32) * ways;
	const uint32_t tag = static_cast<uint32_t>(hash) | 1;
	std::size_t unused = SIZE_MAX;
	for (std::size_t i = set; i < set + ways; ++i) {
		if (tags_[i] == 0)
			unused = std::min(unused, i);
		else if (tags_[i] == tag && std::memcmp(sources_[i].key, key, 16) == 0 &&
		         sources_[i].ip_version == event.ip_version)
			return &sources_[i];
	}
	std::size_t place = unused;
	if (place == SIZE_MAX) {
		// A quiet one if there is one, else the one that has tried the fewest ports: a flood of forged
		// sources, one packet each, does not push a scanner out.
		const auto worth = [this](std::size_t i) {
			const Source& source = sources_[i];
			const bool quiet = passed(now_ns_, source.last_ns, settings_.window_ns);
			return std::pair(quiet ? 0u : uint32_t{source.port_count}, source.last_ns);
		};
		for (std::size_t i = set; i < set + ways; ++i)
			if (sources_[i].alert == no_alert && (place == SIZE_MAX || worth(i) < worth(place)))
				place = i;
		if (place == SIZE_MAX || !passed(now_ns_, sources_[place].last_ns, settings_.window_ns))
			++evicted_;
		if (place == SIZE_MAX)
			return nullptr;
	}
	tags_[place] = tag;
	Source& source = sources_[place];
	std::memcpy(source.key, key, 16);
	source.ip_version = event.ip_version;
	source.alert = no_alert;
	source.count = 0;
	return &source;
}

// True when with this port the source has reached the threshold. No more than that many ports have to
// be remembered: the moment they are all there, the alert opens.
bool PortScan::note_port(std::size_t index, uint16_t port, uint64_t time_ns) {
	Source& source = sources_[index];
	uint64_t* const times = &times_[index * settings_.ports];
	uint16_t* const ports = &ports_[index * settings_.ports];
	bool known = false;
	for (uint32_t i = 0; i < source.port_count;) {
		if (ports[i] == port) {
			times[i] = std::max(times[i], time_ns);
			known = true;
		}
		if (passed(time_ns, times[i], settings_.window_ns)) {
			--source.port_count;
			times[i] = times[source.port_count];
			ports[i] = ports[source.port_count];
		} else {
			++i;
		}
	}
	if (!known) {
		times[source.port_count] = time_ns;
		ports[source.port_count] = port;
		++source.port_count;
	}
	return source.port_count >= settings_.ports;
}

void PortScan::open(std::size_t index, const tmon_event& event) {
	if (free_.empty()) {
		const uint16_t quietest = *std::min_element(open_.begin(), open_.end(), [this](uint16_t a, uint16_t b) {
			return sources_[alerts_[a].source].last_ns < sources_[alerts_[b].source].last_ns;
		});
		++closed_early_;
		if (!close(quietest))
			release(quietest);
	}
	const uint16_t number = free_.back();
	free_.pop_back();
	open_.push_back(number);
	Source& source = sources_[index];
	source.alert = number;
	Alert& alert = alerts_[number];
	alert.id = next_id_++;
	alert.messages = 0;
	alert.source = static_cast<uint32_t>(index);
	std::memcpy(alert.address, event.src, 16);
	alert.announced = false;
	alert.seen.fill(0);
	for (uint32_t i = 0; i < source.port_count; ++i) {
		const uint16_t port = ports_[index * settings_.ports + i];
		alert.seen[port / 64] |= uint64_t{1} << (port % 64);
	}
	alert.distinct = source.port_count;
	alert.last_message_ns = event.time_ns;
	next_close_ns_ = std::min(next_close_ns_, source.last_ns + settings_.window_ns);
	send(alert, TMON_ALERT_OPEN);
}

void PortScan::go_on(Alert& alert, const tmon_event& event) {
	uint64_t& word = alert.seen[event.dst_port / 64];
	const uint64_t bit = uint64_t{1} << (event.dst_port % 64);
	alert.distinct += (word & bit) == 0 ? 1 : 0;
	word |= bit;
	if (passed(event.time_ns, alert.last_message_ns, settings_.window_ns)) {
		alert.last_message_ns = event.time_ns;
		send(alert, alert.announced ? TMON_ALERT_UPDATE : TMON_ALERT_OPEN);
	}
}

// False when the alert was refused and is still open.
bool PortScan::close(uint16_t number) {
	Alert& alert = alerts_[number];
	if ((!alert.announced && !send(alert, TMON_ALERT_OPEN)) || !send(alert, TMON_ALERT_CLOSED))
		return false;
	release(number);
	return true;
}

void PortScan::release(uint16_t number) {
	Source& source = sources_[alerts_[number].source];
	source.alert = no_alert;
	source.count = 0;
	source.port_count = 0;
	open_.erase(std::find(open_.begin(), open_.end(), number));
	free_.push_back(number);
}

void PortScan::close_quiet() {
	constexpr uint64_t retry_ns = 1'000'000'000; // for an alert that was refused
	uint64_t next = UINT64_MAX;
	for (std::size_t i = 0; i < open_.size();) {
		const uint64_t last_ns = sources_[alerts_[open_[i]].source].last_ns;
		const bool quiet = passed(now_ns_, last_ns, settings_.window_ns);
		if (quiet && close(open_[i]))
			continue; // the next one is at i now
		next = std::min(next, quiet ? now_ns_ + retry_ns : last_ns + settings_.window_ns);
		++i;
	}
	next_close_ns_ = next;
}

void PortScan::tick(uint64_t now_ns, int64_t clock_offset_ns) {
	// Offsets of one clock differ by what the wall clock was adjusted; those of two by far more.
	constexpr int64_t same_clock_ns = 3'600'000'000'000;
	int64_t difference = 0;
	const bool comparable = !__builtin_sub_overflow(clock_offset_ns, clock_offset_ns_, &difference);
	if (have_clock_ && comparable && difference < same_clock_ns && difference > -same_clock_ns)
		now_ns_ = std::max(now_ns_, now_ns);
	for (const uint16_t number : open_)
		if (!alerts_[number].announced)
			send(alerts_[number], TMON_ALERT_OPEN);
	close_quiet();
}

void PortScan::end() {
	while (!open_.empty())
		if (!close(open_.front()))
			release(open_.front());
	next_close_ns_ = UINT64_MAX;
}

std::string PortScan::message(const Alert& alert, const Source& source) const {
	char text[160];
	const int size = std::snprintf(text, sizeof text, "%llu packets to %u ports in %.1f s",
	                               static_cast<unsigned long long>(source.count), alert.distinct,
	                               static_cast<double>(source.last_ns - source.first_ns) / 1e9);
	std::string message(text, static_cast<std::size_t>(size));
	if (source.ip_version == 6)
		message += ", source network " + std::string(text, format::put_ipv6(text, source.key)) + "/64";
	return message;
}

bool PortScan::send(Alert& alert, uint32_t state) {
	const Source& source = sources_[alert.source];
	const tmon_measure threshold[] = {{to_str("ports"), static_cast<double>(settings_.ports)},
	                                  {to_str("window_seconds"), static_cast<double>(settings_.window_ns) / 1e9}};
	const tmon_measure observed[] = {{to_str("ports"), static_cast<double>(alert.distinct)}};
	const std::string text = message(alert, source);
	const auto utc = [this](uint64_t time_ns) { return time_ns + static_cast<uint64_t>(clock_offset_ns_); };
	// The end is no packet's doing; each other message stands for the packet that caused it.
	const uint64_t messages = alert.messages + (state == TMON_ALERT_CLOSED ? 0 : 1);

	tmon_alert out{};
	out.size = sizeof out;
	out.state = state;
	out.alert_id = alert.id;
	out.rule = to_str("port_scan");
	out.message = to_str(text);
	out.mitre = to_str("T1046");
	out.severity = TMON_SEVERITY_HIGH;
	out.ip_version = source.ip_version;
	out.confidence = 0.9;
	std::memcpy(out.source, alert.address, 16);
	out.victims = source.victims;
	out.victim_count = source.victim_count;
	out.threshold = threshold;
	out.threshold_count = 2;
	out.observed = observed;
	out.observed_count = 1;
	out.first_seen_ns = utc(source.first_ns);
	out.last_seen_ns = utc(source.last_ns);
	out.count = source.count;
	out.suppressed = source.count - messages;
	out.lagged_during = lost_ - source.lost_at_start;
	if (!emit_(out))
		return false;
	alert.messages = messages;
	alert.announced = true;
	return true;
}

} // namespace tmon::threats
