// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/find_whole_plugin.hpp"
#include "host/commands/plugins_command.hpp"
#include "host/commands/table.hpp"
#include "host/diagnostics/log.hpp"
#include "host/plugin_file/sealed_copy.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace tmon {

namespace {

namespace json = boost::json;
using Rows = std::vector<std::vector<std::string>>;

std::string default_text(const Schema& schema, bool required) {
	if (schema.default_value) {
		const auto* number = schema.default_value->get<std::int64_t>();
		if (number && schema.format == SchemaFormat::duration)
			return format_duration(std::chrono::milliseconds(*number));
		if (number && schema.format == SchemaFormat::size)
			return format_size(static_cast<std::uint64_t>(*number));
		return to_json(*schema.default_value);
	}
	return required ? "(required)" : "-";
}

// One row for each key, those of objects below them; "[]" stands for the elements of an array, "*" for any other key.
void add_rows(const Schema& schema, const std::string& path, Rows& rows) {
	const auto add = [&](const Schema& one, const std::string& its_path, bool required) {
		rows.push_back({printable(its_path), printable(describe_expected(one)), printable(default_text(one, required)),
		                printable(one.description)});
		add_rows(one, its_path, rows);
	};
	for (const Schema::Property& property : schema.properties) {
		const bool required =
		    std::find(schema.required.begin(), schema.required.end(), property.key) != schema.required.end();
		add(property.schema, member_path(path, property.key), required);
	}
	if (schema.items && (schema.items->type == SchemaType::object || !schema.items->description.empty()))
		add(*schema.items, path + "[]", false);
	if (schema.additional == Schema::Additional::checked)
		add(*schema.additional_schema, path.empty() ? "*" : path + ".*", false);
	else if (schema.additional == Schema::Additional::accepted)
		rows.push_back({path.empty() ? "*" : path + ".*", "any value", "-", "other keys are accepted"});
}

json::array grants_needed(const Manifest& manifest) {
	json::array grants;
	for (const Permission permission : manifest.permissions) {
		if (permission == Permission::paths)
			grants.push_back(json::object{{"read", "/path/of/your/choice"}});
		else
			grants.emplace_back(to_string(permission));
	}
	return grants;
}

std::string as_text(const PluginFile& file, const ElfFile& elf) {
	const Manifest& manifest = file.manifest;
	Rows rows{{"id", manifest.id}, {"version", printable(manifest.version)}};
	const auto add = [&](const char* what, const std::string& text) {
		if (!text.empty())
			rows.push_back({what, printable(text)});
	};
	add("description", manifest.description);
	add("author", manifest.author);
	add("license", manifest.license);
	add("homepage", manifest.homepage);
	add("ABI", std::to_string(manifest.abi.major) + '.' + std::to_string(manifest.abi.built) + ", requires a host of " +
	               std::to_string(manifest.abi.major) + '.' + std::to_string(manifest.abi.required) + " or later");
	add("capabilities", list_of(manifest.capabilities));
	std::string permissions;
	for (const Permission permission : manifest.permissions)
		permissions += (permissions.empty() ? "" : ", ") + std::string(to_string(permission));
	add("permissions", permissions.empty() ? "none wanted" : permissions);
	add("file", file.path);
	add("sha256", file.sha256);
	std::string libraries;
	for (const std::string& name : elf.needed)
		libraries += (libraries.empty() ? "" : ", ") + name;
	add("needs", libraries.empty() ? "no library" : libraries);
	std::string text = format_table(rows);

	text += "\nIn the configuration:\n  {\"plugin\": " + json::serialize(json::string(file.plugin)) +
	        ", \"sha256\": \"" + file.sha256 + '"';
	if (!manifest.permissions.empty())
		text += ", \"grant\": " + json::serialize(grants_needed(manifest));
	text += "}\n";
	if (!manifest.permissions.empty())
		text += "It asks for these grants; leave out what you do not want it to have.\n";

	text += "\nIts \"config\":\n";
	if (!manifest.config)
		return text + "  it says nothing of it: any object is accepted as it is\n";
	Rows keys{{"KEY", "VALUE", "DEFAULT", "DESCRIPTION"}};
	add_rows(*manifest.config, "", keys);
	return text + (keys.size() == 1 ? "  no keys\n" : format_table(keys, "  "));
}

std::string as_json(const PluginFile& file, const ElfFile& elf) {
	boost::system::error_code error;
	json::object object{{"plugin", file.plugin},
	                    {"file", file.path},
	                    {"sha256", file.sha256},
	                    {"manifest", json::parse(file.manifest.text, error)},
	                    {"grants_wanted", grants_needed(file.manifest)},
	                    {"libraries", json::array(elf.needed.begin(), elf.needed.end())}};
	return json::serialize(object) + '\n';
}

} // namespace

int describe_plugin(const DescribePlugin& options, const InstalledTree& tree) {
	const auto found = find_whole_plugin(options.plugin, tree);
	if (const auto* error = std::get_if<PluginFileError>(&found)) {
		for (const std::string& reason : error->reasons)
			std::fprintf(stderr, "traffic-monitor: %s\n", printable(reason).c_str());
		return exit_configuration;
	}
	const PluginFile& file = *std::get<std::shared_ptr<const PluginFile>>(found);
	const auto elf = read_elf(SealedView(file.copy.get()).bytes()); // find_plugin has read it, too
	const ElfFile& read = std::get<ElfFile>(elf);
	std::fputs((options.json ? as_json(file, read) : as_text(file, read)).c_str(), stdout);
	return exit_ok;
}

} // namespace tmon
