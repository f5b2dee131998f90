// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/verdict.hpp"

#include "host/config/utf8.hpp"
#include "host/diagnostics/log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace tmon {

std::string_view to_string(Outcome outcome) {
	switch (outcome) {
	case Outcome::pass: return "pass";
	case Outcome::skip: return "skip";
	case Outcome::note: return "note";
	case Outcome::fail: break;
	}
	return "fail";
}

void CaseResult::add(Outcome found, const std::string& message) {
	outcome = std::max(outcome, found);
	messages.push_back(std::string(to_string(found)) + ": " + as_utf8(message));
}

bool Verdict::passed() const {
	return not_a_plugin.empty() && std::none_of(cases.begin(), cases.end(), [](const CaseResult& result) {
		       return result.outcome == Outcome::fail;
	       });
}

std::string to_text(const Verdict& verdict) {
	std::string text;
	for (const std::string& reason : verdict.not_a_plugin)
		text += "not a plugin: " + printable(reason) + '\n';
	if (!verdict.not_a_plugin.empty())
		return text;
	text = verdict.plugin + ": " + verdict.id + ' ' + printable(verdict.version) + ", seed " + std::to_string(verdict.seed) + '\n';
	std::size_t failed = 0, noted = 0, skipped = 0;
	for (const CaseResult& result : verdict.cases) {
		failed += result.outcome == Outcome::fail;
		noted += result.outcome == Outcome::note;
		skipped += result.outcome == Outcome::skip;
		std::string name = result.name;
		name.resize(std::max<std::size_t>(name.size(), 20), ' ');
		text += std::string(to_string(result.outcome)) + "  " + name + ' ' + result.about + '\n';
		for (const std::string& message : result.messages)
			text += "        " + printable(message) + '\n';
	}
	text += (failed ? "FAILED: " : "passed: ") + std::to_string(verdict.cases.size() - skipped) + " cases, " +
	        std::to_string(failed) + " failed, " + std::to_string(noted) + " with notes";
	if (skipped)
		text += "; " + std::to_string(skipped) + " skipped";
	return text + "\nto repeat: " + verdict.reproduce + '\n';
}

std::string to_json(const Verdict& verdict) {
	namespace json = boost::json;
	json::array cases;
	for (const CaseResult& result : verdict.cases)
		cases.push_back({{"stage", result.stage},
		                 {"name", result.name},
		                 {"about", result.about},
		                 {"outcome", to_string(result.outcome)},
		                 {"messages", json::array(result.messages.begin(), result.messages.end())}});
	json::array reasons;
	for (const std::string& reason : verdict.not_a_plugin)
		reasons.emplace_back(as_utf8(reason));
	json::object object{
	    {"format", 1},
	    {"plugin", as_utf8(verdict.plugin)},
	    {"id", verdict.id},
	    {"version", verdict.version},
	    {"sha256", verdict.sha256},
	    {"verdict", !verdict.not_a_plugin.empty() ? "not a plugin" : verdict.passed() ? "passed" : "failed"},
	    {"seed", verdict.seed},
	    {"reproduce", as_utf8(verdict.reproduce)},
	    {"reasons", std::move(reasons)},
	    {"cases", std::move(cases)}};
	return json::serialize(object) + '\n';
}

} // namespace tmon
