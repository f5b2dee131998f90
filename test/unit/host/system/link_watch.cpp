// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/link_watch.hpp"

#include "test/support/network_namespace.hpp"
#include "test/support/privileged.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>

#include <chrono>
#include <optional>

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;

namespace {

// A watch in a namespace, and what it has told since one looked last.
struct Watched {
	NetworkNamespace place;
	boost::asio::io_context io{1};
	std::vector<std::string> told;
	std::optional<LinkWatch> watch;

	Watched() {
		const NetworkNamespace::Inside inside(place);
		watch.emplace(io, LinkWatch::Handlers{
		                      [this](const std::string& name, uint32_t ifindex, bool up) {
			                      told.push_back((up ? "up " : "down ") + name + " " + std::to_string(ifindex));
		                      },
		                      [this](const std::string& name, uint32_t ifindex) {
			                      told.push_back("gone " + name + " " + std::to_string(ifindex));
		                      },
		                      [this](const std::string& reason) { told.push_back("failed " + reason); }});
	}

	std::string ifindex(const std::string& name) const {
		const NetworkNamespace::Inside inside(place);
		return std::to_string(if_nametoindex(name.c_str()));
	}

	// Runs the loop until that has been told; false after a second.
	bool tells(const std::string& text) {
		const auto deadline = std::chrono::steady_clock::now() + 1s;
		do {
			io.restart();
			for (std::size_t i = 0; i < told.size(); ++i) {
				if (told[i] == text) {
					told.erase(told.begin(), told.begin() + static_cast<std::ptrdiff_t>(i) + 1);
					return true;
				}
			}
		} while (io.run_one_until(deadline) > 0);
		return false;
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(link_watch, *needs_root())

BOOST_AUTO_TEST_CASE(what_is_there_is_told_at_first) {
	Watched watched;
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	BOOST_TEST(watched.tells("up lo 1"));
	BOOST_TEST(watched.tells("down v1 " + watched.ifindex("v1")));
}

BOOST_AUTO_TEST_CASE(an_interface_comes_changes_and_goes) {
	Watched watched;
	BOOST_TEST(watched.tells("up lo 1"));
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	const std::string index = watched.ifindex("v0");
	BOOST_TEST(watched.tells("down v0 " + index));
	watched.place.ip({"link", "set", "v0", "up"});
	BOOST_TEST(watched.tells("up v0 " + index));
	watched.place.ip({"link", "set", "v0", "down"});
	BOOST_TEST(watched.tells("down v0 " + index));
	watched.place.ip({"link", "delete", "v0"});
	BOOST_TEST(watched.tells("gone v0 " + index));
}

BOOST_AUTO_TEST_CASE(one_made_again_under_its_name_is_another) {
	Watched watched;
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	const std::string before = watched.ifindex("v0");
	BOOST_TEST(watched.tells("down v0 " + before));
	watched.place.ip({"link", "delete", "v0"});
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	const std::string after = watched.ifindex("v0");
	BOOST_TEST(before != after);
	BOOST_TEST(watched.tells("gone v0 " + before));
	BOOST_TEST(watched.tells("down v0 " + after));
}

BOOST_AUTO_TEST_CASE(a_new_name_ends_the_old_one) {
	Watched watched;
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	const std::string index = watched.ifindex("v0");
	BOOST_TEST(watched.tells("down v0 " + index));
	watched.place.ip({"link", "set", "v0", "name", "w0"});
	BOOST_TEST(watched.tells("gone v0 " + index));
	BOOST_TEST(watched.tells("down w0 " + index));
}

BOOST_AUTO_TEST_CASE(one_that_moves_to_another_namespace_is_gone) {
	Watched watched;
	const NetworkNamespace other;
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	const std::string index = watched.ifindex("v0");
	BOOST_TEST(watched.tells("down v0 " + index));
	watched.place.ip({"link", "set", "v0", "netns", other.name()});
	BOOST_TEST(watched.tells("gone v0 " + index));
}

BOOST_AUTO_TEST_CASE(leaving_a_bridge_is_not_going) {
	Watched watched;
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	watched.place.ip({"link", "add", "b0", "type", "bridge"});
	watched.place.ip({"link", "set", "v0", "master", "b0"});
	const std::string index = watched.ifindex("v0");
	BOOST_TEST(watched.tells("down v0 " + index));
	watched.place.ip({"link", "set", "v0", "nomaster"});
	watched.place.ip({"link", "set", "v1", "up"}); // told behind the above
	BOOST_TEST(watched.tells("up v1 " + watched.ifindex("v1")));
	watched.place.ip({"link", "delete", "v0"});
	BOOST_TEST(watched.tells("gone v0 " + index));
}

// More changes than the socket holds, while nobody reads: in the end the watch knows what is there.
BOOST_AUTO_TEST_CASE(what_is_lost_is_asked_for) {
	Watched watched;
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	const std::string before = watched.ifindex("v0");
	BOOST_TEST(watched.tells("down v0 " + before));
	TempDir files;
	std::string commands;
	for (int i = 0; i < 400; ++i)
		commands += "link set lo down\nlink set lo up\n";
	commands += "link delete v0\nlink add v0 type veth peer name v1\nlink set v0 up\n";
	watched.place.ip({"-batch", files.write("commands", commands).string()});
	const std::string after = watched.ifindex("v0");
	BOOST_TEST(watched.tells("gone v0 " + before));
	BOOST_TEST(watched.tells("up v0 " + after));
	// The 800 changes are not in what was told: they were lost, and seen to be.
	BOOST_TEST(watched.told.size() < 10u);
	watched.place.ip({"link", "delete", "v0"});
	BOOST_TEST(watched.tells("gone v0 " + after));
}

BOOST_AUTO_TEST_CASE(nothing_is_told_after_stop_and_the_loop_ends) {
	Watched watched;
	BOOST_TEST(watched.tells("up lo 1"));
	watched.watch->stop();
	watched.place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
	watched.told.clear();
	watched.io.restart();
	watched.io.run();
	BOOST_TEST(watched.told.empty());
}

BOOST_AUTO_TEST_CASE(nothing_runs_while_nothing_changes) {
	Watched watched;
	BOOST_TEST(watched.tells("up lo 1"));
	watched.io.restart();
	while (watched.io.poll() > 0)
		watched.io.restart();
	watched.io.restart();
	BOOST_TEST(watched.io.run_one_for(200ms) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
