// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/monitor.hpp"

#include "host/config/units.hpp"
#include "host/control/control_server.hpp"
#include "host/control/socket_path.hpp"
#include "host/diagnostics/log.hpp"
#include "host/exit_code.hpp"
#include "host/filter/capabilities.hpp"
#include "host/monitor/answers.hpp"
#include "host/monitor/blocking.hpp"
#include "host/monitor/confirmation.hpp"
#include "host/monitor/interface_keeper.hpp"
#include "host/monitor/lock_out.hpp"
#include "host/monitor/policy_change.hpp"
#include "host/plugin_file/plugin_file.hpp"
#include "host/policy/match.hpp"
#include "host/preflight/peers.hpp"
#include "host/sources/live_source.hpp"
#include "host/supervise/supervisor.hpp"
#include "host/system/clock.hpp"
#include "host/system/fd.hpp"
#include "host/system/interfaces.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <system_error>

namespace tmon {

namespace {

using namespace std::chrono_literals;

constexpr auto kDrainLimit = 2s;
constexpr auto kFinishLimit = 1s;
constexpr auto kPeersAge = 2s; // so long who was found to be needed is not looked for again

// The interfaces by name; empty when one does not exist, after saying so.
std::vector<Interface> resolve_interfaces(const std::vector<std::string>& names) {
	const std::vector<Interface> present = list_interfaces();
	std::vector<Interface> found;
	bool complete = true;
	for (const std::string& name : names) {
		const auto at = std::find_if(present.begin(), present.end(),
		                             [&](const Interface& interface) { return interface.name == name; });
		if (at != present.end()) {
			found.push_back(*at);
			continue;
		}
		log_error("no interface \"" + printable(name) + "\"; there are: " + join_names(present));
		complete = false;
	}
	return complete ? found : std::vector<Interface>{};
}

void explain(const PluginConfig& plugin, const std::string& reason) {
	const Diagnostic& diagnostic = plugin.where;
	std::string place = diagnostic.file;
	if (diagnostic.line > 0)
		place += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
	log_error((place.empty() ? "" : place + ": ") + (plugin.name.empty() ? "" : "plugin " + plugin.name + ": ") + reason);
}

int explain_start_failures(const std::vector<Supervisor::StartFailure>& failures) {
	int code = exit_runtime;
	for (const Supervisor::StartFailure& failure : failures) {
		explain(failure.plugin, failure.reason);
		if (failure.status == TMON_E_CONFIG || failure.status == TMON_E_DENIED)
			code = exit_configuration;
	}
	return code;
}

// Whether there is a terminal that controls this process.
bool has_terminal() { return bool(Fd(open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY))); }

std::string join(const char* what, const std::vector<std::string>& names) {
	std::string text;
	for (const std::string& name : names)
		text += (text.empty() ? what : ",") + (" " + name);
	return text;
}

std::string join_with_commas(const std::vector<std::string>& names) {
	std::string text;
	for (const std::string& name : names)
		text += (text.empty() ? "" : ",") + name;
	return text;
}

class Monitor {
public:
	Monitor(Config config, const std::vector<Interface>& interfaces, Spawner spawner,
	        const std::function<MergeResult()>& read_again)
	    : config_(std::move(config)), read_again_(read_again), has_terminal_(has_terminal()), spawner_(std::move(spawner)),
	      source_({rules_of(config_), interfaces, config_.ring_bytes, config_.block_list_size, config_.pin}),
	      confirmation_(io_, source_.filter().maps().state()), blocking_(io_, source_.block_list(), [this](const Prefix& prefix) { return who_needs(prefix); }),
	      supervisor_(io_, {source_.rings(), source_.rings_descriptor(), list_interfaces(), spawner_, std::nullopt},
	                  CrashStore(config_.crash_directory ? std::filesystem::path(*config_.crash_directory)
	                                                    : CrashStore::default_directory(),
	                             config_.crashes_kept),
	                  {[this] { source_.doorbell().arm(); },
	                   [this](uint32_t flags) { return make_tick(totals(), flags); },
	                   [this](const PluginConfig& plugin, const BlockRequest& request) {
		                   return blocking_.block(request.prefix, request.ttl, "plugin " + plugin.name, request.reason);
	                   }}),
	      signals_(io_, SIGINT, SIGTERM, SIGHUP), doorbell_(io_, fcntl(source_.doorbell().descriptor(), F_DUPFD_CLOEXEC, 0)),
	      stats_timer_(io_) {
		spawner_.attach(io_);
		spawner_.on_lost([] {
			log_error("the process that starts plugins has died, and all plugins with it; packets are filtered as before");
		});
	}

