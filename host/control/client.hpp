// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The other end of a control socket.
#pragma once

#include "host/system/fd.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace tmon {

// Why there is no answer: nobody there, not permitted, too late, or what came is none. For people.
struct ControlError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// A connection to a run. Blocks; not thread-safe.
class ControlClient {
public:
	// Each step has to be over within `limit`. Throws ControlError.
	explicit ControlClient(std::string path, std::chrono::milliseconds limit = std::chrono::seconds(5));

	// The answer to a request, whether it is "ok" or not. Throws ControlError; no other request can be made then.
	boost::json::object ask(const boost::json::object& request);

private:
	void wait(short events, std::chrono::steady_clock::time_point deadline) const;

	std::string path_;
	std::chrono::milliseconds limit_;
	Fd socket_;
	std::string input_;
};

} // namespace tmon
