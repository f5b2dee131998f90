// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/control/commands.hpp"

#include "host/config/source.hpp"
#include "host/config/suggest.hpp"
#include "host/config/units.hpp"
#include "host/control/address.hpp"
#include "host/control/control_json.hpp"
#include "host/diagnostics/log.hpp"
#include "traffic_monitor/version.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <stdexcept>
#include <vector>

namespace tmon {

namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 100, kLargestPage = 500; // entries of the block list in one answer

// What is wrong with a request, or why it is refused.
struct RequestError : std::runtime_error {
	using std::runtime_error::runtime_error;
};

// One request and what its command has to say.
class Request {
public:
	Request(ControlTarget& target_of_it, const json::object& keys_of_it, const Asker& who)
	    : target(target_of_it), keys(keys_of_it), asker(who) {}

	ControlTarget& target;
	const json::object& keys;
	const Asker& asker;
	std::string change; // what the command would change, for the log

	const std::string* text(std::string_view key) {
		const json::value* const value = keys.if_contains(key);
		if (value == nullptr)
			return nullptr;
		if (!value->is_string())
			throw RequestError("\"" + std::string(key) + "\" is not a string");
		return &texts_.emplace_back(value->as_string());
	}
	const std::string& needed(std::string_view key) {
		if (const std::string* found = text(key))
			return *found;
		throw RequestError("\"" + std::string(key) + "\" is missing");
	}

