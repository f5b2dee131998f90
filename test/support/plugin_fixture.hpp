// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What tests of the shipped plugins need beyond testing.hpp: the plugins as they are installed, and files.
#pragma once

#include "traffic_monitor/testing.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace tmon::test {

// A directory that goes with its owner.
class TemporaryDirectory {
public:
	TemporaryDirectory() {
		std::string pattern = (std::filesystem::temp_directory_path() / "traffic-monitor.XXXXXX").string();
		if (::mkdtemp(pattern.data()) == nullptr)
			throw std::runtime_error("mkdtemp: " + std::string(std::strerror(errno)));
		path_ = pattern;
	}
	TemporaryDirectory(const TemporaryDirectory&) = delete;
	TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
	~TemporaryDirectory() {
		std::error_code ignored;
		std::filesystem::remove_all(path_, ignored);
	}
	std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
	std::filesystem::path path_;
};

inline std::string read_file(const std::string& path) {
	std::ifstream file(path, std::ios::binary);
	return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_file(const std::string& path, const std::string& text) {
	std::ofstream(path, std::ios::binary) << text;
}

// One instance of a plugin of the distribution tree ($TMON_DIST).
class ShippedPlugin : public testing::Plugin {
public:
	ShippedPlugin(testing::Host& host, const std::string& id, const std::string& config)
	    : Plugin(host, path_of(id), config) {}

	static std::string path_of(const std::string& id) {
		const char* dist = std::getenv("TMON_DIST");
		if (dist == nullptr)
			throw std::runtime_error("TMON_DIST names no distribution tree");
		return std::string(dist) + "/lib/traffic-monitor/plugins/" + id + ".so";
	}
};

// An IPv4 TCP event that tests change as they need.
inline tmon_event tcp_event(uint32_t source, uint32_t destination, uint16_t source_port, uint16_t destination_port) {
	tmon_event event{};
	event.ip_version = 4;
	const auto put = [](uint8_t(&out)[16], uint32_t address) {
		out[10] = out[11] = 0xff;
		for (int i = 0; i < 4; ++i)
			out[12 + i] = static_cast<uint8_t>(address >> (24 - 8 * i));
	};
	put(event.src, source);
	put(event.dst, destination);
	event.src_port = source_port;
	event.dst_port = destination_port;
	event.protocol = TMON_PROTO_TCP;
	event.tcp_flags = 0x02; // SYN
	event.packet_size = 60;
	event.ifindex = 2;
	return event;
}

} // namespace tmon::test
