// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/crash_store.hpp"

#include "host/diagnostics/log.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/recording/recording.hpp"
#include "host/system/clock.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace tmon {

namespace {

constexpr const char* kSuffix = ".batch";

std::string utc_stamp() {
	const std::time_t now = std::time(nullptr);
	std::tm broken{};
	gmtime_r(&now, &broken);
	char text[32];
	std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &broken);
	return text;
}

} // namespace

std::optional<std::filesystem::path> CrashStore::save(const RunnerLink& runner, const std::string& why) {
	const BatchInHand& kept = runner.page().batch;
	const uint32_t count = std::min(kept.count.load(), kBatchSlots);
	const uint32_t first = std::min(kept.first.load(), kBatchSlots - count);
	if (keep_ == 0 || count == 0)
		return std::nullopt;
	Recording recording;
	recording.plugin = runner.config().plugin;
	recording.plugin_id = runner.config().file->manifest.id;
	recording.plugin_version = runner.config().file->manifest.version;
	recording.sha256 = runner.config().file->sha256;
	recording.instance = runner.config().name;
	recording.config_json = runner.config().config_json;
	recording.config_paths = runner.config().config_paths;
	recording.reason = "in " + std::string(call_name(runner.page().call.load())) + ": " + why;
	recording.saved_at_ns = clock_ns(CLOCK_REALTIME);
	RecordedBatch batch;
	batch.ring = kept.ring.load();
	batch.first_seq = kept.first_seq.load();
	batch.lost_before = kept.lost_before.load();
	batch.clock_offset_ns = kept.clock_offset_ns.load();
	const auto* events = reinterpret_cast<const tmon_event*>(runner.page().events);
	batch.events.assign(events + first, events + first + count);
	recording.batches.push_back(std::move(batch));
	try {
		std::filesystem::create_directories(directory_);
		std::filesystem::path path;
		for (int number = 1; path.empty() || std::filesystem::exists(path); ++number)
			path = directory_ / (runner.config().name + "." + utc_stamp() + "-" + std::to_string(number) + kSuffix);
		write_recording(path, recording);
		remove_oldest(runner.config().name);
		return path;
	} catch (const std::exception& error) {
		log_warning("the batch that plugin " + runner.config().name + " had in hand cannot be saved: " + error.what());
		return std::nullopt;
	}
}


void CrashStore::remove_oldest(const std::string& instance) {
	std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
	for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
		const std::string name = entry.path().filename();
		// An instance's name may contain dots; what follows it here is a time and nothing more.
		if (name.starts_with(instance + ".") && name.ends_with(kSuffix) &&
		    name.find('.', instance.size() + 1) == name.size() - std::string_view(kSuffix).size())
			files.emplace_back(entry.last_write_time(), entry.path());
	}
	std::sort(files.begin(), files.end());
	for (std::size_t i = 0; i + keep_ < files.size(); ++i)
		std::filesystem::remove(files[i].second);
}

std::filesystem::path CrashStore::default_directory() {
	if (const char* given = std::getenv("STATE_DIRECTORY"); given && *given)
		return std::filesystem::path(std::string(given).substr(0, std::string_view(given).find(':'))) / "crashes";
	if (geteuid() == 0)
		return "/var/lib/traffic-monitor/crashes";
	if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state)
		return std::filesystem::path(state) / "traffic-monitor/crashes";
	const char* home = std::getenv("HOME");
	return std::filesystem::path(home && *home ? home : ".") / ".local/state/traffic-monitor/crashes";
}

} // namespace tmon
