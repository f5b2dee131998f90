// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/reporter.hpp"
#include "host/conformance/watched_host.hpp"
#include "host/plugin_file/manifest.hpp"
#include "host/runner/page.hpp"
#include "host/runner/plugin_module.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tmon {

// The case cannot go on; what there is to say has been said.
struct CaseStopped {};

// How a batch, and every other struct, is laid out.
struct StructShape {
	uint32_t stride = sizeof(tmon_event); // of events
	uint32_t tail = 0;                    // bytes that structs are longer than this ABI's
};

// One instance of the plugin under test, and the only place from which it is called. Looks at each status, at the time
// that each call takes, and marks in the page which is under way.
class Instance {
public:
	struct Surroundings {
		const PluginModule& module;
		RunnerPage& page;
		Reporter& reporter;
		int64_t deadline_ms;
	};

	Instance(const Surroundings& around, WatchedHost& host) : around_(around), host_(host) {}
	~Instance() { destroy(); }
	Instance(const Instance&) = delete;
	Instance& operator=(const Instance&) = delete;

	int32_t create(std::string_view config);
	// Offers it again while the plugin asks for that, as a runner does, but not for ever: then throws CaseStopped.
	int32_t on_batch(std::span<const tmon_event> events, uint64_t first_seq, uint32_t ring = 0, uint64_t lost_before = 0,
	                 const StructShape& shape = {});
	int32_t flush();
	int32_t on_tick(const tmon_tick& tick, uint32_t tail = 0);
	int32_t on_alert(const tmon_alert& alert, uint32_t tail = 0);
	int32_t on_end();
	int32_t save(std::string& state, uint64_t room = uint64_t{64} << 20);
	int32_t restore(std::string_view state);
	int32_t reconfigure(std::string_view config);
	void destroy();

	bool exists() const noexcept { return created_; }
	bool takes_events() const noexcept { return around_.module.api().on_batch != nullptr; }
	bool has(Capability capability) const noexcept;
	// The text that came with the last status that was not TMON_OK.
	const std::string& failure() const noexcept { return failure_; }
	WatchedHost& host() noexcept { return host_; }
	const void* extension(const char* id);

private:
	template <class Function> int32_t call(Call which, Function function, bool may_retry = false);
	template <class Function> void mark(Call which, Function function);
	template <class Table> const Table* find(const char* id, std::size_t least);

	const Surroundings& around_;
	WatchedHost& host_;
	void* self_ = nullptr;
	bool created_ = false;
	std::string failure_;
	const tmon_ext_alerts* alerts_ = nullptr;
	const tmon_ext_ticks* ticks_ = nullptr;
	const tmon_ext_end* end_ = nullptr;
	const tmon_ext_state* state_ = nullptr;
	const tmon_ext_reconfigure* reconfigure_ = nullptr;
};

// "TMON_E_CONFIG", or "status 17".
std::string status_name(int32_t status);

} // namespace tmon
