// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/config_commands.hpp"
#include "host/commands/explanation.hpp"
#include "host/config/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace tmon {

// The plugins are not looked at: they decide nothing, and need not be installed where this is asked.
int explain_addresses(const ExplainAddresses& options, const InstalledTree&) {
	const ConfigResult result = load_config(options.config_file, options.given);
	for (const Diagnostic& error : result.errors)
		std::fprintf(stderr, "%s\n", to_string(error).c_str());
	if (!result.config)
		return exit_configuration;
	boost::json::array addresses;
	for (const Prefix& address : options.addresses) {
		if (options.json)
			addresses.push_back(explanation_json(address, *result.config));
		else
			std::fputs(explanation_of(address, *result.config).c_str(), stdout);
	}
	if (options.json) {
		const boost::json::object all{{"configuration", as_utf8(options.config_file)},
		                              {"drop_packets", result.config->drop_packets},
		                              {"addresses", addresses}};
		std::printf("%s\n", boost::json::serialize(all).c_str());
	}
	return exit_ok;
}

} // namespace tmon
