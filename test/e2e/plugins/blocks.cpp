// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Has each source that it sees blocked for "seconds", once.
#include <traffic_monitor/plugin.hpp>

#include <array>
#include <cstring>
#include <set>
#include <string>

namespace {

class Blocks : public tmon::Plugin {
public:
	using Plugin::Plugin;

	void on_batch(const tmon::Batch& batch) {
		for (const tmon_event& event : batch) {
			std::array<uint8_t, 16> source;
			std::memcpy(source.data(), event.src, source.size());
			if (!asked_.insert(source).second)
				continue;
			const int32_t status = host().block(event.src, config().number("seconds"), "seen by a plugin");
			host().info("asked to block " + tmon::address_text(event.src) + ": " + std::to_string(status));
		}
	}

private:
	std::set<std::array<uint8_t, 16>> asked_;
};

} // namespace

TMON_PLUGIN(Blocks, "blocks", "1", R"("permissions": ["block"], "config": {"type": "object", "properties":
	{"seconds": {"type": "integer", "minimum": 1, "default": 60}}})")
