// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Takes another configuration as it is, unless that says "refuse" or "unsupported"; counts on.
#include <traffic_monitor/plugin.hpp>

#include <cstdint>
#include <string>

namespace {

class Reconfigures : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch& batch) { events_ += batch.size(); }
	int32_t reconfigure(const tmon::Config& config) {
		if (config.flag("refuse", false))
			throw tmon::Error(TMON_E_CONFIG, "not this one");
		return config.flag("unsupported", false) ? TMON_E_UNSUPPORTED : TMON_OK;
	}
	void on_end() {
		host().info("counted " + std::to_string(events_) + ", number " + std::to_string(config().number("number", 0)));
	}

private:
	uint64_t events_ = 0;
};

} // namespace

TMON_PLUGIN(Reconfigures, "reconfigures", "1")
