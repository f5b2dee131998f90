// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Plugins started, fed, woken and ended together, in processes and in threads; and their accounts, also when
// a page lies or a runner dies.
#include "host/supervise/supervisor.hpp"
#include "test/support/privileged.hpp"
#include "test/support/ring_writer.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <dirent.h>
#include <pwd.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <atomic>
#include <ostream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

namespace tmon {
std::ostream& operator<<(std::ostream& out, Isolation isolation) {
	return out << (isolation == Isolation::process ? "process" : "thread");
}
} // namespace tmon

namespace {

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;

const Isolation isolations[] = {Isolation::process, Isolation::thread};

InstalledTree tree() {
	const std::filesystem::path dist = std::getenv("TMON_DIST");
	return {TMON_TEST_PLUGINS, dist / "libexec/traffic-monitor/plugin-runner"};
}

bool has_children() {
	siginfo_t info{};
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

std::size_t open_descriptors() {
	std::size_t count = 0;
	for (int fd = 0; fd < 1024; ++fd)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

// A host without a source but `writer`: what the doorbell of the kernel program does is done here.
struct Host {
	explicit Host(uint64_t slots = 4096, uint32_t count = 2)
	    : writer(count, slots), rings(writer.descriptor()), bell_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
	      bell_wait_(io, dup(bell_.get())) {
		chmod(dir.path().c_str(), 0777); // runners are other users
		supervisor.emplace(io, rings, writer.descriptor(), std::vector<Interface>{{7, "eth7"}}, tree(), [this] {
			armed_.store(1, std::memory_order_seq_cst);
			std::atomic_thread_fence(std::memory_order_seq_cst);
			++arms;
		});
		wait_for_bell();
	}

	std::string trace_path(const std::string& name) const { return (dir / (name + ".trace")).string(); }
	PluginConfig plugin(const std::string& name, Isolation isolation, const std::string& config = "",
	                    const std::string& id = "scripted") const {
		PluginConfig plugin;
		plugin.plugin = id;
		plugin.name = name;
		plugin.isolation = isolation;
		plugin.config_json = R"({"trace": ")" + trace_path(name) + "\"" + (config.empty() ? "" : ", " + config) + "}";
		return plugin;
	}
	std::vector<std::string> trace(const std::string& name, const std::string& call = "") const {
		std::istringstream text(read_file(trace_path(name)));
		std::vector<std::string> lines;
		for (std::string line; std::getline(text, line);) {
			if (line.starts_with(call))
				lines.push_back(line);
		}
		return lines;
	}

	// As bpf/report.bpf.h does it after publishing. [any-thread]
	void ring() {
		std::atomic_thread_fence(std::memory_order_seq_cst);
		if (armed_.load(std::memory_order_seq_cst) == 0 || armed_.exchange(0, std::memory_order_seq_cst) == 0)
			return;
		const uint64_t one = 1;
		(void)!write(bell_.get(), &one, sizeof one);
	}
	void publish(uint32_t ring_index, uint64_t count) {
		for (uint64_t i = 0; i < count; ++i) {
			writer.write_numbered(ring_index);
			ring();
		}
	}

	template <class Done> bool run_until(Done done, std::chrono::milliseconds limit = 20s) {
		const auto deadline = std::chrono::steady_clock::now() + limit;
		io.restart();
		while (!done()) {
			if (std::chrono::steady_clock::now() > deadline)
				return false;
			io.run_one_for(2ms);
		}
		return true;
	}
	std::vector<uint64_t> heads() const {
		std::vector<uint64_t> heads;
		for (uint32_t ring = 0; ring < rings.rings(); ++ring)
			heads.push_back(rings.head(ring));
		return heads;
	}
	Totals totals() const {
		Totals totals;
		supervisor->add_totals(totals);
		return totals;
	}
	void end() {
		BOOST_TEST(supervisor->drain(heads(), 10s).empty());
		supervisor->finish(10s);
		BOOST_TEST(!supervisor->is_stuck());
		BOOST_TEST(!has_children());
	}

	TempDir dir;
	RingWriter writer;
	EventRings rings;
	boost::asio::io_context io{1};
	std::optional<Supervisor> supervisor;
	uint64_t arms = 0, rings_heard = 0;

private:
	void wait_for_bell() {
		bell_wait_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const auto& failed) {
			if (failed)
				return;
			uint64_t rung;
			(void)!read(bell_.get(), &rung, sizeof rung);
			++rings_heard;
			supervisor->wake_sleepers();
			wait_for_bell();
		});
	}

	std::atomic<uint64_t> armed_{0};
	Fd bell_;
	boost::asio::posix::stream_descriptor bell_wait_;
};