	int run() {
		wait_for_signals();
		if (config_.stats_file)
			check_replaceable(*config_.stats_file);
		policy_.name_entries();
		if (const auto failures = supervisor_.start(config_.plugins); !failures.empty()) {
			const int code = explain_start_failures(failures);
			if (supervisor_.is_stuck())
				std::_Exit(code);
			return code;
		}
		if (!stopping_) {
			wait_for_doorbell();
			started_ns_ = clock_ns(CLOCK_MONOTONIC);
			policy_since_ns_ = clock_ns(CLOCK_REALTIME);
			// The end of dropping before its beginning; what an earlier run has left keeps its own until it is exchanged.
			// Attaching is the last thing that can fail.
			const Confirmation::Saved before = confirmation_.save();
			try {
				keeper_.emplace(io_, source_, config_.xdp_mode,
				                [this](const Interface& interface) { supervisor_.add_interface(interface); });
				listen();
				if (is_on_approval(config_))
					confirmation_.begin(*config_.confirm);
				source_.start(config_.xdp_mode);
			} catch (...) {
				confirmation_.restore(before);
				supervisor_.finish(kFinishLimit);
				throw;
			}
			if (!is_on_approval(config_))
				confirmation_.cancel();
			write_stats(totals());
			say_started();
			next_stats_ = std::chrono::steady_clock::now();
			wait_for_stats();
			running_ = true;
			if (std::exchange(reload_again_, false))
				reload();
			io_.restart();
			while (!stopping_) {
				try {
					io_.run_one();
				} catch (const std::exception& error) {
					// Whatever it was, packets are to be judged and events to be read.
					log_error(error.what());
				}
			}
		}
		return stop();
	}

private:
	void wait_for_signals() {
		signals_.async_wait([this](const auto& failed, int number) {
			if (failed)
				return;
			if (number == SIGHUP && !(has_terminal_ && !has_terminal())) {
				log_info("SIGHUP: reading the configuration again");
				reload();
			} else {
				log_info(std::string("SIG") + sigabbrev_np(number) + ": stopping");
				stopping_ = true;
			}
			wait_for_signals();
		});
	}

	// For `ctl`. Only a socket that the user has named is worth an end of the run.
	void listen() {
		if (!config_.control_enabled && is_on_approval(config_))
			throw std::runtime_error("nobody could confirm: \"confirm\" needs the control socket");
		if (!config_.control_enabled)
			return;
		const std::string path = config_.control_socket.value_or(default_control_socket());
		if (path.empty() && is_on_approval(config_))
			throw std::runtime_error("nobody could confirm: there is no place for a control socket by default; "
			                         "\"control\": {\"socket\": …} names one");
		if (path.empty()) {
			log_info("no control socket: there is no place for it by default; \"control\": {\"socket\": …} names one");
			return;
		}
		answers_.emplace(Answers::Run{config_, source_, supervisor_, *keeper_, blocking_, confirmation_,
		                              [this] { return totals(); }, started_ns_, policy_since_ns_});
		try {
			control_.emplace(io_, path, *answers_);
		} catch (const std::runtime_error& error) {
			if (config_.control_socket || is_on_approval(config_))
				throw;
			log_warning(std::string("no control socket: ") + error.what());
		}
	}

	// Why a prefix is not blocked: it covers somebody whom this host needs.
	std::string who_needs(const Prefix& prefix) {
		if (config_.force || config_.dry_run)
			return {};
		const auto now = std::chrono::steady_clock::now();
		if (now - peers_at_ > kPeersAge) {
			peers_ = peers_of(source_.filter().interfaces()).peers;
			peers_at_ = now;
		}
		for (const Peer& peer : peers_) {
			const PolicyEntry* deciding = deciding_entry(config_.policy, peer.address);
			if (covers(prefix, as_prefix(peer.address)) && !(deciding && deciding->kind == EntryClass::never_drop))
				return "it covers a peer that this host needs: " + peer.detail + "; name it in never_drop, or start with --force";
		}
		return {};
	}

