// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Throws at every second batch and says at the end how many events these held.
#include <traffic_monitor/plugin.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

class Throws : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch& batch) {
		if (++batches_ % 2 != 0)
			return;
		thrown_ += batch.size();
		throw std::runtime_error("every second batch");
	}

	void on_end() { host().info("threw over " + std::to_string(thrown_) + " events"); }

private:
	uint64_t batches_ = 0, thrown_ = 0;
};

} // namespace

TMON_PLUGIN(Throws, "throws", "1")
