// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/logger-json/json_array_file.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace tmon::plugins {

namespace {

namespace json = boost::json;

// Accepts every event of a parser: only whether the text is valid is wanted, in constant memory.
struct Ignore {
	static constexpr std::size_t max_object_size = SIZE_MAX;
	static constexpr std::size_t max_array_size = SIZE_MAX;
	static constexpr std::size_t max_key_size = SIZE_MAX;
	static constexpr std::size_t max_string_size = SIZE_MAX;
	using Error = json::error_code;
	using Text = json::string_view;

	bool on_document_begin(Error&) { return true; }
	bool on_document_end(Error&) { return true; }
	bool on_array_begin(Error&) { return true; }
	bool on_array_end(std::size_t, Error&) { return true; }
	bool on_object_begin(Error&) { return true; }
	bool on_object_end(std::size_t, Error&) { return true; }
	bool on_string_part(Text, std::size_t, Error&) { return true; }
	bool on_string(Text, std::size_t, Error&) { return true; }
	bool on_key_part(Text, std::size_t, Error&) { return true; }
	bool on_key(Text, std::size_t, Error&) { return true; }
	bool on_number_part(Text, Error&) { return true; }
	bool on_int64(int64_t, Text, Error&) { return true; }
	bool on_uint64(uint64_t, Text, Error&) { return true; }
	bool on_double(double, Text, Error&) { return true; }
	bool on_bool(bool, Error&) { return true; }
	bool on_null(Error&) { return true; }
	bool on_comment_part(Text, Error&) { return true; }
	bool on_comment(Text, Error&) { return true; }
};

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Where the array ends: offsets of the last bytes that are no white space.
struct Scan {
	char first = 0, before_last = 0, last = 0;
	uint64_t before_last_at = 0, last_at = 0, offset = 0;

	void add(std::string_view text) {
		for (const char c : text) {
			if (!is_space(c)) {
				if (first == 0)
					first = c;
				before_last = std::exchange(last, c);
				before_last_at = std::exchange(last_at, offset);
			}
			++offset;
		}
	}
};

} // namespace

JsonArrayFile::JsonArrayFile(const Host& host, std::string path)
    : path_(std::move(path)), file_(open_file(host, path_, TMON_OPEN_READWRITE)) {
	struct stat status {};
	if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode))
		throw Error(TMON_E_CONFIG,
		            path_ + " is no regular file, as an array needs; use the format \"jsonl\" there");
	size_ = static_cast<uint64_t>(status.st_size);
	if (size_ > 0) {
		go_on();
		return;
	}
	const Written written = pwrite_all(file_.get(), "[\n]\n", 0);
	if (written.error == 0) {
		size_ = 4;
		return;
	}
	if (written.bytes > 0 && ::ftruncate(file_.get(), 0) != 0) {
		// The write error is the one to report.
	}
	throw_write_error(path_, written.error);
}

void JsonArrayFile::go_on() {
	json::basic_parser<Ignore> parser{json::parse_options{}};
	Scan scan;
	std::vector<char> chunk(1 << 20);
	json::error_code error;
	for (uint64_t at = 0;;) {
		const ssize_t n = ::pread(file_.get(), chunk.data(), chunk.size(), static_cast<off_t>(at));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			throw Error(TMON_E_IO, "cannot read " + path_ + ": " + std::strerror(errno));
		const auto size = static_cast<std::size_t>(n);
		const std::size_t parsed = parser.write_some(size > 0, chunk.data(), size, error);
		if (error || parsed < size)
			refuse(error ? error.message() : "text follows it");
		if (size == 0)
			break;
		scan.add({chunk.data(), size});
		at += size;
	}
	if (scan.first != '[')
		refuse("it does not begin with '['");
	// A valid array whose last but one visible byte is '[' has no elements.
	empty_ = scan.before_last == '[';
	elements_end_ = scan.before_last_at + 1;
	size_ = scan.offset;
}

void JsonArrayFile::refuse(const std::string& why) const {
	throw Error(TMON_E_CONFIG,
	            path_ + " exists and is not one JSON array (" + why +
	                "); it was left as it is: move it away, name another file, or use the format \"jsonl\"");
}

void JsonArrayFile::write(LineBuffer& elements) {
	if (elements.empty())
		return;
	std::string_view tail = elements.framed("", "\n]\n");
	if (empty_)
		tail.remove_prefix(1); // the comma
	const std::size_t added = tail.size() - 3;
	elements.clear(); // its bytes stay until the next line is put in
	const uint64_t old_size = size_;
	const Written written = pwrite_all(file_.get(), tail, elements_end_);
	if (written.error == 0) {
		size_ = elements_end_ + tail.size();
		if (size_ < old_size && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
			throw_write_error(path_, errno);
		elements_end_ += added;
		empty_ = false;
		return;
	}
	if (written.bytes > 0) {
		// Back to the array as it was: its end takes no more room than the file already has.
		const Written end = pwrite_all(file_.get(), "\n]\n", elements_end_);
		size_ = elements_end_ + 3;
		if (end.error != 0 || ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
			throw Error(TMON_E_FATAL, path_ + " is no longer a valid array: " + std::strerror(errno));
	}
	throw_write_error(path_, written.error);
}

} // namespace tmon::plugins
