// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Configurations made from a plugin's schema: sound ones, and ones that are wrong in one way each.
#pragma once

#include "host/conformance/random.hpp"
#include "host/config/schema.hpp"

#include <string>
#include <vector>

namespace tmon {

// A configuration as a user would write it, that the schema takes. The files it names begin with `stem`.
// `random` null: the smallest one, with no more than has to be given; else one of many.
Value make_configuration(const Schema& schema, const std::string& stem, Random* random);

// The reasons why the schema does not take it; empty when it does, and then `value` has the form that the plugin
// receives.
std::vector<std::string> hold_against(const Schema& schema, Value& value);

struct WrongConfiguration {
	std::string what; // is wrong with it, for people
	Value value;
};

// `sound` with one thing wrong: a key too many, one missing, a value of another type, beyond a bound, ...
std::vector<WrongConfiguration> make_wrong(const Schema& schema, const Value& sound);

} // namespace tmon
