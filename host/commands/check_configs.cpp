// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/config_commands.hpp"
#include "host/commands/config_report.hpp"
#include "host/plugin_file/plugin_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace tmon {

int check_configs(const CheckConfigs& options, const InstalledTree& tree) {
	const PluginCheck plugins = make_plugin_check(tree);
	bool right = true;
	boost::json::array reports;
	for (const std::string& file : options.files) {
		const ConfigResult result = load_config(file, options.given, plugins);
		right = right && result.config;
		const std::string name = file == "-" ? "standard input" : file;
		if (options.json) {
			reports.push_back(report_of(name, result));
			continue;
		}
		for (const Diagnostic& warning : result.warnings)
			std::fprintf(stderr, "%s\n", to_string(warning, "warning").c_str());
		for (const Diagnostic& error : result.errors)
			std::fprintf(stderr, "%s\n", to_string(error).c_str());
		if (result.config)
			std::printf("%s\n", summary_of(name, *result.config).c_str());
	}
	if (options.json)
		std::printf("%s\n",
		            boost::json::serialize(boost::json::object{{"right", right}, {"files", reports}}).c_str());
	return right ? exit_ok : exit_configuration;
}

} // namespace tmon
