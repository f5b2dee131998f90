// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon::plugins {

// Reads the configuration of a plugin and finds everything that is wrong with it before it says so.
// Ask for each key (what is asked for is known), then call finish.
//
//     Config config(text);
//     const std::string file = config.required_text("file");
//     const bool lines = config.flag("lines", true);
//     config.finish();
//
// A getter gives its default where the value is missing or wrong.
class Config {
public:
	explicit Config(std::string_view json);
	Config(const Config&) = delete;
	Config& operator=(const Config&) = delete;

	bool flag(std::string_view key, bool otherwise);
	uint64_t number(std::string_view key, uint64_t otherwise, uint64_t least, uint64_t most);
	std::string text(std::string_view key, std::string_view otherwise);
	std::string required_text(std::string_view key);
	// Index of the value among `choices`.
	std::size_t choice(std::string_view key, std::size_t otherwise,
	                   std::initializer_list<std::string_view> choices);
	bool has(std::string_view key) const { return find(key) != nullptr; }

	// The object under `key`, empty when absent. Lives as long as this one; finish covers it.
	Config& section(std::string_view key);

	// Adds a problem that concerns more than one value.
	void problem(const std::string& text);

	// Throws tmon::Error(TMON_E_CONFIG) that names every problem, also keys that nobody asked for.
	void finish();

private:
	Config(Config& parent, std::string_view key, boost::json::object object);
	const boost::json::value* find(std::string_view key) const;
	const boost::json::value* ask(std::string_view key);
	std::string quoted(std::string_view key) const;
	void expected(std::string_view key, std::string_view what, const boost::json::value& found);
	void check_unknown();

	boost::json::object object_;
	std::string path_; // "" or "port_scan."
	std::vector<std::string> known_;
	std::vector<std::unique_ptr<Config>> sections_;
	std::vector<std::string> own_problems_;
	std::vector<std::string>& problems_; // of the outermost object
};

// The candidate that `word` may have been meant to be; empty when none is close.
std::string_view closest(std::string_view word, const std::vector<std::string>& candidates);

} // namespace tmon::plugins
