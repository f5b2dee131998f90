// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/detach_options.hpp"

#include "host/config/source.hpp"
#include "host/options/command_line.hpp"

#include <algorithm>
#include <memory>

namespace tmon {

namespace {

constexpr const char* kIntroduction =
    "Ends what a run with --pin has left on interfaces: its filter is detached, and its pins are removed.\n"
    "A program of somebody else, and the filter of a run that goes on, are named and left alone.";

constexpr const char* kClosing = R"(
Exit codes:
  0    nothing that was pinned is attached any more, or nothing was pinned
  1    a failure; or a run goes on and holds the filter
  2    the command line is wrong
  4    there is no such interface, or the program there is of somebody else

Examples:
  traffic-monitor detach -i eth0
  traffic-monitor detach --all
)";

class Formatter : public CLI::Formatter {
public:
	Formatter() { column_width(34); }
	std::string make_usage(const CLI::App*, std::string) const override {
		return "Usage: traffic-monitor detach -i INTERFACE…\n       traffic-monitor detach --all\n";
	}
	std::string make_option_opts(const CLI::Option* option) const override {
		return option->get_type_name().empty() ? "" : " " + option->get_type_name();
	}
};

Exit usage_error(const std::string& message) {
	return {exit_usage, "traffic-monitor detach: " + message + "\nTry 'traffic-monitor detach --help'.\n"};
}

} // namespace

std::variant<DetachPinned, Exit> parse_detach_options(std::span<const char* const> arguments) {
	DetachPinned detach;
	bool all = false;
	CLI::App app(kIntroduction, "traffic-monitor detach");
	app.formatter(std::make_shared<Formatter>());
	app.set_help_flag("-h,--help", "Print this help");
	app.add_option("-i,--interface", detach.interfaces, "This interface; may be repeated, or a list with commas")
	    ->type_name("INTERFACE")
	    ->delimiter(',')
	    ->allow_extra_args(false);
	app.add_flag("--all", all, "All interfaces of this network namespace that have pins")->disable_flag_override();
	app.allow_extras();
	try {
		// CLI11 takes them from the last to the first.
		app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
	} catch (const CLI::CallForHelp&) {
		return Exit{exit_ok, app.help() + kClosing};
	} catch (const CLI::ParseError& error) {
		return usage_error(explain_parse_error(error));
	}
	if (const auto left = app.remaining(); !left.empty())
		return usage_error(explain_unknown(app, left.front(), {}));
	if (all && !detach.interfaces.empty())
		return usage_error("either -i or --all");
	if (!all && detach.interfaces.empty())
		return usage_error("which interface? name it with -i, or give --all");
	std::vector<std::string> once;
	for (const std::string& name : detach.interfaces) {
		if (name.empty() || name.size() > 15 || name == "." || name == ".." || name.find('/') != std::string::npos)
			return usage_error("-i " + quote(name) + ": no interface can have this name");
		if (std::find(once.begin(), once.end(), name) == once.end())
			once.push_back(name);
	}
	detach.interfaces = std::move(once);
	return detach;
}

} // namespace tmon
