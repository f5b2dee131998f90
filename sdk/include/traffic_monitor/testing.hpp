// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Tests of a plugin without a host: the shared object, loaded as the host loads it, and a host that records
// what it is told (C++17; link with -ldl where the C library is older than glibc 2.34).
//
//     tmon::testing::Host host;
//     tmon::testing::Plugin plugin(host, "./port-watch.so", R"({"ports": 3})");
//     plugin.batch({tmon::testing::tcp("192.0.2.1:40000", "10.0.0.1:22"), ...});
//     assert(host.alerts.size() == 1);
//
// Nothing checks the configuration against the schema here, nor fills in defaults: hand over a complete one;
// `traffic-monitor plugins check` does both.
#ifndef TRAFFIC_MONITOR_TESTING_HPP
#define TRAFFIC_MONITOR_TESTING_HPP

#include "testing_events.hpp"
#include "testing_host.hpp"

#include <dlfcn.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {
namespace testing {

// One instance of a plugin. The calls return what the plugin returned, and are made from the thread that
// makes them here.
class Plugin {
public:
	// Loads the file and creates an instance; created() says how that went. Throws std::runtime_error when the file
	// is no plugin that a host with these headers would load.
	Plugin(Host& host, const std::string& path, const std::string& config = "{}") : host_(&host), library_(path) {
		entry_ = static_cast<const tmon_plugin_entry*>(library_.symbol(TMON_PLUGIN_ENTRY_SYMBOL));
		check(path);
		Host::Call call(host);
		created_ = api().create(&host.table(), to_str(config), &self_);
		exists_ = created_ == TMON_OK;
	}
	Plugin(const Plugin&) = delete;
	Plugin& operator=(const Plugin&) = delete;
	~Plugin() { destroy(); }

	int32_t created() const noexcept { return created_; }
	const tmon_plugin_entry& entry() const noexcept { return *entry_; }
	std::string_view manifest() const noexcept { return entry_->manifest; }
	bool takes_events() const noexcept { return api().on_batch != nullptr; }
	bool flushes() const noexcept { return api().flush != nullptr; }

	// Hands over events as the next ones of ring 0; their sequence goes on from call to call.
	int32_t batch(const std::vector<tmon_event>& events, int64_t clock_offset_ns = 0, uint64_t lost_before = 0) {
		tmon_batch batch{};
		batch.size = sizeof batch;
		batch.first_seq = next_seq_ + lost_before;
		batch.count = static_cast<uint32_t>(events.size());
		batch.event_stride = sizeof(tmon_event);
		batch.lost_before = lost_before;
		batch.clock_offset_ns = clock_offset_ns;
		batch.events = events.data();
		const int32_t status = this->batch(batch);
		if (status != TMON_RETRY)
			next_seq_ = batch.first_seq + batch.count;
		return status;
	}
	int32_t batch(const tmon_batch& batch) {
		need(api().on_batch != nullptr, "on_batch");
		Host::Call call(*host_);
		return api().on_batch(self(), &batch);
	}
	int32_t flush() {
		need(api().flush != nullptr, "flush");
		Host::Call call(*host_);
		return api().flush(self());
	}
	int32_t alert(const tmon_alert& alert) {
		const auto& table = power<tmon_ext_alerts>(TMON_EXT_ALERTS);
		Host::Call call(*host_);
		return table.on_alert(self(), &alert);
	}
	int32_t tick(const tmon_tick& tick) {
		const auto& table = power<tmon_ext_ticks>(TMON_EXT_TICKS);
		Host::Call call(*host_);
		return table.on_tick(self(), &tick);
	}
	// At this time of CLOCK_MONOTONIC, with totals of 0.
	int32_t tick(uint64_t now_ns, uint32_t flags = 0) {
		tmon_tick tick{};
		tick.size = sizeof tick;
		tick.flags = flags;
		tick.now_ns = now_ns;
		return this->tick(tick);
	}
	int32_t end() {
		const auto& table = power<tmon_ext_end>(TMON_EXT_END);
		Host::Call call(*host_);
		return table.on_end(self());
	}
	// Replaces `state` by what the plugin saves.
	int32_t save(std::string& state) {
		const auto& table = power<tmon_ext_state>(TMON_EXT_STATE);
		state.clear();
		Host::Call call(*host_);
		return table.save(
		    self(),
		    [](void* sink, const void* data, uint64_t size) -> int32_t {
			    static_cast<std::string*>(sink)->append(static_cast<const char*>(data),
			                                            static_cast<std::size_t>(size));
			    return TMON_OK;
		    },
		    &state);
	}
	int32_t restore(const std::string& state) {
		const auto& table = power<tmon_ext_state>(TMON_EXT_STATE);
		Host::Call call(*host_);
		return table.restore(self(), to_str(state));
	}
	int32_t reconfigure(const std::string& config) {
		const auto& table = power<tmon_ext_reconfigure>(TMON_EXT_RECONFIGURE);
		Host::Call call(*host_);
		return table.reconfigure(self(), to_str(config));
	}
	// Ends the instance; also when this object goes.
	void destroy() {
		if (!exists_)
			return;
		Host::Call call(*host_);
		exists_ = false;
		api().destroy(self_);
	}

