// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/instance.hpp"

#include <chrono>
#include <cstring>
#include <thread>

namespace tmon {

namespace {

using std::chrono::steady_clock;

constexpr int kMostRetries = 200;

tmon_str to_str(std::string_view text) { return {text.data(), text.size()}; }

// Bytes of a struct, followed by `tail` that a newer host might have there.
template <class Struct> std::vector<unsigned char> grown(Struct value, uint32_t tail) {
	std::vector<unsigned char> bytes(sizeof value + tail, 0xa5);
	value.size = static_cast<uint32_t>(bytes.size());
	std::memcpy(bytes.data(), &value, sizeof value);
	return bytes;
}

struct Sink {
	std::string& state;
	uint64_t room;
};

int32_t append(void* sink, const void* data, uint64_t size) {
	auto& to = *static_cast<Sink*>(sink);
	if (size > to.room - to.state.size())
		return TMON_E_NOMEM;
	to.state.append(static_cast<const char*>(data), static_cast<std::size_t>(size));
	return TMON_OK;
}

} // namespace

std::string status_name(int32_t status) {
	constexpr const char* names[] = {"TMON_OK",            "TMON_E_CONFIG",   "TMON_E_NOMEM", "TMON_E_IO",    "TMON_E_UNSUPPORTED",
	                                 "TMON_E_INTERNAL", "TMON_E_FATAL", "TMON_E_DENIED", "TMON_E_INVALID"};
	if (status == TMON_RETRY)
		return "TMON_RETRY";
	return status <= 0 && status >= TMON_E_INVALID ? names[-status] : "status " + std::to_string(status);
}

template <class Function> void Instance::mark(Call which, Function function) {
	around_.page.beats.fetch_add(1, std::memory_order_relaxed);
	around_.page.call.store(static_cast<uint32_t>(which), std::memory_order_relaxed);
	const char* const name = call_name(static_cast<uint32_t>(which));
	host_.enter(name);
	const auto start = steady_clock::now();
	function();
	const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start).count();
	host_.leave();
	around_.page.call.store(static_cast<uint32_t>(Call::none), std::memory_order_relaxed);
	around_.page.beats.fetch_add(1, std::memory_order_relaxed);
	if (took > around_.deadline_ms / 2)
		around_.reporter.note(std::string(name) + " took more than half of its deadline");
}

template <class Function> int32_t Instance::call(Call which, Function function, bool may_retry) {
	int32_t status = TMON_OK;
	host_.take_failure();
	mark(which, [&] { status = function(); });
	if (status == TMON_OK)
		return status;
	failure_ = host_.take_failure();
	if ((status > 0 && !(may_retry && status == TMON_RETRY)) ||
	    (status < TMON_E_INVALID && !host_.failures.unknown_status))
		around_.reporter.fail(std::string(call_name(static_cast<uint32_t>(which))) + " returned " + status_name(status) +
		                      ", which the ABI does not have for it");
	return status;
}

template <class Table> const Table* Instance::find(const char* id, std::size_t least) {
	const auto* table = static_cast<const Table*>(extension(id));
	if (table && table->size < least) {
		around_.reporter.fail(std::string("its table ") + id + " is shorter than that revision");
		return nullptr;
	}
	return table;
}

const void* Instance::extension(const char* id) {
	const void* table = nullptr;
	if (around_.module.api().get_extension)
		mark(Call::create, [&] { table = around_.module.api().get_extension(self_, to_str(id)); });
	return table;
}

int32_t Instance::create(std::string_view config) {
	host_.open_services();
	// Not NUL-terminated, and nothing may be read behind it.
	const GuardedMemory text({reinterpret_cast<const unsigned char*>(config.data()), config.size()});
	const int32_t status = call(Call::create, [&] {
		return around_.module.api().create(&host_.table(), {static_cast<const char*>(text.data()), config.size()}, &self_);
	});
	if (status != TMON_OK) {
		host_.close_services();
		if (failure_.empty() && !host_.failures.any())
			around_.reporter.note("create gives no reason for " + status_name(status) + "; say it through fail");
		return status;
	}
	created_ = true;
	alerts_ = find<tmon_ext_alerts>(TMON_EXT_ALERTS, sizeof(tmon_ext_alerts));
	ticks_ = find<tmon_ext_ticks>(TMON_EXT_TICKS, offsetof(tmon_ext_ticks, interval_ns));
	end_ = find<tmon_ext_end>(TMON_EXT_END, sizeof(tmon_ext_end));
	state_ = find<tmon_ext_state>(TMON_EXT_STATE, sizeof(tmon_ext_state));
	reconfigure_ = find<tmon_ext_reconfigure>(TMON_EXT_RECONFIGURE, sizeof(tmon_ext_reconfigure));
	return status;
}

