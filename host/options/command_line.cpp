// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/command_line.hpp"

#include "host/config/source.hpp"
#include "host/config/suggest.hpp"

#include <vector>

namespace tmon {

std::string explain_parse_error(const CLI::ParseError& error) {
	const std::string what = error.what();
	if (what.ends_with("flag override"))
		return "--" + what.substr(0, what.find(' ')) + " takes no value";
	const std::string name = what.substr(0, what.find(':'));
	if (what.find("At Most") != std::string::npos)
		return name + " is given more than once";
	if (what.ends_with(" is required"))
		return what.substr(0, what.find(' ')) + " is missing";
	return what.ends_with(" missing") ? name + " needs a value" : what;
}

std::string explain_unknown(const CLI::App& app, const std::string& word, std::span<const std::string_view> commands) {
	if (!word.starts_with('-'))
		return (commands.empty() ? "unexpected argument " : "unknown command ") + quote(word) +
		       suggestion(word, commands);
	std::vector<std::string> names;
	for (const CLI::Option* option : app.get_options())
		for (const std::string& name : option->get_lnames())
			names.push_back("--" + name);
	const std::string name = word.substr(0, word.find('='));
	const std::vector<std::string_view> candidates(names.begin(), names.end());
	return "unknown option " + quote(name) + suggestion(name, candidates);
}

Parsed<Setting> parse_setting(const std::string& text) {
	const std::size_t equals = text.find('=');
	if (equals == std::string::npos || equals == 0)
		return quote(text) + ": expected KEY=VALUE, such as ring.size=8M";
	return Setting{text.substr(0, equals), text.substr(equals + 1)};
}

} // namespace tmon
