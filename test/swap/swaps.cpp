// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A plugin is replaced again and again while threads write events as fast as they can. What all its instances have
// written down must be every event of every ring exactly once, those that it missed included, and the account must
// say the same.
#include "bench/plugin_under_test.hpp"
#include "test/support/privileged.hpp"
#include "test/support/ring_writer.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

constexpr uint32_t kRings = 2;

struct Range {
	uint64_t ring, first, count, lost;
};

// A host without a source but threads that write.
class Host {
public:
	Host()
	    : writer_(kRings, 4096), rings_(writer_.descriptor()), spawner_(Spawner::start(bench::tree().runner)),
	      supervisor_(io_, {rings_, writer_.descriptor(), {}, spawner_, std::nullopt},
	                  CrashStore((files_ / "crashes").string(), 3),
	                  {[] {}, [](uint32_t) { return tmon_tick{}; }}),
	      waker_(io_) {
		spawner_.attach(io_);
		plugin_ = bench::plugin_config(std::string(TMON_SWAP_PLUGINS) + "/ranges.so", "it", Isolation::process);
		plugin_.limits.deadline = 500ms;
		wake();
	}
	~Host() { stop_writing(); }

	PluginConfig plugin(const std::string& fail = "", const std::string& name = "it") {
		PluginConfig config = plugin_;
		config.name = name;
		config.config_paths = {file(name)};
		config.config_json = R"({"file": ")" + file(name) + R"(", "fail": ")" + fail + R"(", "number": )" +
		                     std::to_string(++number_) + "}";
		return config;
	}

	void start(const std::vector<PluginConfig>& plugins) {
		for (const auto& failure : supervisor_.start(plugins))
			BOOST_FAIL(failure.reason);
		for (uint32_t ring = 0; ring < kRings; ++ring)
			writers_.emplace_back([this, ring] {
				while (!stop_) {
					writer_.write_numbered(ring, 256);
					// Others live here, too: two cores have two writers, a reader and a host.
					std::this_thread::sleep_for(20us);
				}
			});
	}
	void stop_writing() {
		stop_ = true;
		for (std::thread& thread : writers_)
			thread.join();
		writers_.clear();
	}

	ReloadResult reload(std::vector<PluginConfig> plugins) {
		std::optional<ReloadResult> result;
		supervisor_.reload(std::move(plugins), [&](const ReloadResult& outcome) { result = outcome; });
		BOOST_TEST_REQUIRE(run_until([&] { return result.has_value(); }), "a reload does not come to its end");
		return *result;
	}
	void begin_reload(std::vector<PluginConfig> plugins, std::optional<ReloadResult>& result) {
		supervisor_.reload(std::move(plugins), [&result](const ReloadResult& outcome) { result = outcome; });
	}
	template <class Done>
	bool run_until(Done done, std::chrono::milliseconds limit = 30s) {
		const auto deadline = std::chrono::steady_clock::now() + limit;
		io_.restart();
		while (!done()) {
			if (std::chrono::steady_clock::now() > deadline)
				return false;
			io_.run_one_for(2ms);
		}
		return true;
	}
	void run_for(std::chrono::milliseconds time) { run_until([] { return false; }, time); }

	PluginTotals account(const std::string& name = "it") const {
		Totals totals;
		supervisor_.add_totals(totals);
		for (const PluginTotals& plugin : totals.plugins) {
			if (plugin.name == name)
				return plugin;
		}
		return {};
	}
	uint64_t written() const {
		uint64_t sum = 0;
		for (uint32_t ring = 0; ring < kRings; ++ring)
			sum += writer_.head(ring);
		return sum;
	}

	void end() {
		stop_writing();
		std::vector<uint64_t> heads;
		for (uint32_t ring = 0; ring < kRings; ++ring)
			heads.push_back(writer_.head(ring));
		const std::vector<std::string> late = supervisor_.drain(heads, 10s);
		BOOST_TEST(late.empty());
		supervisor_.finish(5s);
		BOOST_TEST(!supervisor_.is_stuck());
		Totals totals;
		supervisor_.add_totals(totals);
		for (const std::string& wrong : imbalances(totals)) {
			if (!wrong.starts_with("denied")) // there is no filter here
				BOOST_ERROR(wrong);
		}
	}

