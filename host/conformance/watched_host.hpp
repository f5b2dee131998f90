// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/conformance/guarded_memory.hpp"
#include "host/conformance/reporter.hpp"
#include "host/runner/host_services.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tmon {

// The services of a host as a plugin under test sees them: those of a real runner behind, and in front somebody who
// looks whether they are used as they may be, remembers what the plugin did, and lets them fail where that is wanted.
//
// Is never destroyed: a plugin may have left threads behind that use it.
class WatchedHost {
public:
	// What the services answer instead of doing their work; TMON_OK: they do it.
	struct Failures {
		int32_t open = TMON_OK, emit_alert = TMON_OK, metric_define = TMON_OK, block = TMON_OK;
		std::optional<std::string> interface_name;
		bool unknown_status = false; // one of the above is unknown, and may be passed on
		bool strange = false; // names and strings that the plugin gets are no text: what it makes of them is not looked at

		bool any() const { return open || emit_alert || metric_define || block; }
	};

	// `tail`: bytes that its table is longer than this ABI's, filled with what would not do as a pointer.
	static WatchedHost& make(HostServices& services, Reporter& reporter, std::size_t tail = 0);

	const tmon_host& table() const noexcept { return *static_cast<const tmon_host*>(memory_->data()); }

	// The calling thread enters the plugin, and leaves it.
	void enter(const char* call);
	void leave();
	void open_services() { closed_.store(false); }
	void close_services() { closed_.store(true); } // destroy has returned

	// The last text given to fail since the last call of this.
	std::string take_failure();

	// What the plugin did: alerts, log lines, metrics; the same for the same deeds.
	std::string observed() const;
	uint64_t alerts() const;
	void forget(); // what was observed, and its memory

	Failures failures;
	bool remembers = true;

private:
	WatchedHost(HostServices& services, Reporter& reporter) : services_(services), reporter_(reporter) {}

	static WatchedHost& self(tmon_host_context* context) { return *reinterpret_cast<WatchedHost*>(context); }
	bool is_open(const char* service);
	bool is_serial(const char* service);
	const tmon_host& real() const { return services_.table(); }
	void fill(tmon_host& table);
	int32_t emit_alert(const tmon_alert& alert);
	void check_text(const char* what, tmon_str text);
	void look_at(const tmon_alert& alert);
	void remember(std::string line);

	HostServices& services_;
	Reporter& reporter_;
	std::unique_ptr<GuardedMemory> memory_;
	std::atomic<bool> closed_{true};
	std::atomic<const char*> call_{nullptr}; // under way
	std::atomic<std::thread::id> thread_{};  // that it runs in
	mutable std::mutex mutex_;
	std::string failure_;
	std::vector<std::string> lines_;
	std::map<uint32_t, std::string> metrics_; // names by id
	std::map<std::string, double> recorded_;
	uint64_t alerts_ = 0;
};

} // namespace tmon
