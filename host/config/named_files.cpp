// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/named_files.hpp"

#include <algorithm>
#include <string_view>

namespace tmon {

namespace {

bool names_file(std::string_view key) { return key == "file" || key.ends_with("_file"); }

void collect(const Value& value, std::vector<std::string>& files) {
	if (const auto* array = value.get<Value::Array>()) {
		for (const Value& element : *array)
			collect(element, files);
	} else if (const auto* object = value.get<Value::Object>()) {
		for (const Member& member : *object) {
			const auto* text = member.value.get<std::string>();
			if (text && names_file(member.key))
				files.push_back(*text);
			else
				collect(member.value, files);
		}
	}
}

} // namespace

std::vector<std::string> named_files(const Value& settings, const Schema* schema) {
	std::vector<std::string> files;
	collect(settings, files);
	if (schema) {
		for (std::string& path : paths_named(*schema, settings))
			files.push_back(std::move(path));
	}
	std::sort(files.begin(), files.end());
	files.erase(std::unique(files.begin(), files.end()), files.end());
	return files;
}

} // namespace tmon
