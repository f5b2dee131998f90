// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The C++ layer over plugin.h. Derive from tmon::Plugin, write the calls you want as ordinary
// members, and export the class with one line:
//
//     struct Counter : tmon::Plugin {
//         using Plugin::Plugin;
//         void on_batch(const tmon::Batch& batch) { total_ += batch.size(); }
//         uint64_t total_ = 0;
//     };
//     TMON_PLUGIN(Counter, "counter", "1.0.0")
//
// Members that are looked for (all optional, all [serial]):
//     void on_batch(const tmon::Batch&)      events
//     void flush()                           bring the effect out; without it a batch counts as delivered on return
//     void on_alert(const tmon_alert&)       alerts of other plugins
//     void on_tick(const tmon_tick&)         the statistics interval
//     void on_end()                          the last event has been handed over
//
// Report an error by throwing tmon::Error (with a status) or any std::exception (TMON_E_INTERNAL).
// No exception leaves the plugin: each call the host makes catches them and tells the host.
#ifndef TRAFFIC_MONITOR_PLUGIN_HPP
#define TRAFFIC_MONITOR_PLUGIN_HPP

#include "plugin.h"

#include <exception>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tmon {

inline tmon_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline std::string_view to_view(tmon_str text) noexcept {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<size_t>(text.size)};
}

// An error with the status that the host is to see.
class Error : public std::runtime_error {
public:
	Error(int32_t status, const std::string& text) : std::runtime_error(text), status_(status) {}
	int32_t status() const noexcept { return status_; }

private:
	int32_t status_;
};

// The events of a batch as a range of const tmon_event&. Borrowed for the duration of the call.
class Batch {
public:
	class iterator {
	public:
		using iterator_category = std::forward_iterator_tag;
		using value_type = tmon_event;
		using difference_type = std::ptrdiff_t;
		using pointer = const tmon_event*;
		using reference = const tmon_event&;

		iterator() noexcept = default;
		iterator(const unsigned char* at, uint32_t stride) noexcept : at_(at), stride_(stride) {}
		reference operator*() const noexcept { return *reinterpret_cast<pointer>(at_); }
		pointer operator->() const noexcept { return reinterpret_cast<pointer>(at_); }
		iterator& operator++() noexcept {
			at_ += stride_;
			return *this;
		}
		iterator operator++(int) noexcept {
			iterator old = *this;
			at_ += stride_;
			return old;
		}
		friend bool operator==(iterator a, iterator b) noexcept { return a.at_ == b.at_; }
		friend bool operator!=(iterator a, iterator b) noexcept { return a.at_ != b.at_; }

	private:
		const unsigned char* at_ = nullptr;
		uint32_t stride_ = 0;
	};

	explicit Batch(const tmon_batch& raw) noexcept : raw_(&raw) {}

	uint32_t size() const noexcept { return raw_->count; }
	uint32_t ring() const noexcept { return raw_->ring; }
	uint64_t first_seq() const noexcept { return raw_->first_seq; }
	uint64_t lost_before() const noexcept { return raw_->lost_before; }

	// UTC of an event of this batch, nanoseconds since 1970-01-01.
	uint64_t utc_ns(const tmon_event& event) const noexcept {
		return event.time_ns + static_cast<uint64_t>(raw_->clock_offset_ns);
	}

	iterator begin() const noexcept { return {bytes(), raw_->event_stride}; }
	iterator end() const noexcept {
		return {bytes() + static_cast<size_t>(raw_->count) * raw_->event_stride, raw_->event_stride};
	}
	const tmon_batch& raw() const noexcept { return *raw_; }

private:
	const unsigned char* bytes() const noexcept { return static_cast<const unsigned char*>(raw_->events); }
	const tmon_batch* raw_;
};

// The services of the host. Cheap to copy; valid until the plugin is destroyed.
class Host {
public:
	explicit Host(const tmon_host& raw) noexcept : raw_(&raw) {}

	void log(uint32_t level, std::string_view text) const noexcept { raw_->log(raw_->context, level, to_str(text)); }
	void debug(std::string_view text) const noexcept { log(TMON_LOG_DEBUG, text); }
	void info(std::string_view text) const noexcept { log(TMON_LOG_INFO, text); }
	void warning(std::string_view text) const noexcept { log(TMON_LOG_WARNING, text); }
	void error(std::string_view text) const noexcept { log(TMON_LOG_ERROR, text); }
	void fail(int32_t status, std::string_view text) const noexcept {
		raw_->fail(raw_->context, status, to_str(text));
	}