	void reload() {
		if (!running_ || supervisor_.is_reloading()) {
			reload_again_ = true;
			return;
		}
		MergeResult merged;
		try {
			merged = read_again_();
		} catch (const std::exception& error) {
			log_error(std::string("the configuration cannot be read: ") + error.what() + "; everything goes on as it was");
			return;
		}
		for (const Diagnostic& warning : merged.warnings)
			log_warning(to_string(warning, "warning"));
		for (const Diagnostic& error : merged.errors)
			log_error(to_string(error));
		if (!merged.config) {
			log_error("the configuration is wrong: everything goes on as it was");
			return;
		}
		Config& next = *merged.config;
		if (!same_but_for_policy_and_plugins(next, config_))
			log_warning("more than the policy and plugins has changed in the configuration: the rest takes a restart");
		if (!policy_.prepare(next)) {
			log_error("everything goes on as it was");
			return;
		}
		next_config_ = std::move(next);
		supervisor_.reload(next_config_->plugins, [this](const ReloadResult& result) {
			finish_reload(result);
			reload_if_asked();
		});
	}

	void reload_if_asked() {
		if (running_ && !supervisor_.is_reloading() && std::exchange(reload_again_, false))
			reload();
	}

	void finish_reload(const ReloadResult& result) {
		std::optional<Config> next = std::exchange(next_config_, std::nullopt);
		if (!running_) {
			log_info("nothing is reloaded: the run is ending");
			policy_.discard();
			return;
		}
		report(result);
		if (!result.failures.empty() || !next) {
			policy_.discard();
			return;
		}
		if (!policy_.put_in_force(*next)) {
			// Nothing half-applied: the plugins become again what they were.
			supervisor_.reload(config_.plugins, [this](const ReloadResult& back) {
				report(back);
				reload_if_asked();
			});
			return;
		}
		config_.plugins = std::move(next->plugins);
	}

	static void report(const ReloadResult& result) {
		for (const ReloadResult::Failure& failure : result.failures)
			explain(failure.plugin, failure.reason);
		if (!result.failures.empty()) {
			log_error("everything goes on as it was");
			return;
		}
		std::string text;
		for (const std::string& part : {join("; replaced", result.replaced), join("; reconfigured", result.reconfigured),
		                                join("; added", result.added), join("; removed", result.removed)})
			text += part;
		log_info("plugins reloaded" + (text.empty() ? ": nothing has changed" : text));
	}

	// Said, not demanded: a plugin may do without.
	static void say_what_is_not_granted(const PluginConfig& plugin) {
		const PluginGrants& grants = plugin.grants;
		std::string text;
		for (const Permission permission : plugin.file->manifest.permissions) {
			const bool granted = permission == Permission::network ? grants.network
			                     : permission == Permission::exec  ? grants.exec
			                     : permission == Permission::block ? grants.block
			                     : permission == Permission::standard_output ? grants.standard_output
			                                                       : !grants.read_paths.empty() || !grants.write_paths.empty();
			if (!granted)
				text += (text.empty() ? "" : ", ") + std::string(to_string(permission));
		}
		if (!text.empty())
			log_info("plugin " + plugin.name + " asks for what its \"grant\" does not list: " + text);
	}

	void say_started() {
		for (const PluginConfig& plugin : config_.plugins)
			say_what_is_not_granted(plugin);
		if (source_.filter().has_adopted())
			log_info("taken over what an earlier run had pinned: counters and block list go on");
		log_info("monitoring; " + describe_policy(config_, source_.filter().generation().counts()));
		if (config_.bpf_trace)
			log_info("each verdict goes to the kernel's trace pipe: cat /sys/kernel/tracing/trace_pipe");
	}

	int stop() {
		running_ = false;
		const bool interface_lost = keeper_ && !keeper_->all_attached();
		if (keeper_)
			keeper_->stop();
		control_.reset();
		source_.stop();
		const std::vector<std::string> late = supervisor_.drain(source_.heads(), kDrainLimit);
		for (const std::string& name : late)
			log_warning("plugin " + name + " has not read everything within 2 s");
		supervisor_.tick(make_tick(totals(), TMON_TICK_FINAL));
		supervisor_.finish(kFinishLimit);
		const Totals final_totals = totals();
		for (const std::string& line : describe(final_totals))
			log_info(line);
		if (const uint64_t lost = supervisor_.lines_lost(); lost > 0)
			log_warning(std::to_string(lost) + " lines that plugins wrote were too many and are not shown");
		if (config_.pin && confirmation_.state() == Confirmation::State::waiting)
			log_warning("pinned, and not confirmed: packets are only reported from the end of that time on");
		if (config_.pin)
			log_info("pinned: packets are judged as before until another run takes over, or traffic-monitor detach -i " +
			         join_with_commas(config_.interfaces));
		const std::vector<std::string> wrong = imbalances(final_totals, config_.pin);
		for (const std::string& line : wrong)
			log_error("the accounts do not balance: " + line);
		bool failed = interface_lost || !wrong.empty() || !supervisor_.lost().empty() || supervisor_.is_stuck();
		failed |= !write_stats(final_totals);
		if (supervisor_.is_stuck())
			std::_Exit(exit_runtime);
		return failed ? exit_runtime : exit_ok;
	}

