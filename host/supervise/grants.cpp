// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/grants.hpp"

#include "traffic_monitor/plugin.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <fcntl.h>
#include <sys/stat.h>
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

Opened refuse(int32_t status, std::string_view path, std::string_view reason) {
	return {status, Fd{}, "cannot open " + std::string(path) + ": " + std::string(reason)};
}

} // namespace

PathGrants::PathGrants(std::string_view config_json) {
	boost::system::error_code error;
	const json::value config = json::parse(json::string_view(config_json.data(), config_json.size()), error);
	if (!error)
		collect(config, paths_);
}

Opened PathGrants::open(std::string_view path, uint32_t mode) const {
	if (path == "-") {
		if (mode != TMON_OPEN_APPEND)
			return refuse(TMON_E_DENIED, path, "standard output can only be written");
		Fd copy(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
		if (!copy)
			return refuse(TMON_E_IO, path, std::strerror(errno));
		return {TMON_OK, std::move(copy), {}};
	}
	if (!allows(path))
		return refuse(TMON_E_DENIED, path, "the plugin's configuration does not name this file");
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK; // a FIFO without a reader must not hold us up
	if (mode == TMON_OPEN_READ)
		flags |= O_RDONLY;
	else if (mode == TMON_OPEN_APPEND)
		flags |= O_WRONLY | O_CREAT | O_APPEND;
	else if (mode == TMON_OPEN_READWRITE)
		flags |= O_RDWR | O_CREAT;
	else
		return refuse(TMON_E_UNSUPPORTED, path, "unknown mode");
	Fd file(::open(std::string(path).c_str(), flags, 0640));
	if (!file)
		return refuse(TMON_E_IO, path, errno == ENXIO ? "it is a FIFO that nobody reads" : std::strerror(errno));
	struct stat status;
	if (fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
		return refuse(TMON_E_IO, path, "it is a directory");
	fcntl(file.get(), F_SETFL, fcntl(file.get(), F_GETFL) & ~O_NONBLOCK);
	return {TMON_OK, std::move(file), {}};
}

} // namespace tmon