	// False: the queue to the host is full; the alert was refused and counted.
	bool emit(const tmon_alert& alert) const noexcept {
		return raw_->emit_alert(raw_->context, &alert) == TMON_OK;
	}

	// A negative status tells why not; see tmon_host.block.
	int32_t block(const tmon_block& block) const noexcept { return raw_->block(raw_->context, &block); }

	// A descriptor that the caller owns. Returns a negative status when it cannot be had; the reason
	// has then been given to fail.
	int32_t open(std::string_view path, uint32_t mode, int32_t& fd) const noexcept {
		return raw_->open(raw_->context, to_str(path), mode, &fd);
	}

	// The id of a metric for record. Throws Error when it cannot be defined.
	uint32_t counter(std::string_view name, std::string_view help) const {
		return define(TMON_METRIC_COUNTER, name, help, nullptr, 0);
	}
	uint32_t gauge(std::string_view name, std::string_view help) const {
		return define(TMON_METRIC_GAUGE, name, help, nullptr, 0);
	}
	uint32_t histogram(std::string_view name, std::string_view help, std::initializer_list<double> bounds) const {
		return define(TMON_METRIC_HISTOGRAM, name, help, bounds.begin(), static_cast<uint32_t>(bounds.size()));
	}
	// Counter: adds; gauge: sets; histogram: observes.
	void record(uint32_t metric, double value) const noexcept { raw_->metric_record(raw_->context, metric, value); }

	std::string_view interface_name(uint32_t ifindex) const noexcept {
		return to_view(raw_->interface_name(raw_->context, ifindex));
	}
	std::string_view entry_name(uint32_t entry) const noexcept {
		return to_view(raw_->entry_name(raw_->context, entry));
	}
	bool stop_requested() const noexcept { return raw_->stop_requested(raw_->context) != 0; }
	const tmon_host& raw() const noexcept { return *raw_; }

private:
	uint32_t define(uint32_t kind, std::string_view name, std::string_view help, const double* bounds,
	                uint32_t count) const {
		const tmon_metric metric = {sizeof(tmon_metric), kind, to_str(name), to_str(help), bounds, count, 0};
		uint32_t id = 0;
		if (const int32_t status = raw_->metric_define(raw_->context, &metric, &id); status != TMON_OK)
			throw Error(status, "the metric " + std::string(name) + " cannot be defined");
		return id;
	}

	const tmon_host* raw_;
};

// Base of a plugin: holds the host and the configuration (a JSON object as text). What else the class has
// makes the plugin's powers, each of them optional:
//     void on_batch(const tmon::Batch&)        takes events; may return int32_t (a TMON_ status) instead
//     void flush()                             see tmon_plugin_api.flush
//     void on_alert(const tmon_alert&)         takes alerts
//     void on_tick(const tmon_tick&)           with  static constexpr uint64_t tick_interval_ns = ...;  if wanted
//     void on_end()                            the source has ended
//     std::string save_state(), void restore_state(std::string_view)     both or none
//     void reconfigure(std::string_view config)
// Throw tmon::Error to return its status; any other exception counts as TMON_E_INTERNAL.
class Plugin {
public:
	Plugin(Host host, std::string_view config) : host_(host), config_(config) {}
	Plugin(const Plugin&) = delete;
	Plugin& operator=(const Plugin&) = delete;

	const Host& host() const noexcept { return host_; }
	const std::string& config() const noexcept { return config_; }

protected:
	~Plugin() = default;

private:
	Host host_;
	std::string config_;
};

