// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which files a plugin may have opened.
#include "host/supervise/grants.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace {

using namespace tmon;

PathGrants granting(std::vector<std::string> paths) {
	PluginConfig config;
	config.config_json = R"({"file": "default"})"; // with what the plugin's schema has filled in
	config.config_paths = std::move(paths);
	return PathGrants(config);
}

BOOST_AUTO_TEST_CASE(a_path_is_granted_by_what_the_user_has_written) {
	const PathGrants grants = granting({"p"});
	BOOST_TEST(grants.allows("p"));
	for (const char* path : {"", "./p", "default", "/etc/shadow"})
		BOOST_TEST(!grants.allows(path));
}

// A plugin could put a link into a folder that it may write to, for us to follow.
BOOST_AUTO_TEST_CASE(folders_that_are_granted_are_for_the_plugin_itself) {
	PluginConfig config;
	config.grants.write_paths = {"/tmp"};
	BOOST_TEST(!PathGrants(config).allows("/tmp/p"));
}

BOOST_AUTO_TEST_CASE(what_is_granted_is_to_be_opened_and_the_rest_is_denied_at_once) {
	const PathGrants grants = granting({"p"});
	BOOST_TEST(!grants.answer("p", TMON_OPEN_APPEND).has_value());
	const std::optional<Opened> denied = grants.answer("/etc/shadow", TMON_OPEN_READ);
	BOOST_REQUIRE(denied.has_value());
	BOOST_TEST(denied->status == TMON_E_DENIED);
	BOOST_TEST(!denied->descriptor);
	BOOST_TEST(denied->reason == "cannot open /etc/shadow: the plugin's configuration does not name this file "
	                              "(a default of the plugin's own grants nothing)");
}

BOOST_AUTO_TEST_CASE(standard_output_is_for_whom_it_is_granted_to_write) {
	const std::optional<Opened> denied = granting({"file"}).answer("-", TMON_OPEN_APPEND);
	BOOST_REQUIRE(denied.has_value());
	BOOST_TEST(denied->status == TMON_E_DENIED);
	BOOST_TEST(denied->reason.find("\"grant\": [\"stdout\"]") != std::string::npos);
	BOOST_TEST(granting({"-"}).answer("-", TMON_OPEN_APPEND)->status == TMON_OK); // named by the user
	PluginConfig config;
	config.grants.standard_output = true;
	const PathGrants grants(config);
	const std::optional<Opened> answer = grants.answer("-", TMON_OPEN_APPEND);
	BOOST_REQUIRE((answer && answer->status == TMON_OK));
	const Opened& output = *answer;
	BOOST_TEST(output.descriptor.get() != STDOUT_FILENO);
	struct stat ours, theirs;
	BOOST_REQUIRE((fstat(STDOUT_FILENO, &ours) == 0 && fstat(output.descriptor.get(), &theirs) == 0));
	BOOST_TEST((ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev));
	BOOST_TEST(grants.answer("-", TMON_OPEN_READ)->status == TMON_E_DENIED);
	BOOST_TEST(grants.answer("-", TMON_OPEN_READWRITE)->status == TMON_E_DENIED);
}

} // namespace
