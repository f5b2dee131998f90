// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which files a plugin may have opened.
#include "host/supervise/grants.hpp"
#include "traffic_monitor/plugin.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ostream>

namespace {

using namespace tmon;
namespace data = boost::unit_test::data;

PathGrants granting(const std::string& config_json) {
	PluginConfig config;
	config.config_json = config_json;
	return PathGrants(config);
}

struct GrantCase {
	const char* config;
	bool granted; // the path "p"
};
std::ostream& operator<<(std::ostream& out, const GrantCase& c) { return out << c.config; }

const GrantCase grant_cases[] = {
    {R"({"file": "p"})", true},
    {R"({"log_file": "p"})", true},
    {R"({"_file": "p"})", true},
    {R"({"output": {"file": "p"}})", true},
    {R"({"outputs": [1, {"deep": [{"x_file": "p"}]}]})", true},
    {R"({"file": "other", "b": {"file": "p"}})", true},
    {R"({"file": {"file": "p"}})", true},
    {R"({"path": "p"})", false},
    {R"({"files": "p"})", false},
    {R"({"FILE": "p"})", false},
    {R"({"profile": "p"})", false},
    {R"({"file": ["p"]})", false},
    {R"({"file": 7})", false},
    {R"({"file": "./p"})", false}, // the very same text is asked for
    {R"({"p": "file"})", false},
    {"{}", false},
    {R"({"file": "p")", false}, // no JSON
    {"", false},
};

BOOST_DATA_TEST_CASE(a_path_is_granted_by_the_configuration, data::make(grant_cases), c) {
	const PathGrants grants = granting(c.config);
	BOOST_TEST(grants.allows("p") == c.granted);
	BOOST_TEST(!grants.allows(""));
	BOOST_TEST(!grants.allows("/etc/shadow"));
}

BOOST_AUTO_TEST_CASE(what_a_schema_says_is_a_path_is_granted_too) {
	PluginConfig config;
	config.config_json = R"({"where": "p"})";
	BOOST_TEST(!PathGrants(config).allows("p"));
	config.config_paths = {"p"};
	BOOST_TEST(PathGrants(config).allows("p"));
}

// A plugin could put a link into a folder that it may write to, for us to follow.
BOOST_AUTO_TEST_CASE(folders_that_are_granted_are_for_the_plugin_itself) {
	PluginConfig config;
	config.grants.write_paths = {"/tmp"};
	BOOST_TEST(!PathGrants(config).allows("/tmp/p"));
}

BOOST_AUTO_TEST_CASE(what_is_granted_is_to_be_opened_and_the_rest_is_denied_at_once) {
	const PathGrants grants = granting(R"({"file": "p"})");
	BOOST_TEST(!grants.answer("p", TMON_OPEN_APPEND).has_value());
	const std::optional<Opened> denied = grants.answer("/etc/shadow", TMON_OPEN_READ);
	BOOST_REQUIRE(denied.has_value());
	BOOST_TEST(denied->status == TMON_E_DENIED);
	BOOST_TEST(!denied->descriptor);
	BOOST_TEST(denied->reason == "cannot open /etc/shadow: the plugin's configuration does not name this file");
}

BOOST_AUTO_TEST_CASE(standard_output_is_for_everybody_to_write) {
	const PathGrants grants = granting("{}");
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
