// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/socket_path.hpp"

#include <unistd.h>

#include <cstdlib>

namespace tmon {

namespace {

constexpr const char* kName = "/control.sock";

// Relative paths in these variables are mistakes.
std::string folder_of(const char* variable) {
	const char* const value = std::getenv(variable);
	if (value == nullptr || *value != '/')
		return {};
	const std::string text = value;
	return text.substr(0, text.find(':'));
}

} // namespace

std::string default_control_socket() {
	if (const std::string folder = folder_of("RUNTIME_DIRECTORY"); !folder.empty())
		return folder + kName;
	if (geteuid() == 0)
		return std::string("/run/traffic-monitor") + kName;
	const std::string folder = folder_of("XDG_RUNTIME_DIR");
	return folder.empty() ? std::string() : folder + "/traffic-monitor" + kName;
}

} // namespace tmon
