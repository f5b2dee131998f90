// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/ctl.hpp"

#include "host/control/client.hpp"
#include "host/control/socket_path.hpp"
#include "host/diagnostics/log.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace tmon {

namespace {

namespace json = boost::json;

constexpr int kPage = 500; // entries of the block list that are asked for at once

bool wants_colour() {
	const char* const no = std::getenv("NO_COLOR");
	return (no == nullptr || *no == '\0') && isatty(STDOUT_FILENO) == 1;
}

json::object request_of(const CtlCommand& command) {
	json::object request{{"command", command.name}};
	for (const auto& [key, value] : command.keys)
		request[key] = value;
	return request;
}

bool is_ok(const json::object& answer) { return answer.at("ok").as_bool(); }

// The answer; that of `blocked` with the entries of all pages.
json::object ask(const CtlCommand& command) {
	ControlClient client(command.socket);
	json::object request = request_of(command);
	if (command.name != "blocked")
		return client.ask(request);
	request["limit"] = kPage;
	json::object whole = client.ask(request);
	for (json::value next = is_ok(whole) ? whole.at("next") : nullptr; !next.is_null();) {
		request["after"] = next;
		json::object page = client.ask(request);
		if (!is_ok(page))
			return page;
		json::array& entries = whole.at("entries").as_array();
		for (json::value& entry : page.at("entries").as_array())
			entries.push_back(std::move(entry));
		next = page.at("next");
	}
	whole.erase("next");
	return whole;
}

} // namespace

int run_ctl(const CtlCommand& command) {
	try {
		const json::object answer = ask(command);
		if (command.json)
			std::fputs((json::serialize(answer) + '\n').c_str(), stdout);
		if (!is_ok(answer)) {
			const json::value* const error = answer.if_contains("error");
			if (!command.json)
				std::fprintf(stderr, "traffic-monitor: %s\n",
				             error && error->is_string() ? printable(std::string_view(error->as_string())).c_str() : "refused");
			return exit_runtime;
		}
		if (!command.json)
			std::fputs(format_answer(command.name, answer, wants_colour()).c_str(), stdout);
		return std::fflush(stdout) == 0 ? exit_ok : exit_runtime;
	} catch (const ControlError& error) {
		std::fprintf(stderr, "traffic-monitor: %s\n", error.what());
	} catch (const std::exception& error) {
		// A key is missing, or another type than it should be.
		std::fprintf(stderr, "traffic-monitor: the run at %s is of another version, and its answer is not understood: %s\n",
		             command.socket.c_str(), error.what());
	}
	return exit_runtime;
}

int ctl_main(std::span<const char* const> arguments) {
	const auto parsed = parse_ctl_options(arguments, default_control_socket());
	if (const Exit* exit = std::get_if<Exit>(&parsed)) {
		std::fputs(exit->text.c_str(), exit->code == exit_ok ? stdout : stderr);
		return exit->code;
	}
	return run_ctl(std::get<CtlCommand>(parsed));
}

} // namespace tmon
