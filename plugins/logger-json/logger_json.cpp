// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/delivery.hpp"
#include "plugins/common/interface_lookup.hpp"
#include "plugins/common/output.hpp"
#include "plugins/format/record.hpp"
#include "plugins/logger-json/json_array_file.hpp"
#include "traffic_monitor/plugin.hpp"

#include <variant>

namespace {

using namespace tmon::plugins;
using Record = tmon::format::JsonRecord<InterfaceLookup>;

// One record a line.
struct JsonLine {
	static constexpr std::size_t max_size = tmon::format::max_record + 1;
	Record record;

	char* put(char* out, const tmon_event& event, uint64_t utc_ns) {
		return tmon::format::put_literal(record.put(out, event, utc_ns), "\n");
	}
};

// One record an element, as JsonArrayFile wants it.
struct JsonElement {
	static constexpr std::size_t max_size = tmon::format::max_record + 2;
	Record record;

	char* put(char* out, const tmon_event& event, uint64_t utc_ns) {
		return record.put(tmon::format::put_literal(out, ",\n"), event, utc_ns);
	}
};

template <class Line, class File>
struct Output {
	File file;
	Delivery<Line, File> delivery;

	Output(const tmon::Host& host, const std::string& path, std::size_t buffer_size)
	    : file(host, path), delivery({Record(InterfaceLookup{host})}, file, buffer_size) {}
	Output(const Output&) = delete;
	Output& operator=(const Output&) = delete;
};

class LoggerJson : public tmon::Plugin {
public:
	LoggerJson(tmon::Host host, std::string_view text) : Plugin(host, text) {
		const std::string file = config().text("file");
		const std::size_t buffer_size = config().number("buffer_size", 8192);
		const bool array = config().text("format", "jsonl") == "json";
		if (array && file == "-")
			throw tmon::Error(TMON_E_CONFIG,
			                  "\"format\" \"json\" needs a file that can be rewritten at its end, not "
			                  "standard output; use \"jsonl\"");
		if (array)
			output_.emplace<Array>(host, file, buffer_size);
		else
			output_.emplace<Lines>(host, file, buffer_size);
	}

	void on_batch(const tmon::Batch& batch) {
		with_delivery([&](auto& delivery) { delivery.take(batch); });
	}
	void flush() {
		with_delivery([](auto& delivery) { delivery.flush(); });
	}

private:
	using Lines = Output<JsonLine, LineFile>;
	using Array = Output<JsonElement, JsonArrayFile>;

	template <class Call>
	void with_delivery(Call call) {
		if (Lines* lines = std::get_if<Lines>(&output_))
			call(lines->delivery);
		else if (Array* array = std::get_if<Array>(&output_))
			call(array->delivery);
	}

	std::variant<std::monostate, Lines, Array> output_;
};

} // namespace

TMON_PLUGIN(LoggerJson, "logger-json", TMON_VERSION_STRING, R"(
	"description": "Writes each event as one JSON object, one a line or as elements of an array",
	"license": "MIT OR Apache-2.0",
	"config": {
		"type": "object",
		"required": ["file"],
		"properties": {
			"file": {
				"description": "appended to; with jsonl also - for the standard output of the host",
				"type": "string", "format": "path", "minLength": 1
			},
			"format": {
				"description": "jsonl: one object a line; json: one array",
				"type": "string", "enum": ["jsonl", "json"], "default": "jsonl"
			},
			"buffer_size": {
				"description": "written when a batch has left that many bytes, and at each flush",
				"type": "integer", "format": "size", "minimum": 1, "maximum": 67108864, "default": 8192
			}
		}
	})")
