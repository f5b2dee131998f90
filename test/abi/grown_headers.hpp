// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/support/temp_dir.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <string>

namespace tmon::test {

// What every struct of the ABI that may grow is called; tmon_str and tmon_measure never do.
inline const char* const growing[] = {"tmon_event",           "tmon_batch",       "tmon_alert",      "tmon_metric",
                                      "tmon_block",           "tmon_host",        "tmon_plugin_api", "tmon_tick",
                                      "tmon_ext_alerts",      "tmon_ext_ticks",   "tmon_ext_end",    "tmon_ext_state",
                                      "tmon_ext_reconfigure", "tmon_plugin_entry"};

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
	const std::size_t at = text.find(from);
	if (at == std::string::npos || text.find(from, at + 1) != std::string::npos)
		throw std::runtime_error("not exactly once in the headers: " + from);
	return text.replace(at, from.size(), to);
}

// Writes the SDK's headers as a later minor may have them: each struct with one more member at its end, and the
// asserts on sizes with them.
inline void write_grown_headers(const std::filesystem::path& from, const std::filesystem::path& to) {
	std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
	const auto change = [&](const std::string& name, auto edit) {
		const std::filesystem::path path = to / "traffic_monitor" / name;
		const std::string text = edit(read_file(path));
		std::ofstream(path, std::ios::binary) << text;
	};
	const auto grow = [](std::string text, const std::string& name) {
		text = replaced(text, "\n} " + name + ";", "\n\tuint64_t added_later;\n} " + name + ";");
		std::smatch match;
		const std::regex size_assert("(sizeof\\(" + name + "\\) == )([0-9]+)");
		if (!std::regex_search(text, match, size_assert))
			throw std::runtime_error("no assert on the size of " + name);
		return replaced(text, match.str(), match.str(1) + std::to_string(std::stoul(match.str(2)) + 8));
	};
	change("event.h", [&](std::string text) { return grow(text, "tmon_event"); });
	change("plugin.h", [&](std::string text) {
		for (const std::string name : growing)
			if (name != "tmon_event")
				text = grow(text, name);
		return text;
	});
	change("version.h",
	       [](std::string text) { return replaced(text, "#define TMON_ABI_MINOR 0", "#define TMON_ABI_MINOR 1"); });
}

} // namespace tmon::test
