// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/message.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>

namespace tmon {

namespace {

class Writer {
public:
	template <class T>
	void put(const T& value) {
		static_assert(std::is_trivially_copyable_v<T>);
		bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
	}
	void put_text(std::string_view text) {
		put(static_cast<uint32_t>(text.size()));
		bytes_.append(text);
	}
	std::string take() { return std::move(bytes_); }

private:
	std::string bytes_;
};

class Reader {
public:
	explicit Reader(std::string_view bytes) : rest_(bytes) {}

	template <class T>
	T get() {
		static_assert(std::is_trivially_copyable_v<T>);
		T value{};
		if (rest_.size() < sizeof value) {
			ok_ = false;
			rest_ = {};
			return value;
		}
		std::memcpy(&value, rest_.data(), sizeof value);
		rest_.remove_prefix(sizeof value);
		return value;
	}
	std::string_view text() {
		const auto size = get<uint32_t>();
		if (rest_.size() < size) {
			ok_ = false;
			return {};
		}
		const std::string_view result = rest_.substr(0, size);
		rest_.remove_prefix(size);
		return result;
	}
	// How many elements follow; each takes at least `bytes`, so a lie cannot make us allocate.
	uint32_t count(std::size_t bytes) {
		const auto count = get<uint32_t>();
		if (count > rest_.size() / bytes) {
			ok_ = false;
			return 0;
		}
		return count;
	}
	bool complete() const { return ok_ && rest_.empty(); }

private:
	std::string_view rest_;
	bool ok_ = true;
};

tmon_str str(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(tmon_str text) {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<std::size_t>(text.size)};
}

// Everything of tmon_alert that is not a pointer.
struct AlertFigures {
	uint64_t alert_id, first_seen_ns, last_seen_ns, count, suppressed, lagged_during;
	double confidence;
	uint32_t state, severity, ip_version, source_prefix;
	uint8_t source[16];
};
static_assert(sizeof(AlertFigures) == 7 * 8 + 4 * 4 + 16, "no padding, which would be sent too");

void put_measures(Writer& writer, const tmon_measure* measures, uint64_t count) {
	writer.put(static_cast<uint32_t>(count));
	for (uint64_t i = 0; i < count; ++i) {
		writer.put(measures[i].value);
		writer.put_text(view(measures[i].name));
	}
}

std::vector<tmon_measure> get_measures(Reader& reader) {
	std::vector<tmon_measure> measures(reader.count(sizeof(double) + sizeof(uint32_t)));
	for (tmon_measure& measure : measures) {
		measure.value = reader.get<double>();
		measure.name = str(reader.text());
	}
	return measures;
}

void put_texts(Writer& writer, const std::vector<std::string>& texts) {
	writer.put(static_cast<uint32_t>(texts.size()));
	for (const std::string& text : texts)
		writer.put_text(text);
}

std::vector<std::string> get_texts(Reader& reader) {
	std::vector<std::string> texts(reader.count(sizeof(uint32_t)));
	for (std::string& text : texts)
		text = reader.text();
	return texts;
}

} // namespace

std::string encode(const RunnerSetup& setup) {
	Writer writer;
	writer.put_text(setup.instance);
	writer.put_text(setup.plugin_path);
	writer.put_text(setup.manifest);
	writer.put_text(setup.plugin_id);
	writer.put_text(setup.plugin_version);
	put_texts(writer, setup.capabilities);
	writer.put_text(setup.config_json);
	writer.put(setup.sandbox.memory_bytes);
	writer.put(setup.sandbox.threads);
	writer.put(setup.sandbox.files);
	writer.put(static_cast<uint8_t>(setup.sandbox.network));
	writer.put(static_cast<uint8_t>(setup.sandbox.exec));
	put_texts(writer, setup.sandbox.read_paths);
	put_texts(writer, setup.sandbox.write_paths);
	writer.put(static_cast<uint8_t>(setup.sandbox.own_user));
	writer.put(static_cast<uint8_t>(setup.may_block));
	writer.put(static_cast<uint8_t>(setup.can_block));
	writer.put(static_cast<uint8_t>(setup.clock_offset_ns.has_value()));
	writer.put(setup.clock_offset_ns.value_or(0));
	writer.put(static_cast<uint32_t>(setup.interfaces.size()));
	for (const Interface& interface : setup.interfaces) {
		writer.put(interface.ifindex);
		writer.put_text(interface.name);
	}
	return writer.take();
}

std::optional<RunnerSetup> decode_setup(std::string_view body) {
	Reader reader(body);
	RunnerSetup setup;
	setup.instance = reader.text();
	setup.plugin_path = reader.text();
	setup.manifest = reader.text();
	setup.plugin_id = reader.text();
	setup.plugin_version = reader.text();
	setup.capabilities = get_texts(reader);
	setup.config_json = reader.text();
	setup.sandbox.memory_bytes = reader.get<uint64_t>();
	setup.sandbox.threads = reader.get<uint32_t>();
	setup.sandbox.files = reader.get<uint32_t>();
	setup.sandbox.network = reader.get<uint8_t>() != 0;
	setup.sandbox.exec = reader.get<uint8_t>() != 0;
	setup.sandbox.read_paths = get_texts(reader);
	setup.sandbox.write_paths = get_texts(reader);
	setup.sandbox.own_user = reader.get<uint8_t>() != 0;
	setup.may_block = reader.get<uint8_t>() != 0;
	setup.can_block = reader.get<uint8_t>() != 0;
	const bool fixed_offset = reader.get<uint8_t>() != 0;
	const auto offset = reader.get<int64_t>();
	if (fixed_offset)
		setup.clock_offset_ns = offset;
	setup.interfaces.resize(reader.count(2 * sizeof(uint32_t)));
	for (Interface& interface : setup.interfaces) {
		interface.ifindex = reader.get<uint32_t>();
		interface.name = reader.text();
	}
	if (!reader.complete())
		return std::nullopt;
	return setup;
}

std::string encode(const PluginTraits& traits) {
	Writer writer;
	writer.put_text(traits.id);
	writer.put_text(traits.version);
	writer.put(static_cast<uint8_t>(traits.takes_events));
	writer.put(static_cast<uint8_t>(traits.takes_alerts));
	writer.put(static_cast<uint8_t>(traits.wants_ticks));
	writer.put(static_cast<uint8_t>(traits.has_state));
	writer.put(static_cast<uint8_t>(traits.can_reconfigure));
	writer.put(traits.tick_interval_ns);
	return writer.take();
}

std::optional<PluginTraits> decode_traits(std::string_view body) {
	Reader reader(body);
	PluginTraits traits;
	traits.id = reader.text();
	traits.version = reader.text();
	traits.takes_events = reader.get<uint8_t>() != 0;
	traits.takes_alerts = reader.get<uint8_t>() != 0;
	traits.wants_ticks = reader.get<uint8_t>() != 0;
	traits.has_state = reader.get<uint8_t>() != 0;
	traits.can_reconfigure = reader.get<uint8_t>() != 0;
	traits.tick_interval_ns = reader.get<uint64_t>();
	if (!reader.complete())
		return std::nullopt;
	return traits;
}

std::string encode_alert(const tmon_alert& alert, std::string_view emitter) {
	Writer writer;
	AlertFigures figures{alert.alert_id,   alert.first_seen_ns, alert.last_seen_ns, alert.count,     alert.suppressed,
	                     alert.lagged_during, alert.confidence,    alert.state,        alert.severity, alert.ip_version,
	                     TMON_HAS(&alert, tmon_alert, source_prefix) ? alert.source_prefix : 0,
	                     {}};
	std::memcpy(figures.source, alert.source, sizeof figures.source);
	writer.put(figures);
	writer.put_text(emitter);
	writer.put_text(view(alert.rule));
	writer.put_text(view(alert.message));
	writer.put_text(view(alert.mitre));
	writer.put(alert.victim_count);
	for (uint32_t i = 0; i < alert.victim_count; ++i) {
		std::array<uint8_t, 16> victim;
		std::memcpy(victim.data(), alert.victims[i], victim.size());
		writer.put(victim);
	}
	put_measures(writer, alert.threshold, alert.threshold_count);
	put_measures(writer, alert.observed, alert.observed_count);
	return writer.take();
}

std::optional<DecodedAlert> decode_alert(std::string_view body) {
	Reader reader(body);
	DecodedAlert decoded;
	tmon_alert& alert = decoded.alert;
	const auto figures = reader.get<AlertFigures>();
	alert.size = sizeof alert;
	alert.alert_id = figures.alert_id;
	alert.first_seen_ns = figures.first_seen_ns;
	alert.last_seen_ns = figures.last_seen_ns;
	alert.count = figures.count;
	alert.suppressed = figures.suppressed;
	alert.lagged_during = figures.lagged_during;
	alert.confidence = figures.confidence;
	alert.state = figures.state;
	alert.severity = figures.severity;
	alert.ip_version = figures.ip_version;
	alert.source_prefix = figures.source_prefix;
	std::memcpy(alert.source, figures.source, sizeof alert.source);
	alert.emitter = str(reader.text());
	alert.rule = str(reader.text());
	alert.message = str(reader.text());
	alert.mitre = str(reader.text());
	decoded.victims.resize(reader.count(16));
	for (auto& victim : decoded.victims)
		victim = reader.get<std::array<uint8_t, 16>>();
	decoded.threshold = get_measures(reader);
	decoded.observed = get_measures(reader);
	if (!reader.complete())
		return std::nullopt;
	alert.victims = reinterpret_cast<const uint8_t(*)[16]>(decoded.victims.data());
	alert.victim_count = static_cast<uint32_t>(decoded.victims.size());
	alert.threshold = decoded.threshold.data();
	alert.threshold_count = static_cast<uint32_t>(decoded.threshold.size());
	alert.observed = decoded.observed.data();
	alert.observed_count = decoded.observed.size();
	return decoded;
}

int send_message(int socket, MessageType type, int32_t value, std::string_view body, std::span<const int> descriptors,
                 int flags) {
	const MessageHeader header{type, value};
	return send_packet(socket, {reinterpret_cast<const char*>(&header), sizeof header}, body, descriptors, flags);
}

std::optional<Message> receive_message(int socket, int flags) {
	std::optional<Packet> packet = receive_packet(socket, flags);
	if (!packet)
		return std::nullopt;
	MessageHeader header;
	if (packet->bytes.size() < sizeof header) {
		errno = EBADMSG;
		return std::nullopt;
	}
	std::memcpy(&header, packet->bytes.data(), sizeof header);
	packet->bytes.erase(0, sizeof header);
	return Message{header.type, header.value, std::move(packet->bytes), std::move(packet->descriptors)};
}

} // namespace tmon
