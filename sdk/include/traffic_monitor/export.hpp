// SPDX-License-Identifier: MIT OR Apache-2.0
//
// From a class to the C ABI: the functions that the host calls, each of which catches what the class throws,
// and TMON_PLUGIN. Included by plugin.hpp.
#ifndef TRAFFIC_MONITOR_EXPORT_HPP
#define TRAFFIC_MONITOR_EXPORT_HPP

#include "plugin.hpp"

#include <cstddef>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tmon {

// Hidden whatever the compiler is told: a default-visible static member of a template is one for the whole process
// (STB_GNU_UNIQUE), and two plugins with a class of the same name would get each other's functions.
namespace [[gnu::visibility("hidden")]] detail {

// TMON_CALL_ declares for the member function `name`:
//     has_NAME<T>      T has it, public, and it takes what the expression passes
//     names_NAME<T>    T has a member of that name, whatever it is (a class that inherits the name twice cannot
//                      say which one it means)
#define TMON_CALL_(name, expression)                                                                    \
	template <class T, class = void>                                                                \
	struct has_##name : std::false_type {};                                                         \
	template <class T>                                                                              \
	struct has_##name<T, std::void_t<decltype(expression)>> : std::true_type {};                    \
	struct Second_##name {                                                                          \
		int name;                                                                               \
	};                                                                                              \
	template <class T>                                                                              \
	struct Twice_##name : T, Second_##name {};                                                      \
	template <class T, bool Final = std::is_final<T>::value, class = void>                          \
	struct names_##name : std::true_type {};                                                        \
	template <class T>                                                                              \
	struct names_##name<T, false, std::void_t<decltype(&Twice_##name<T>::name)>> : std::false_type {}; \
	template <class T>                                                                              \
	struct names_##name<T, true, void> : has_##name<T> {}
TMON_CALL_(on_batch, std::declval<T&>().on_batch(std::declval<const Batch&>()));
TMON_CALL_(flush, std::declval<T&>().flush());
TMON_CALL_(on_alert, std::declval<T&>().on_alert(std::declval<const tmon_alert&>()));
TMON_CALL_(on_tick, std::declval<T&>().on_tick(std::declval<const tmon_tick&>()));
TMON_CALL_(on_end, std::declval<T&>().on_end());
TMON_CALL_(save_state, std::string_view(std::declval<T&>().save_state()));
TMON_CALL_(restore_state, std::declval<T&>().restore_state(std::string_view{}));
TMON_CALL_(reconfigure, std::declval<T&>().reconfigure(std::declval<const Config&>()));
TMON_CALL_(tick_interval_ns, uint64_t{T::tick_interval_ns});
#undef TMON_CALL_

// A call of the wrong shape would otherwise just never happen.
template <class T>
constexpr bool checked() noexcept {
	static_assert(has_on_batch<T>::value || !names_on_batch<T>::value,
	              "on_batch must be public and take const tmon::Batch&");
	static_assert(has_flush<T>::value || !names_flush<T>::value, "flush must be public and take nothing");
	static_assert(has_on_alert<T>::value || !names_on_alert<T>::value,
	              "on_alert must be public and take const tmon_alert&");
	static_assert(has_on_tick<T>::value || !names_on_tick<T>::value,
	              "on_tick must be public and take const tmon_tick&");
	static_assert(has_on_end<T>::value || !names_on_end<T>::value, "on_end must be public and take nothing");
	static_assert(has_save_state<T>::value || !names_save_state<T>::value,
	              "save_state must be public, take nothing and return std::string");
	static_assert(has_restore_state<T>::value || !names_restore_state<T>::value,
	              "restore_state must be public and take std::string_view");
	static_assert(has_reconfigure<T>::value || !names_reconfigure<T>::value,
	              "reconfigure must be public and take const tmon::Config&");
	static_assert(has_tick_interval_ns<T>::value || !names_tick_interval_ns<T>::value,
	              "tick_interval_ns must be a public static constexpr uint64_t");
	static_assert(has_save_state<T>::value == has_restore_state<T>::value,
	              "save_state() and restore_state(std::string_view) go together");
	static_assert(!has_flush<T>::value || has_on_batch<T>::value, "flush without on_batch is never called");
	return true;
}

