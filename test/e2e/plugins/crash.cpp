// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Writes to where nothing is when it gets its 1000th event.
#include <traffic_monitor/plugin.hpp>

#include <csignal>
#include <cstdint>

namespace {

class Crash : public tmon::Plugin {
public:
	Crash(tmon::Host host, std::string_view config) : Plugin(host, config) {
		std::signal(SIGSEGV, SIG_DFL); // a sanitizer would catch it
	}

	void on_batch(const tmon::Batch& batch) {
		events_ += batch.size();
		if (events_ >= 1000)
			*nowhere_ = 1;
	}

private:
	uint64_t events_ = 0;
	volatile int* volatile nowhere_ = reinterpret_cast<volatile int*>(8); // as a member of a null pointer's target
};

} // namespace

TMON_PLUGIN(Crash, "crash", "1")