BOOST_DATA_TEST_CASE(a_run_from_start_to_end, data::make(isolations), isolation) {
	const std::size_t before = open_descriptors();
	{
		Host host;
		host.publish(0, 5); // before the start: not offered
		BOOST_REQUIRE(host.supervisor->start({host.plugin("a", isolation), host.plugin("b", isolation)}).empty());
		host.publish(0, 10);
		host.publish(1, 20);
		BOOST_TEST(host.run_until([&] { return host.totals().plugins[1].delivered == 30; }));
		host.end();
		const Totals totals = host.totals();
		BOOST_TEST(imbalances(totals).empty() == true);
		for (const PluginTotals& plugin : totals.plugins) {
			BOOST_TEST(plugin.offered == 30u);
			BOOST_TEST(plugin.delivered == 30u);
			BOOST_TEST(plugin.pending == 0u);
		}
		BOOST_TEST(host.trace("a").back() == "destroy");
		BOOST_TEST(host.supervisor->lost().empty());
	}
	// In a thread the plugin's own file stays open; see plugin_module.hpp.
	BOOST_TEST(open_descriptors() == before + (isolation == Isolation::thread ? 2 : 0));
}

BOOST_DATA_TEST_CASE(a_start_that_fails_leaves_no_child_process, data::make(isolations), isolation) {
	const auto start = [&](const auto& plugins) {
		Host host;
		auto failures = host.supervisor->start(plugins(host, isolation));
		BOOST_TEST(!has_children());
		for (const std::string& line : host.trace("good"))
			BOOST_TEST(!line.starts_with("batch"));
		if (!host.trace("good").empty())
			BOOST_TEST(host.trace("good").back() == "destroy");
		return failures;
	};
	auto failures = start([](const Host& host, Isolation how) {
		return std::vector{host.plugin("good", how),
		                   host.plugin("bad", how, R"("create": -1, "text": "no\u001bsuch rule")")};
	});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].plugin.name == "bad");
	BOOST_TEST(failures[0].status == TMON_E_CONFIG);
	BOOST_TEST(failures[0].reason == "no\\x1bsuch rule");

	failures = start([](const Host& host, Isolation how) {
		return std::vector{host.plugin("good", how), host.plugin("bad", how, "", "unknown")};
	});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].reason.starts_with("unknown plugin \"unknown\""));

	const TempDir dir; // the host's own is open to everybody, and so not for plugins
	failures = start([&](const Host& host, Isolation how) {
		const std::string no_plugin = dir.write("none.so", "no ELF");
		chmod(no_plugin.c_str(), 0644);
		return std::vector{host.plugin("bad", how, "", no_plugin)};
	});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].status == TMON_E_CONFIG);
	BOOST_TEST(failures[0].reason.find("none.so cannot be loaded") != std::string::npos);
	BOOST_TEST(failures[0].reason.find("/proc/self/fd") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_runner_that_cannot_be_started_is_a_failure) {
	Host host;
	host.supervisor.emplace(host.io, host.rings, host.writer.descriptor(), std::vector<Interface>{},
	                        InstalledTree{TMON_TEST_PLUGINS, "/no/such/runner"}, [] {});
	const auto failures = host.supervisor->start({host.plugin("a", Isolation::process)});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].reason == "cannot start /no/such/runner: No such file or directory");
	BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_CASE(a_crash_is_failed_and_the_accounts_balance) {
	Host host;
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("dies", Isolation::process, R"("abort_at": 2)"),
	                           host.plugin("lives", Isolation::process)})
	                  .empty());
	host.publish(0, 10);
	BOOST_TEST(host.run_until([&] { return host.totals().plugins[0].delivered == 10; }));
	host.publish(0, 7);
	BOOST_TEST(host.run_until([&] { return !host.supervisor->lost().empty(); }));
	host.publish(1, 3);
	host.end();
	const Totals totals = host.totals();
	BOOST_TEST(totals.plugins[0].offered == 20u);
	BOOST_TEST(totals.plugins[0].delivered == 10u);
	BOOST_TEST(totals.plugins[0].failed == 10u);
	BOOST_TEST(totals.plugins[1].delivered == 20u);
	for (const std::string& line : imbalances(totals))
		BOOST_ERROR(line);
	BOOST_TEST(host.supervisor->lost() == std::vector<std::string>{"dies"}, boost::test_tools::per_element());
}

