// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What a line on the control socket does. No input or output here: a line goes in, a line comes out.
#pragma once

#include "host/control/control.hpp"

#include <string>
#include <string_view>

namespace tmon {

struct Answer {
	std::string line;   // a JSON object and a line break
	std::string change; // what was asked to be changed and what became of it, for the log; empty: nothing
	bool refused = false;
};

// Does what `line` (without its line break) asks for. Whatever is wrong with it is in the answer.
Answer answer_request(std::string_view line, ControlTarget& target, const Asker& asker);

// {"ok":false,"error":…} and a line break.
std::string error_line(std::string_view message);

} // namespace tmon
