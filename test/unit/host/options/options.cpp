// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/options/options.hpp"

#include <boost/test/unit_test.hpp>

using namespace tmon;
namespace {
std::variant<RunOptions, Exit> parse(std::vector<const char*> arguments) { return parse_run_options(arguments); }
}
BOOST_AUTO_TEST_SUITE(options)
BOOST_AUTO_TEST_CASE(help) { std::puts(std::get<Exit>(parse({"--help"})).text.c_str()); }
BOOST_AUTO_TEST_SUITE_END()
