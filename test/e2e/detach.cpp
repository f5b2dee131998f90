// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What is pinned is ended by `traffic-monitor detach`, and nothing else is.
#include "host/filter/pins.hpp"
#include "host/filter/xdp_links.hpp"
#include "test/e2e/monitor.hpp"
#include "test/support/privileged.hpp"
#include "test/support/xdp_program.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>
#include <unistd.h>

using namespace tmon;
using namespace tmon::test;

namespace {

// An interface with whatever a pinned run could leave on it.
struct Left {
	NetworkNamespace place;
	NetworkNamespace::Inside inside{place};
	std::filesystem::path root = pin_root();
	Fd program = load_passing_program("left_behind");

	Left() { add("v0"); }
	~Left() {
		for (const std::string& interface : pinned_interfaces(root))
			PinFolder(root, interface).remove_all();
	}

	void add(const std::string& name) const {
		place.ip({"link", "add", name, "type", "veth", "peer", "name", name + "p"});
	}
	uint32_t attached(const char* name = "v0") const { return attached_program(if_nametoindex(name)); }
	Fd attach(const char* name = "v0") const { return attach_by_link(program.get(), if_nametoindex(name)); }
	void pin(const char* name = "v0") const {
		const Fd link = attach(name);
		const Pin pins[] = {{"link", link.get()}, {"program", program.get()}};
		PinFolder(root, name).pin(pins);
	}
	bool pinned(const char* name = "v0") const { return PinFolder(root, name).exists(); }
	std::string id() const { return std::to_string(program_id(program.get())); }

	// Not by `ip netns exec`, which hides /sys/fs/bpf.
	Finished detach(std::vector<std::string> words) const {
		words.insert(words.begin(), {"nsenter", "--net=/run/netns/" + place.name(), in_dist("bin/traffic-monitor"), "detach"});
		return run(std::move(words));
	}
};

} // namespace

BOOST_AUTO_TEST_SUITE(detach, *needs_root())

BOOST_AUTO_TEST_CASE(what_is_pinned_is_detached_and_removed) {
	const Left left;
	left.pin();
	BOOST_TEST(left.attached() == program_id(left.program.get()));
	const Finished ended = left.detach({"-i", "v0"});
	BOOST_TEST(ended.status == 0);
	BOOST_TEST(ended.output == "v0: detached program " + left.id() + "; removed the pins link, program\n");
	BOOST_TEST(ended.errors == "");
	BOOST_TEST(left.attached() == 0u);
	BOOST_TEST(!left.pinned());
	const Finished again = left.detach({"-i", "v0"});
	BOOST_TEST(again.status == 0);
	BOOST_TEST(again.output == "v0: nothing is attached\n");
}

BOOST_AUTO_TEST_CASE(all_or_the_named_ones) {
	const Left left;
	for (const char* name : {"v1", "v2.5"})
		left.add(name);
	for (const char* name : {"v0", "v1", "v2.5"})
		left.pin(name);
	BOOST_TEST(left.detach({"-i", "v1"}).status == 0);
	BOOST_TEST(left.pinned("v0"));
	BOOST_TEST(!left.pinned("v1"));
	const Finished all = left.detach({"--all"});
	BOOST_TEST(all.status == 0);
	BOOST_TEST(all.output == "v0: detached program " + left.id() + "; removed the pins link, program\nv2.5: detached program " +
	                             left.id() + "; removed the pins link, program\n");
	BOOST_TEST(left.attached("v2.5") == 0u);
	const Finished again = left.detach({"--all"});
	BOOST_TEST(again.status == 0);
	BOOST_TEST(again.output == "nothing is pinned in this network namespace\n");
}

BOOST_AUTO_TEST_CASE(pins_of_an_interface_that_is_gone_are_removed) {
	const Left left;
	left.pin();
	left.place.ip({"link", "delete", "v0"});
	const Finished ended = left.detach({"-i", "v0"});
	BOOST_TEST(ended.status == 0);
	BOOST_TEST(ended.output == "v0: its interface is gone, and the filter with it; removed the pins link, program\n");
	BOOST_TEST(!left.pinned());
	const Finished again = left.detach({"-i", "v0"});
	BOOST_TEST(again.status == 4);
	BOOST_TEST(again.errors == "traffic-monitor: v0: no such interface, and nothing is pinned for it; there are: lo\n");
}

BOOST_AUTO_TEST_CASE(a_program_of_somebody_else_is_named_and_stays) {
	const Left left;
	const Fd link = left.attach();
	const Finished ended = left.detach({"-i", "v0"});
	BOOST_TEST(ended.status == 4);
	BOOST_TEST(ended.errors.starts_with("traffic-monitor: v0: program " + left.id() + " (left_behind) is attached by "));
	BOOST_TEST(ended.errors.ends_with("is left alone\n"));
	BOOST_TEST(left.attached() == program_id(left.program.get()));
}

BOOST_AUTO_TEST_CASE(a_foreign_program_on_the_interface_made_again_stays) {
	const Left left;
	left.pin();
	left.place.ip({"link", "delete", "v0"});
	left.add("v0");
	const Fd foreign = load_passing_program("foreign");
	const Fd link = attach_by_link(foreign.get(), if_nametoindex("v0"));
	const Finished ended = left.detach({"-i", "v0"});
	BOOST_TEST(ended.status == 0);
	BOOST_TEST(ended.output.find("(foreign) is attached, which was not pinned by this program") != std::string::npos);
	BOOST_TEST(left.attached() == program_id(foreign.get()));
	BOOST_TEST(!left.pinned());
}

BOOST_AUTO_TEST_CASE(a_filter_that_somebody_holds_is_left_with_its_pins) {
	const Left left;
	left.pin();
	{
		const Fd held = PinFolder(left.root, "v0").open("link");
		const Finished ended = left.detach({"-i", "v0"});
		BOOST_TEST(ended.status == 1);
		BOOST_TEST(ended.errors.find(" (process " + std::to_string(getpid()) + ") goes on and holds the filter") !=
		           std::string::npos);
		BOOST_TEST(left.pinned());
		BOOST_TEST(left.attached() == program_id(left.program.get()));
	}
	BOOST_TEST(left.detach({"-i", "v0"}).status == 0);
	BOOST_TEST(left.attached() == 0u);
}

BOOST_AUTO_TEST_CASE(another_pin_of_the_link_is_noticed) {
	const Left left;
	left.pin();
	{
		const Fd link = PinFolder(left.root, "v0").open("link");
		PinFolder(left.root, "elsewhere").pin(link.get(), "copy");
	}
	const Finished ended = left.detach({"-i", "v0"});
	BOOST_TEST(ended.status == 1);
	BOOST_TEST(ended.errors.find("is still attached: ") != std::string::npos);
	BOOST_TEST(left.attached() == program_id(left.program.get()));
}

BOOST_AUTO_TEST_CASE(a_run_that_monitors_is_named_and_goes_on) {
	const Left left;
	left.place.ip({"link", "set", "v0", "up"});
	Monitor monitor(left.place, {.interfaces = {"v0"}, .config = config_with({})});
	const Finished ended = left.detach({"-i", "v0"});
	BOOST_TEST(ended.status == 1);
	BOOST_TEST(ended.errors == "traffic-monitor: v0: traffic-monitor (process " + std::to_string(monitor.pid()) +
	                               ") monitors it; nothing is pinned: its filter ends with it\n");
	BOOST_TEST(left.attached() != 0u);
	BOOST_TEST(monitor.stop().status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
