// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/grants.hpp"

#include "traffic_monitor/plugin.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tmon {

namespace {

namespace json = boost::json;

bool names_file(std::string_view key) { return key == "file" || key.ends_with("_file"); }

void collect(const json::value& value, std::set<std::string>& paths) {
	if (const json::array* array = value.if_array()) {
		for (const json::value& element : *array)
			collect(element, paths);
	} else if (const json::object* object = value.if_object()) {
		for (const auto& [key, member] : *object) {
			if (names_file(key) && member.is_string())
				paths.emplace(member.get_string());
			else
				collect(member, paths);
		}
	}
}

} // namespace

PathGrants::PathGrants(const PluginConfig& config) : paths_(config.config_paths.begin(), config.config_paths.end()) {
	boost::system::error_code error;
	const json::value value = json::parse(json::string_view(config.config_json.data(), config.config_json.size()), error);
	if (!error)
		collect(value, paths_);
}

std::optional<Opened> PathGrants::answer(std::string_view path, uint32_t mode) const {
	const std::string name(path);
	if (path == "-") {
		if (mode != TMON_OPEN_APPEND)
			return refuse_open(TMON_E_DENIED, name, "standard output can only be written");
		Fd copy(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
		if (!copy)
			return refuse_open(TMON_E_IO, name, std::strerror(errno));
		return Opened{TMON_OK, std::move(copy), {}};
	}
	if (!allows(path))
		return refuse_open(TMON_E_DENIED, name, "the plugin's configuration does not name this file");
	return std::nullopt;
}

} // namespace tmon
