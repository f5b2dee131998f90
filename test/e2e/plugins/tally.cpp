// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Counts what it is given and says so at the end. Built with nothing but the SDK.
#include <traffic_monitor/plugin.hpp>

#include <cstdint>
#include <string>

namespace {

class Tally : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch& batch) {
		lost_ += batch.lost_before();
		for (const tmon_event& event : batch)
			++(event.ip_version == 6 ? ipv6_ : ipv4_);
	}

	void on_end() {
		host().info("tally: " + std::to_string(ipv4_) + " IPv4, " + std::to_string(ipv6_) + " IPv6, " +
		            std::to_string(lost_) + " lost");
	}

private:
	uint64_t ipv4_ = 0, ipv6_ = 0, lost_ = 0;
};

} // namespace

TMON_PLUGIN(Tally, "tally", "1")
