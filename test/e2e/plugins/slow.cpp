// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Takes 100 ms for each batch, whatever its size.
#include <traffic_monitor/plugin.hpp>

#include <cstdint>
#include <string>

#include <time.h>

namespace {

class Slow : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch& batch) {
		lost_ += batch.lost_before();
		const timespec pause{0, 100'000'000};
		nanosleep(&pause, nullptr);
	}

	void on_end() { host().info("missed " + std::to_string(lost_)); }

private:
	uint64_t lost_ = 0;
};

} // namespace

TMON_PLUGIN(Slow, "slow", "1")
