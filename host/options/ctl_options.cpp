// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/ctl_options.hpp"

#include "host/config/source.hpp"
#include "host/config/suggest.hpp"
#include "host/control/address.hpp"
#include "host/options/command_line.hpp"

#include <CLI/CLI.hpp>

#include <vector>

namespace tmon {

namespace {

constexpr const char* closing_text = R"(
Exit codes:
  0    done
  1    refused, or there is no run that answers
  2    the command line is wrong
)";

struct Typed {
	std::string socket, address, ttl, reason;
	bool json = false;
};

// One table: which options and arguments each command has.
void declare(CLI::App& app, Typed& typed) {
	app.require_subcommand(0, 1);
	const auto common = [&](CLI::App* command) {
		command->set_help_flag("-h,--help", "Print this help");
		command->add_option("--socket", typed.socket, "The control socket of the run")->type_name("PATH");
		command->add_flag("--json", typed.json, "Print JSON instead of text")->disable_flag_override();
	};
	const auto command = [&](const char* name, const char* help) {
		CLI::App* const added = app.add_subcommand(name, help);
		common(added);
		return added;
	};
	const auto address = [&](CLI::App* to, const char* help) {
		to->add_option("ADDRESS", typed.address, help)->required()->type_name("");
	};
	common(&app);
	command("status", "What the run does: interfaces, policy, drop mode, block list, totals");
	command("stats", "The totals, as in the statistics file");
	address(command("check-ip", "What happens to packets from an address, and which entry decides it"), "An IPv4 or IPv6 address");
	CLI::App* const block = command("block", "Drops what comes from an address or a prefix, for a time");
	address(block, "An address, or a prefix such as 203.0.113.0/24");
	block->add_option("--ttl", typed.ttl, "For how long, such as 30s, 10m, 24h")->required()->type_name("TIME");
	block->add_option("--reason", typed.reason, "Why, for the log and the list")->type_name("TEXT");
	address(command("unblock", "Takes an address or a prefix from the block list"), "As it was blocked");
	command("blocked", "The block list");
	command("confirm", "Dropping goes on for good");
	command("version", "The version of the run's program");
	command("help", "The commands that the run knows");
}

Exit usage_error(const std::string& message, const std::string& command) {
	return {exit_usage, "traffic-monitor ctl: " + message + "\nTry 'traffic-monitor ctl" +
	                        (command.empty() ? "" : " " + command) + " --help'.\n"};
}

std::string explain_unknown(const CLI::App& app, const std::string& word) {
	std::vector<std::string> names;
	if (word.starts_with('-')) {
		for (const CLI::Option* option : app.get_options())
			for (const std::string& name : option->get_lnames())
				names.push_back("--" + name);
	} else {
		for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
			names.push_back(command->get_name());
	}
	const std::string name = word.substr(0, word.find('='));
	const std::vector<std::string_view> candidates(names.begin(), names.end());
	return (word.starts_with('-') ? "unknown option " : names.empty() ? "unexpected argument " : "unknown command ") +
	       quote(name) + suggestion(name, candidates);
}

std::variant<CtlCommand, Exit> read(const CLI::App& command, const Typed& typed, const std::string& default_socket) {
	const std::string& name = command.get_name();
	CtlCommand result{typed.socket.empty() ? default_socket : typed.socket, typed.json, name, {}};
	if (result.socket.empty())
		return usage_error("--socket PATH is missing: this user has no place for one ($XDG_RUNTIME_DIR is not set)", name);
	if (!typed.address.empty() || name == "block" || name == "unblock" || name == "check-ip") {
		const auto parsed = name == "check-ip" ? parse_one_address(typed.address) : parse_target(typed.address);
		if (const auto* error = std::get_if<std::string>(&parsed))
			return usage_error(*error, name);
		result.keys["address"] = to_string(std::get<Prefix>(parsed));
	}
	if (name == "block") {
		if (const auto parsed = parse_block_time(typed.ttl); const auto* error = std::get_if<std::string>(&parsed))
			return usage_error("--ttl " + *error, name);
		if (const std::string wrong = reason_error(typed.reason); !wrong.empty())
			return usage_error("--reason: " + wrong, name);
		result.keys["ttl"] = typed.ttl;
		if (!typed.reason.empty())
			result.keys["reason"] = typed.reason;
	}
	return result;
}

} // namespace

std::variant<CtlCommand, Exit> parse_ctl_options(std::span<const char* const> arguments, const std::string& default_socket) {
	Typed typed;
	CLI::App app("Asks a traffic-monitor that runs on this host, or has it do something.", "traffic-monitor ctl");
	declare(app, typed);
	const auto all = [](const CLI::App*) { return true; };
	app.allow_extras();
	for (CLI::App* each : app.get_subcommands([](CLI::App*) { return true; }))
		each->allow_extras();
	const auto chosen = [&]() -> const CLI::App& {
		for (const char* word : arguments) {
			for (const CLI::App* each : static_cast<const CLI::App&>(app).get_subcommands(all)) {
				if (each->check_name(word))
					return *each;
			}
		}
		return app;
	};
	const CLI::App& command = chosen();
	const std::string name = &command == &app ? "" : command.get_name();
	try {
		app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
	} catch (const CLI::CallForHelp&) {
		return Exit{exit_ok, command.help(name.empty() ? "" : "traffic-monitor ctl") + closing_text};
	} catch (const CLI::ParseError& error) {
		return usage_error(explain_parse_error(error), name);
	}
	if (const auto left = app.remaining(true); !left.empty())
		return usage_error(explain_unknown(command, left.front()), name);
	if (app.get_subcommands().empty())
		return usage_error("which command? 'traffic-monitor ctl --help' lists them", "");
	return read(*app.get_subcommands().front(), typed, default_socket);
}

} // namespace tmon
