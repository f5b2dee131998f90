// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Writes through a null pointer when it gets its 1000th event.
#include <traffic_monitor/plugin.hpp>

#include <cstdint>

namespace {

class Crash : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch& batch) {
		events_ += batch.size();
		if (events_ >= 1000)
			*nowhere_ = 1;
	}

private:
	uint64_t events_ = 0;
	volatile int* volatile nowhere_ = nullptr;
};

} // namespace

TMON_PLUGIN(Crash, "crash", "1")
