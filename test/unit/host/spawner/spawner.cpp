// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Runners are started as somebody who can do nothing, and end with all they have started; files are opened for them.
#include "test/support/privileged.hpp"
#include "test/support/temp_dir.hpp"
#include "test/unit/host/spawner/spawner_fixture.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/test/unit_test.hpp>

#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <list>
#include <set>

namespace {

using namespace tmon;
using namespace tmon::test;
namespace fs = std::filesystem;

const std::string kNone = "0000000000000000";

BOOST_FIXTURE_TEST_CASE(a_runner_is_started, SpawnerFixture) {
	SpawnedRunner runner;
	spawn(runner);
	BOOST_REQUIRE(std::holds_alternative<Spawner::Started>(*runner.started));
	BOOST_TEST(runner.ask("arguments") == "2 " + obedient_runner() + " " + std::to_string(spawner.pid()));
	BOOST_TEST(runner.ask("descriptors") == "0 1 2 3 ");
	BOOST_TEST(runner.ask("surroundings") == "/ 63 9"); // umask 077, SIGKILL
	BOOST_TEST(runner.ask("say") == "done");
	char said[16] = {};
	BOOST_TEST(read(runner.output.get(), said, sizeof said) == 5);
	BOOST_TEST(std::string(said) == "said\n");

	const std::string status = runner.ask("status");
	BOOST_TEST(status_line(status, "Pid") == std::to_string(runner.pid()));
	BOOST_TEST(status_line(status, "PPid") == std::to_string(spawner.pid()));
	BOOST_TEST(status_line(status, "NoNewPrivs") == "1");
	for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb", "SigBlk", "SigIgn"})
		BOOST_TEST(status_line(status, set) == kNone, set);
}

BOOST_FIXTURE_TEST_CASE(as_root_it_is_a_user_that_nobody_else_is, SpawnerFixture, *needs_root()) {
	SpawnedRunner one, two;
	spawn(one);
	spawn(two);
	BOOST_TEST((one.uid() >= 61184u && one.uid() <= 65519u));
	BOOST_TEST(one.uid() != two.uid());
	const std::string id = std::to_string(one.uid()), ids = id + "\t" + id + "\t" + id + "\t" + id;
	const std::string status = one.ask("status");
	BOOST_TEST(status_line(status, "Uid") == ids);
	BOOST_TEST(status_line(status, "Gid") == ids);
	BOOST_TEST(status_line(status, "Groups").empty());
	BOOST_TEST(status_line(status, "CapBnd") == kNone);
}

BOOST_FIXTURE_TEST_CASE(how_it_ended_is_told_once, SpawnerFixture) {
	struct {
		const char* order;
		bool by_signal;
		int code;
		const char* how;
	} const ways[] = {
	    {"exit 0", false, 0, "exited with status 0"},         {"exit 3", false, 3, "exited with status 3"},
	    {"signal 11", true, SIGSEGV, "was ended by SIGSEGV"}, {"signal 6", true, SIGABRT, "was ended by SIGABRT"},
	    {"signal 15", true, SIGTERM, "was ended by SIGTERM"}, {"signal 40", true, 40, "was ended by SIG40"},
	};
	for (const auto& way : ways) {
		SpawnedRunner runner;
		spawn(runner);
		BOOST_TEST(runner.ends == 0);
		runner.tell(way.order);
		BOOST_REQUIRE(run_until_ended(runner));
		BOOST_TEST(runner.ended->killed_by_signal == way.by_signal);
		BOOST_TEST(runner.ended->code == way.code);
		BOOST_TEST(runner.ended->how() == way.how);
		spawner.kill(runner.id); // means nothing any more
		SpawnedRunner next;
		spawn(next);
		BOOST_TEST(runner.starts == 1);
		BOOST_TEST(runner.ends == 1);
		spawner.kill(next.id);
		BOOST_REQUIRE(run_until_ended(next));
		BOOST_TEST(next.ended->how() == "was ended by SIGKILL");
	}
}

BOOST_FIXTURE_TEST_CASE(what_a_runner_has_started_ends_with_it, SpawnerFixture, *needs_root()) {
	for (const bool killed : {true, false}) {
		SpawnedRunner runner, bystander;
		spawn(runner);
		spawn(bystander);
		const pid_t left = std::stoi(runner.ask("leave")), other = std::stoi(bystander.ask("leave"));
		BOOST_REQUIRE(!is_dead(left));
		if (killed)
			spawner.kill(runner.id);
		else
			runner.tell("exit 0");
		BOOST_REQUIRE(run_until_ended(runner));
		BOOST_TEST(eventually([&] { return is_dead(left); }));
		BOOST_TEST(!is_dead(other));
		BOOST_TEST(!is_dead(bystander.pid()));
		spawner.kill(bystander.id);
		BOOST_REQUIRE(run_until_ended(bystander));
		BOOST_TEST(eventually([&] { return is_dead(other); }));
	}
}

BOOST_AUTO_TEST_CASE(a_runner_does_not_get_the_environment_of_the_host) {
	setenv("TMON_TEST_TOKEN", "secret", 1);
	setenv("LC_TIME", "C", 1);
	{
		SpawnerFixture fixture;
		SpawnedRunner runner;
		fixture.spawn(runner);
		const std::string environment = "\n" + runner.ask("environment");
		BOOST_TEST(environment.find("TMON_TEST_TOKEN") == std::string::npos);
		BOOST_TEST(environment.find("\nHOME=") == std::string::npos);
		BOOST_TEST(environment.find("\nPATH=") != std::string::npos);
		BOOST_TEST(environment.find("\nLC_TIME=C\n") != std::string::npos);
	}
	unsetenv("TMON_TEST_TOKEN");
	unsetenv("LC_TIME");
}

BOOST_AUTO_TEST_CASE(no_two_hosts_share_a_user, *needs_root()) {
	SpawnerFixture hosts[3];
	std::list<SpawnedRunner> runners;
	std::set<uint32_t> users;
	for (int round = 0; round < 10; ++round) {
		for (SpawnerFixture& host : hosts)
			host.request(runners.emplace_back());
	}
	for (SpawnedRunner& runner : runners) {
		BOOST_REQUIRE(eventually([&] {
			for (SpawnerFixture& host : hosts) {
				host.io.restart();
				host.io.poll();
			}
			return runner.started.has_value();
		}));
		users.insert(runner.uid());
	}
	BOOST_TEST(users.size() == runners.size());
}

BOOST_AUTO_TEST_CASE(the_runner_may_lie_where_its_user_cannot_go, *needs_root()) {
	const TempDir dir; // 0700
	fs::copy_file(obedient_runner(), dir / "runner");
	SpawnerFixture host((dir / "runner").string());
	fs::rename(dir / "runner", dir / "old"); // and it is the file that was there
	SpawnedRunner runner;
	host.spawn(runner);
	BOOST_REQUIRE(std::holds_alternative<Spawner::Started>(*runner.started));
	BOOST_TEST(runner.ask("status").find("Name:") == 0u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_explained) {
	const TempDir dir;
	const std::string missing = (dir / "missing").string(), text = dir.write("text", "no program").string(),
	                  garbage = dir.write("garbage", "no program").string();
	chmod(garbage.c_str(), 0755);
	const struct {
		std::string path, reason;
	} cases[] = {
	    {missing, "cannot start " + missing + ": No such file or directory"},
	    {text, "cannot start " + text + ": cannot execute it: Permission denied"},
	    {garbage, "cannot start " + garbage + ": cannot execute it: Exec format error"},
	};
	for (const auto& c : cases) {
		SpawnerFixture host(c.path);
		for (int i = 0; i < 3; ++i) { // and nothing is used up
			SpawnedRunner runner;
			host.spawn(runner);
			BOOST_REQUIRE(std::holds_alternative<std::string>(*runner.started));
			BOOST_TEST(runner.refusal() == c.reason);
			BOOST_TEST(runner.ends == 0);
		}
	}
}

BOOST_AUTO_TEST_CASE(the_spawners_death_is_told) {
	SpawnerFixture host;
	SpawnedRunner runner, late;
	host.spawn(runner);
	bool lost = false;
	host.spawner.on_lost([&] { lost = true; });
	const pid_t pid = runner.pid();
	::kill(host.spawner.pid(), SIGKILL);
	BOOST_REQUIRE(host.run_until([&] { return lost; }));
	BOOST_REQUIRE(runner.ended.has_value());
	BOOST_TEST(runner.ended->how() == "was ended by SIGKILL");
	BOOST_TEST(eventually([&] { return is_dead(pid); }));
	host.spawn(late);
	BOOST_TEST(late.refusal() == "the spawner is gone");
	host.spawner.kill(late.id);
	const Opened opened = host.open("/etc/hostname", TMON_OPEN_READ);
	BOOST_TEST(opened.status == TMON_E_IO);
	BOOST_TEST(opened.reason == "cannot open /etc/hostname: the spawner is gone");
	BOOST_TEST(runner.ends == 1);
}

BOOST_AUTO_TEST_CASE(the_end_of_the_spawner_object_ends_all) {
	pid_t runner_pid = -1, left = -1, spawner_pid = -1;
	SpawnedRunner runner, asked;
	{
		SpawnerFixture host;
		host.spawn(runner);
		runner_pid = runner.pid();
		spawner_pid = host.spawner.pid();
		if (geteuid() == 0)
			left = std::stoi(runner.ask("leave"));
		host.request(asked);
	}
	BOOST_TEST(is_dead(spawner_pid));
	BOOST_TEST(is_dead(runner_pid));
	BOOST_TEST((left < 0 || is_dead(left)));
	BOOST_TEST(runner.ends == 0);
	BOOST_TEST(asked.starts == 0);
}

BOOST_FIXTURE_TEST_CASE(a_callback_may_destroy_the_spawner, SpawnerFixture) {
	std::optional<Spawner> doomed = Spawner::start(obedient_runner());
	doomed->attach(io);
	int answers = 0;
	for (int i = 0; i < 3; ++i)
		doomed->open("/", TMON_OPEN_READ, [&](const Opened&) {
			++answers;
			doomed.reset();
		});
	BOOST_REQUIRE(run_until([&] { return answers > 0; }));
	io.restart();
	io.poll();
	BOOST_TEST(answers == 1);
	SpawnedRunner runner;
	spawn(runner); // the other one still works
	BOOST_TEST(!runner.ask("status").empty());
}

// --- files ---

struct Files : SpawnerFixture {
	TempDir dir;
	std::string path(const std::string& name) const { return (dir / name).string(); }
};

BOOST_FIXTURE_TEST_CASE(files_are_opened, Files) {
	Opened log = open(path("log"), TMON_OPEN_APPEND);
	BOOST_REQUIRE(log.status == TMON_OK);
	BOOST_TEST((fcntl(log.descriptor.get(), F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK)) ==
	           (O_WRONLY | O_APPEND));
	BOOST_TEST((fcntl(log.descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
	BOOST_TEST(write(log.descriptor.get(), "text", 4) == 4);
	Opened state = open(path("state"), TMON_OPEN_READWRITE);
	BOOST_REQUIRE(state.status == TMON_OK);
	BOOST_TEST((fcntl(state.descriptor.get(), F_GETFL) & (O_ACCMODE | O_APPEND)) == O_RDWR);
	struct stat status;
	BOOST_REQUIRE(stat(path("state").c_str(), &status) == 0);
	BOOST_TEST((status.st_mode & 0777 & ~0640u) == 0u);
	Opened read_only = open(path("log"), TMON_OPEN_READ);
	char text[8] = {};
	BOOST_TEST(read(read_only.descriptor.get(), text, sizeof text) == 4);
	BOOST_TEST((fcntl(read_only.descriptor.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
}

BOOST_FIXTURE_TEST_CASE(files_that_cannot_be_opened_are_explained, Files) {
	BOOST_TEST(open(path("missing"), TMON_OPEN_READ).reason ==
	           "cannot open " + path("missing") + ": No such file or directory");
	BOOST_TEST(open(path("no/dir"), TMON_OPEN_APPEND).reason ==
	           "cannot open " + path("no/dir") + ": No such file or directory");
	BOOST_TEST(open(path("x"), 3).status == TMON_E_UNSUPPORTED);
	BOOST_TEST(!fs::exists(path("x")));
	BOOST_TEST(open("", TMON_OPEN_READ).status == TMON_E_IO);
	BOOST_TEST(open(std::string("/etc\0/hosts", 11), TMON_OPEN_READ).status == TMON_E_IO);
	BOOST_TEST(open(std::string(5000, 'x'), TMON_OPEN_READ).status == TMON_E_IO);
	fs::create_directory(path("dir"));
	for (const uint32_t mode : {TMON_OPEN_READ, TMON_OPEN_APPEND, TMON_OPEN_READWRITE}) {
		const Opened opened = open(path("dir"), mode);
		BOOST_TEST(opened.status == TMON_E_IO);
		BOOST_TEST(!opened.descriptor);
	}
	BOOST_REQUIRE(mkfifo(path("fifo").c_str(), 0600) == 0);
	BOOST_TEST(open(path("fifo"), TMON_OPEN_APPEND).reason ==
	           "cannot open " + path("fifo") + ": it is a FIFO that nobody reads");
	BOOST_TEST(open(path("fifo"), TMON_OPEN_READ).status == TMON_OK);
}

BOOST_FIXTURE_TEST_CASE(thousands_of_requests_at_once, Files) {
	dir.write("there", "text");
	std::size_t opened = 0, refused = 0, right = 0;
	for (int i = 0; i < 5000; ++i) {
		const bool there = i % 2 == 0;
		spawner.open(path(there ? "there" : "missing"), TMON_OPEN_READ, [&, there](const Opened& result) {
			++(result.status == TMON_OK ? opened : refused);
			right += (result.status == TMON_OK) == there ? 1u : 0u;
		});
	}
	SpawnedRunner runner;
	request(runner); // its descriptors wait behind the others, and ours are closed
	BOOST_REQUIRE(run_until([&] { return runner.started.has_value(); }));
	BOOST_TEST(opened == 2500u);
	BOOST_TEST(refused == 2500u);
	BOOST_TEST(right == 5000u);
	BOOST_TEST(runner.ask("descriptors") == "0 1 2 3 ");
}

// What a host that is not root gets, in a process of its own: 0 when all is right.
BOOST_AUTO_TEST_CASE(as_somebody_else_than_root, *needs_root()) {
	const TempDir dir, open_to_all;
	dir.write("secret", "text"); // root's
	fs::copy_file(obedient_runner(), open_to_all / "runner");
	chmod(open_to_all.path().c_str(), 0755);
	const pid_t child = fork();
	if (child == 0) {
		constexpr uid_t user = 61112;
		int wrong = 100;
		try {
			if (setgroups(0, nullptr) == 0 && setresgid(user, user, user) == 0 &&
			    setresuid(user, user, user) == 0) {
				SpawnerFixture host((open_to_all / "runner").string());
				SpawnedRunner runner;
				host.spawn(runner);
				const std::string status = runner.ask("status");
				wrong = 0;
				wrong += runner.uid() != 0 ? 1 : 0;
				wrong += status_line(status, "Uid").starts_with(std::to_string(user)) ? 0 : 2;
				wrong += status_line(status, "NoNewPrivs") == "1" ? 0 : 4;
				wrong += runner.ask("descriptors") == "0 1 2 3 " ? 0 : 8;
				wrong +=
				    host.open((dir / "secret").string(), TMON_OPEN_READ).status == TMON_E_IO ? 0 : 16;
				const pid_t left = std::stoi(runner.ask("leave"));
				wrong += is_dead(left) ? 64 : 0;
				host.spawner.kill(runner.id);
				wrong += host.run_until_ended(runner) && runner.ended->code == SIGKILL ? 0 : 32;
				wrong += eventually([&] { return is_dead(left); }) ? 0 : 64;
			}
		} catch (const std::exception& error) {
			std::fprintf(stderr, "as another user: %s\n", error.what());
			wrong = 101;
		}
		_exit(wrong);
	}
	int status = 0;
	BOOST_REQUIRE(waitpid(child, &status, 0) == child);
	BOOST_TEST(status == 0);
}

} // namespace