BOOST_DATA_TEST_CASE(alerts_are_routed_to_all_who_take_them, data::make(isolations), isolation) {
	Host host;
	BOOST_REQUIRE(
	    host.supervisor
	        ->start({host.plugin("emitter", isolation, R"("emit": 3)"), host.plugin("taker", isolation)})
	        .empty());
	tmon_tick tick{};
	tick.size = sizeof tick;
	host.supervisor->tick(tick);
	BOOST_TEST(host.run_until([&] { return host.trace("taker", "alert").size() == 3; }));
	host.end();
	BOOST_TEST(host.trace("taker", "alert").at(0) == "alert 1 state 1 from emitter rule scripted_rule victims 2 0");
	const Totals totals = host.totals();
	BOOST_TEST(totals.alerts.emitted == 3u);
	BOOST_TEST(totals.alerts.accepted == 3u);
	BOOST_TEST(totals.plugins[1].alerts_delivered == 3u);
	BOOST_TEST(imbalances(totals).empty());
}

BOOST_AUTO_TEST_CASE(a_plugin_that_gives_up_is_remembered_to_the_end) {
	for (const Isolation isolation : {Isolation::process, Isolation::thread}) {
		Host host;
		BOOST_REQUIRE(
		    host.supervisor->start({host.plugin("stops", isolation, R"("batch": [-6])"), host.plugin("lives", isolation)})
		        .empty());
		host.publish(0, 10);
		BOOST_TEST(host.run_until([&] { return host.totals().plugins[0].failed == 10; }));
		BOOST_TEST(host.run_until([&] { return host.totals().plugins[1].delivered == 10; }));
		BOOST_TEST(host.supervisor->lost().empty()); // it still answers
		host.publish(1, 5);
		host.end();
		BOOST_TEST(host.supervisor->lost() == std::vector<std::string>{"stops"}, boost::test_tools::per_element());
		const Totals totals = host.totals();
		BOOST_TEST(totals.plugins[0].failed == 15u);
		BOOST_TEST(totals.plugins[1].delivered == 15u);
		BOOST_TEST(imbalances(Totals{.packets = {}, .reported = 0, .interfaces = {}, .plugins = totals.plugins, .alerts = totals.alerts}).empty());
	}
}

BOOST_AUTO_TEST_CASE(a_lying_page_is_bounded_by_what_is_known) {
	Host host;
	const RunnerEnvironment environment{host.rings, host.writer.descriptor(), {}, tree().runner.string()};
	// The page reaches us the way it reaches a plugin: found among the open files.
	auto found = find_plugin("scripted", tree());
	const auto ignore = [](PluginInstance&) {};
	PluginInstance plugin(host.io, environment, host.plugin("a", Isolation::thread),
	                      std::get<std::shared_ptr<const PluginFile>>(found), [](PluginInstance&, const DecodedAlert&) {}, ignore,
	                      ignore);
	BOOST_TEST(host.run_until([&] { return plugin.state() == PluginInstance::State::ready; }));
	int page_fd = -1;
	for (int fd = 0; fd < 1024; ++fd) {
		std::error_code error;
		const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), error).string();
		if (target.find("runner-page") != std::string::npos)
			page_fd = fd;
	}
	BOOST_REQUIRE(page_fd >= 0);
	RunnerPageMapping page(page_fd);
	host.writer.write_numbered(0, 100);
	const uint64_t nonsense[] = {0, 1, 50, 101, UINT64_MAX, UINT64_MAX - 7, 1ull << 63};
	for (const uint64_t cursor : nonsense) {
		for (const uint64_t in_hand : nonsense) {
			page->cursor[0] = cursor;
			page->cursor[1] = cursor;
			page->in_hand = in_hand;
			page->delivered = in_hand;
			page->alerts_delivered = cursor;
			page->alerts_failed = in_hand;
			const PluginTotals totals = plugin.totals();
			BOOST_TEST(totals.offered == 100u);
			BOOST_TEST(totals.pending <= 100u);
			BOOST_TEST(totals.alerts_pending == 0u);
			BOOST_TEST(totals.alerts_delivered == 0u);
		}
	}
	plugin.finish();
	BOOST_TEST(host.run_until([&] { return plugin.gone(); }));
}

// The configuration of a plugin that writes `count` messages of that type to the host behind the runner's back.
std::string forging(MessageType type, int count, const std::string& file) {
	std::string list = std::to_string(static_cast<uint32_t>(type));
	for (int i = 1; i < count; ++i)
		list += ", " + std::to_string(static_cast<uint32_t>(type));
	return R"("file": ")" + file + R"(", "forge": [)" + list + "]";
}

