// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "test/support/network_namespace.hpp"
#include "test/support/process.hpp"
#include "traffic-gen/address.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace tmon::test {

struct FrameCounts {
	uint64_t total = 0;
	uint64_t ipv4 = 0;
	uint64_t ipv6 = 0;
	uint64_t not_ip = 0;
	std::vector<uint64_t> by_prefix; // in the order that was given; the first match counts
	uint64_t other = 0; // IP from none of them
	uint64_t lost = 0; // arrived, but not counted above for want of buffer
};

// Counts the frames that arrive on an interface behind the XDP hook, by their source. VLAN tags are not
// looked behind.
class FrameCounter {
public:
	// `prefixes` such as "10.0.0.0/8" or "fd00::/8".
	FrameCounter(const NetworkNamespace& where, const std::string& interface,
		     const std::vector<std::string>& prefixes = {});
	~FrameCounter();
	FrameCounter(const FrameCounter&) = delete;
	FrameCounter& operator=(const FrameCounter&) = delete;

	FrameCounts counts();

	// The counts once `total` frames have arrived, or after `limit`.
	FrameCounts wait_for(uint64_t total, Duration limit = std::chrono::seconds(10));

private:
	struct Prefix {
		packet::IpAddress address;
		unsigned length = 0;
	};
	static Prefix parse(const std::string& text);

	void receive();
	void count(std::span<const uint8_t> frame, FrameCounts& into) const;
	void count_source(std::span<const uint8_t> source, FrameCounts& into) const;

	std::vector<Prefix> prefixes_;
	int fd_ = -1;
	std::mutex mutex_;
	FrameCounts counts_;
	std::atomic<bool> stop_ = false;
	std::thread thread_; // last: uses all above
};

} // namespace tmon::test
