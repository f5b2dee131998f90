// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Writes each event as its 64 bytes to "file", and to "names_file", once for each entry that decided, a line "ID NAME".
// "refuse": true makes it refuse its configuration.
#include <traffic_monitor/plugin.hpp>

#include <set>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

class Records : public tmon::Plugin {
public:
	Records(tmon::Host host, std::string_view text) : Plugin(host, text) {
		if (config().flag("refuse", false))
			throw tmon::Error(TMON_E_CONFIG, "it is told to refuse");
		events_ = open("file");
		names_ = open("names_file");
	}
	~Records() {
		close(events_);
		close(names_);
	}

	void on_batch(const tmon::Batch& batch) {
		gathered_.assign(batch.begin(), batch.end());
		std::string lines;
		for (const tmon_event& event : gathered_)
			if (event.entry != 0 && named_.insert(event.entry).second)
				lines += std::to_string(event.entry) + ' ' +
				         std::string(host().entry_name(event.entry)) + '\n';
		put(events_, reinterpret_cast<const char*>(gathered_.data()), gathered_.size() * sizeof(tmon_event));
		put(names_, lines.data(), lines.size());
	}

private:
	int open(const char* key) const {
		int32_t fd = -1;
		if (const int32_t status = host().open(config().text(key), TMON_OPEN_APPEND, fd); status != TMON_OK)
			throw tmon::Error(status, "");
		return fd;
	}
	static void put(int fd, const char* bytes, std::size_t size) {
		while (size > 0) {
			const ssize_t written = write(fd, bytes, size);
			if (written < 0)
				throw tmon::Error(TMON_E_IO, "cannot write");
			bytes += written;
			size -= static_cast<std::size_t>(written);
		}
	}

	int events_ = -1, names_ = -1;
	std::vector<tmon_event> gathered_;
	std::set<uint32_t> named_;
};

} // namespace

TMON_PLUGIN(Records, "records", "1",
            R"("config": {"type": "object", "additionalProperties": false, "required": ["file", "names_file"],
	"properties": {"file": {"type": "string"}, "names_file": {"type": "string"}, "refuse": {"type": "boolean"}}})")
