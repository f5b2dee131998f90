// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Prints where plugins have no business to print: on its own standard output and error.
#include <traffic_monitor/plugin.hpp>

#include <cstdio>

namespace {

class Prints : public tmon::Plugin {
public:
	Prints(tmon::Host host, std::string_view config) : Plugin(host, config) {
		std::fputs("error from create\n", stderr);
	}
	// What is printed without a flush comes out when the process ends.
	~Prints() { std::puts("output from destroy"); }

	void on_batch(const tmon::Batch&) {
		std::puts("output from \x1b[31mon_batch");
		std::fflush(stdout);
	}
};

} // namespace

TMON_PLUGIN(Prints, "prints", "1")
