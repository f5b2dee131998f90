// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/diagnostics/log.hpp"

#include <boost/log/core.hpp>
#include <boost/log/expressions.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/text_ostream_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/trivial.hpp>
#include <boost/smart_ptr/make_shared_object.hpp>
#include <boost/smart_ptr/shared_ptr.hpp>

#include <chrono>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <iostream>

namespace tmon {

namespace {

namespace trivial = boost::log::trivial;

std::atomic<Severity> lowest{Severity::debug};

trivial::severity_level level(Severity severity) {
	switch (severity) {
	case Severity::debug:
		return trivial::debug;
	case Severity::info:
		return trivial::info;
	case Severity::warning:
		return trivial::warning;
	case Severity::error:
		break;
	}
	return trivial::error;
}

std::string utc_now() {
	const auto now = std::chrono::system_clock::now().time_since_epoch();
	const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
	const std::time_t seconds = milliseconds / 1000;
	std::tm utc;
	gmtime_r(&seconds, &utc);
	char date[32], text[48];
	std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
	std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(milliseconds % 1000));
	return text;
}

} // namespace

void start_log(bool verbose) {
	using Backend = boost::log::sinks::text_ostream_backend;
	const auto backend = boost::make_shared<Backend>();
	backend->add_stream(boost::shared_ptr<std::ostream>(&std::clog, [](std::ostream*) {}));
	backend->auto_flush(true);
	const auto sink = boost::make_shared<boost::log::sinks::synchronous_sink<Backend>>(backend);
	sink->set_formatter([](const boost::log::record_view& record, boost::log::formatting_ostream& stream) {
		stream << utc_now() << ' ' << record[trivial::severity] << ": "
		       << record[boost::log::expressions::smessage];
	});
	const auto core = boost::log::core::get();
	core->remove_all_sinks();
	core->add_sink(sink);
	core->set_filter(trivial::severity >= (verbose ? trivial::debug : trivial::info));
	lowest.store(verbose ? Severity::debug : Severity::info, std::memory_order_relaxed);
}

bool shows(Severity severity) { return severity >= lowest.load(std::memory_order_relaxed); }

void log(Severity severity, std::string_view text) {
	BOOST_LOG_SEV(trivial::logger::get(), level(severity)) << text;
}

std::string printable(std::string_view text) {
	std::string result;
	for (const char c : text) {
		const auto byte = static_cast<unsigned char>(c);
		if (byte >= 0x20 && byte != 0x7f) {
			result += c;
			continue;
		}
		char escaped[8];
		std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
		result += escaped;
	}
	return result;
}

} // namespace tmon
