// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/find_whole_plugin.hpp"
#include "host/commands/given_config.hpp"
#include "host/commands/plugins_command.hpp"
#include "host/diagnostics/log.hpp"
#include "host/recording/recording.hpp"
#include "host/ring/memory_rings.hpp"
#include "host/supervise/supervisor.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace tmon {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kLook = 1ms;            // between two looks at how far the plugin is
constexpr auto kNoProgressLimit = 15s; // a plugin that takes nothing for so long never will
constexpr auto kEndLimit = 65s;        // longer than any deadline

// What each ring has to be like for the recorded batches.
struct RingPlan {
	uint64_t begin = 0, end = 0; // sequence numbers
	uint64_t untold = 0;         // lost before the first
};

// Throws RecordingError for what no ring can hold.
std::map<uint32_t, RingPlan> plan_rings(const Recording& recording) {
	if (recording.batches.empty())
		throw RecordingError("the recording holds no batch");
	std::map<uint32_t, RingPlan> plans;
	for (const RecordedBatch& batch : recording.batches) {
		const uint64_t end = batch.first_seq + batch.events.size();
		if (batch.ring >= kMaxRings || batch.events.empty() || batch.events.size() > kBatchSlots ||
		    end < batch.first_seq || batch.lost_before > batch.first_seq)
			throw RecordingError("the recording is damaged: no runner reads a batch of " +
			                     std::to_string(batch.events.size()) + " events from " + std::to_string(batch.first_seq) +
			                     " of ring " + std::to_string(batch.ring) + " with " + std::to_string(batch.lost_before) +
			                     " lost before");
		const auto [plan, is_new] = plans.try_emplace(batch.ring, RingPlan{batch.first_seq, end, batch.lost_before});
		if (!is_new && plan->second.end != batch.first_seq)
			throw RecordingError("the recording has a gap within ring " + std::to_string(batch.ring) + ", before event " +
			                     std::to_string(batch.first_seq) + ": it cannot be given to a plugin as it was");
		plan->second.end = end;
	}
	return plans;
}

// Where the first event of each ring has its recorded number.
int prepare(MemoryRings& writer, const std::map<uint32_t, RingPlan>& plans) {
	for (const auto& [ring, plan] : plans)
		writer.begin_at(ring, plan.begin);
	return writer.descriptor();
}

class Replay {
public:
	// `spawner` is attached to `io`.
	Replay(boost::asio::io_context& io, const Recording& recording, const PluginConfig& config, Spawner& spawner)
	    : recording_(recording), config_(config), plans_(plan_rings(recording)), io_(io),
	      // The next batch is written when the one before has been taken, so that there is always room.
	      writer_(lay_out_rings(plans_.rbegin()->first + 1, 2 * kBatchSlots * TMON_RING_UNIT, uint64_t{1} << 32)),
	      rings_(prepare(writer_, plans_)),
	      supervisor_(io_, environment(spawner), CrashStore({}, 0),
	                  {[] {}, [this](uint32_t flags) { return make_tick(flags); }}) {}

	int run() {
		if (const auto failures = supervisor_.start({config_}); !failures.empty()) {
			std::printf("the plugin did not start: %s\n", printable(failures.front().reason).c_str());
			return failures.front().status == TMON_E_CONFIG ? exit_configuration : exit_runtime;
		}
		bool stuck = false;
		for (const RecordedBatch& batch : recording_.batches) {
			writer_.write(batch.ring, batch.events);
			supervisor_.wake_sleepers();
			stuck = !wait_until_taken();
			if (stuck || died())
				break;
		}
		if (!stuck && !died()) {
			std::vector<uint64_t> heads;
			for (uint32_t ring = 0; ring < rings_.rings(); ++ring)
				heads.push_back(rings_.head(ring));
			supervisor_.drain(heads, kEndLimit);
			supervisor_.tick(make_tick(TMON_TICK_FINAL));
		}
		supervisor_.finish(stuck ? std::chrono::milliseconds(0) : kEndLimit);
		return report(stuck);
	}

private:
	RunnerEnvironment environment(Spawner& spawner) {
		RunnerEnvironment environment{rings_, writer_.descriptor(), {}, spawner, recording_.batches.front().clock_offset_ns,
		                              std::vector<uint64_t>(rings_.rings()), true};
		for (const auto& [ring, plan] : plans_)
			environment.untold[ring] = plan.untold;
		return environment;
	}

	PluginTotals totals() const {
		Totals totals;
		supervisor_.add_totals(totals);
		return totals.plugins.empty() ? PluginTotals{} : totals.plugins.front();
	}
	bool died() const { return !supervisor_.deaths().empty(); }

