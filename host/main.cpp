// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/ctl.hpp"
#include "host/commands/plugins_command.hpp"
#include "host/diagnostics/log.hpp"
#include "host/exit_code.hpp"
#include "host/monitor.hpp"
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

int main(int argc, char** argv) {
	using namespace tmon;
	// A reader that goes away is an error of that write, not the end of the filter.
	std::signal(SIGPIPE, SIG_IGN);
	const std::span<const char* const> arguments(argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0));
	const auto end = [](const Exit& exit) {
		std::fputs(exit.text.c_str(), exit.code == exit_ok ? stdout : stderr);
		return exit.code;
	};
	try {
		const InstalledTree tree = InstalledTree::of_this_program();
		if (!arguments.empty() && (std::string_view(arguments.front()) == "ctl" || std::string_view(arguments.front()) == "status"))
			return ctl_main(arguments.subspan(std::string_view(arguments.front()) == "ctl" ? 1 : 0));
		if (!arguments.empty() && std::string_view(arguments.front()) == "plugins") {
			const auto command = parse_plugins_options(arguments.subspan(1));
			if (const Exit* exit = std::get_if<Exit>(&command))
				return end(*exit);
			return run_plugins_command(std::get<PluginsCommand>(command), tree);
		}
		const auto parsed = parse_run_options(arguments);
		if (const Exit* exit = std::get_if<Exit>(&parsed))
			return end(*exit);
		// Before there is any thread.
		Spawner spawner = Spawner::start(tree.runner);
		const std::function<MergeResult()> read_configuration = [&] {
			return merge(std::get<RunOptions>(parsed), make_plugin_check(tree));
		};
		const MergeResult merged = read_configuration();
		start_log(merged.config && merged.config->verbose);
		for (const Diagnostic& warning : merged.warnings)
			std::fprintf(stderr, "%s\n", to_string(warning, "warning").c_str());
		for (const Diagnostic& error : merged.errors)
			std::fprintf(stderr, "%s\n", to_string(error).c_str());
		if (!merged.config)
			return merged.exit_code;
		return monitor_live(*merged.config, std::move(spawner), read_configuration);
	} catch (const std::exception& error) {
		std::fprintf(stderr, "traffic-monitor: %s\n", error.what());
		return exit_runtime;
	}
}