	// Nothing twice, nothing out of order; what nobody has been given is exactly what failed.
	void check(const std::string& name = "it") {
		const PluginTotals account = this->account(name);
		const std::string bytes = read_file(file(name));
		std::vector<Range> ranges(bytes.size() / sizeof(Range));
		std::memcpy(ranges.data(), bytes.data(), ranges.size() * sizeof(Range));
		BOOST_TEST(ranges.size() * sizeof(Range) == bytes.size());
		std::vector<uint64_t> next(kRings);
		uint64_t taken = 0, missed = 0, untold = 0;
		for (const Range& range : ranges) {
			BOOST_TEST_REQUIRE(range.ring < kRings);
			const uint64_t from = range.first - range.lost;
			BOOST_TEST_REQUIRE((range.lost <= range.first && from >= next[range.ring]),
			                   "ring " << range.ring << ": " << range.first << " with " << range.lost
			                           << " missed comes after " << next[range.ring]);
			untold += from - next[range.ring];
			next[range.ring] = range.first + range.count;
			taken += range.count;
			missed += range.lost;
		}
		for (uint32_t ring = 0; ring < kRings; ++ring)
			untold += writer_.head(ring) - next[ring];
		BOOST_TEST(account.offered == written());
		BOOST_TEST(account.offered == taken + missed + untold);
		// What an instance wrote down and died of before it said so counts as failed, too.
		BOOST_TEST(account.delivered <= taken);
		BOOST_TEST(account.failed >= untold - std::min(untold, account.lagged - std::min(account.lagged, missed)));
		if (account.restarts == 0 && account.failed == 0) {
			BOOST_TEST(untold == 0u);
			BOOST_TEST(account.delivered == taken);
			BOOST_TEST(account.lagged == missed);
		}
		BOOST_TEST_MESSAGE(name << ": " << account.offered << " events offered, " << account.delivered << " delivered, "
		                        << account.lagged << " lagged, " << account.failed << " failed; " << ranges.size()
		                        << " ranges");
	}

private:
	std::string file(const std::string& name) const { return (files_ / (name + ".ranges")).string(); }
	// There is no doorbell.
	void wake() {
		waker_.expires_after(1ms);
		waker_.async_wait([this](const auto& failed) {
			if (failed)
				return;
			supervisor_.wake_sleepers();
			wake();
		});
	}

	TempDir files_;
	boost::asio::io_context io_{1};
	RingWriter writer_;
	EventRings rings_;
	Spawner spawner_;
	Supervisor supervisor_;
	boost::asio::steady_timer waker_;
	PluginConfig plugin_;
	std::vector<std::thread> writers_;
	std::atomic<bool> stop_{false};
	int number_ = 0;
};

void check_refused(const ReloadResult& result, const std::string& reason) {
	BOOST_TEST_REQUIRE(result.failures.size() == 1u);
	BOOST_TEST(result.failures[0].reason.find(reason) != std::string::npos, result.failures[0].reason);
}

} // namespace

BOOST_AUTO_TEST_SUITE(swaps, *needs_root())

BOOST_AUTO_TEST_CASE(many_swaps_under_load) {
	Host host;
	host.start({host.plugin()});
	const auto start = std::chrono::steady_clock::now();
	int replaced = 0, refused = 0;
	const char* const failures[] = {"create", "restore", "crash-create", "crash-restore"};
	for (int i = 0; replaced < SWAPS; ++i) {
		const bool to_fail = i % 10 == 9;
		const ReloadResult result = host.reload({host.plugin(to_fail ? failures[i / 10 % 4] : "")});
		BOOST_TEST_REQUIRE(result.failures.empty() != to_fail,
		                   (result.failures.empty() ? "it was to fail" : result.failures[0].reason));
		++(to_fail ? refused : replaced);
	}
	const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
	host.end();
	BOOST_TEST_MESSAGE(replaced << " swaps and " << refused << " that were called off in " << took.count() << " s, "
	                            << host.written() << " events meanwhile");
	BOOST_TEST(host.account().restarts == 0u);
	BOOST_TEST(host.account().failed == 0u);
	host.check();
}

