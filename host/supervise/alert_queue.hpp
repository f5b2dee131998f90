// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace tmon {

// Alerts on their way to one plugin, oldest first. Bounded in number and bytes, and no emitter may have more than half of
// either: one that floods does not keep those of others out.
class AlertQueue {
public:
	static constexpr std::size_t kMost = 4096, kMostBytes = 8u << 20;

	// False when there is no room for it.
	bool push(const std::string& emitter, std::string encoded) {
		Share& share = shares_[emitter];
		if (!fits(total_, encoded, 1) || !fits(share, encoded, 2))
			return false;
		add(share, encoded);
		add(total_, encoded);
		alerts_.emplace_back(emitter, std::move(encoded));
		return true;
	}
	// Of alerts that have been taken out already, and are older than those here: there is always room.
	void put_back(std::deque<std::string> older) {
		Share& share = shares_[{}];
		for (; !older.empty(); older.pop_back()) {
			add(share, older.back());
			add(total_, older.back());
			alerts_.emplace_front(std::string(), std::move(older.back()));
		}
	}
	std::string pop() {
		auto [emitter, encoded] = std::move(alerts_.front());
		alerts_.pop_front();
		const auto share = shares_.find(emitter);
		for (Share* each : {&share->second, &total_}) {
			--each->alerts;
			each->bytes -= encoded.size();
		}
		if (share->second.alerts == 0)
			shares_.erase(share);
		return std::move(encoded);
	}
	bool empty() const noexcept { return alerts_.empty(); }
	std::size_t size() const noexcept { return alerts_.size(); }
	void clear() { *this = {}; }

private:
	struct Share {
		std::size_t alerts = 0, bytes = 0;
	};
	static bool fits(const Share& share, const std::string& encoded, std::size_t parts) {
		return share.alerts < kMost / parts && share.bytes + encoded.size() <= kMostBytes / parts;
	}
	static void add(Share& share, const std::string& encoded) {
		++share.alerts;
		share.bytes += encoded.size();
	}

	std::deque<std::pair<std::string, std::string>> alerts_; // emitter, alert
	std::map<std::string, Share> shares_;                    // by emitter; "" for what was put back
	Share total_;
};

} // namespace tmon
