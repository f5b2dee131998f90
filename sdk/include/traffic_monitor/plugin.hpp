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
#include <iterator>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
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

	// A descriptor that the caller owns. Returns a negative status when it cannot be had; the reason
	// has then been given to fail.
	int32_t open(std::string_view path, uint32_t mode, int32_t& fd) const noexcept {
		return raw_->open(raw_->context, to_str(path), mode, &fd);
	}

	std::string_view interface_name(uint32_t ifindex) const noexcept {
		return to_view(raw_->interface_name(raw_->context, ifindex));
	}
	std::string_view entry_name(uint32_t entry) const noexcept {
		return to_view(raw_->entry_name(raw_->context, entry));
	}
	bool stop_requested() const noexcept { return raw_->stop_requested(raw_->context) != 0; }
	const tmon_host& raw() const noexcept { return *raw_; }

private:
	const tmon_host* raw_;
};

// Base of a plugin: holds the host and the configuration (a JSON object as text).
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
#undef TMON_DETECT_

// Runs `call`, turning whatever it throws into fail and a status.
template <class Call>
int32_t guarded(const Host& host, Call call) noexcept {
	try {
		call();
		return TMON_OK;
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
		return guarded(plugin.host(), [&] { plugin.on_batch(Batch(*raw)); });
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
		static const tmon_ext_ticks table = {sizeof(tmon_ext_ticks), 0, &call};
		return &table;
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
		return nullptr;
	}
	static constexpr tmon_plugin_api api = {sizeof(tmon_plugin_api), 0, &create, BatchCall<T>::get(),
	                                        FlushCall<T>::get(), &destroy, &get_extension};
};
template <class T>
constexpr tmon_plugin_api Export<T>::api;

} // namespace detail
} // namespace tmon

// Exports `Class` as the plugin of this shared object. `id`: lower-case letters, digits and '-';
// `version`: the plugin's own. Both string literals.
#define TMON_PLUGIN(Class, id, version)                                                        \
	const tmon_plugin_entry tmon_plugin_entry_v1 = {                                       \
	    TMON_PLUGIN_MAGIC, sizeof(tmon_plugin_entry), TMON_ABI_MAJOR, 0, TMON_ABI_MINOR, 0, \
	    id, version, &tmon::detail::Export<Class>::api};

#endif
