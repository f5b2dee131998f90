// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "traffic-gen/transmit.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct pcap;
struct pcap_dumper;

namespace tmon {

// A capture file with nanosecond times, of Ethernet frames.
class PcapFile {
public:
	// "-" is the standard output. Throws OutputError, as all below.
	explicit PcapFile(const std::string& path);

	void write(uint64_t time_ns, std::span<const uint8_t> frame); // since 1970, UTC

	// To be called at the end: reports what buffering has hidden.
	void flush();

private:
	void check();

	struct Close {
		void operator()(pcap* handle) const;
		void operator()(pcap_dumper* dumper) const;
	};
	std::string path_;
	std::unique_ptr<pcap, Close> handle_;
	std::unique_ptr<pcap_dumper, Close> dumper_;
};

// Writes `count` packets of `scenario`, the first at `start_ns`, the others as the rate asks or 1 us apart.
Outcome write_capture(Scenario& scenario, PcapFile& file, uint64_t start_ns, const Bounds& bounds);

} // namespace tmon