BOOST_AUTO_TEST_CASE(forged_messages_harm_nobody_else) {
	const MessageType types[] = {MessageType::setup,   MessageType::finish, MessageType::log,   MessageType::alert_out,
	                             MessageType::open,    MessageType::drained, MessageType::ended, MessageType::asleep,
	                             MessageType::opened,  static_cast<MessageType>(4711)};
	for (const MessageType type : types) {
		BOOST_TEST_CONTEXT("type " << static_cast<uint32_t>(type)) {
			Host host;
			const std::string file = (host.dir / "granted").string();
			const auto failures = host.supervisor->start(
			    {host.plugin("forger", Isolation::process, forging(type, 1, file)),
			     host.plugin("honest", Isolation::process)});
			BOOST_TEST(failures.empty());
			host.publish(0, 10);
			host.end();
			BOOST_TEST(host.totals().plugins[1].delivered == 10u);
			BOOST_TEST(imbalances(host.totals()).empty());
		}
	}
}

BOOST_AUTO_TEST_CASE(a_plugin_that_says_it_has_failed_is_believed) {
	Host host;
	const auto failures =
	    host.supervisor->start({host.plugin("a", Isolation::process, forging(MessageType::refused, 1, "why"))});
	BOOST_REQUIRE(failures.size() == 1u);
	BOOST_TEST(failures[0].reason == "why");
	BOOST_TEST(!has_children());
}

BOOST_AUTO_TEST_CASE(a_plugin_cannot_have_the_host_collect_open_files) {
	Host host;
	const std::string file = (host.dir / "granted").string();
	const std::size_t before = open_descriptors();
	const std::string config = forging(MessageType::open, 3000, file);
	BOOST_TEST(host.supervisor->start({host.plugin("a", Isolation::process, config)}).empty());
	// Its socket, its process, its output, its page.
	BOOST_TEST(open_descriptors() <= before + 5);
	host.end();
}

BOOST_AUTO_TEST_CASE(runners_become_users_that_nobody_else_is, *tmon::test::needs_root()) {
	std::set<uint32_t> uids;
	for (int i = 0; i < 50; ++i) {
		const uint32_t uid = choose_runner_uid();
		BOOST_TEST(uid >= 61184u);
		BOOST_TEST(uid <= 65519u);
		BOOST_TEST(getpwuid(uid) == nullptr);
		uids.insert(uid);
	}
	BOOST_TEST(uids.size() == 50u);
}

// --- waking ---

// Single events at random gaps, so that the runners fall asleep between many of them, and bursts. Nothing is
// published before everything has arrived: the next event would wake whoever had missed the last.
BOOST_DATA_TEST_CASE(no_wake_up_is_lost, data::make(isolations), isolation) {
	Host host;
	BOOST_REQUIRE(host.supervisor
	                  ->start({host.plugin("a", isolation, "", "scripted-without-flush"),
	                           host.plugin("b", isolation, "", "scripted-without-flush")})
	                  .empty());
	std::atomic<uint64_t> arrived{0};
	uint64_t published = 0, lost = 0;
	std::chrono::steady_clock::duration worst{};
	std::atomic<bool> done{false};
	std::thread writer([&] {
		std::mt19937 random(42);
		const auto end = std::chrono::steady_clock::now() + 7s;
		while (std::chrono::steady_clock::now() < end) {
			const auto start = std::chrono::steady_clock::now();
			const uint64_t count = random() % 8 == 0 ? 50 : 1;
			host.publish(random() % 2, count);
			published += count;
			std::chrono::steady_clock::duration took{};
			while (arrived.load() < published && took < 1s) {
				std::this_thread::sleep_for(100us);
				took = std::chrono::steady_clock::now() - start;
			}
			worst = std::max(worst, took);
			if (took >= 1s && ++lost == 3)
				break;
			// Mostly just when the runners go to sleep, 5 ms after their last event.
			const auto gap = random() % 4 ? 5000us + std::chrono::microseconds(random() % 700)
			                              : std::chrono::microseconds(random() % 8000);
			std::this_thread::sleep_until(start + gap);
		}
		done = true;
	});
	BOOST_TEST(host.run_until([&] {
		const Totals totals = host.totals();
		arrived = std::min(totals.plugins[0].delivered, totals.plugins[1].delivered);
		return done.load();
	}));
	writer.join();
	BOOST_TEST_MESSAGE(published << " events, " << host.arms << " times asleep, " << host.rings_heard
	                             << " rings, the slowest event took "
	                             << std::chrono::duration_cast<std::chrono::milliseconds>(worst).count() << " ms");
	BOOST_TEST(lost == 0u);
	BOOST_TEST(published > 1000u);
	BOOST_TEST(host.arms > 100u);
	BOOST_TEST(host.rings_heard > 50u);
	host.end();
	BOOST_TEST(host.totals().plugins[0].delivered == published);
	BOOST_TEST(imbalances(host.totals()).empty());
}

} // namespace
