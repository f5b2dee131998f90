// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Never returns from its first batch.
#include <traffic_monitor/plugin.hpp>

#include <unistd.h>

namespace {

class Hangs : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch&) {
		host().info("hangs now");
		for (;;)
			pause();
	}
};

} // namespace

TMON_PLUGIN(Hangs, "hangs", "1")
