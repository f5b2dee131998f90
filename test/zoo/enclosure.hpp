// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The installed program with plugins that misbehave, beside two that do not and must notice nothing.
#pragma once

#include "test/e2e/monitor.hpp"
#include "test/e2e/wire.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tmon::test {

namespace json = boost::json;

// A plugin of test/zoo/plugins, by name.
std::string zoo_plugin(const std::string& name);

// An animal of the zoo: what it does, and in which call.
json::object animal(const std::string& name, const std::string& does, const std::string& in = "on_batch",
                    json::object more = {}, const std::string& isolation = "process");

constexpr int kEither = -1000; // exit status: 0 or 1, as it happens

class Enclosure {
public:
	explicit Enclosure(std::vector<json::object> animals, std::vector<std::string> stats = {"--stats-interval", "60s"},
	                   const std::string& isolation = "process");

	Wire wire;
	TempDir pen; // that plugins may be granted
	std::optional<Monitor> monitor;

	// Puts other animals into the configuration and has it read again; waits until the log says `answer`.
	void exchange(std::vector<json::object> animals, const std::string& answer);

	// Ordinary packets; returns how many were reported.
	uint64_t feed(uint64_t packets = 2000);
	// The packet that makes animals misbehave, and names a victim to them.
	void poison(pid_t victim = 1);
	bool heard(const std::string& text, Duration limit = std::chrono::seconds(10)) const;

	// Ends it, and checks what must hold whatever the animals have done: the host has ended by itself with `status`,
	// the good plugins have got everything in order, all accounts add up, and nothing is left.
	Ended close(int status);

	uint64_t denied() const { return denied_; }

private:
	json::object config_of(std::vector<json::object> animals) const;

	const std::string isolation_; // of the good ones
	uint64_t denied_ = 0;
	pid_t host_ = -1;
};

// Seconds from the line of the log that says `first` to the next one that says `then`; negative when there is none.
double seconds_between(const std::string& log, const std::string& first, const std::string& then);

// Whether any process runs that this host, its spawner, or a plugin has started.
bool any_process_left(const Monitor& monitor);

} // namespace tmon::test
