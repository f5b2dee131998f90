// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Readers that have nothing to do sleep, and are woken by the first event: whatever they were just doing.
#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"
#include "test/support/privileged.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

using namespace tmon::test;
using namespace std::chrono_literals;
namespace packet = tmon::packet;

namespace {

using Clock = std::chrono::steady_clock;

packet::Bytes denied_frame() { return packet::Ethernet{} / packet::IPv4{.src = "203.0.113.7"} / packet::UDP{}; }

off_t size_of(const std::filesystem::path& file) {
	struct stat status {};
	return stat(file.c_str(), &status) == 0 ? status.st_size : 0;
}

// Lines of a file that is being written; reads only what is new.
class Lines {
public:
	explicit Lines(const std::filesystem::path& file) : file_(file) {}

	uint64_t count() {
		if (size_of(file_) > read_) {
			std::ifstream text(file_, std::ios::binary);
			text.seekg(read_);
			for (char c; text.get(c); ++read_)
				lines_ += c == '\n';
		}
		return lines_;
	}

private:
	std::filesystem::path file_;
	off_t read_ = 0;
	uint64_t lines_ = 0;
};

uint64_t voluntary_switches(pid_t pid) {
	uint64_t sum = 0;
	for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
		const std::string status = read_file(task.path() / "status");
		const std::string key = "\nvoluntary_ctxt_switches:\t";
		sum += std::stoull(status.substr(status.find(key) + key.size()));
	}
	return sum;
}

// Single packets at random moments. The gaps reach from less than the shortest nap to well beyond the 5 ms
// after which a reader goes to sleep; half of them lie just there, where a wake-up is most easily lost.
void every_packet_is_written_soon(const std::string& isolation, uint64_t packets) {
	const Wire wire;
	const TempDir logs;
	const auto log = logs / "log";
	Monitor monitor(wire.watched,
	                {.interfaces = {wire.interface()},
	                 .config = config_with({plugin("logger-json", "log", {{"file", log.string()}}, isolation)})});
	const std::vector<packet::Bytes> frame = {denied_frame()};
	Lines lines(log);
	std::mt19937 random(1);
	std::uniform_int_distribution<int> any_us(0, 20'000), brink_us(4'500, 6'500), burst(1, 3);
	const auto gap = [&] { return std::chrono::microseconds(random() % 2 ? any_us(random) : brink_us(random)); };
	FrameSender sender(wire);
	uint64_t sent = 0, late = 0;
	std::vector<Clock::duration> latencies;
	while (sent < packets && late == 0) {
		for (int left = burst(random); left > 0; --left) {
			sender.send(frame);
			++sent;
			if (left > 1)
				std::this_thread::sleep_for(gap());
		}
		const auto start = Clock::now();
		while (lines.count() < sent && Clock::now() - start < 1s)
			std::this_thread::sleep_for(100us);
		latencies.push_back(Clock::now() - start);
		late += lines.count() < sent;
		std::this_thread::sleep_for(gap());
	}
	BOOST_TEST(late == 0u);
	std::sort(latencies.begin(), latencies.end());
	const auto in_us = [](Clock::duration d) {
		return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
	};
	BOOST_TEST_MESSAGE(isolation << ": " << sent << " packets; from packet to file: median "
	                             << in_us(latencies[latencies.size() / 2]) << " us, longest "
	                             << in_us(latencies.back()) << " us");
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == sent);
}

} // namespace

BOOST_AUTO_TEST_SUITE(wake_up, *needs_root())

BOOST_AUTO_TEST_CASE(every_packet_is_written_soon_by_processes) { every_packet_is_written_soon("process", 1500); }

BOOST_AUTO_TEST_CASE(every_packet_is_written_soon_by_threads) { every_packet_is_written_soon("thread", 500); }

BOOST_AUTO_TEST_CASE(at_rest_nobody_wakes_up) {
	const Wire wire;
	const TempDir logs;
	Monitor monitor(wire.watched,
	                {.interfaces = {wire.interface()},
	                 .config = config_with({plugin("console", "console"), plugin("threats", "threats"),
	                                        plugin("alerts", "alerts"),
	                                        plugin("logger-json", "log", {{"file", (logs / "log").string()}}),
	                                        plugin(test_plugin("tally"), "thread", {}, "thread")})});
	const std::vector<packet::Bytes> frame = {denied_frame()};
	wire.send(frame);
	std::this_thread::sleep_for(300ms); // to fall asleep
	auto watched = monitor.runners();
	BOOST_TEST(watched.size() == 4u);
	watched["the host"] = monitor.pid();
	std::map<std::string, uint64_t> before;
	for (const auto& [name, pid] : watched)
		before[name] = voluntary_switches(pid);
	std::this_thread::sleep_for(3s);
	for (const auto& [name, pid] : watched)
		BOOST_TEST(voluntary_switches(pid) == before[name], name << " has woken up");
	// And they wake when there is something to do.
	wire.send(frame);
	BOOST_TEST(eventually(
	    [&] { return size_of(logs / "log") > 0 && monitor.output().find("203.0.113.7") != std::string::npos; }));
	const Ended ended = monitor.stop();
	BOOST_TEST(ended.status == 0);
	check_accounts(ended.stats);
	BOOST_TEST(figure(ended.stats, "/denied") == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
