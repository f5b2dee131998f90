// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What the conformance kit has found. docs/conformance.md has the shape of the JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

// From good to bad.
enum class Outcome : int32_t { pass, skip, note, fail };
std::string_view to_string(Outcome outcome);

struct CaseResult {
	std::string stage; // "static" or "dynamic"
	std::string name;
	std::string about; // what it looks at
	Outcome outcome = Outcome::pass;
	std::vector<std::string> messages = {};

	// A finding, which need not be UTF-8; the outcome becomes the worst of them.
	void add(Outcome found, const std::string& message);
};

struct Verdict {
	std::string plugin; // as it was named
	std::string id, version, sha256; // empty when it is not a plugin
	uint64_t seed = 0;
	std::vector<std::string> not_a_plugin; // the reasons; then there are no cases
	std::vector<CaseResult> cases = {};
	std::string reproduce; // a command

	bool passed() const;
};

std::string to_text(const Verdict& verdict);
std::string to_json(const Verdict& verdict);

} // namespace tmon
