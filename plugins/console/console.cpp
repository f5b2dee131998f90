// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/interface_lookup.hpp"
#include "plugins/common/output.hpp"
#include "plugins/common/seeded_hash.hpp"
#include "plugins/console/summary.hpp"
#include "plugins/format/line.hpp"
#include "traffic_monitor/plugin.hpp"

namespace {

using namespace tmon::plugins;

class Console : public tmon::Plugin {
public:
	Console(tmon::Host host, std::string_view config)
	    : Plugin(host, config), with_lines_(this->config().flag("lines", true)),
	      with_summary_(this->config().flag("summary", true)), out_(host, "-"),
	      line_(InterfaceLookup{host}, wants_colour(out_.descriptor())), traffic_(random_seed()) {}

	void on_batch(const tmon::Batch& batch) {
		if (with_lines_)
			print(batch);
		// After printing: a batch that could not be printed counts as failed, and is not summed up.
		if (with_summary_)
			traffic_.add(batch);
	}

	void on_tick(const tmon_tick& tick) {
		if (!with_summary_)
			return;
		lines_.append(traffic_.summary(tick));
		out_.write(lines_);
	}

private:
	void print(const tmon::Batch& batch) {
		for (const tmon_event& event : batch) {
			if (lines_.space() <= tmon::format::max_record)
				out_.write(lines_);
			char* end = line_.put(lines_.end(), event);
			*end++ = '\n';
			lines_.set_end(end);
		}
		out_.write(lines_);
	}

	const bool with_lines_, with_summary_;
	LineFile out_;
	LineBuffer lines_{64 * 1024};
	tmon::format::ConsoleLine<InterfaceLookup> line_;
	tmon::console::Traffic traffic_;
};

} // namespace

TMON_PLUGIN(Console, "console", TMON_VERSION_STRING, R"(
	"description": "Prints a line for each event, and a summary at every statistics interval and at the end",
	"license": "MIT OR Apache-2.0",
	"config": {
		"type": "object",
		"properties": {
			"lines": {"description": "print the line for each event", "type": "boolean", "default": true},
			"summary": {"description": "print the summary", "type": "boolean", "default": true}
		}
	})")
