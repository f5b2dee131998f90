// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/config_report.hpp"

#include "host/config/lists.hpp"
#include "host/config/utf8.hpp"
#include "host/diagnostics/log.hpp"

#include <boost/json/array.hpp>

#include <array>

namespace tmon {

namespace {

namespace json = boost::json;

struct Count {
	std::size_t ipv4 = 0, ipv6 = 0;
};
using Counts = std::array<Count, std::size(list_keys)>; // by class

Counts count(const Policy& policy) {
	Counts counts;
	for (const PolicyEntry& entry : policy.entries) {
		Count& of_class = counts[static_cast<std::size_t>(entry.kind)];
		++(entry.prefix.family == 4 ? of_class.ipv4 : of_class.ipv6);
	}
	return counts;
}

json::array diagnostics_of(const std::vector<Diagnostic>& diagnostics) {
	json::array array;
	for (const Diagnostic& d : diagnostics) {
		json::object object{{"file", as_utf8(d.file)}};
		if (d.line) {
			object["line"] = d.line;
			object["column"] = d.column;
		}
		object["message"] = as_utf8(d.message);
		array.push_back(std::move(object));
	}
	return array;
}

std::string joined(const std::vector<std::string>& words) {
	std::string text;
	for (const std::string& word : words)
		text += (text.empty() ? "" : ", ") + printable(word);
	return text.empty() ? "none" : text;
}

std::vector<std::string> names_of(const std::vector<PluginConfig>& plugins) {
	std::vector<std::string> names;
	for (const PluginConfig& plugin : plugins)
		names.push_back(plugin.name);
	return names;
}

} // namespace

std::string summary_of(const std::string& name, const Config& config) {
	std::string text = printable(name) + ": right; ";
	const Counts counts = count(config.policy);
	for (const ListKeys& keys : list_keys) {
		const Count& of_class = counts[static_cast<std::size_t>(keys.kind)];
		const std::size_t sum = of_class.ipv4 + of_class.ipv6;
		text += std::to_string(sum) + (keys.kind == EntryClass::never_drop ? " never dropped" : " ");
		if (keys.kind != EntryClass::never_drop)
			text += to_string(keys.kind);
		if (sum > 0)
			text +=
			    " (" + std::to_string(of_class.ipv4) + " IPv4, " + std::to_string(of_class.ipv6) + " IPv6)";
		text += keys.kind == EntryClass::never_drop ? "; " : ", ";
	}
	return text + (config.drop_packets ? "drops" : "only logs") + "; plugins: " + joined(names_of(config.plugins)) +
	       "; lists: " + joined(config.lists);
}

json::object report_of(const std::string& name, const ConfigResult& result) {
	json::object report{{"file", as_utf8(name)},
	                    {"right", result.config.has_value()},
	                    {"errors", diagnostics_of(result.errors)},
	                    {"warnings", diagnostics_of(result.warnings)}};
	if (!result.config)
		return report;
	const Config& config = *result.config;
	const Counts counts = count(config.policy);
	json::object prefixes;
	for (const ListKeys& keys : list_keys) {
		const Count& of_class = counts[static_cast<std::size_t>(keys.kind)];
		prefixes[to_string(keys.kind)] = json::object{{"ipv4", of_class.ipv4}, {"ipv6", of_class.ipv6}};
	}
	json::array plugins, lists;
	for (const std::string& plugin : names_of(config.plugins))
		plugins.emplace_back(plugin);
	for (const std::string& list : config.lists)
		lists.emplace_back(as_utf8(list));
	report["drop_packets"] = config.drop_packets;
	report["prefixes"] = std::move(prefixes);
	report["plugins"] = std::move(plugins);
	report["lists"] = std::move(lists);
	return report;
}

} // namespace tmon
