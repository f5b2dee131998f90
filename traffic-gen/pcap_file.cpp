// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/pcap_file.hpp"

#include "traffic-gen/output_error.hpp"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tmon {

namespace {

constexpr int snap_length = 65535;
constexpr uint64_t second_ns = 1'000'000'000;

} // namespace

void PcapFile::Close::operator()(pcap* handle) const { pcap_close(handle); }
void PcapFile::Close::operator()(pcap_dumper* dumper) const { pcap_dump_close(dumper); }

PcapFile::PcapFile(const std::string& path)
    : path_(path), handle_(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, snap_length, PCAP_TSTAMP_PRECISION_NANO)) {
	if (!handle_)
		throw OutputError("no memory for a capture");
	dumper_.reset(pcap_dump_open(handle_.get(), path.c_str()));
	if (!dumper_)
		throw OutputError("writing " + std::string(pcap_geterr(handle_.get()))); // begins with the path
}

void PcapFile::check() {
	if (std::ferror(pcap_dump_file(dumper_.get())) != 0)
		throw OutputError("writing " + path_ + ": " + std::strerror(errno));
}

void PcapFile::write(uint64_t time_ns, std::span<const uint8_t> frame) {
	pcap_pkthdr header{};
	header.ts.tv_sec = static_cast<time_t>(time_ns / second_ns);
	header.ts.tv_usec = static_cast<suseconds_t>(time_ns % second_ns); // nanoseconds in such a file
	header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
	pcap_dump(reinterpret_cast<u_char*>(dumper_.get()), &header, frame.data());
	check();
}

void PcapFile::flush() {
	if (pcap_dump_flush(dumper_.get()) != 0)
		throw OutputError("writing " + path_ + ": " + std::strerror(errno));
}

Outcome write_capture(Scenario& scenario, PcapFile& file, uint64_t start_ns, const Bounds& bounds) {
	using Clock = std::chrono::steady_clock;
	__extension__ using Wide = unsigned __int128;
	Outcome outcome;
	packet::Bytes frame;
	const Clock::time_point start = Clock::now();
	for (uint64_t i = 0; i < bounds.count && outcome.end == End::complete; ++i) {
		frame.clear();
		const Traits traits = scenario.next(frame);
		const uint64_t offset =
		    bounds.rate == 0 ? i * 1000 : static_cast<uint64_t>(Wide{i} * second_ns / bounds.rate);
		file.write(start_ns + offset, frame);
		outcome.tally.add(traits, frame.size());
		if (bounds.stop != nullptr && *bounds.stop)
			outcome.end = End::stopped;
		else if (i % 1024 == 0 && Clock::now() - start >= bounds.timeout)
			outcome.end = End::timed_out;
	}
	file.flush();
	outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
	return outcome;
}

} // namespace tmon