namespace detail {

// Which calls a class has. Written without C++20 so that plugins of older standards compile.
template <class... T>
using void_t = void;
#define TMON_DETECT_(name, expression)                                                    \
	template <class T, class = void>                                                  \
	struct name {                                                                     \
		static constexpr bool value = false;                                      \
	};                                                                                \
	template <class T>                                                                \
	struct name<T, void_t<decltype(expression)>> {                                    \
		static constexpr bool value = true;                                       \
	}
TMON_DETECT_(has_on_batch, std::declval<T&>().on_batch(std::declval<const Batch&>()));
TMON_DETECT_(has_flush, std::declval<T&>().flush());
TMON_DETECT_(has_on_alert, std::declval<T&>().on_alert(std::declval<const tmon_alert&>()));
TMON_DETECT_(has_on_tick, std::declval<T&>().on_tick(std::declval<const tmon_tick&>()));
TMON_DETECT_(has_on_end, std::declval<T&>().on_end());
TMON_DETECT_(has_save_state, std::declval<T&>().save_state());
TMON_DETECT_(has_restore_state, std::declval<T&>().restore_state(std::string_view{}));
TMON_DETECT_(has_reconfigure, std::declval<T&>().reconfigure(std::string_view{}));
TMON_DETECT_(has_tick_interval, T::tick_interval_ns);
#undef TMON_DETECT_

// Runs `call`, turning whatever it throws into fail and a status.
template <class Call>
int32_t guarded(const Host& host, Call call) noexcept {
	try {
		if constexpr (std::is_void<decltype(call())>::value) {
			call();
			return TMON_OK;
		} else {
			return call();
		}
	} catch (const Error& error) {
		host.fail(error.status(), error.what());
		return error.status();
	} catch (const std::bad_alloc&) {
		host.fail(TMON_E_NOMEM, "out of memory");
		return TMON_E_NOMEM;
	} catch (const std::exception& error) {
		host.fail(TMON_E_INTERNAL, error.what());
		return TMON_E_INTERNAL;
	} catch (...) {
		host.fail(TMON_E_INTERNAL, "an exception of unknown type");
		return TMON_E_INTERNAL;
	}
}

template <class T, bool = has_on_batch<T>::value>
struct BatchCall {
	static int32_t call(void* self, const tmon_batch* raw) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { return plugin.on_batch(Batch(*raw)); });
	}
	static constexpr int32_t (*get())(void*, const tmon_batch*) { return &call; }
};
template <class T>
struct BatchCall<T, false> {
	static constexpr int32_t (*get())(void*, const tmon_batch*) { return nullptr; }
};

template <class T, bool = has_flush<T>::value>
struct FlushCall {
	static int32_t call(void* self) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { plugin.flush(); });
	}
	static constexpr int32_t (*get())(void*) { return &call; }
};
template <class T>
struct FlushCall<T, false> {
	static constexpr int32_t (*get())(void*) { return nullptr; }
};

template <class T, bool = has_on_alert<T>::value>
struct AlertsExtension {
	static int32_t call(void* self, const tmon_alert* alert) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { plugin.on_alert(*alert); });
	}
	static const void* get() noexcept {
		static const tmon_ext_alerts table = {sizeof(tmon_ext_alerts), 0, &call};
		return &table;
	}
};
template <class T>
struct AlertsExtension<T, false> {
	static const void* get() noexcept { return nullptr; }
};

template <class T, bool = has_on_tick<T>::value>
struct TicksExtension {
	static int32_t call(void* self, const tmon_tick* tick) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { plugin.on_tick(*tick); });
	}
	static const void* get() noexcept {
		static const tmon_ext_ticks table = {sizeof(tmon_ext_ticks), 0, &call, interval()};
		return &table;
	}
	static constexpr uint64_t interval() noexcept {
		if constexpr (has_tick_interval<T>::value)
			return T::tick_interval_ns;
		else
			return 0;
	}
};
template <class T>
struct TicksExtension<T, false> {
	static const void* get() noexcept { return nullptr; }
};

template <class T, bool = has_on_end<T>::value>
struct EndExtension {
	static int32_t call(void* self) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { plugin.on_end(); });
	}
	static const void* get() noexcept {
		static const tmon_ext_end table = {sizeof(tmon_ext_end), 0, &call};
		return &table;
	}
};
template <class T>
struct EndExtension<T, false> {
	static const void* get() noexcept { return nullptr; }
};

template <class T, bool = has_save_state<T>::value>
struct StateExtension {
	static_assert(has_restore_state<T>::value, "save_state needs restore_state(std::string_view)");
	static int32_t save(void* self, tmon_state_write write, void* sink) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] {
			const std::string state = plugin.save_state();
			return write(sink, state.data(), state.size());
		});
	}
	static int32_t restore(void* self, tmon_str state) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { plugin.restore_state(to_view(state)); });
	}
	static const void* get() noexcept {
		static const tmon_ext_state table = {sizeof(tmon_ext_state), 0, &save, &restore};
		return &table;
	}
};
template <class T>
struct StateExtension<T, false> {
	static_assert(!has_restore_state<T>::value, "restore_state needs save_state()");
	static const void* get() noexcept { return nullptr; }
};

