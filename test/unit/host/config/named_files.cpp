// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which files a plugin's configuration names.
#include "host/config/document.hpp"
#include "host/config/named_files.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <ostream>

namespace {

using namespace tmon;
namespace data = boost::unit_test::data;

std::vector<std::string> named(const std::string& text, const Schema* schema = nullptr) {
	const Sources sources("c", text);
	const ParsedDocument document = parse_document(text, sources);
	BOOST_REQUIRE(document.root);
	return named_files(*document.root, schema);
}

struct NameCase {
	const char* config;
	bool named; // the file "p"
};
std::ostream& operator<<(std::ostream& out, const NameCase& c) { return out << c.config; }

const NameCase name_cases[] = {
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
    {R"({"file": "./p"})", false}, // as it is written
    {R"({"p": "file"})", false},
    {"{}", false},
};

BOOST_DATA_TEST_CASE(a_file_is_named_by_its_key, data::make(name_cases), c) {
	const auto files = named(c.config);
	BOOST_TEST((std::find(files.begin(), files.end(), "p") != files.end()) == c.named);
}

BOOST_AUTO_TEST_CASE(a_file_is_named_where_the_schema_says_so_but_not_by_its_default) {
	Schema::Property where{"where", {}};
	where.schema.type = SchemaType::string;
	where.schema.format = SchemaFormat::path;
	where.schema.default_value = Value{{}, std::string("/etc/shadow")};
	Schema schema;
	schema.type = SchemaType::object;
	schema.properties = {where};
	BOOST_TEST(named(R"({"where": "p"})").empty());
	BOOST_TEST(named(R"({"where": "p", "log_file": "p"})", &schema) == std::vector<std::string>{"p"},
	           boost::test_tools::per_element());
	BOOST_TEST(named("{}", &schema).empty());
}

} // namespace