	// The table of an optional power; nullptr when the plugin lacks it.
	template <class Table>
	const Table* extension(const char* id) {
		if (api().get_extension == nullptr)
			return nullptr;
		Host::Call call(*host_);
		return static_cast<const Table*>(api().get_extension(self(), to_str(id)));
	}

private:
	class Library {
	public:
		explicit Library(const std::string& path) : handle_(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
			if (handle_ == nullptr)
				throw std::runtime_error(::dlerror());
		}
		Library(const Library&) = delete;
		Library& operator=(const Library&) = delete;
		~Library() { ::dlclose(handle_); }
		const void* symbol(const char* name) const noexcept { return ::dlsym(handle_, name); }

	private:
		void* handle_;
	};

	const tmon_plugin_api& api() const noexcept { return *entry_->api; }

	void* self() const {
		need(exists_, "an instance");
		return self_;
	}
	static void need(bool there, const std::string& what) {
		if (!there)
			throw std::logic_error("the plugin has not got " + what);
	}
	template <class Table>
	const Table& power(const char* id) {
		const Table* table = extension<Table>(id);
		need(table != nullptr, id);
		return *table;
	}

	void check(const std::string& path) const {
		const auto refuse = [&](const std::string& why) { throw std::runtime_error(path + ": " + why); };
		if (entry_ == nullptr)
			refuse("exports no " TMON_PLUGIN_ENTRY_SYMBOL);
		if (entry_->magic != TMON_PLUGIN_MAGIC)
			refuse("does not begin with the magic of a plugin");
		if (entry_->abi_major != TMON_ABI_MAJOR || entry_->abi_minor_required > TMON_ABI_MINOR)
			refuse("needs plugin ABI " + std::to_string(entry_->abi_major) + "." +
			       std::to_string(entry_->abi_minor_required));
		if (!TMON_HAS(entry_, tmon_plugin_entry, api) || entry_->api == nullptr || entry_->id == nullptr ||
		    entry_->version == nullptr || entry_->manifest == nullptr)
			refuse("its entry is incomplete");
		if (!TMON_HAS(entry_->api, tmon_plugin_api, get_extension) || api().create == nullptr ||
		    api().destroy == nullptr)
			refuse("its function table is incomplete");
	}

	Host* host_;
	Library library_;
	const tmon_plugin_entry* entry_ = nullptr;
	void* self_ = nullptr;
	int32_t created_ = TMON_E_INTERNAL;
	bool exists_ = false;
	uint64_t next_seq_ = 0;
};

} // namespace testing
} // namespace tmon

#endif
