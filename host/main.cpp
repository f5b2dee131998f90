// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/config_commands.hpp"
#include "host/commands/ctl.hpp"
#include "host/commands/detach.hpp"
#include "host/commands/plugins_command.hpp"
#include "host/diagnostics/log.hpp"
#include "host/exit_code.hpp"
#include "host/monitor/monitor.hpp"
#include "host/options/options.hpp"
#include "host/plugin_file/plugin_check.hpp"
#include "host/spawner/spawner.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace tmon;
using Arguments = std::span<const char* const>;

int end(const Exit& exit) {
	std::fputs(exit.text.c_str(), exit.code == exit_ok ? stdout : stderr);
	return exit.code;
}

// What the options behind a command's name ask for is done by `run`, or they say why it is not.
template <auto parse, auto run>
int parse_and_run(Arguments arguments, const InstalledTree& tree) {
	const auto options = parse(arguments);
	if (const Exit* exit = std::get_if<Exit>(&options))
		return end(*exit);
	return run(std::get<0>(options), tree);
}

struct Command {
	std::string_view name;
	int (*run)(Arguments behind_name, const InstalledTree& tree);
};

// Short for `ctl status`.
int status(Arguments behind_name, const InstalledTree&) {
	std::vector<const char*> arguments{"status"};
	arguments.insert(arguments.end(), behind_name.begin(), behind_name.end());
	return ctl_main(arguments);
}

// What else than a run the command line can begin with.
constexpr Command commands[] = {
    {"check", parse_and_run<parse_check_options, check_configs>},
    {"ctl", [](Arguments behind_name, const InstalledTree&) { return ctl_main(behind_name); }},
    {"detach", parse_and_run<parse_detach_options, detach_pinned>},
    {"explain", parse_and_run<parse_explain_options, explain_addresses>},
    {"plugins", parse_and_run<parse_plugins_options, run_plugins_command>},
    {"status", status},
};

int run(Arguments arguments, const InstalledTree& tree) {
	const auto parsed = parse_run_options(arguments);
	if (const Exit* exit = std::get_if<Exit>(&parsed))
		return end(*exit);
	// Before there is any thread.
	Spawner spawner = Spawner::start(tree.runner);
	const std::function<MergeResult()> read_configuration = [&] {
		return merge(std::get<RunOptions>(parsed), make_plugin_check(tree));
	};
	MergeResult merged = read_configuration();
	start_log(merged.config && merged.config->verbose);
	for (const Diagnostic& warning : merged.warnings)
		std::fprintf(stderr, "%s\n", to_string(warning, "warning").c_str());
	for (const Diagnostic& error : merged.errors)
		std::fprintf(stderr, "%s\n", to_string(error).c_str());
	if (!merged.config)
		return merged.exit_code;
	return monitor_live(std::move(*merged.config), std::move(spawner), read_configuration);
}

} // namespace

int main(int argc, char** argv) {
	// A reader that goes away is an error of that write, not the end of the filter.
	std::signal(SIGPIPE, SIG_IGN);
	const Arguments arguments(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
	try {
		const InstalledTree tree = InstalledTree::of_this_program();
		for (const Command& command : commands)
			if (!arguments.empty() && command.name == arguments.front())
				return command.run(arguments.subspan(1), tree);
		return run(arguments, tree);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "traffic-monitor: %s\n", error.what());
		return exit_runtime;
	}
}
