// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Runs a plugin as it is installed: its shared object, loaded by path, with a host that records what
// it is told.
#pragma once

#include "traffic_monitor/plugin.hpp"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
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

// An alert with everything that it points to.
struct AlertCopy {
	tmon_alert raw{};
	std::string rule, message, mitre;
	std::vector<std::string> victims; // 16 bytes each
	std::map<std::string, double> threshold, observed;

	explicit AlertCopy(const tmon_alert& alert)
	    : raw(alert), rule(to_view(alert.rule)), message(to_view(alert.message)), mitre(to_view(alert.mitre)) {
		for (uint32_t i = 0; i < alert.victim_count; ++i)
			victims.emplace_back(reinterpret_cast<const char*>(alert.victims[i]), 16);
		for (uint32_t i = 0; i < alert.threshold_count; ++i)
			threshold[std::string(to_view(alert.threshold[i].name))] = alert.threshold[i].value;
		for (uint64_t i = 0; i < alert.observed_count; ++i)
			observed[std::string(to_view(alert.observed[i].name))] = alert.observed[i].value;
	}
};

// The host's side of the ABI. Opens what it is asked for, except: "-" is the file `standard_output`, and
// `redirected` paths are others.
class FakeHost {
public:
	FakeHost() {
		table_.size = sizeof table_;
		table_.context = reinterpret_cast<tmon_host_context*>(this);
		table_.log = [](tmon_host_context* context, uint32_t level, tmon_str text) {
			of(context).logs.emplace_back(level, to_view(text));
		};
		table_.fail = [](tmon_host_context* context, int32_t status, tmon_str text) {
			if (text.size > 0) // an empty text leaves the one before it
				of(context).failures.emplace_back(status, to_view(text));
		};
		table_.emit_alert = [](tmon_host_context* context, const tmon_alert* alert) -> int32_t {
			if (of(context).refuse_alerts)
				return TMON_RETRY;
			of(context).alerts.emplace_back(*alert);
			return TMON_OK;
		};
		table_.open = [](tmon_host_context* context, tmon_str path, uint32_t mode, int32_t* fd) {
			return of(context).open(std::string(to_view(path)), mode, *fd);
		};
		table_.interface_name = [](tmon_host_context* context, uint32_t ifindex) -> tmon_str {
			const auto found = of(context).interfaces.find(ifindex);
			return found == of(context).interfaces.end() ? tmon_str{nullptr, 0} : to_str(found->second);
		};
		table_.entry_name = [](tmon_host_context*, uint32_t) { return tmon_str{nullptr, 0}; };
		table_.stop_requested = [](tmon_host_context*) { return uint32_t{0}; };
		table_.get_extension = [](tmon_host_context*, tmon_str) { return static_cast<const void*>(nullptr); };
	}
	FakeHost(const FakeHost&) = delete;
	FakeHost& operator=(const FakeHost&) = delete;

	const tmon_host& table() const { return table_; }
	std::string last_failure() const { return failures.empty() ? "" : failures.back().second; }

	std::vector<std::pair<uint32_t, std::string>> logs;
	std::vector<std::pair<int32_t, std::string>> failures;
	std::vector<AlertCopy> alerts;
	std::map<uint32_t, std::string> interfaces = {{1, "lo"}, {2, "eth0"}};
	std::map<std::string, std::string> redirected;
	std::string standard_output = "/dev/null";
	int32_t open_answer = TMON_OK; // else every open returns this
	bool refuse_alerts = false;

private:
	static FakeHost& of(tmon_host_context* context) { return *reinterpret_cast<FakeHost*>(context); }

	int32_t open(const std::string& path, uint32_t mode, int32_t& fd) {
		if (open_answer != TMON_OK) {
			failures.emplace_back(open_answer, path + ": refused");
			return open_answer;
		}
		const auto other = redirected.find(path);
		const std::string real = path == "-"                 ? standard_output
		                         : other == redirected.end() ? path
		                                                     : other->second;
		const int flags = mode == TMON_OPEN_READ     ? O_RDONLY
		                  : mode == TMON_OPEN_APPEND ? O_WRONLY | O_CREAT | O_APPEND
		                                             : O_RDWR | O_CREAT;
		fd = ::open(real.c_str(), flags | O_CLOEXEC, 0640);
		if (fd >= 0)
			return TMON_OK;
		failures.emplace_back(TMON_E_IO, path + ": " + std::strerror(errno));
		return TMON_E_IO;
	}

	tmon_host table_{};
};

// One instance of a plugin of the distribution tree ($TMON_DIST).
class LoadedPlugin {
public:
	LoadedPlugin(FakeHost& host, const std::string& id, const std::string& config)
	    : library_(path_of(id), boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local),
	      entry_(library_.get<const tmon_plugin_entry>(TMON_PLUGIN_ENTRY_SYMBOL)),
	      created_(entry_.api->create(&host.table(), to_str(config), &self_)) {}
	LoadedPlugin(const LoadedPlugin&) = delete;
	LoadedPlugin& operator=(const LoadedPlugin&) = delete;
	~LoadedPlugin() { destroy(); }

	int32_t created() const { return created_; }
	const tmon_plugin_entry& entry() const { return entry_; }
	bool takes_events() const { return entry_.api->on_batch != nullptr; }
	bool flushes() const { return entry_.api->flush != nullptr; }

	int32_t batch(const std::vector<tmon_event>& events, int64_t clock_offset_ns = 0, uint64_t lost_before = 0) {
		tmon_batch batch{};
		batch.size = sizeof batch;
		batch.count = static_cast<uint32_t>(events.size());
		batch.event_stride = sizeof(tmon_event);
		batch.lost_before = lost_before;
		batch.clock_offset_ns = clock_offset_ns;
		batch.events = events.data();
		return entry_.api->on_batch(self_, &batch);
	}
	int32_t flush() { return entry_.api->flush(self_); }
	int32_t alert(const tmon_alert& alert) {
		return extension<tmon_ext_alerts>(TMON_EXT_ALERTS)->on_alert(self_, &alert);
	}
	int32_t tick(const tmon_tick& tick) { return extension<tmon_ext_ticks>(TMON_EXT_TICKS)->on_tick(self_, &tick); }
	int32_t end() { return extension<tmon_ext_end>(TMON_EXT_END)->on_end(self_); }
	void destroy() {
		if (created_ == TMON_OK && self_ != nullptr)
			entry_.api->destroy(self_);
		self_ = nullptr;
	}

	template <class Table>
	const Table* extension(const char* id) {
		return static_cast<const Table*>(entry_.api->get_extension(self_, to_str(id)));
	}

private:
	static std::string path_of(const std::string& id) {
		const char* dist = std::getenv("TMON_DIST");
		if (dist == nullptr)
			throw std::runtime_error("TMON_DIST names no distribution tree");
		return std::string(dist) + "/lib/traffic-monitor/plugins/" + id + ".so";
	}

	boost::dll::shared_library library_;
	const tmon_plugin_entry& entry_;
	void* self_ = nullptr;
	int32_t created_;
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
