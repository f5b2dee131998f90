// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/recording/recording.hpp"

#include "host/system/fd.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tmon {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "TMONREC1";
constexpr uint64_t kMaxBytes = 1ull << 30;

struct BatchHead {
	uint32_t ring, count;
	uint64_t first_seq, lost_before;
	int64_t clock_offset_ns;
};
static_assert(sizeof(BatchHead) == 32);

template <class T> void append(std::string& bytes, const T& value) {
	bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string encode(const Recording& recording) {
	const boost::json::object head = {{"plugin", recording.plugin},
	                                  {"plugin_id", recording.plugin_id},
	                                  {"plugin_version", recording.plugin_version},
	                                  {"sha256", recording.sha256},
	                                  {"instance", recording.instance},
	                                  {"config", recording.config_json},
	                                  {"paths", boost::json::value_from(recording.config_paths)},
	                                  {"reason", recording.reason},
	                                  {"saved_at_ns", recording.saved_at_ns}};
	const std::string text = boost::json::serialize(head);
	std::string bytes(kMagic);
	append(bytes, static_cast<uint32_t>(text.size()));
	bytes += text;
	for (const RecordedBatch& batch : recording.batches) {
		append(bytes, BatchHead{batch.ring, static_cast<uint32_t>(batch.events.size()), batch.first_seq,
		                        batch.lost_before, batch.clock_offset_ns});
		bytes.append(reinterpret_cast<const char*>(batch.events.data()), batch.events.size() * sizeof(tmon_event));
	}
	return bytes;
}

std::string take(std::string_view& rest, std::size_t size, const char* what) {
	if (rest.size() < size)
		throw RecordingError(std::string("the recording ends within ") + what);
	std::string bytes(rest.substr(0, size));
	rest.remove_prefix(size);
	return bytes;
}

std::string text_at(const boost::json::object& head, const char* key) {
	const auto* value = head.if_contains(key);
	if (!value || !value->is_string())
		throw RecordingError(std::string("the recording's head has no text \"") + key + "\"");
	return std::string(value->get_string());
}

std::vector<std::string> texts_at(const boost::json::object& head, const char* key) {
	const auto* value = head.if_contains(key);
	auto texts = boost::json::try_value_to<std::vector<std::string>>(value ? *value : boost::json::value());
	if (!texts)
		throw RecordingError(std::string("the recording's head has no texts \"") + key + "\"");
	return std::move(*texts);
}

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path) {
	throw std::system_error(errno, std::generic_category(), what + " " + path.string());
}

} // namespace

void write_recording(const std::filesystem::path& path, const Recording& recording) {
	const std::string bytes = encode(recording);
	Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
	if (!file)
		fail("cannot make", path);
	for (std::size_t at = 0; at < bytes.size();) {
		const ssize_t written = write(file.get(), bytes.data() + at, bytes.size() - at);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			const int error = errno;
			unlink(path.c_str());
			errno = error;
			fail("cannot write", path);
		}
		at += static_cast<std::size_t>(written);
	}
}

Recording read_recording(const std::filesystem::path& path) {
	const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	struct stat status;
	if (!file || fstat(file.get(), &status) != 0)
		fail("cannot open", path);
	if (!S_ISREG(status.st_mode) || static_cast<uint64_t>(status.st_size) > kMaxBytes)
		throw RecordingError(path.string() + " is not a recording");
	std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
	for (std::size_t at = 0; at < bytes.size();) {
		const ssize_t got = read(file.get(), bytes.data() + at, bytes.size() - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			fail("cannot read", path);
		if (got == 0)
			bytes.resize(at);
		at += static_cast<std::size_t>(got);
	}
	return parse_recording(bytes);
}

Recording parse_recording(std::string_view bytes) {
	if (!bytes.starts_with(kMagic))
		throw RecordingError("this is not a recording: it does not begin with " + std::string(kMagic));
	bytes.remove_prefix(kMagic.size());
	uint32_t size = 0;
	std::memcpy(&size, take(bytes, sizeof size, "its head").data(), sizeof size);
	const std::string text = take(bytes, size, "its head");
	boost::system::error_code error;
	const boost::json::value value = boost::json::parse(text, error);
	const auto* head = error ? nullptr : value.if_object();
	const auto* saved_at = head ? head->if_contains("saved_at_ns") : nullptr;
	if (!saved_at || !saved_at->is_int64())
		throw RecordingError("the recording's head is damaged");
	Recording recording;
	recording.plugin = text_at(*head, "plugin");
	recording.plugin_id = text_at(*head, "plugin_id");
	recording.plugin_version = text_at(*head, "plugin_version");
	recording.sha256 = text_at(*head, "sha256");
	recording.instance = text_at(*head, "instance");
	recording.config_json = text_at(*head, "config");
	recording.config_paths = texts_at(*head, "paths");
	recording.reason = text_at(*head, "reason");
	recording.saved_at_ns = saved_at->get_int64();
	while (!bytes.empty()) {
		BatchHead batch_head;
		std::memcpy(&batch_head, take(bytes, sizeof batch_head, "a batch").data(), sizeof batch_head);
		RecordedBatch batch{batch_head.ring, batch_head.first_seq, batch_head.lost_before, batch_head.clock_offset_ns, {}};
		const std::string events = take(bytes, std::size_t{batch_head.count} * sizeof(tmon_event), "the events of a batch");
		batch.events.resize(batch_head.count);
		std::memcpy(batch.events.data(), events.data(), events.size());
		recording.batches.push_back(std::move(batch));
	}
	return recording;
}

} // namespace tmon