	// False when the plugin lives and does not take what there is.
	bool wait_until_taken() {
		const auto limit = steady_clock::now() + std::max<steady_clock::duration>(kNoProgressLimit, 2 * config_.limits.deadline);
		while (totals().pending > 0 && !died()) {
			if (steady_clock::now() >= limit)
				return false;
			io_.restart();
			io_.run_one_for(kLook);
		}
		return true;
	}

	tmon_tick make_tick(uint32_t flags) const {
		tmon_tick tick{};
		tick.size = sizeof tick;
		tick.flags = flags;
		// The plugin's clock is that of the recorded events.
		for (const RecordedBatch& batch : recording_.batches)
			tick.now_ns = std::max(tick.now_ns, batch.events.back().time_ns);
		tick.clock_offset_ns = recording_.batches.front().clock_offset_ns;
		tick.seen = tick.denied = tick.reported = totals().offered;
		return tick;
	}

	int report(bool stuck) const {
		const PluginTotals plugin = totals();
		Totals all;
		supervisor_.add_totals(all);
		for (const Supervisor::StartFailure& death : supervisor_.deaths())
			std::printf("the plugin crashed %s\n", printable(death.reason).c_str());
		if (stuck)
			std::printf("the plugin asked for the same batch again and again\n");
		std::printf("%llu events: %llu delivered, %llu failed; %llu alerts\n", static_cast<unsigned long long>(plugin.offered),
		            static_cast<unsigned long long>(plugin.delivered),
		            static_cast<unsigned long long>(plugin.offered - plugin.delivered),
		            static_cast<unsigned long long>(all.alerts.emitted));
		const bool good = !stuck && supervisor_.lost().empty() && plugin.failed == 0 && plugin.pending == 0;
		if (good)
			std::printf("the plugin has taken everything\n");
		return good ? exit_ok : exit_runtime;
	}

	const Recording& recording_;
	const PluginConfig& config_;
	const std::map<uint32_t, RingPlan> plans_;
	boost::asio::io_context& io_;
	MemoryRings writer_;
	EventRings rings_;
	Supervisor supervisor_;
};

std::string name_of(const Recording& recording, const Manifest& manifest) {
	const std::string name = printable(recording.instance);
	return name.empty() || name.size() > 64 ? manifest.id : name;
}

void say_what(const Recording& recording, const PluginFile& file) {
	for (const RecordedBatch& batch : recording.batches)
		std::printf("%zu events from %llu of ring %u, %llu lost before\n", batch.events.size(),
		            static_cast<unsigned long long>(batch.first_seq), batch.ring,
		            static_cast<unsigned long long>(batch.lost_before));
	std::printf("recorded of %s %s, as %s: %s\n", printable(recording.plugin_id).c_str(),
	            printable(recording.plugin_version).c_str(), printable(recording.instance).c_str(),
	            printable(recording.reason).c_str());
	if (file.sha256 != recording.sha256)
		std::printf("%s is not the file that was recorded: its SHA-256 is %s, it was %s\n", printable(file.path).c_str(),
		            file.sha256.c_str(), printable(recording.sha256).c_str());
}

} // namespace

int replay_recording(const ReplayRecording& options, const InstalledTree& tree) {
	boost::asio::io_context io{1}; // outlives the spawner
	// Before there is any thread.
	Spawner spawner = Spawner::start(tree.runner);
	spawner.attach(io);
	start_log(options.verbose);
	const auto refuse = [](const std::string& reason) {
		std::fprintf(stderr, "traffic-monitor: %s\n", printable(reason).c_str());
		return exit_configuration;
	};
	try {
		const Recording recording = read_recording(options.recording);
		plan_rings(recording);
		const auto found = find_whole_plugin(options.plugin.value_or(recording.plugin), tree);
		if (const auto* error = std::get_if<PluginFileError>(&found))
			return refuse(error->reasons.front());
		PluginConfig config;
		config.file = std::get<std::shared_ptr<const PluginFile>>(found);
		config.plugin = config.file->plugin;
		config.name = name_of(recording, config.file->manifest);
		GivenConfig given;
		if (options.config) {
			auto read = read_given_config(*options.config, config.file->manifest);
			if (const auto* errors = std::get_if<std::vector<Diagnostic>>(&read)) {
				for (const Diagnostic& error : *errors)
					std::fprintf(stderr, "%s\n", to_string(error).c_str());
				return exit_configuration;
			}
			given = std::get<GivenConfig>(std::move(read));
		} else {
			given = {recording.config_json, recording.config_paths};
		}
		config.config_json = std::move(given.json);
		config.config_paths = std::move(given.paths);
		say_what(recording, *config.file);
		std::fflush(stdout);
		return Replay(io, recording, config, spawner).run();
	} catch (const RecordingError& error) {
		return refuse(options.recording + ": " + error.what());
	}
}

} // namespace tmon