	template <class T>
	T parsed(std::string_view key, Parsed<T> (*parse)(std::string_view)) {
		Parsed<T> result = parse(needed(key));
		if (const auto* error = std::get_if<std::string>(&result))
			throw RequestError(std::string(key) + " " + *error);
		return std::get<T>(result);
	}

private:
	std::list<std::string> texts_;
};

json::object made(const Outcome& outcome) {
	if (!outcome.done())
		throw RequestError(outcome.refusal);
	return outcome.text.empty() ? json::object{} : json::object{{"text", outcome.text}};
}

json::object help(Request&);

json::object version(Request&) { return {{"version", TMON_VERSION_STRING}}; }

json::object status(Request& request) { return to_json_object(request.target.status()); }

json::object stats(Request& request) { return {{"totals", json::parse(to_json(request.target.status().totals))}}; }

json::object confirm(Request& request) {
	request.change = "confirm";
	return made(request.target.confirm(request.asker));
}

json::object block(Request& request) {
	BlockRequest wanted;
	wanted.prefix = request.parsed("address", parse_target);
	const auto ttl = request.parsed("ttl", parse_block_time);
	wanted.ttl = ttl;
	if (const std::string* reason = request.text("reason")) {
		if (const std::string wrong = reason_error(*reason); !wrong.empty())
			throw RequestError(wrong);
		wanted.reason = *reason;
	}
	request.change = "block " + to_string(wanted.prefix) + " for " + format_duration(ttl) +
	                 (wanted.reason.empty() ? "" : " (" + printable(wanted.reason) + ")");
	json::object answer = made(request.target.block(wanted, request.asker));
	answer["prefix"] = to_string(wanted.prefix);
	return answer;
}

json::object unblock(Request& request) {
	const Prefix prefix = request.parsed("address", parse_target);
	request.change = "unblock " + to_string(prefix);
	json::object answer = made(request.target.unblock(prefix, request.asker));
	answer["prefix"] = to_string(prefix);
	return answer;
}

json::object blocked(Request& request) {
	std::optional<Prefix> after;
	if (request.text("after"))
		after = request.parsed("after", parse_target);
	std::size_t limit = kPage;
	if (const json::value* value = request.keys.if_contains("limit")) {
		boost::system::error_code failed;
		limit = value->to_number<std::size_t>(failed);
		if (failed || limit < 1 || limit > kLargestPage)
			throw RequestError("\"limit\" is not a whole number from 1 to " + std::to_string(kLargestPage));
	}
	return to_json_object(request.target.blocked(after, limit));
}

json::object check_ip(Request& request) {
	const Prefix address = request.parsed("address", parse_one_address);
	return to_json_object(request.target.check(address), address);
}

// A new command is a function above and a line here.
struct Command {
	std::string_view name;
	std::vector<std::string_view> keys;
	std::string_view help;
	json::object (*run)(Request&);
};
const std::array commands{
    Command{"help", {}, "the commands and their keys", help},
    Command{"version", {}, "the version of the program", version},
    Command{"status", {}, "what the run does: interfaces, policy, drop mode, block list, totals", status},
    Command{"stats", {}, "the totals, as in the statistics file", stats},
    Command{"confirm", {}, "dropping goes on for good", confirm},
    Command{"block", {"address", "ttl", "reason"}, "drops what comes from a prefix, for a time", block},
    Command{"unblock", {"address"}, "takes a prefix from the block list", unblock},
    Command{"blocked", {"after", "limit"}, "the block list, a page at a time", blocked},
    Command{"check-ip", {"address"}, "what happens to packets from an address, and which entry decides it", check_ip},
};

json::object help(Request&) {
	json::array list;
	for (const Command& command : commands) {
		list.push_back({{"command", command.name},
		                {"keys", json::array(command.keys.begin(), command.keys.end())},
		                {"help", command.help}});
	}
	return {{"commands", std::move(list)}};
}

const Command& find_command(const json::object& request) {
	const json::value* const name = request.if_contains("command");
	if (name == nullptr || !name->is_string())
		throw RequestError(R"("command" is missing: {"command":"help"} lists what there is)");
	const std::string_view text(name->as_string());
	std::vector<std::string_view> names;
	for (const Command& command : commands) {
		if (command.name == text)
			return command;
		names.push_back(command.name);
	}
	throw RequestError("unknown command " + quote(text) + suggestion(text, names));
}

void check_keys(const Command& command, const json::object& request) {
	for (const auto& member : request) {
		const std::string_view key(member.key());
		if (key != "command" && std::find(command.keys.begin(), command.keys.end(), key) == command.keys.end())
			throw RequestError("unknown key " + quote(key) + " of " + std::string(command.name) + suggestion(key, command.keys));
	}
}

json::object parse_request(std::string_view line) {
	if (line.ends_with('\r'))
		line.remove_suffix(1);
	json::parse_options options;
	options.max_depth = 4;
	boost::system::error_code failed;
	json::value value = json::parse(line, failed, {}, options);
	if (failed)
		throw RequestError(R"(a line must be a JSON object, such as {"command":"help"}: )" + failed.message());
	if (!value.is_object())
		throw RequestError(R"(a line must be a JSON object, such as {"command":"help"})");
	return std::move(value.as_object());
}

} // namespace

std::string error_line(std::string_view message) {
	return json::serialize(json::object{{"ok", false}, {"error", message}}) + '\n';
}

Answer answer_request(std::string_view line, ControlTarget& target, const Asker& asker) {
	Answer answer;
	std::string change;
	try {
		const json::object keys = parse_request(line);
		const Command& command = find_command(keys);
		check_keys(command, keys);
		Request request(target, keys, asker);
		try {
			json::object object{{"ok", true}};
			for (auto& member : command.run(request))
				object[member.key()] = std::move(member.value());
			answer.line = json::serialize(object) + '\n';
			if (!request.change.empty()) {
				const json::value* const text = object.if_contains("text");
				answer.change = request.change + (text ? ": " + printable(std::string_view(text->as_string())) : "");
			}
		} catch (...) {
			change = request.change;
			throw;
		}
	} catch (const std::exception& error) {
		answer.line = error_line(error.what());
		answer.refused = true;
		if (!change.empty())
			answer.change = change + ": refused: " + printable(error.what());
	}
	return answer;
}

} // namespace tmon
