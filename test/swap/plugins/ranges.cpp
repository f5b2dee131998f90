// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Writes down every range of events that it is given, before it says that it has taken it: ring, first, count and how
// many it missed before, as four numbers of 64 bits. Its state is how many ranges all of its kind have written.
//     file    where to; every instance appends to the same
//     fail    "create", "restore", "save": refuses there; "crash-create", "crash-restore", "crash-save", "crash-batch",
//             "hang-create", "hang-batch", "hang-save": does that there
#include <traffic_monitor/plugin.hpp>

#include <csignal>
#include <cstdint>
#include <string>

#include <unistd.h>

namespace {

class Ranges : public tmon::Plugin {
public:
	Ranges(tmon::Host host, std::string_view text) : Plugin(host, text), fail_(config().text("fail", "")) {
		std::signal(SIGABRT, SIG_DFL);
		if (const int32_t status = this->host().open(config().text("file"), TMON_OPEN_APPEND, file_); status != TMON_OK)
			throw tmon::Error(status, ""); // the host has said why
		maybe("create");
	}
	~Ranges() { close(file_); }

	void on_batch(const tmon::Batch& batch) {
		maybe("batch");
		const uint64_t range[4] = {batch.ring(), batch.first_seq(), batch.size(), batch.lost_before()};
		if (write(file_, range, sizeof range) != sizeof range)
			throw tmon::Error(TMON_E_IO, "cannot write a range");
		++ranges_;
	}

	std::string save_state() {
		maybe("save");
		return std::to_string(ranges_);
	}
	void restore_state(std::string_view state) {
		maybe("restore");
		ranges_ = std::stoull(std::string(state));
	}
	void on_end() { host().info("ranges: " + std::to_string(ranges_)); }

private:
	void maybe(const std::string& call) const {
		if (fail_ == call)
			throw tmon::Error(TMON_E_INTERNAL, "is to fail in " + call);
		if (fail_ == "crash-" + call)
			abort();
		while (fail_ == "hang-" + call)
			pause();
	}

	std::string fail_;
	int32_t file_ = -1;
	uint64_t ranges_ = 0;
};

} // namespace

TMON_PLUGIN(Ranges, "ranges", "1")
