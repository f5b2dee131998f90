// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/grants.hpp"

#include "traffic_monitor/plugin.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tmon {

PathGrants::PathGrants(const PluginConfig& config)
    : paths_(config.config_paths.begin(), config.config_paths.end()),
      standard_output_(config.grants.standard_output || allows("-")) {}

std::optional<Opened> PathGrants::answer(std::string_view path, uint32_t mode) const {
	const std::string name(path);
	if (path == "-") {
		if (!standard_output_)
			return refuse_open(TMON_E_DENIED, name, "the standard output is not granted: add \"grant\": [\"stdout\"]");
		if (mode != TMON_OPEN_APPEND)
			return refuse_open(TMON_E_DENIED, name, "standard output can only be written");
		Fd copy(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
		if (!copy)
			return refuse_open(TMON_E_IO, name, std::strerror(errno));
		return Opened{TMON_OK, std::move(copy), {}};
	}
	if (!allows(path))
		return refuse_open(TMON_E_DENIED, name, "the plugin's configuration does not name this file (a default of the plugin's own grants nothing)");
	return std::nullopt;
}

} // namespace tmon
