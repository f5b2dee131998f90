// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/common/config.hpp"
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

struct Settings {
	std::string file;
	std::size_t buffer_size;

	explicit Settings(std::string_view text) {
		Config config(text);
		file = config.required_text("file");
		buffer_size = config.number("buffer_size", 8192, 1, 64 << 20);
		config.finish();
	}
};

class LoggerCsv : public tmon::Plugin {
public:
	LoggerCsv(tmon::Host host, std::string_view config) : LoggerCsv(host, config, Settings(config)) {}

	void on_batch(const tmon::Batch& batch) { delivery_.take(batch); }
	void flush() { delivery_.flush(); }

private:
	LoggerCsv(tmon::Host host, std::string_view config, const Settings& settings)
	    : Plugin(host, config), file_(host, settings.file, tmon::format::csv_header),
	      delivery_({tmon::format::CsvRecord(InterfaceLookup{host})}, file_, settings.buffer_size) {}

	LineFile file_;
	Delivery<CsvLine, LineFile> delivery_;
};

} // namespace

TMON_PLUGIN(LoggerCsv, "logger-csv", TMON_VERSION_STRING)
