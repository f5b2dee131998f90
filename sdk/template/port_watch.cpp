// SPDX-License-Identifier: MIT OR Apache-2.0
#include <traffic_monitor/plugin.hpp>

#include <map>
#include <set>

// Raises an alert when one source has tried as many ports as the configuration says.
struct PortWatch : tmon::Plugin {
	using Plugin::Plugin;
	void on_batch(const tmon::Batch& batch) {
		for (const tmon_event& event : batch) {
			auto& ports = tried[tmon::address_text(event.src)];
			if (ports.insert(event.dst_port).second && ports.size() == config().number("ports"))
				host().emit(tmon::Alert("port_watch", TMON_SEVERITY_HIGH, event, "tried many ports"));
		}
		if (tried.size() > 10000) // forgets rather than grows without bound
			tried.clear();
	}
	std::map<std::string, std::set<uint16_t>> tried;
};
TMON_PLUGIN(PortWatch, "port-watch", "1.0.0", R"("config": {"type": "object", "properties":
	{"ports": {"type": "integer", "minimum": 2, "maximum": 1024, "default": 10}}})")
