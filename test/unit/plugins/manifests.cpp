// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the shipped plugins say about themselves.
#include "test/support/plugin_fixture.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <set>

using namespace tmon::test;
namespace json = boost::json;

namespace {

const std::set<std::string_view> keywords = {"type",    "properties", "required", "additionalProperties",
                                             "items",   "enum",       "default",  "minimum",
                                             "maximum", "minLength",  "format",   "description"};

// A configuration of the defaults of a schema.
json::object defaults(const json::object& schema) {
	json::object config;
	for (const auto& [key, value] : schema.at("properties").as_object())
		if (const json::value* other = value.as_object().if_contains("default"))
			config[key] = other->is_object() ? json::value(defaults(value.as_object())) : *other;
	return config;
}

void check_schema(const json::object& schema) {
	for (const auto& [keyword, value] : schema)
		BOOST_TEST(keywords.count(keyword) == 1u, keyword);
	BOOST_TEST(schema.contains("type"));
	if (const json::value* properties = schema.if_contains("properties"))
		for (const auto& [key, property] : properties->as_object())
			check_schema(property.as_object());
}

struct Expected {
	std::string id;
	std::vector<std::string> capabilities;
	std::set<std::string> keys;
};
const Expected shipped[] = {
    {"console", {"events", "ticks"}, {"lines", "summary"}},
    {"logger-csv", {"events"}, {"file", "buffer_size"}},
    {"logger-json", {"events"}, {"file", "buffer_size", "format"}},
    {"threats", {"events", "ticks", "end"}, {"port_scan", "seed"}},
    {"alerts", {"alerts"}, {"console", "file", "minimum_severity"}},
};

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_manifests)

BOOST_AUTO_TEST_CASE(each_is_complete_and_true) {
	for (const Expected& expected : shipped) {
		BOOST_TEST_CONTEXT(expected.id) {
			TemporaryDirectory dir;
			tmon::testing::Host host;
			host.redirected["log"] = dir / "log";
			ShippedPlugin incomplete(host, expected.id, R"({"file":"log"})");
			const json::object manifest = json::parse(incomplete.manifest()).as_object();
			BOOST_TEST(manifest.at("manifest") == 1);
			BOOST_TEST(manifest.at("id").as_string() == expected.id);
			BOOST_TEST(manifest.at("version").as_string() == incomplete.entry().version);
			BOOST_TEST(manifest.at("abi") == json::value({{"major", 1}, {"required", 0}, {"built", 0}}));
			BOOST_TEST(json::value_to<std::vector<std::string>>(manifest.at("capabilities")) ==
			               expected.capabilities,
			           boost::test_tools::per_element());
			BOOST_TEST(!manifest.at("description").as_string().empty());
			BOOST_TEST(manifest.at("license").as_string() == "MIT OR Apache-2.0");
			BOOST_TEST(manifest.size() == 8u); // nothing asks for a permission

			const json::object& schema = manifest.at("config").as_object();
			check_schema(schema);
			std::set<std::string> keys;
			for (const auto& [key, value] : schema.at("properties").as_object())
				keys.insert(key);
			BOOST_TEST(keys == expected.keys, boost::test_tools::per_element());

			// What the host hands over when the user gives no more than has to be given.
			json::object config = defaults(schema);
			if (keys.count("file"))
				config["file"] = "log";
			ShippedPlugin complete(host, expected.id, json::serialize(config));
			BOOST_TEST(complete.created() == TMON_OK, host.last_failure());
			BOOST_TEST((complete.takes_events() == (expected.capabilities[0] == "events")));
		}
	}
}

BOOST_AUTO_TEST_SUITE_END()
