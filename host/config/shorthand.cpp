// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/sections.hpp"

#include <algorithm>
#include <utility>

namespace tmon {

namespace {

constexpr std::uint64_t default_buffer_bytes = 8192;

bool has_name(const std::vector<PluginConfig>& plugins, const std::string& name) {
	return std::any_of(plugins.begin(), plugins.end(), [&](const PluginConfig& p) { return p.name == name; });
}

std::string free_name(const std::vector<PluginConfig>& plugins, const std::string& wanted) {
	std::string name = wanted;
	for (int i = 2; has_name(plugins, name); ++i)
		name = wanted + '-' + std::to_string(i);
	return name;
}

// Where the parts of the logger come from.
struct LoggerPlaces {
	Diagnostic where;
	Place format, file, buffer;
};

PluginEntry make_entry(const std::vector<PluginConfig>& plugins, const std::string& id, const LoggerPlaces& places) {
	PluginEntry entry;
	entry.path = id;
	entry.place = entry.plugin_place = places.format;
	entry.config.plugin = id;
	entry.config.name = free_name(plugins, id);
	entry.config.where = places.where;
	entry.settings = Value{places.format, Value::Object{}};
	return entry;
}

PluginEntry make_logger(const std::vector<PluginConfig>& plugins, LogFormat format, const std::string& file,
			std::uint64_t buffer_bytes, const LoggerPlaces& places) {
	PluginEntry entry = make_entry(plugins, format == LogFormat::csv ? "logger-csv" : "logger-json", places);
	auto& config = *entry.settings->get<Value::Object>();
	config.push_back({"file", places.file, {places.file, file}});
	if (format != LogFormat::csv)
		config.push_back({"format", places.format, {places.format, std::string(to_string(format))}});
	config.push_back({"buffer_size", places.buffer, {places.buffer, buffer_bytes}});
	return entry;
}

} // namespace

LoggingBlock read_logging(const Value& value, const Overrides& overrides, Findings& findings) {
	LoggingBlock block;
	block.place = block.file_place = block.buffer_place = value.place;
	// The original wrote null for what is not set.
	const auto optional = [](auto read) {
		return [read](const Value& v) {
			if (!v.get<std::nullptr_t>())
				read(v);
		};
	};
	const auto unavailable = [&](std::string_view key) {
		return optional([&findings, key](const Value& v) {
			const auto* number = v.get<std::int64_t>();
			if (!number && !v.get<std::uint64_t>())
				return expect(v, "logging." + std::string(key), "a whole number", findings);
			if (number && *number < 0)
				return findings.error(v.place, "logging." + std::string(key) + " is negative");
			findings.warning(v.place,
					 "logging." + std::string(key) +
					     " has no effect: this version does not rotate its logs, the file grows");
		});
	};
	read_object(
	    value, "logging",
	    {{"format",
	      [&](const Value& v) {
		      block.format = read_parsed(v, "logging.format", parse_log_format, false, findings);
	      },
	      true},
	     {"output_file",
	      optional([&](const Value& v) {
		      block.file_place = v.place;
		      block.file = read_file_name(v, "logging.output_file", findings);
	      })},
	     {"buffer_size", optional([&](const Value& v) {
		      block.buffer_place = v.place;
		      block.buffer_bytes = read_parsed(v, "logging.buffer_size", parse_buffer_bytes, true, findings);
	      })},
	     {"rotate_size_mb", unavailable("rotate_size_mb")},
	     {"max_files", unavailable("max_files")}},
	    findings);
	const auto* object = value.get<Value::Object>();
	if (!object || !block.format || overrides.log_format)
		return block;
	const auto output = std::find_if(object->begin(), object->end(), [](const Member& m) {
		return m.key == "output_file" && !m.value.get<std::nullptr_t>();
	});
	const bool file_given = output != object->end();
	if (*block.format != LogFormat::console && !file_given && !overrides.log_file)
		findings.error(value.place, "logging: the format " + std::string(to_string(*block.format)) +
						" needs an \"output_file\"");
	if (*block.format == LogFormat::console && file_given)
		findings.warning(output->value.place, "logging.output_file has no effect: the format is console");
	return block;
}

void append_shorthand(std::vector<PluginConfig>& plugins, bool plugins_given, const std::optional<LoggingBlock>& block,
		      const Overrides& overrides, const PluginCheck& check, Sources& sources, Findings& findings) {
	std::optional<LogFormat> format = overrides.log_format;
	std::optional<std::string> file = overrides.log_file;
	std::optional<std::uint64_t> buffer_bytes = overrides.log_buffer_bytes;
	const auto option = [&](const char* name) { return Place{sources.add_option(name), 0}; };
	LoggerPlaces places;
	if (format) {
		places.format = option("--log-format");
		places.where = findings.sources.diagnostic(places.format, {});
	} else if (block) {
		format = block->format;
		file = file ? file : block->file;
		buffer_bytes = buffer_bytes ? buffer_bytes : block->buffer_bytes;
		places = {findings.sources.diagnostic(block->place, {}), block->place, block->file_place,
			  block->buffer_place};
	} else if (!plugins_given) {
		format = LogFormat::console;
		places.where = findings.sources.diagnostic({}, {});
		places.where.line = places.where.column = 0;
	}
	if (overrides.log_file)
		places.file = option("--log-file");
	if (overrides.log_buffer_bytes)
		places.buffer = option("--log-buffer-size");
	else if (overrides.log_format)
		places.buffer = places.format;
	if (format == LogFormat::console) {
		// Each line once, also when the configuration lists the console itself.
		const auto is_console = [](const PluginConfig& p) { return p.plugin == "console"; };
		if (std::none_of(plugins.begin(), plugins.end(), is_console))
			plugins.push_back(finish_entry(make_entry(plugins, "console", places), check, findings));
	} else if (format && file) {
		auto logger = make_logger(plugins, *format, *file, buffer_bytes.value_or(default_buffer_bytes), places);
		plugins.push_back(finish_entry(std::move(logger), check, findings));
	}
}

} // namespace tmon
