// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/pins.hpp"

#include "host/filter/xdp_links.hpp"
#include "test/support/network_namespace.hpp"
#include "test/support/privileged.hpp"
#include "test/support/process.hpp"
#include "test/support/temp_dir.hpp"
#include "test/support/xdp_program.hpp"

#include <boost/test/unit_test.hpp>

#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

using namespace tmon;
using namespace tmon::test;

namespace {

// A veth pair in a namespace that the test is in, and the pins of one end.
struct Pinned {
	NetworkNamespace place;
	NetworkNamespace::Inside inside{place};
	std::filesystem::path root = pin_root();
	PinFolder folder{root, "v0"};
	uint32_t ifindex = 0;

	Pinned() {
		place.ip({"link", "add", "v0", "type", "veth", "peer", "name", "v1"});
		ifindex = if_nametoindex("v0");
	}
	~Pinned() {
		for (const std::string& interface : pinned_interfaces(root))
			PinFolder(root, interface).remove_all();
	}
};

std::string error_of(auto action) {
	try {
		action();
	} catch (const PinError& error) {
		return error.what();
	}
	return {};
}

bool is_there(const std::filesystem::path& path) { return access(path.c_str(), F_OK) == 0; }

mode_t mode_of(const std::filesystem::path& path) {
	struct stat status{};
	stat(path.c_str(), &status);
	return status.st_mode & 0777;
}

using Names = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(pins, *needs_root())

BOOST_AUTO_TEST_CASE(a_link_lives_on_by_its_pin_and_takes_another_program) {
	Pinned at;
	const Fd first = load_passing_program("first"), second = load_passing_program("second");
	{
		const Fd link = attach_by_link(first.get(), at.ifindex);
		at.folder.pin(link.get(), "link");
	}
	BOOST_TEST(attached_program(at.ifindex) == program_id(first.get()));
	const Fd again = at.folder.open("link");
	BOOST_REQUIRE(bool(again));
	const auto link = xdp_link(again.get());
	BOOST_REQUIRE(link.has_value());
	BOOST_TEST(link->ifindex == at.ifindex);
	BOOST_TEST(link->program_id == program_id(first.get()));
	BOOST_TEST(bpf_link_update(again.get(), second.get(), nullptr) == 0);
	BOOST_TEST(attached_program(at.ifindex) == program_id(second.get()));
}

BOOST_AUTO_TEST_CASE(removing_the_last_reference_detaches) {
	Pinned at;
	const Fd program = load_passing_program("first");
	uint32_t id = 0;
	{
		const Fd link = attach_by_link(program.get(), at.ifindex);
		id = xdp_link(link.get())->id;
		const Pin pins[] = {{"link", link.get()}, {"program", program.get()}};
		at.folder.pin(pins);
	}
	BOOST_TEST(link_exists(id));
	BOOST_TEST(find_xdp_link(at.ifindex)->id == id);
	BOOST_TEST(at.folder.remove_all() == (Names{"link", "program"}), boost::test_tools::per_element());
	BOOST_TEST(!link_exists(id));
	// The kernel does it a moment later.
	BOOST_TEST(eventually([&] { return attached_program(at.ifindex) == 0u; }));
	BOOST_TEST(!is_there(at.folder.path()));
	BOOST_TEST(!is_there(at.root));
	BOOST_TEST(at.folder.remove_all().empty());
}

BOOST_AUTO_TEST_CASE(names_are_listed_and_opened) {
	Pinned at;
	BOOST_TEST(!at.folder.exists());
	BOOST_TEST(!at.folder.open("program"));
	BOOST_TEST(!at.folder.remove("program"));
	const Fd program = load_passing_program("first");
	const Pin pins[] = {{"program", program.get()}, {"a_map-1", program.get()}};
	at.folder.pin(pins);
	BOOST_TEST(at.folder.exists());
	BOOST_TEST(at.folder.exists("program"));
	BOOST_TEST(!at.folder.exists("link"));
	BOOST_TEST(at.folder.names() == (Names{"a_map-1", "program"}), boost::test_tools::per_element());
	BOOST_TEST(program_id(at.folder.open("program").get()) == program_id(program.get()));
	for (const auto& folder : {at.folder.path(), at.root, at.root.parent_path()})
		BOOST_TEST(mode_of(folder) == 0700u);
	BOOST_TEST(at.folder.remove("program"));
	BOOST_TEST(at.folder.names() == (Names{"a_map-1"}), boost::test_tools::per_element());
	for (const char* name : {"", "..", "a/b", "a.b", "a~", "link "})
		BOOST_TEST(error_of([&] { at.folder.pin(program.get(), name); }).ends_with("cannot be the name of a pin"), name);
}

BOOST_AUTO_TEST_CASE(all_are_pinned_or_none) {
	Pinned at;
	const Fd program = load_passing_program("first");
	const Pin pins[] = {{"program", program.get()}, {"link", -1}};
	BOOST_TEST(error_of([&] { at.folder.pin(pins); }).starts_with("cannot pin " + (at.folder.path() / "link").string() + ": "));
	BOOST_TEST(!is_there(at.folder.path()));
	BOOST_TEST(!is_there(at.root));
	// What was there before stays.
	at.folder.pin(program.get(), "other");
	BOOST_TEST(!error_of([&] { at.folder.pin(pins); }).empty());
	BOOST_TEST(at.folder.names() == (Names{"other"}), boost::test_tools::per_element());
	at.folder.pin(program.get(), "program");
	const Fd second = load_passing_program("second");
	const Pin replacing[] = {{"program", second.get()}, {"link", -1}};
	BOOST_TEST(!error_of([&] { at.folder.pin(replacing); }).empty());
	BOOST_TEST(program_id(at.folder.open("program").get()) == program_id(program.get()));
}

BOOST_AUTO_TEST_CASE(a_name_is_given_to_another_object) {
	Pinned at;
	const Fd first = load_passing_program("first"), second = load_passing_program("second");
	at.folder.pin(first.get(), "program");
	at.folder.pin(second.get(), "program");
	BOOST_TEST(program_id(at.folder.open("program").get()) == program_id(second.get()));
	BOOST_TEST(at.folder.names() == (Names{"program"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_layout_is_kept) {
	Pinned at;
	BOOST_TEST(!at.folder.layout());
	at.folder.write_layout(0x123456789abcdef0);
	BOOST_TEST(at.folder.layout().value() == 0x123456789abcdef0u);
	BOOST_TEST(PinFolder(at.root, "v0").layout().value() == 0x123456789abcdef0u);
	at.folder.write_layout(7);
	BOOST_TEST(at.folder.layout().value() == 7u);
	// Something else under its name is no layout.
	const Fd program = load_passing_program("first");
	at.folder.pin(program.get(), "layout");
	BOOST_TEST(!at.folder.layout());
}

BOOST_AUTO_TEST_CASE(interfaces_have_folders_whatever_their_names) {
	Pinned at;
	const Fd program = load_passing_program("first");
	for (const char* name : {"eth0.5", "a%b", "v0", "\xc3\xa9t\xc3\xa9"})
		PinFolder(at.root, name).pin(program.get(), "program");
	BOOST_TEST(pinned_interfaces(at.root).size() == 4u);
	for (const char* name : {"eth0.5", "a%b", "v0", "\xc3\xa9t\xc3\xa9"}) {
		const auto all = pinned_interfaces(at.root);
		BOOST_TEST(std::count(all.begin(), all.end(), name) == 1, name);
	}
}

BOOST_AUTO_TEST_CASE(each_network_namespace_has_its_own) {
	const std::filesystem::path outside = pin_root();
	const NetworkNamespace other;
	const NetworkNamespace::Inside inside(other);
	BOOST_TEST(outside != pin_root());
	BOOST_TEST(outside.parent_path() == std::filesystem::path("/sys/fs/bpf/traffic-monitor"));
}

BOOST_AUTO_TEST_CASE(folders_of_others_are_refused) {
	Pinned at;
	const Fd program = load_passing_program("first");
	at.folder.pin(program.get(), "program");
	BOOST_REQUIRE(chown(at.folder.path().c_str(), 65534, 65534) == 0);
	const std::string foreign = at.folder.path().string() + " belongs to user 65534";
	BOOST_TEST(error_of([&] { at.folder.open("program"); }).starts_with(foreign));
	BOOST_TEST(error_of([&] { at.folder.pin(program.get(), "link"); }).starts_with(foreign));
	BOOST_TEST(error_of([&] { at.folder.remove_all(); }).starts_with(foreign));
	BOOST_REQUIRE(chown(at.folder.path().c_str(), 0, 0) == 0);
	BOOST_REQUIRE(chmod(at.root.c_str(), 0777) == 0);
	BOOST_TEST(error_of([&] { at.folder.names(); }).find("can be written to by others") != std::string::npos);
	BOOST_REQUIRE(chmod(at.root.c_str(), 0700) == 0);
	BOOST_TEST(at.folder.names().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_file_system_is_mounted_where_it_is_missing) {
	const TempDir folder;
	BOOST_TEST(!is_bpffs(folder.path()));
	require_bpffs(folder.path());
	BOOST_TEST(is_bpffs(folder.path()));
	BOOST_TEST(mode_of(folder.path()) == 0700u);
	require_bpffs(folder.path());
	BOOST_TEST(umount2(folder.path().c_str(), 0) == 0);
	BOOST_TEST(!is_bpffs(folder.path()));
	BOOST_TEST(!is_bpffs(folder / "none"));
	BOOST_TEST(error_of([&] { require_bpffs(folder / "none"); }).find("mount -t bpf bpf ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(none_is_mounted_where_it_would_be_gone_with_the_process) {
	const TempDir folder;
	const pid_t child = fork();
	if (child == 0) {
		const bool apart = unshare(CLONE_NEWNS) == 0;
		const bool refused = apart && error_of([&] { require_bpffs(folder.path()); }).find("mounts of its own") != std::string::npos;
		_exit(refused ? 0 : apart ? 1 : 2);
	}
	int status = -1;
	BOOST_TEST(waitpid(child, &status, 0) == child);
	BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(who_holds_a_link_is_found) {
	Pinned at;
	const Fd program = load_passing_program("first");
	Fd link = attach_by_link(program.get(), at.ifindex);
	const uint32_t id = xdp_link(link.get())->id;
	BOOST_TEST(holders_of_link(id).empty()); // but for this process
	int end[2];
	BOOST_REQUIRE(pipe(end) == 0);
	const pid_t child = fork();
	if (child == 0) {
		close(end[1]);
		char byte;
		_exit(static_cast<int>(read(end[0], &byte, 1)));
	}
	const auto holders = holders_of_link(id);
	BOOST_REQUIRE(holders.size() == 1u);
	BOOST_TEST(holders[0].pid == child);
	BOOST_TEST(!holders[0].name.empty());
	link.reset();
	BOOST_TEST(link_exists(id));
	close(end[1]);
	BOOST_TEST(waitpid(child, nullptr, 0) == child);
	close(end[0]);
	BOOST_TEST(!link_exists(id));
}

BOOST_AUTO_TEST_CASE(a_link_ends_with_its_interface) {
	Pinned at;
	const Fd program = load_passing_program("first_program");
	const Fd link = attach_by_link(program.get(), at.ifindex);
	BOOST_TEST(describe_program(program_id(program.get())) ==
	           "program " + std::to_string(program_id(program.get())) + " (first_program)");
	at.place.ip({"link", "delete", "v0"});
	BOOST_TEST(xdp_link(link.get())->ifindex == 0u);
	BOOST_TEST(!find_xdp_link(at.ifindex));
	BOOST_TEST(attached_program(at.ifindex) == 0u);
	BOOST_TEST(!xdp_link(program.get()));
}

BOOST_AUTO_TEST_SUITE_END()
