// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The spawner as a process: what it may do, whom it obeys, and that nothing outlives the host.
#include "host/spawner/process.hpp"

#include "host/spawner/protocol.hpp"
#include "test/support/privileged.hpp"
#include "test/support/temp_dir.hpp"
#include "test/unit/host/spawner/spawner_fixture.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <random>
#include <vector>

namespace {

using namespace tmon;
using namespace tmon::test;
namespace fs = std::filesystem;

// Speaks to a spawner by hand.
struct Raw {
	SpawnerProcess process;
	explicit Raw(const std::string& uid_locks = kUidLocks)
	    : process(start_spawner_process(obedient_runner(), uid_locks)) {}
	~Raw() {
		process.socket.reset();
		waitpid(process.pid, nullptr, 0);
	}

	void say(SpawnerWord word, uint64_t id, const std::string& text = {},
	         const std::vector<int>& descriptors = {}) const {
		SpawnerMessage message;
		message.word = word;
		message.id = id;
		message.text = text;
		send(process.socket.get(), message, descriptors, 0);
	}
	SpawnerMessage answer() const {
		pollfd wait{process.socket.get(), POLLIN, 0};
		if (poll(&wait, 1, 20'000) <= 0)
			throw std::runtime_error("the spawner does not answer");
		std::optional<Packet> packet = receive_packet(process.socket.get(), 0);
		std::optional<SpawnerMessage> message = packet ? decode_answer(std::move(*packet)) : std::nullopt;
		if (!message)
			throw std::runtime_error("the spawner is gone, or answers nonsense");
		return std::move(*message);
	}
	SpawnerMessage spawn(uint64_t id, Ends& ends) const {
		auto [ours, theirs] = make_packet_sockets();
		ends.socket = std::move(ours);
		say(SpawnerWord::spawn, id, {}, {theirs.get(), theirs.get()});
		return answer();
	}
};

std::vector<std::string> descriptors_of(pid_t pid) {
	std::vector<std::string> names;
	for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
		names.push_back(fs::read_symlink(entry.path()).string());
	return names;
}

BOOST_AUTO_TEST_CASE(as_root_it_keeps_five_capabilities, *needs_root()) {
	const Raw raw;
	const pid_t pid = raw.process.pid;
	const std::string five = "00000000000000ea"; // DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7
	BOOST_TEST(status_of(pid, "CapPrm") == five);
	BOOST_TEST(status_of(pid, "CapEff") == five);
	for (const char* set : {"CapInh", "CapBnd", "CapAmb"})
		BOOST_TEST(status_of(pid, set) == "0000000000000000", set);
	BOOST_TEST(status_of(pid, "NoNewPrivs") == "1");
#ifndef TMON_THREAD_SANITIZER // which has a thread of its own
	BOOST_TEST(status_of(pid, "Threads") == "1");
#endif
}

BOOST_AUTO_TEST_CASE(its_name_and_descriptors) {
	int inherited[2];
	BOOST_REQUIRE(pipe(inherited) == 0); // not close-on-exec either
	{
		const Raw raw;
		BOOST_TEST(status_of(raw.process.pid, "Name") == "tm:spawner");
		// Standard input, output and error; its socket, the runner's executable, signals.
		const std::vector<std::string> names = descriptors_of(raw.process.pid);
		BOOST_TEST(names.size() == 6u);
		BOOST_TEST(std::count(names.begin(), names.end(), fs::canonical(obedient_runner()).string()) == 1);
	}
	close(inherited[0]);
	close(inherited[1]);
}

BOOST_AUTO_TEST_CASE(it_ignores_what_a_terminal_or_a_service_manager_sends_to_all) {
	const Raw raw;
	for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1})
		kill(raw.process.pid, number);
	raw.say(SpawnerWord::open, 1, "/");
	BOOST_TEST((raw.answer().word == SpawnerWord::opened));
	BOOST_TEST(getpgid(raw.process.pid) != getpgrp());
}

BOOST_AUTO_TEST_CASE(garbage_does_no_harm) {
	const Raw raw;
	Ends ends;
	const SpawnerMessage started = raw.spawn(7, ends);
	BOOST_REQUIRE((started.word == SpawnerWord::started));
	// Asked after another answer: what came with a request may still be open when its own answer is sent.
	const auto count_descriptors = [&] {
		raw.say(SpawnerWord::open, 10, "/no/such/file");
		BOOST_TEST(raw.answer().id == 10u);
		return descriptors_of(raw.process.pid).size();
	};
	const std::size_t descriptors = count_descriptors();
	const int socket = raw.process.socket.get();
	std::mt19937 random(4711);
	for (int i = 0; i < 3000; ++i) {
		std::string bytes(1 + random() % 64, '\0');
		for (char& byte : bytes)
			byte = static_cast<char>(random());
		if (i % 3 == 0)
			bytes[0] = static_cast<char>(100 + i % 100),
			bytes[1] = bytes[2] = bytes[3] = 0; // some unknown word
		const std::array<int, 2> some = {0, 1};
		send_packet(socket, bytes, {}, std::span<const int>(some).first(static_cast<std::size_t>(i % 3)), 0);
	}
	raw.say(SpawnerWord::spawn, 1);                 // no descriptors
	raw.say(SpawnerWord::spawn, 2, "text", {0, 1}); // text
	raw.say(SpawnerWord::spawn, 3, {}, {0, 1, 2});  // too many
	raw.say(SpawnerWord::kill, 7, {}, {0});
	raw.say(SpawnerWord::kill, 99); // nobody
	raw.say(SpawnerWord::open, 4);  // no path
	raw.say(SpawnerWord::open, 5, std::string(4096, 'x'));
	raw.say(SpawnerWord::open, 6, std::string("/etc\0x", 6));
	raw.say(SpawnerWord::started, 8);
	raw.say(SpawnerWord::spawn, 7, {}, {0, 1}); // there already: the first answer to all this
	BOOST_TEST((raw.answer().word == SpawnerWord::failed));
	BOOST_TEST(count_descriptors() == descriptors);
	BOOST_TEST(!ends.ask("status").empty());
	raw.say(SpawnerWord::kill, 7);
	const SpawnerMessage ended = raw.answer();
	BOOST_TEST((ended.word == SpawnerWord::ended && ended.id == 7));
}

BOOST_AUTO_TEST_CASE(a_user_is_locked_while_its_runner_lives, *needs_root()) {
	const TempDir dir;
	const std::string locks = (dir / "uids").string();
	const Raw raw(locks);
	BOOST_TEST(!fs::exists(locks));
	Ends ends;
	const uint32_t uid = raw.spawn(1, ends).uid;
	struct stat status;
	BOOST_REQUIRE(stat(locks.c_str(), &status) == 0);
	BOOST_TEST((status.st_mode & 07777) == 0600u);
	const Fd file(open(locks.c_str(), O_RDWR | O_CLOEXEC));
	const auto locked = [&] {
		struct flock lock {};
		lock.l_type = F_WRLCK;
		lock.l_start = uid;
		lock.l_len = 1;
		fcntl(file.get(), F_OFD_GETLK, &lock);
		return lock.l_type != F_UNLCK;
	};
	BOOST_TEST(locked());
	ends.tell("exit 0");
	BOOST_TEST((raw.answer().word == SpawnerWord::ended));
	BOOST_TEST(!locked());
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_others_can_open_is_refused, *needs_root()) {
	const TempDir dir;
	const fs::path locks = dir.write("uids", "");
	BOOST_REQUIRE(chmod(locks.c_str(), 0666) == 0);
	const Raw raw(locks.string());
	Ends ends;
	const SpawnerMessage refused = raw.spawn(1, ends);
	BOOST_TEST((refused.word == SpawnerWord::failed));
	BOOST_TEST(refused.text == locks.string() + " must be a file of root's that nobody else can open; remove it");
}

BOOST_AUTO_TEST_CASE(many_runners_one_after_the_other_leave_nothing) {
	const Raw raw;
	const std::size_t descriptors = descriptors_of(raw.process.pid).size();
	std::size_t afterwards = 0;
	for (uint64_t id = 1; id <= 100; ++id) {
		Ends ends;
		BOOST_REQUIRE((raw.spawn(id, ends).word == SpawnerWord::started));
		ends.tell("exit 0");
		BOOST_REQUIRE((raw.answer().word == SpawnerWord::ended));
		if (id == 1)
			afterwards = descriptors_of(raw.process.pid).size(); // now with the locks
	}
	BOOST_TEST(descriptors_of(raw.process.pid).size() == afterwards);
	BOOST_TEST(afterwards <= descriptors + 1);
	BOOST_TEST(read_file("/proc/" + std::to_string(raw.process.pid) + "/task/" + std::to_string(raw.process.pid) +
	                     "/children")
	               .empty());
}

// The host of this test is a process that is killed.
BOOST_AUTO_TEST_CASE(nothing_outlives_the_host) {
	int ends[2];
	BOOST_REQUIRE(pipe(ends) == 0);
	const pid_t host = fork();
	if (host == 0) {
		Raw raw;
		Ends runner;
		const std::array<pid_t, 3> pids = {raw.process.pid, raw.spawn(1, runner).value,
		                                   geteuid() == 0 ? std::stoi(runner.ask("leave")) : raw.process.pid};
		if (write(ends[1], pids.data(), sizeof pids) == sizeof pids)
			while (true)
				pause();
		_exit(1);
	}
	std::array<pid_t, 3> pids{};
	BOOST_REQUIRE(read(ends[0], pids.data(), sizeof pids) == sizeof pids);
	for (const pid_t pid : pids)
		BOOST_TEST(!is_dead(pid));
	kill(host, SIGKILL);
	waitpid(host, nullptr, 0);
	for (const pid_t pid : pids)
		BOOST_TEST(eventually([&] { return is_dead(pid); }));
	close(ends[0]);
	close(ends[1]);
}

BOOST_AUTO_TEST_CASE(runners_die_with_a_spawner_that_is_killed) {
	Raw raw;
	Ends ends;
	const pid_t runner = raw.spawn(1, ends).value;
	BOOST_TEST(!is_dead(runner));
	kill(raw.process.pid, SIGKILL);
	BOOST_TEST(eventually([&] { return is_dead(runner); }));
}

} // namespace