BOOST_AUTO_TEST_CASE(of_one_that_crashes_hangs_or_is_quarantined) {
	Host host;
	host.start({host.plugin()});
	// It cannot save its state: it goes on, until it is removed.
	BOOST_TEST(host.reload({host.plugin(), host.plugin("save", "fourth")}).failures.empty());
	check_refused(host.reload({host.plugin(), host.plugin("", "fourth")}),
	              "the present instance cannot save its state: is to fail in save");
	BOOST_TEST(host.reload({host.plugin()}).removed.size() == 1u);
	BOOST_TEST(host.run_until([&] { return host.account("fourth").pending == 0; }));
	const uint64_t offered = host.account("fourth").offered;
	host.run_for(50ms);
	BOOST_TEST(host.account("fourth").offered == offered);
	// It dies of being replaced: it is replaced all the same.
	BOOST_TEST(host.reload({host.plugin("crash-save")}).failures.empty());
	BOOST_TEST(host.reload({host.plugin("hang-save")}).failures.empty());
	BOOST_TEST(host.reload({host.plugin()}).failures.empty());
	check_refused(host.reload({host.plugin("hang-create")}), "it did not return from create within 500 ms");
	// One that is added has no one to go back to.
	BOOST_TEST(host.reload({host.plugin(), host.plugin("hang-batch", "other")}).failures.empty());
	host.run_for(200ms);
	BOOST_TEST(host.reload({host.plugin(), host.plugin("", "other")}).failures.empty()); // while it hangs
	BOOST_TEST(host.reload({host.plugin(), host.plugin("crash-batch", "third")}).failures.empty());
	BOOST_TEST(host.run_until([&] { return host.account("third").restarts >= 1; }));
	BOOST_TEST(host.reload({host.plugin(), host.plugin("", "third")}).failures.empty()); // in its pause, or between
	BOOST_TEST(host.run_until([&] { return host.account("third").delivered > 0; }));
	host.end();
	for (const char* name : {"it", "third"})
		BOOST_TEST(host.account(name).delivered > 0u);
	host.check();
}

BOOST_AUTO_TEST_CASE(rolled_back_when_it_crashes_in_its_first_seconds) {
	Host host;
	host.start({host.plugin()});
	for (int i = 0; i < 3; ++i) {
		const uint64_t failed = host.account().failed;
		BOOST_TEST(host.reload({host.plugin("crash-batch")}).failures.empty());
		BOOST_TEST(host.run_until([&] { return host.account().failed > failed; }));
		const uint64_t delivered = host.account().delivered;
		BOOST_TEST(host.run_until([&] { return host.account().delivered > delivered + 10'000; }));
	}
	host.end();
	BOOST_TEST(host.account().failed <= 3 * 1024u); // what each had in hand
	host.check();
}

BOOST_AUTO_TEST_CASE(quarantined_and_replaced) {
	Host host;
	host.start({host.plugin("crash-batch")});
	BOOST_TEST(host.run_until([&] { return host.account().restarts == 4; }, 20s));
	host.run_for(300ms);
	const uint64_t failed = host.account().failed;
	BOOST_TEST(host.account().delivered == 0u);
	BOOST_TEST(failed > 0u);
	BOOST_TEST(host.reload({host.plugin()}).failures.empty());
	BOOST_TEST(host.run_until([&] { return host.account().delivered > 10'000; }));
	host.end();
	host.check();
}

BOOST_AUTO_TEST_CASE(stopped_in_the_middle_of_a_swap) {
	for (const auto wait : {0ms, 2ms, 5ms, 10ms, 20ms, 40ms}) {
		for (const char* fail : {"", "hang-create", "hang-restore"}) {
			Host host;
			host.start({host.plugin()});
			host.run_for(20ms);
			std::optional<ReloadResult> result;
			host.begin_reload({host.plugin(fail)}, result);
			host.run_for(wait);
			host.end();
			BOOST_TEST(result.has_value());
			BOOST_TEST(host.account().failed == 0u);
			host.check();
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
