// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/delivery.hpp"
#include "plugins/common/interface_lookup.hpp"
#include "plugins/common/output.hpp"
#include "plugins/format/record.hpp"
#include "traffic_monitor/plugin.hpp"

namespace {

using namespace tmon::plugins;

struct CsvLine {
	static constexpr std::size_t max_size = tmon::format::max_record + 1;
	tmon::format::CsvRecord<InterfaceLookup> record;

	char* put(char* out, const tmon_event& event, uint64_t utc_ns) {
		return tmon::format::put_literal(record.put(out, event, utc_ns), "\n");
	}
};

class LoggerCsv : public tmon::Plugin {
public:
	LoggerCsv(tmon::Host host, std::string_view text)
	    : Plugin(host, text), buffer_size_(config().number("buffer_size", 8192)),
	      file_(host, config().text("file"), tmon::format::csv_header),
	      delivery_({tmon::format::CsvRecord(InterfaceLookup{host})}, file_, buffer_size_) {}

	void on_batch(const tmon::Batch& batch) { delivery_.take(batch); }
	void flush() { delivery_.flush(); }

private:
	const std::size_t buffer_size_; // read before the file is made
	LineFile file_;
	Delivery<CsvLine, LineFile> delivery_;
};

} // namespace

TMON_PLUGIN(LoggerCsv, "logger-csv", TMON_VERSION_STRING, R"(
	"description": "Writes each event as one CSV record",
	"license": "MIT OR Apache-2.0",
	"config": {
		"type": "object",
		"required": ["file"],
		"properties": {
			"file": {
				"description": "appended to; - is the standard output of the host",
				"type": "string", "format": "path", "minLength": 1
			},
			"buffer_size": {
				"description": "written when a batch has left that many bytes, and at each flush",
				"type": "integer", "format": "size", "minimum": 1, "maximum": 67108864, "default": 8192
			}
		}
	})")
