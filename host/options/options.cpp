// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/options.hpp"

#include "host/config/source.hpp"
#include "host/options/command_line.hpp"
#include "traffic_monitor/version.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace tmon {

namespace {

constexpr const char* introduction =
    "Logs the packets that arrive from addresses outside the permitted prefixes, and drops them if asked to.\n"
    "It works in the kernel at XDP and needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.";

constexpr const char* closing_text = R"(Exit codes:
  0    success
  1    a failure while running
  2    the command line is wrong
  3    the configuration is wrong; each error is listed with its line and column
  4    the program could not be attached to an interface

Environment:
  NO_COLOR                    when set and not empty, output has no colours

Examples:
  traffic-monitor -i eth0 -c configs/default.json
  traffic-monitor -i eth0,eth1 -c configs/strict.json --drop-packets
  traffic-monitor -i eth0 -c configs/default.json --log-format jsonl --log-file traffic.jsonl
  traffic-monitor -i eth0 -c configs/default.json --drop-packets --confirm 60s
  traffic-monitor check configs/*.json
  traffic-monitor explain 192.0.2.7 -c configs/default.json
  traffic-monitor plugins check ./my-plugin.so
  traffic-monitor -c configs/default.json --set interfaces='["eth0"]' --set stats.interval=10s
)";

// The texts as they were typed.
struct Typed {
	std::vector<std::string> interfaces, settings;
	std::string config, log_format, log_file, log_buffer_size, xdp_mode, ring_size, stats_interval, stats_file, confirm;
	bool drop_packets = false, dry_run = false, force = false, pin = false, bpf_trace = false, verbose = false;
};

class Formatter : public CLI::Formatter {
public:
	Formatter() { column_width(34); }
	std::string make_usage(const CLI::App*, std::string) const override {
		return "Usage: traffic-monitor [run] -i INTERFACE… -c FILE [OPTIONS]\n"
		       "       traffic-monitor check FILE…\n"
		       "       traffic-monitor explain ADDRESS… -c FILE\n"
		       "       traffic-monitor status | ctl COMMAND …\n"
		       "       traffic-monitor detach -i INTERFACE…\n"
		       "       traffic-monitor plugins list|info|check|replay …\n";
	}
	std::string make_option_opts(const CLI::Option* option) const override {
		return option->get_type_name().empty() ? "" : " " + option->get_type_name();
	}
	std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
		std::string text = make_usage(app, name) + '\n' + introduction + '\n' + make_groups(app, mode) + '\n';
		for (std::size_t at; (at = text.find("\n\n\n")) != std::string::npos;)
			text.erase(at, 1);
		return text + closing_text;
	}
};

void declare(CLI::App& app, Typed& typed) {
	// An option that takes one text; given twice it is an error.
	const auto text = [&](const char* group, const char* names, std::string& target, const char* type,
			      const char* help) { app.add_option(names, target, help)->type_name(type)->group(group); };
	const auto flag = [&](const char* group, const char* names, bool& target, const char* help) {
		app.add_flag(names, target, help)->disable_flag_override()->group(group);
	};
	app.add_option("-i,--interface", typed.interfaces,
		       "Watch this network interface; may be repeated, or a list with commas.\n"
		       "Replaces the configuration's \"interfaces\"")
	    ->type_name("INTERFACE")
	    ->delimiter(',')
	    ->allow_extra_args(false)
	    ->group("Traffic");
	text("Traffic", "-c,--config", typed.config, "FILE",
	     "Configuration file (JSON), - for standard input. Required");
	text("Traffic", "--xdp-mode", typed.xdp_mode, "MODE",
	     "How to attach: native (in the driver), generic (any interface),\n"
	     "or auto, the first of them that works [auto]");
	flag("Traffic", "--pin", typed.pin,
	     "Leave the filter attached when the program ends;\n'traffic-monitor detach' ends it");
	flag("Dropping", "--drop-packets", typed.drop_packets, "Drop what is not permitted instead of only logging it");
	text("Dropping", "--confirm", typed.confirm, "TIME",
	     "Go back to only logging after this time, 5s to 24h,\nunless 'traffic-monitor ctl confirm' comes first");
	flag("Dropping", "--dry-run", typed.dry_run, "Drop nothing, not even blocked addresses: tell what would be dropped");
	flag("Dropping", "--force", typed.force,
	     "Drop even if that would cut off whoever is logged in by SSH,\na gateway or a name server");
	text("Logging", "--log-format", typed.log_format, "FORMAT", "console, json, csv or jsonl");
	text("Logging", "--log-file", typed.log_file, "FILE", "Where to log; needed for all formats but console");
	text("Logging", "--log-buffer-size", typed.log_buffer_size, "SIZE", "Bytes collected before a write [8192]");
	flag("Logging", "-v,--verbose", typed.verbose, "Tell more about what the program does");
	text("Statistics", "--stats-interval", typed.stats_interval, "TIME",
	     "How often totals are renewed, such as 500ms, 60s, 5m [60s]");
	text("Statistics", "--stats-file", typed.stats_file, "FILE",
	     "Also write the totals there as JSON, at each interval and\nat the end");
	app.add_option("--set", typed.settings,
		       "Set a value of the configuration, as in ring.size=8M;\nmay be repeated")
	    ->type_name("KEY=VALUE")
	    ->allow_extra_args(false)
	    ->group("Tuning");
	text("Tuning", "--ring-size", typed.ring_size, "SIZE",
	     "Memory for events on their way from the kernel, per ring,\n64K to 1G [4M]");
	flag("Tuning", "--bpf-trace", typed.bpf_trace, "Print each verdict to the kernel's trace pipe");
	app.set_help_flag("-h,--help", "Print this help")->group("Other");
	app.set_version_flag("--version", "traffic-monitor " TMON_VERSION_STRING, "Print the version")->group("Other");
}

Exit usage_error(std::string message) {
	return {exit_usage, "traffic-monitor: " + std::move(message) + "\nTry 'traffic-monitor --help'.\n"};
}

// Reads typed texts into options; keeps the first error.
class Reader {
public:
	explicit Reader(const CLI::App& app) : app_(app) {}

	std::string error;

	template <class T>
	void parsed(const char* option, const std::string& text, Parsed<T> (*parse)(std::string_view),
		    std::optional<T>& target) {
		if (app_.count(option) == 0)
			return;
		auto result = parse(text);
		if (auto* reason = std::get_if<std::string>(&result))
			fail(std::string(option) + ' ' + *reason);
		else
			target = std::get<T>(result);
	}
	void file(const char* option, const std::string& path, std::optional<std::string>& target) {
		if (app_.count(option) == 0)
			return;
		if (auto reason = file_name_error(path); !reason.empty())
			fail(std::string(option) + ": " + reason);
		target = path;
	}
	void interfaces(const std::vector<std::string>& names, std::vector<std::string>& target) {
		for (const std::string& name : names) {
			if (auto reason = interface_name_error(name); !reason.empty())
				fail("-i: " + reason);
			if (std::find(target.begin(), target.end(), name) != target.end())
				fail("-i: " + quote(name) + " is given twice");
			target.push_back(name);
		}
	}
	void settings(const std::vector<std::string>& texts, std::vector<Setting>& target) {
		for (const std::string& text : texts) {
			auto setting = parse_setting(text);
			if (auto* reason = std::get_if<std::string>(&setting))
				fail("--set " + *reason);
			else
				target.push_back(std::get<Setting>(std::move(setting)));
		}
	}
	void fail(std::string message) {
		if (error.empty())
			error = std::move(message);
	}

private:
	const CLI::App& app_;
};

std::variant<RunOptions, Exit> read(const CLI::App& app, const Typed& typed) {
	RunOptions options;
	Overrides& given = options.given;
	Reader reader(app);
	reader.interfaces(typed.interfaces, given.interfaces);
	options.config_file = typed.config;
	given.drop_packets = typed.drop_packets;
	given.dry_run = typed.dry_run;
	given.force = typed.force;
	given.pin = typed.pin;
	reader.parsed("--confirm", typed.confirm, parse_confirm_time, given.confirm);
	given.verbose = typed.verbose;
	given.bpf_trace = typed.bpf_trace;
	reader.parsed("--xdp-mode", typed.xdp_mode, parse_xdp_mode, given.xdp_mode);
	reader.parsed("--log-format", typed.log_format, parse_log_format, given.log_format);
	reader.file("--log-file", typed.log_file, given.log_file);
	reader.parsed("--log-buffer-size", typed.log_buffer_size, parse_buffer_bytes, given.log_buffer_bytes);
	reader.parsed("--ring-size", typed.ring_size, parse_ring_bytes, given.ring_bytes);
	reader.parsed("--stats-interval", typed.stats_interval, parse_stats_interval, given.stats_interval);
	reader.file("--stats-file", typed.stats_file, given.stats_file);
	reader.settings(typed.settings, given.settings);
	if (given.log_format && *given.log_format != LogFormat::console && !given.log_file)
		reader.fail("--log-format " + typed.log_format + " needs --log-file FILE");
	if (options.config_file.empty())
		reader.fail("-c FILE is required: name a configuration, such as configs/default.json");
	if (!reader.error.empty())
		return usage_error(std::move(reader.error));
	return options;
}

} // namespace

std::variant<RunOptions, Exit> parse_run_options(std::span<const char* const> arguments) {
	const bool named = !arguments.empty() && std::string_view(arguments.front()) == "run";
	if (named)
		arguments = arguments.subspan(1);
	Typed typed;
	CLI::App app(introduction, "traffic-monitor");
	app.formatter(std::make_shared<Formatter>());
	app.allow_extras();
	declare(app, typed);
	try {
		// CLI11 takes them from the last to the first.
		app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
	} catch (const CLI::CallForHelp&) {
		return Exit{0, app.help()};
	} catch (const CLI::CallForVersion& version) {
		return Exit{0, std::string(version.what()) + '\n'};
	} catch (const CLI::ParseError& error) {
		return usage_error(explain_parse_error(error));
	}
	if (const auto left = app.remaining(); !left.empty()) {
		const bool is_first = !named && left.front() == arguments.front();
		return usage_error(explain_unknown(app, left.front(),
						   is_first ? std::span(program_commands) : std::span<const std::string_view>{}));
	}
	return read(app, typed);
}

MergeResult merge(const RunOptions& options, const PluginCheck& check) {
	ConfigResult loaded = load_config(options.config_file, options.given, check);
	MergeResult result{std::nullopt, 0, std::move(loaded.errors), std::move(loaded.warnings)};
	if (!loaded.config) {
		result.exit_code = exit_configuration;
	} else if (loaded.config->interfaces.empty()) {
		result.exit_code = exit_usage;
		result.errors.push_back({"traffic-monitor", 0, 0,
					 "-i INTERFACE is required: " + options.config_file +
					     " has no \"interfaces\"; \"ip link show\" lists those of this host"});
	} else {
		result.config = std::move(loaded.config);
	}
	return result;
}

} // namespace tmon
