// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Configurations: whatever the text, there is a configuration or there are errors, never both and never neither, and
// every diagnostic has its place within the text.
#include "host/config/load.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>

namespace tmon::fuzz {

const char* const target_name = "config";

namespace {

std::string check(const Diagnostic& diagnostic, const std::vector<std::size_t>& line_lengths) {
	const auto wrong = [&](const std::string& what) { return what + ": " + to_string(diagnostic); };
	if (diagnostic.file != "fuzz.json")
		return wrong("a diagnostic of another file");
	if (diagnostic.line < 1 || diagnostic.line > line_lengths.size())
		return wrong("no such line");
	if (diagnostic.column < 1 || diagnostic.column > line_lengths[diagnostic.line - 1] + 1)
		return wrong("no such column");
	if (diagnostic.message.empty())
		return wrong("no message");
	if (std::any_of(diagnostic.message.begin(), diagnostic.message.end(),
	                [](char c) { return static_cast<unsigned char>(c) < ' '; }))
		return wrong("a control character in the message");
	return {};
}

} // namespace

std::string complaint(std::span<const uint8_t> input) {
	const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
	std::vector<std::size_t> line_lengths{0};
	for (const char c : text) {
		if (c == '\n')
			line_lengths.push_back(0);
		else
			++line_lengths.back();
	}
	const ConfigResult result = load_config_text(text, "fuzz.json");
	if (result.config.has_value() != result.errors.empty())
		return result.config ? "a configuration in spite of errors: " + to_string(result.errors.front())
		                     : "neither a configuration nor errors";
	for (const auto* list : {&result.errors, &result.warnings})
		for (const Diagnostic& diagnostic : *list)
			if (const std::string what = check(diagnostic, line_lengths); !what.empty())
				return what;
	if (result.config && result.config->drop_packets && result.config->policy.entries.empty())
		return "everything would be dropped";
	return {};
}

} // namespace tmon::fuzz
