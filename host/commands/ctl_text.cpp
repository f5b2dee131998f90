// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What people read of the answers of a run.
#include "host/commands/ctl.hpp"
#include "host/commands/table.hpp"
#include "host/diagnostics/log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <string_view>
#include <vector>

namespace tmon {

namespace {

namespace json = boost::json;

using Rows = std::vector<std::vector<std::string>>;

std::string text(const json::value& value) {
	return value.is_string() ? printable(std::string_view(value.as_string())) : json::serialize(value);
}
std::string text(const json::object& object, std::string_view key) { return text(object.at(key)); }
const json::object& object(const json::object& parent, std::string_view key) { return parent.at(key).as_object(); }
uint64_t number(const json::object& object, std::string_view key) { return object.at(key).to_number<uint64_t>(); }

// "1d 2h", "3m 7s": the two largest units.
std::string span_of_time(uint64_t seconds) {
	const std::pair<uint64_t, const char*> units[] = {{86'400, "d"}, {3'600, "h"}, {60, "m"}, {1, "s"}};
	std::string result;
	int parts = 0;
	for (const auto& [size, name] : units) {
		if (const uint64_t count = seconds / size; count > 0 && parts < 2) {
			result += (parts++ ? " " : "") + std::to_string(count) + name;
			seconds %= size;
		} else if (parts > 0) {
			break;
		}
	}
	return result.empty() ? "0s" : result;
}

class Painter {
public:
	explicit Painter(bool colour) : colour_(colour) {}
	std::string good(const std::string& text) const { return paint("32", text); }
	std::string bad(const std::string& text) const { return paint("31", text); }

private:
	std::string paint(const char* how, const std::string& text) const {
		return colour_ ? std::string("\x1b[") + how + "m" + text + "\x1b[0m" : text;
	}
	bool colour_;
};

std::string drop_text(const json::object& drop, const Painter& painter) {
	const std::string state = text(drop, "state");
	const std::string dry = drop.at("dry_run").as_bool() ? " (dry run: nothing is dropped)" : "";
	if (state == "dropping")
		return painter.good("dropping") + dry;
	if (state == "until_confirmed")
		return painter.bad("dropping until confirmed") + ": " + span_of_time(number(drop, "seconds_left")) +
		       " left (traffic-monitor ctl confirm)" + dry;
	if (state == "reverted")
		return painter.bad("log only") + ": reverted, because nobody confirmed" + dry;
	return state == "log_only" ? "log only" + dry : state + dry;
}

std::string entries_text(const json::object& policy) {
	std::string result = "generation " + text(policy, "generation") + " since " + text(policy, "since");
	for (const char* kind : {"permitted", "denied", "never_drop"}) {
		const json::object& counts = object(policy, kind);
		result += std::string("; ") + kind + ": " + text(counts, "ipv4") + " IPv4, " + text(counts, "ipv6") + " IPv6";
	}
	return result;
}

std::string format_status(const json::object& status, const Painter& painter) {
	const json::object& packets = object(status, "packets");
	const json::object& blocks = object(status, "blocks");
	std::string result = format_table({
	    {"traffic-monitor", text(status, "version") + ", process " + text(status, "pid") + ", up " +
	                            span_of_time(number(status, "uptime_seconds")) +
	                            (status.at("pinned").as_bool() ? ", pinned" : "")},
	    {"mode", drop_text(object(status, "drop"), painter)},
	    {"policy", entries_text(object(status, "policy"))},
	    {"block list", text(blocks, "entries") + " of " + text(blocks, "capacity") + " entries; " + text(blocks, "packets") +
	                       " packets dropped"},
	    {"packets", text(packets, "seen") + " seen: " + text(packets, "permitted") + " permitted, " + text(packets, "denied") +
	                    " denied (" + text(packets, "dropped") + " dropped), " + text(packets, "passed_unfiltered") +
	                    " passed unfiltered"},
	    {"reported", text(status, "reported") + " events"},
	});
	Rows interfaces{{"INTERFACE", "INDEX", "MODE", "SINCE", "STATE"}};
	for (const json::value& value : status.at("interfaces").as_array()) {
		const json::object& each = value.as_object();
		const std::string state = text(each, "state");
		interfaces.push_back({text(each, "name"), text(each, "ifindex"), text(each, "mode"), text(each, "since"),
		                      state == "attached" ? painter.good(state) : painter.bad(state)});
	}
	result += '\n' + format_table(interfaces);
	Rows plugins{{"PLUGIN", "VERSION", "OFFERED", "DELIVERED", "LAGGED", "FAILED", "PENDING", "RESTARTS", "STATE"}};
	for (const json::value& value : status.at("plugins").as_array()) {
		const json::object& each = value.as_object();
		const std::string state = text(each, "state");
		plugins.push_back({text(each, "name"), each.contains("version") ? text(each, "id") + " " + text(each, "version") : "",
		                   text(each, "offered"), text(each, "delivered"), text(each, "lagged"), text(each, "failed"),
		                   text(each, "pending"), text(each, "restarts"),
		                   state == "running" ? painter.good(state) : painter.bad(state)});
	}
	return result + '\n' + format_table(plugins);
}

std::string format_blocked(const json::object& answer) {
	const json::array& entries = answer.at("entries").as_array();
	if (entries.empty())
		return "nothing is blocked\n";
	Rows rows{{"PREFIX", "LEFT", "BY", "REASON"}};
	for (const json::value& value : entries) {
		const json::object& entry = value.as_object();
		rows.push_back({text(entry, "prefix"), span_of_time(number(entry, "seconds_left")), text(entry, "by"),
		                text(entry, "reason")});
	}
	return format_table(rows);
}

std::string format_checked(const json::object& answer, const Painter& painter) {
	const bool reported = answer.at("reported").as_bool(), dropped = answer.at("dropped").as_bool();
	std::string result = text(answer, "address") + ": packets from it are " +
	                     (dropped    ? painter.bad(reported ? "reported and dropped" : "dropped")
	                      : reported ? "reported, and pass"
	                                 : painter.good("permitted")) + '\n';
	if (const json::value& entry = answer.at("entry"); entry.is_object()) {
		const json::object& deciding = entry.as_object();
		const std::string name = text(deciding, "name"), place = text(deciding, "place");
		result += "  decided by " + text(deciding, "prefix") + " (" + text(deciding, "class") +
		          (name.empty() ? "" : ", \"" + name + "\"") + (place.empty() ? ")" : "), " + place) + '\n';
	} else {
		result += "  no entry covers it\n";
	}
	if (const json::value& block = answer.at("block"); block.is_object()) {
		const json::object& entry = block.as_object();
		const std::string reason = text(entry, "reason");
		result += "  blocked as " + text(entry, "prefix") + " by " + text(entry, "by") + ", " +
		          span_of_time(number(entry, "seconds_left")) + " left" + (reason.empty() ? "" : ": " + reason) + '\n';
	}
	return result;
}

std::string format_help(const json::object& answer) {
	Rows rows{{"COMMAND", "KEYS", "DOES"}};
	for (const json::value& value : answer.at("commands").as_array()) {
		const json::object& command = value.as_object();
		std::string keys;
		for (const json::value& key : command.at("keys").as_array())
			keys += (keys.empty() ? "" : " ") + text(key);
		rows.push_back({text(command, "command"), keys, text(command, "help")});
	}
	return format_table(rows);
}

// Each figure on a line with its path: "plugins.log.delivered  17".
void flatten(const std::string& path, const json::value& value, Rows& rows) {
	if (!value.is_object()) {
		rows.push_back({path, text(value)});
		return;
	}
	for (const auto& member : value.as_object())
		flatten(path + (path.empty() ? "" : ".") + printable(std::string_view(member.key())), member.value(), rows);
}

} // namespace

std::string format_answer(const std::string& command, const json::object& answer, bool colour) {
	const Painter painter(colour);
	if (command == "status")
		return format_status(answer, painter);
	if (command == "blocked")
		return format_blocked(answer);
	if (command == "check-ip")
		return format_checked(answer, painter);
	if (command == "help")
		return format_help(answer);
	if (command == "version")
		return "traffic-monitor " + text(answer, "version") + '\n';
	if (command == "stats") {
		Rows rows;
		flatten({}, answer.at("totals"), rows);
		return format_table(rows);
	}
	const json::value* const said = answer.if_contains("text");
	const json::value* const prefix = answer.if_contains("prefix");
	return (prefix ? text(*prefix) + ": " : std::string()) + (said ? text(*said) : "done") + '\n';
}

} // namespace tmon
