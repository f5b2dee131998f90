// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/config_options.hpp"

#include "host/options/command_line.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

namespace tmon {

namespace {

constexpr const char* check_closing = R"(
The files, the lists of prefixes that they name, and the plugins with their configurations are looked at as a run
would do it; but nothing is started, and neither root nor an interface is needed. Errors and warnings go to standard
error, one line for each file that is right to standard output.

Exit codes:
  0    all files are right
  2    the command line is wrong
  3    a file is wrong; each error is listed with its line and column

Examples:
  traffic-monitor check /etc/traffic-monitor/config.json
  traffic-monitor check new.json && systemctl reload traffic-monitor
)";

constexpr const char* explain_closing = R"(
Shows the entry that decides, and the shorter ones that it overrides. Blocked addresses, and what passes whatever its
source (ARP, neighbour discovery, DHCP), are not taken into account.

Exit codes:
  0    success, whatever becomes of the packets
  2    the command line is wrong, or something is not an address
  3    the configuration is wrong

Examples:
  traffic-monitor explain 192.0.2.7 2001:db8::1 -c configs/default.json
  traffic-monitor explain 10.1.2.3 -c configs/lists-example.json --drop-packets --json
)";

// The texts as they were typed.
struct Typed {
	std::vector<std::string> words, settings;
	std::string config;
	bool json = false, drop_packets = false;
};

class Formatter : public CLI::Formatter {
public:
	explicit Formatter(const char* usage) : usage_(usage) { column_width(34); }
	std::string make_usage(const CLI::App*, std::string) const override { return usage_; }
	std::string make_option_opts(const CLI::Option* option) const override {
		return option->get_type_name().empty() ? "" : " " + option->get_type_name();
	}

private:
	const char* usage_;
};

// One command and its table of options.
class Command {
public:
	Command(std::string name, const char* introduction, const char* usage, const char* closing)
	    : name_(std::move(name)), closing_(closing), app_(introduction, name_) {
		app_.formatter(std::make_shared<Formatter>(usage));
		app_.set_help_flag("-h,--help", "Print this help");
		app_.add_flag("--json", typed_.json, "Print JSON instead of text")->disable_flag_override();
		app_.add_flag("--drop-packets", typed_.drop_packets, "As if the run were given it")
		    ->disable_flag_override();
		app_.add_option("--set", typed_.settings,
		                "Set a value of the configuration first, as in ring.size=8M;\nmay be repeated")
		    ->type_name("KEY=VALUE")
		    ->allow_extra_args(false);
	}

	CLI::App& app() { return app_; }
	Typed& typed() { return typed_; }

	// What the command line says about the options declared; when it cannot be, the reason.
	std::optional<Exit> parse(std::span<const char* const> arguments, Overrides& given) {
		app_.allow_extras();
		try {
			// CLI11 takes them from the last to the first.
			app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
		} catch (const CLI::CallForHelp&) {
			return Exit{exit_ok, app_.help() + closing_};
		} catch (const CLI::ParseError& error) {
			return usage_error(explain_parse_error(error));
		}
		if (const auto left = app_.remaining(); !left.empty())
			return usage_error(explain_unknown(app_, left.front(), {}));
		given.drop_packets = typed_.drop_packets;
		for (const std::string& text : typed_.settings) {
			auto setting = parse_setting(text);
			if (const auto* reason = std::get_if<std::string>(&setting))
				return usage_error("--set " + *reason);
			given.settings.push_back(std::get<Setting>(std::move(setting)));
		}
		return std::nullopt;
	}

	Exit usage_error(const std::string& message) const {
		return {exit_usage, name_ + ": " + message + "\nTry '" + name_ + " --help'.\n"};
	}

private:
	std::string name_;
	const char* closing_;
	Typed typed_;
	CLI::App app_;
};

} // namespace

std::variant<CheckConfigs, Exit> parse_check_options(std::span<const char* const> arguments) {
	Command command("traffic-monitor check", "Says all that is wrong with configurations, at once.",
	                "Usage: traffic-monitor check FILE… [OPTIONS]\n", check_closing);
	command.app()
	    .add_option("FILE", command.typed().words, "Configuration file (JSON), - for standard input")
	    ->type_name("");
	CheckConfigs check;
	if (auto exit = command.parse(arguments, check.given))
		return *std::move(exit);
	check.files = std::move(command.typed().words);
	check.json = command.typed().json;
	if (check.files.empty())
		return command.usage_error("which file? name a configuration, such as configs/default.json");
	if (std::count(check.files.begin(), check.files.end(), "-") > 1)
		return command.usage_error("standard input, -, can be read only once");
	return check;
}

std::variant<ExplainAddresses, Exit> parse_explain_options(std::span<const char* const> arguments) {
	Command command("traffic-monitor explain",
	                "Says what becomes of packets from an address, and which entry decides it.",
	                "Usage: traffic-monitor explain ADDRESS… -c FILE [OPTIONS]\n", explain_closing);
	command.app().add_option("ADDRESS", command.typed().words, "IPv4 or IPv6 address of a sender")->type_name("");
	command.app()
	    .add_option("-c,--config", command.typed().config,
	                "Configuration file (JSON), - for standard input. Required")
	    ->type_name("FILE");
	ExplainAddresses explain;
	if (auto exit = command.parse(arguments, explain.given))
		return *std::move(exit);
	explain.config_file = command.typed().config;
	explain.json = command.typed().json;
	std::string errors;
	for (const std::string& word : command.typed().words) {
		const auto address = parse_address(word);
		if (const auto* error = std::get_if<PrefixError>(&address))
			errors += (errors.empty() ? "" : "\ntraffic-monitor explain: ") + quote(word) + ", character " +
			          std::to_string(error->offset + 1) + ": " + error->message;
		else
			explain.addresses.push_back(std::get<Prefix>(address));
	}
	if (!errors.empty())
		return command.usage_error(errors);
	if (explain.addresses.empty())
		return command.usage_error("which address? name one, such as 192.0.2.7");
	if (explain.config_file.empty())
		return command.usage_error("-c FILE is required: name a configuration, such as configs/default.json");
	return explain;
}

} // namespace tmon
