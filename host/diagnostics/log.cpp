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

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <streambuf>
#include <string>
#include <utility>

namespace tmon {

namespace {

namespace trivial = boost::log::trivial;

std::atomic<Severity> lowest{Severity::debug};

// Standard error. A stream of the library goes silent for good at its first failure, and somebody who shares the
// terminal or the pipe with us, such as a plugin that writes to standard output, can make a write fail.
class StandardError : public std::streambuf {
protected:
	int_type overflow(int_type c) override {
		const char byte = traits_type::to_char_type(c);
		if (!traits_type::eq_int_type(c, traits_type::eof()))
			put(&byte, 1);
		return traits_type::not_eof(c);
	}
	std::streamsize xsputn(const char* text, std::streamsize size) override {
		put(text, static_cast<std::size_t>(size));
		return size;
	}

private:
	// What cannot be written is lost and counted, and what follows it is tried again. A reader that has stopped holds us up
	// once, for a moment: plugins are not to be left alone because nobody reads what is said of them.
	void put(const char* text, std::size_t size) {
		struct stat status {};
		const bool patient = fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
		if (!patient && !has_room(std::exchange(stopped_, true) ? 0 : kPatience)) {
			lines_lost_ += static_cast<uint64_t>(std::count(text, text + size, '\n'));
			return;
		}
		stopped_ = false;
		if (const uint64_t lost = std::exchange(lines_lost_, 0); lost > 0) {
			const std::string notice = "\n" + std::to_string(lost) + " lines found nobody to read them\n";
			if (write(STDERR_FILENO, notice.data(), notice.size()) < 0)
				lines_lost_ = lost;
		}
		while (size > 0) {
			if (!patient && !has_room(kPatience)) {
				stopped_ = true;
				lines_lost_ += static_cast<uint64_t>(std::count(text, text + size, '\n'));
				return;
			}
			const ssize_t written = write(STDERR_FILENO, text, patient ? size : std::min(size, kPiece));
			if (written > 0) {
				text += written;
				size -= static_cast<std::size_t>(written);
			} else if (written == 0 || (errno != EINTR && errno != EAGAIN)) {
				return;
			}
		}
	}
	static bool has_room(int milliseconds) {
		pollfd room{STDERR_FILENO, POLLOUT, 0};
		int found;
		do
			found = poll(&room, 1, milliseconds);
		while (found < 0 && errno == EINTR);
		return found > 0;
	}

	static constexpr int kPatience = 200;        // milliseconds
	static constexpr std::size_t kPiece = 4096; // so much room a pipe has when poll says that it has some
	bool stopped_ = false;
	uint64_t lines_lost_ = 0;
};

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

// Bytes of the character that `text`, which is not empty, begins with; 0 when it is a control character, U+0080 to U+009F,
// which terminals obey, too, among them, or no UTF-8.
std::size_t harmless_bytes(std::string_view text) {
	const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
	const unsigned first = at(0);
	if (first < 0x80)
		return first >= 0x20 && first != 0x7f ? 1 : 0;
	const std::size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
	for (std::size_t i = 1; i < size; ++i) {
		if ((at(i) & 0xc0) != 0x80)
			return 0;
	}
	const bool control = first == 0xc2 && at(1) < 0xa0;
	const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
	const bool no_character = (first == 0xed && at(1) >= 0xa0) || (first == 0xf4 && at(1) >= 0x90);
	return control || overlong || no_character ? 0 : size;
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
	// Never destroyed: threads that a plugin has left may log to the very end.
	static StandardError& standard_error = *new StandardError;
	if (std::clog.rdbuf() == std::cerr.rdbuf()) // as it is at first
		std::clog.rdbuf(&standard_error);
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
	while (!text.empty()) {
		if (const std::size_t size = harmless_bytes(text); size > 0) {
			result += text.substr(0, size);
			text.remove_prefix(size);
			continue;
		}
		char escaped[8];
		std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(text.front()));
		result += escaped;
		text.remove_prefix(1);
	}
	return result;
}

} // namespace tmon