bool Instance::has(Capability capability) const noexcept {
	switch (capability) {
	case Capability::events: return takes_events();
	case Capability::alerts: return alerts_ != nullptr;
	case Capability::ticks: return ticks_ != nullptr;
	case Capability::end: return end_ != nullptr;
	case Capability::state: return state_ != nullptr;
	case Capability::reconfigure: return reconfigure_ != nullptr;
	}
	return false;
}

int32_t Instance::on_batch(std::span<const tmon_event> events, uint64_t first_seq, uint32_t ring, uint64_t lost_before,
                           const StructShape& shape) {
	if (!takes_events())
		return TMON_E_UNSUPPORTED;
	std::vector<unsigned char> bytes(events.size() * shape.stride, 0xa5);
	for (std::size_t i = 0; i < events.size(); ++i)
		std::memcpy(bytes.data() + i * shape.stride, &events[i], sizeof(tmon_event));
	const GuardedMemory memory(bytes);
	tmon_batch batch{};
	batch.ring = ring;
	batch.first_seq = first_seq;
	batch.count = static_cast<uint32_t>(events.size());
	batch.event_stride = shape.stride;
	batch.lost_before = lost_before;
	batch.clock_offset_ns = 1'700'000'000'000'000'000;
	batch.events = memory.data();
	const GuardedMemory head(grown(batch, shape.tail));
	for (int attempt = 0; attempt < kMostRetries; ++attempt) {
		const int32_t status = call(
		    Call::on_batch,
		    [&] { return around_.module.api().on_batch(self_, static_cast<const tmon_batch*>(head.data())); }, true);
		if (status != TMON_RETRY)
			return status;
		flush();
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
	}
	around_.reporter.fail("on_batch asked for the same batch " + std::to_string(kMostRetries) + " times");
	throw CaseStopped{};
}

int32_t Instance::flush() {
	if (!around_.module.api().flush)
		return TMON_OK;
	return call(Call::flush, [&] { return around_.module.api().flush(self_); });
}

int32_t Instance::on_tick(const tmon_tick& tick, uint32_t tail) {
	if (!ticks_)
		return TMON_E_UNSUPPORTED;
	const GuardedMemory memory(grown(tick, tail));
	return call(Call::on_tick, [&] { return ticks_->on_tick(self_, static_cast<const tmon_tick*>(memory.data())); });
}

int32_t Instance::on_alert(const tmon_alert& alert, uint32_t tail) {
	if (!alerts_)
		return TMON_E_UNSUPPORTED;
	const GuardedMemory memory(grown(alert, tail));
	return call(Call::on_alert, [&] { return alerts_->on_alert(self_, static_cast<const tmon_alert*>(memory.data())); });
}

int32_t Instance::on_end() {
	if (!end_)
		return TMON_E_UNSUPPORTED;
	return call(Call::on_end, [&] { return end_->on_end(self_); });
}

int32_t Instance::save(std::string& state, uint64_t room) {
	if (!state_)
		return TMON_E_UNSUPPORTED;
	Sink sink{state, room};
	return call(Call::save, [&] { return state_->save(self_, append, &sink); });
}

int32_t Instance::restore(std::string_view state) {
	if (!state_)
		return TMON_E_UNSUPPORTED;
	const GuardedMemory memory({reinterpret_cast<const unsigned char*>(state.data()), state.size()});
	return call(Call::restore,
	            [&] { return state_->restore(self_, {static_cast<const char*>(memory.data()), state.size()}); });
}

int32_t Instance::reconfigure(std::string_view config) {
	if (!reconfigure_)
		return TMON_E_UNSUPPORTED;
	const GuardedMemory memory({reinterpret_cast<const unsigned char*>(config.data()), config.size()});
	return call(Call::reconfigure,
	            [&] { return reconfigure_->reconfigure(self_, {static_cast<const char*>(memory.data()), config.size()}); });
}

void Instance::destroy() {
	if (!created_)
		return;
	created_ = false;
	mark(Call::destroy, [&] { around_.module.api().destroy(self_); });
	host_.close_services();
	self_ = nullptr;
}

} // namespace tmon