template <class T, bool = has_reconfigure<T>::value>
struct ReconfigureExtension {
	static int32_t call(void* self, tmon_str config) noexcept {
		T& plugin = *static_cast<T*>(self);
		return guarded(plugin.host(), [&] { plugin.reconfigure(to_view(config)); });
	}
	static const void* get() noexcept {
		static const tmon_ext_reconfigure table = {sizeof(tmon_ext_reconfigure), 0, &call};
		return &table;
	}
};
template <class T>
struct ReconfigureExtension<T, false> {
	static const void* get() noexcept { return nullptr; }
};

template <class T>
struct Export {
	static int32_t create(const tmon_host* raw, tmon_str config, void** self) noexcept {
		const Host host(*raw);
		return guarded(host, [&] { *self = new T(host, to_view(config)); });
	}
	static void destroy(void* self) noexcept { delete static_cast<T*>(self); }
	static const void* get_extension(void*, tmon_str id) noexcept {
		const std::string_view name = to_view(id);
		if (name == TMON_EXT_ALERTS)
			return AlertsExtension<T>::get();
		if (name == TMON_EXT_TICKS)
			return TicksExtension<T>::get();
		if (name == TMON_EXT_END)
			return EndExtension<T>::get();
		if (name == TMON_EXT_STATE)
			return StateExtension<T>::get();
		if (name == TMON_EXT_RECONFIGURE)
			return ReconfigureExtension<T>::get();
		return nullptr;
	}
	static constexpr tmon_plugin_api api = {sizeof(tmon_plugin_api), 0, &create, BatchCall<T>::get(),
	                                        FlushCall<T>::get(), &destroy, &get_extension};
};
template <class T>
constexpr tmon_plugin_api Export<T>::api;

// The text of a manifest, padded with NUL.
template <std::size_t Size>
struct ManifestText {
	char text[Size];
};

template <class T>
constexpr std::string_view capability(std::size_t index) noexcept {
	constexpr bool has[] = {has_on_batch<T>::value,   has_on_alert<T>::value,   has_on_tick<T>::value,
	                        has_on_end<T>::value,     has_save_state<T>::value, has_reconfigure<T>::value};
	constexpr std::string_view names[] = {"events", "alerts", "ticks", "end", "state", "reconfigure"};
	return has[index] ? names[index] : std::string_view{};
}
constexpr std::size_t kCapabilities = 6;
constexpr std::size_t kCapabilityRoom = 80; // bytes of all of them as a JSON array

// Part of the program's image: the host reads it before anything runs.
template <class T, std::size_t Head, std::size_t More = 1>
constexpr ManifestText<Head + kCapabilityRoom + More> manifest(const char (&head)[Head], const char (&more)[More] = "") {
	ManifestText<Head + kCapabilityRoom + More> result{};
	std::size_t at = 0;
	const auto append = [&](std::string_view part) {
		for (const char c : part)
			result.text[at++] = c;
	};
	append({head, Head - 1});
	append("[");
	bool first = true;
	for (std::size_t i = 0; i < kCapabilities; ++i) {
		if (capability<T>(i).empty())
			continue;
		append(first ? "\"" : ",\"");
		append(capability<T>(i));
		append("\"");
		first = false;
	}
	append("]");
	if (More > 1) {
		append(",");
		append({more, More - 1});
	}
	append("}");
	return result;
}

} // namespace detail
} // namespace tmon

// Exports `Class` as the plugin of this shared object. `id`: lower-case letters, digits and '-';
// `version`: the plugin's own. Both string literals. Behind them may stand one more, with further members of
// the manifest: what the configuration may hold, what the plugin would like to be granted.
//     TMON_PLUGIN(PortWatch, "port-watch", "1.0", R"("config": {"type": "object", ...})")
#define TMON_PLUGIN(Class, id, ...) TMON_PLUGIN_(Class, id, __VA_ARGS__, "", "")
#define TMON_PLUGIN_(Class, id, version, more, ...)                                                     \
	TMON_IN_MANIFEST_SECTION static constexpr auto tmon_manifest_v1 =                              \
	    tmon::detail::manifest<Class>(TMON_MANIFEST_HEAD(id, version), more);                      \
	const tmon_plugin_entry tmon_plugin_entry_v1 = {TMON_PLUGIN_MAGIC,                             \
	                                                sizeof(tmon_plugin_entry),                     \
	                                                TMON_ABI_MAJOR,                                \
	                                                TMON_ABI_MINOR_REQUIRED,                       \
	                                                TMON_ABI_MINOR,                                \
	                                                0,                                             \
	                                                id,                                            \
	                                                version,                                       \
	                                                tmon_manifest_v1.text,                         \
	                                                &tmon::detail::Export<Class>::api};

#endif