// Runs `call`, turning whatever it throws into fail and a status.
template <class Call>
int32_t guarded(const Host& host, Call call) noexcept {
	using Result = decltype(call());
	static_assert(std::is_void<Result>::value || std::is_same<Result, int32_t>::value,
	              "a call returns nothing, or int32_t: a TMON_ status");
	try {
		if constexpr (std::is_void<Result>::value) {
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

// The functions for the host. Each is instantiated only where T has the call.
template <class T>
struct Calls {
	static T& plugin(void* self) noexcept { return *static_cast<T*>(self); }

	static int32_t create(const tmon_host* raw, tmon_str config, void** self) noexcept {
		const Host host(*raw);
		return guarded(host, [&] { *self = new T(host, to_view(config)); });
	}
	static void destroy(void* self) noexcept { delete static_cast<T*>(self); }
	static int32_t on_batch(void* self, const tmon_batch* batch) noexcept {
		return guarded(plugin(self).host(), [&] { return plugin(self).on_batch(Batch(*batch)); });
	}
	static int32_t flush(void* self) noexcept {
		return guarded(plugin(self).host(), [&] { return plugin(self).flush(); });
	}
	static int32_t on_alert(void* self, const tmon_alert* alert) noexcept {
		return guarded(plugin(self).host(), [&] { return plugin(self).on_alert(*alert); });
	}
	static int32_t on_tick(void* self, const tmon_tick* tick) noexcept {
		return guarded(plugin(self).host(), [&] { return plugin(self).on_tick(*tick); });
	}
	static int32_t on_end(void* self) noexcept {
		return guarded(plugin(self).host(), [&] { return plugin(self).on_end(); });
	}
	static int32_t save(void* self, tmon_state_write write, void* sink) noexcept {
		return guarded(plugin(self).host(), [&]() -> int32_t {
			const auto& state = plugin(self).save_state();
			const std::string_view bytes(state);
			return write(sink, bytes.data(), bytes.size());
		});
	}
	static int32_t restore(void* self, tmon_str state) noexcept {
		return guarded(plugin(self).host(), [&] { return plugin(self).restore_state(to_view(state)); });
	}
	// config() gives the new one from the moment on that reconfigure has accepted it.
	static int32_t reconfigure(void* self, tmon_str text) noexcept {
		return guarded(plugin(self).host(), [&]() -> int32_t {
			const Config config(to_view(text));
			int32_t status = TMON_OK;
			if constexpr (std::is_void<decltype(plugin(self).reconfigure(config))>::value)
				plugin(self).reconfigure(config);
			else
				status = plugin(self).reconfigure(config);
			if (status == TMON_OK)
				static_cast<Plugin&>(plugin(self)).config_ = config;
			return status;
		});
	}
};

// The tables of optional powers, NULL where T lacks one.
template <class T>
struct Extensions {
	static const void* alerts() noexcept {
		if constexpr (has_on_alert<T>::value) {
			static const tmon_ext_alerts table = {sizeof(tmon_ext_alerts), 0, &Calls<T>::on_alert};
			return &table;
		}
		return nullptr;
	}
	static const void* ticks() noexcept {
		if constexpr (has_on_tick<T>::value) {
			static const tmon_ext_ticks table = {sizeof(tmon_ext_ticks), 0, &Calls<T>::on_tick,
			                                     interval_ns()};
			return &table;
		}
		return nullptr;
	}
	static constexpr uint64_t interval_ns() noexcept {
		if constexpr (has_tick_interval_ns<T>::value)
			return T::tick_interval_ns;
		return 0;
	}
	static const void* end() noexcept {
		if constexpr (has_on_end<T>::value) {
			static const tmon_ext_end table = {sizeof(tmon_ext_end), 0, &Calls<T>::on_end};
			return &table;
		}
		return nullptr;
	}
	static const void* state() noexcept {
		if constexpr (has_save_state<T>::value) {
			static const tmon_ext_state table = {sizeof(tmon_ext_state), 0, &Calls<T>::save,
			                                     &Calls<T>::restore};
			return &table;
		}
		return nullptr;
	}
	static const void* reconfigure() noexcept {
		if constexpr (has_reconfigure<T>::value) {
			static const tmon_ext_reconfigure table = {sizeof(tmon_ext_reconfigure), 0,
			                                           &Calls<T>::reconfigure};
			return &table;
		}
		return nullptr;
	}
	static const void* get(void*, tmon_str id) noexcept {
		const std::string_view name = to_view(id);
		return name == TMON_EXT_ALERTS        ? alerts()
		       : name == TMON_EXT_TICKS       ? ticks()
		       : name == TMON_EXT_END         ? end()
		       : name == TMON_EXT_STATE       ? state()
		       : name == TMON_EXT_RECONFIGURE ? reconfigure()
		                                      : nullptr;
	}
};

template <class T>
constexpr int32_t (*batch_call() noexcept)(void*, const tmon_batch*) {
	if constexpr (has_on_batch<T>::value)
		return &Calls<T>::on_batch;
	return nullptr;
}
template <class T>
constexpr int32_t (*flush_call() noexcept)(void*) {
	if constexpr (has_flush<T>::value)
		return &Calls<T>::flush;
	return nullptr;
}

template <class T>
struct Export {
	static_assert(checked<T>(), "");
	static constexpr tmon_plugin_api api = {sizeof(tmon_plugin_api), 0, &Calls<T>::create,  batch_call<T>(),
	                                        flush_call<T>(),         &Calls<T>::destroy, &Extensions<T>::get};
};

// The text of a manifest, padded with NUL.
template <std::size_t Size>
struct ManifestText {
	char text[Size];
};

constexpr std::size_t kCapabilityRoom = 80; // bytes of all capabilities as a JSON array

// Part of the program's image: the host reads it before anything runs.
template <class T, std::size_t Head, std::size_t More = 1>
constexpr ManifestText<Head + kCapabilityRoom + More> manifest(const char (&head)[Head],
                                                               const char (&more)[More] = "") {
	constexpr bool has[] = {has_on_batch<T>::value, has_on_alert<T>::value,   has_on_tick<T>::value,
	                        has_on_end<T>::value,   has_save_state<T>::value, has_reconfigure<T>::value};
	constexpr std::string_view names[] = {"events", "alerts", "ticks", "end", "state", "reconfigure"};
	ManifestText<Head + kCapabilityRoom + More> result{};
	std::size_t at = 0;
	const auto append = [&](std::string_view part) {
		for (const char c : part)
			result.text[at++] = c;
	};
	append({head, Head - 1});
	bool first = true;
	for (std::size_t i = 0; i < sizeof has / sizeof has[0]; ++i) {
		if (!has[i])
			continue;
		append(first ? "[\"" : ",\"");
		append(names[i]);
		append("\"");
		first = false;
	}
	append(first ? "[]" : "]");
	if (More > 1) {
		append(",");
		append({more, More - 1});
	}
	append("}");
	return result;
}

} // namespace detail
} // namespace tmon

// Exports `Class` as the plugin of this shared object; write it outside of every namespace. `id`: lower-case letters,
// digits and '-'; `version`: the plugin's own. Both string literals. Behind them may stand one more, with further
// members of the manifest: what the configuration may hold, what the plugin would like to be granted.
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