	Totals totals() const {
		Totals totals;
		source_.add_totals(totals);
		supervisor_.add_totals(totals);
		return totals;
	}

	tmon_tick make_tick(const Totals& totals, uint32_t flags) {
		tmon_tick tick{};
		tick.size = sizeof tick;
		tick.flags = flags;
		const int64_t now = clock_ns(CLOCK_MONOTONIC);
		tick.now_ns = static_cast<uint64_t>(now);
		tick.clock_offset_ns = utc_offset_ns();
		tick.interval_ns = static_cast<uint64_t>(now - started_ns_); // from its second tick on each plugin has its own
		tick.seen = totals.packets.seen;
		tick.permitted = totals.packets.permitted;
		tick.denied = totals.packets.denied;
		tick.dropped = totals.packets.dropped;
		tick.passed_unfiltered = totals.packets.passed_unfiltered;
		tick.reported = totals.reported;
		return tick;
	}

	void wait_for_doorbell() {
		doorbell_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
			if (failed)
				return;
			source_.doorbell().answer();
			supervisor_.wake_sleepers();
			wait_for_doorbell();
		});
	}

	void wait_for_stats() {
		// After a pause of the whole process, one tick and not all that were missed.
		next_stats_ = std::max(next_stats_ + config_.stats_interval, std::chrono::steady_clock::now());
		stats_timer_.expires_at(next_stats_);
		stats_timer_.async_wait([this](const auto& failed) {
			if (failed)
				return;
			keeper_->look();
			const Totals now = totals();
			supervisor_.tick(make_tick(now, 0));
			for (const std::string& line : describe(now))
				log_debug(line);
			write_stats(now);
			wait_for_stats();
		});
	}

	bool write_stats(const Totals& totals) {
		if (!config_.stats_file)
			return true;
		try {
			write_atomically(*config_.stats_file, to_json(totals));
			return true;
		} catch (const std::system_error& error) {
			log_error(std::string(error.what()) + ": the totals of this interval are not on disk");
			return false;
		}
	}

	Config config_; // as it is in force
	const std::function<MergeResult()>& read_again_;
	const bool has_terminal_;
	boost::asio::io_context io_{1};
	Spawner spawner_; // its connection belongs to the io_context
	// The supervisor uses the source's rings and the spawner and goes first.
	LiveSource source_;
	Confirmation confirmation_;
	Blocking blocking_;
	std::optional<InterfaceKeeper> keeper_; // once attached
	Supervisor supervisor_;
	PolicyChange policy_{config_, source_.filter(), supervisor_, confirmation_, policy_since_ns_};
	std::optional<Answers> answers_;
	std::optional<ControlServer> control_; // asks the answers
	boost::asio::signal_set signals_;
	boost::asio::posix::stream_descriptor doorbell_;
	boost::asio::steady_timer stats_timer_;
	std::chrono::steady_clock::time_point next_stats_;
	int64_t started_ns_ = 0;      // CLOCK_MONOTONIC
	int64_t policy_since_ns_ = 0; // UTC
	// Of a reload that is under way.
	std::optional<Config> next_config_;
	std::vector<Peer> peers_; // as they were then
	std::chrono::steady_clock::time_point peers_at_{};
	bool stopping_ = false;
	bool running_ = false;
	bool reload_again_ = false; // SIGHUP came while it could not be obeyed
};

} // namespace

int monitor_live(Config config, Spawner spawner, const std::function<MergeResult()>& read_again) {
	const std::vector<Interface> interfaces = resolve_interfaces(config.interfaces);
	if (interfaces.empty())
		return exit_attach;
	if (const std::string missing = missing_capabilities(); !missing.empty()) {
		log_error("not permitted to load and attach XDP programs: " + missing +
		          " missing; run as root (sudo) or grant the capabilities");
		return exit_attach;
	}
	if (!may_drop(config, interfaces))
		return exit_attach;
	try {
		return Monitor(std::move(config), interfaces, std::move(spawner), read_again).run();
	} catch (const FilterError& error) {
		log_error(error.what());
		return exit_attach;
	} catch (const std::exception& error) {
		log_error(error.what());
		return exit_runtime;
	}
}

} // namespace tmon
