// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/plugins_options.hpp"

#include "host/config/source.hpp"
#include "host/options/command_line.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <vector>

namespace tmon {

namespace {

constexpr const char* closing_text = R"(
A plugin is named by its ID, or by the path of its file; a path has a '/' in it.

Exit codes:
  0    success; of check: passed; of replay: the plugin has taken everything
  1    of check: failed; of replay: the plugin crashed or failed; of any: a failure while running
  2    the command line is wrong
  3    this is not a plugin, or its configuration is wrong
)";

struct Typed {
	std::string plugin, recording, other_plugin, config, seed;
	bool json = false, verbose = false;
};

// One table: which options and arguments each command has.
void declare(CLI::App& app, Typed& typed) {
	app.require_subcommand(0, 1);
	app.set_help_flag("-h,--help", "Print this help");
	const auto json = [&](CLI::App* command) {
		command->add_flag("--json", typed.json, "Print JSON instead of text")->disable_flag_override();
	};
	const auto plugin = [&](CLI::App* command) {
		command->add_option("PLUGIN", typed.plugin, "ID of an installed plugin, or path of a file")
		    ->required()
		    ->type_name("");
	};
	const auto config = [&](CLI::App* command, const char* help) {
		command->add_option("--config", typed.config, help)->type_name("JSON|@FILE");
	};

	CLI::App* const list = app.add_subcommand("list", "The installed plugins");
	json(list);

	CLI::App* const info = app.add_subcommand("info", "All that a plugin's file says about it; runs none of its code");
	plugin(info);
	json(info);

	CLI::App* const check = app.add_subcommand("check", "The conformance kit: does a plugin keep to the ABI, whatever it meets?");
	plugin(check);
	json(check);
	check->add_option("--seed", typed.seed, "Repeat a run: the same inputs as then [random]")->type_name("N");
	config(check, "Use this configuration where a sound one is needed\n[one made from the plugin's schema]");

	CLI::App* const replay =
	    app.add_subcommand("replay", "Gives a plugin once more what it crashed on, in a process of its own");
	replay->add_option("RECORDING", typed.recording, "A file that the program has saved when a plugin crashed")
	    ->required()
	    ->type_name("");
	replay->add_option("--plugin", typed.other_plugin, "Another plugin than the recorded one")->type_name("ID|FILE");
	config(replay, "Another configuration than the recorded one");
	replay->add_flag("-v,--verbose", typed.verbose, "Show the debug lines, too")->disable_flag_override();

	for (CLI::App* command : {list, info, check, replay})
		command->set_help_flag("-h,--help", "Print this help");
}

Exit usage_error(const std::string& message, const std::string& command) {
	return {exit_usage, "traffic-monitor plugins: " + message + "\nTry 'traffic-monitor plugins" +
	                        (command.empty() ? "" : " " + command) + " --help'.\n"};
}

std::variant<PluginsCommand, Exit> read(const CLI::App& command, const Typed& typed) {
	const std::string& name = command.get_name();
	const auto given = [&](const char* option, const std::string& text) {
		return command.count(option) > 0 ? std::optional(text) : std::nullopt;
	};
	if (name == "list")
		return PluginsCommand(ListPlugins{typed.json});
	if (name == "info")
		return PluginsCommand(DescribePlugin{typed.plugin, typed.json});
	if (name == "replay")
		return PluginsCommand(ReplayRecording{typed.recording, given("--plugin", typed.other_plugin),
		                                      given("--config", typed.config), typed.verbose});
	CheckPlugin check{typed.plugin, typed.json, std::nullopt, given("--config", typed.config)};
	if (command.count("--seed") > 0) {
		const char* const end = typed.seed.data() + typed.seed.size();
		const auto [stop, error] = std::from_chars(typed.seed.data(), end, check.seed.emplace());
		if (error != std::errc{} || stop != end)
			return usage_error("--seed " + quote(typed.seed) + ": expected a whole number below 2^64", name);
	}
	return PluginsCommand(std::move(check));
}

} // namespace

std::variant<PluginsCommand, Exit> parse_plugins_options(std::span<const char* const> arguments) {
	Typed typed;
	CLI::App app("Looks at plugins, checks them, and has them read again what they crashed on.", "traffic-monitor plugins");
	declare(app, typed);
	const CLI::App* command = &app;
	const auto name = [&] { return command == &app ? std::string() : command->get_name(); };
	for (const CLI::App* each : app.get_subcommands([](CLI::App*) { return true; })) {
		if (!arguments.empty() && each->check_name(arguments.front()))
			command = each;
	}
	app.allow_extras();
	for (CLI::App* each : app.get_subcommands([](CLI::App*) { return true; }))
		each->allow_extras();
	try {
		app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
	} catch (const CLI::CallForHelp&) {
		return Exit{exit_ok, command->help(command == &app ? "" : "traffic-monitor plugins") + closing_text};
	} catch (const CLI::ParseError& error) {
		return usage_error(explain_parse_error(error), name());
	}
	if (const auto left = app.remaining(true); !left.empty()) {
		std::vector<std::string_view> names;
		for (const CLI::App* each : command->get_subcommands([](const CLI::App*) { return true; }))
			names.push_back(each->get_name());
		return usage_error(explain_unknown(*command, left.front(), names), name());
	}
	if (command == &app)
		return usage_error("which command? there are list, info, check and replay", "");
	return read(*command, typed);
}

} // namespace tmon
