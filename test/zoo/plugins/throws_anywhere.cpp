// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Throws in each callback named by "in" that it is called for: what plugin.hpp makes of it.
#include <traffic_monitor/plugin.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace {

class ThrowsAnywhere : public tmon::Plugin {
public:
	ThrowsAnywhere(tmon::Host host, std::string_view config)
	    : Plugin(host, config), in_(this->config().text("in", "")), odd_(this->config().flag("odd", false)) {
		maybe("create");
	}

	void on_batch(const tmon::Batch&) { maybe("on_batch"); }
	void flush() { maybe("flush"); }
	void on_alert(const tmon_alert&) { maybe("on_alert"); }
	void on_tick(const tmon_tick&) { maybe("on_tick"); }
	void on_end() { maybe("on_end"); }

private:
	void maybe(const std::string& call) const {
		if (in_ != call)
			return;
		if (odd_)
			throw 4711; // not an exception of the library
		throw std::runtime_error("thrown in " + call);
	}

	std::string in_;
	bool odd_;
};

} // namespace

TMON_PLUGIN(ThrowsAnywhere, "throws-anywhere", "1")
