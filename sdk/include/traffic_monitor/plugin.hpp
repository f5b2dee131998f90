// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The C++ layer over plugin.h (C++17). Derive from tmon::Plugin, write the calls you want as ordinary
// members, and export the class with one line:
//
//     struct Counter : tmon::Plugin {
//         using Plugin::Plugin;
//         void on_batch(const tmon::Batch& batch) { total_ += batch.size(); }
//         uint64_t total_ = 0;
//     };
//     TMON_PLUGIN(Counter, "counter", "1.0.0")
//
// The object is constructed in create. What the class has makes the plugin's powers; all of them are
// optional, public and [serial]:
//     void on_batch(const tmon::Batch&)            takes events
//     void flush()                                 see tmon_plugin_api.flush; without it a batch counts as
//                                                  delivered when on_batch returns
//     void on_alert(const tmon_alert&)             takes alerts
//     void on_tick(const tmon_tick&)               with  static constexpr uint64_t tick_interval_ns  if wanted
//     void on_end()                                the last event has been handed over
//     std::string save_state(), void restore_state(std::string_view)     both or none
//     void reconfigure(const tmon::Config&)        config() is the old one until it returns
//
// Each may return int32_t, a TMON_ status, in place of void (save_state excepted). Report an error by
// throwing tmon::Error (with a status) or any std::exception (TMON_E_INTERNAL). No exception leaves the
// plugin: each call the host makes catches them and tells the host.
#ifndef TRAFFIC_MONITOR_PLUGIN_HPP
#define TRAFFIC_MONITOR_PLUGIN_HPP

#include "alert.hpp"
#include "batch.hpp"
#include "config.hpp"
#include "host.hpp"
#include "plugin.h"
#include "text.hpp"

#include <string_view>

namespace tmon {

namespace [[gnu::visibility("hidden")]] detail {
template <class>
struct Calls;
}

// Base of a plugin: holds the services of the host and the configuration.
class Plugin {
public:
	Plugin(Host host, std::string_view config) : host_(host), config_(config) {}
	Plugin(const Plugin&) = delete;
	Plugin& operator=(const Plugin&) = delete;

	const Host& host() const noexcept { return host_; }
	const Config& config() const noexcept { return config_; }

protected:
	~Plugin() = default;

private:
	template <class>
	friend struct detail::Calls;

	Host host_;
	Config config_;
};

} // namespace tmon

#include "export.hpp"

#endif
