// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The control socket as clients see it: what is answered, and what becomes of those that do not behave.
#include "host/control/client.hpp"
#include "host/control/commands.hpp"
#include "test/support/control_target.hpp"
#include "test/support/temp_dir.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <ostream>

namespace {

using namespace tmon;
using namespace tmon::test;
using namespace std::chrono_literals;
namespace data = boost::unit_test::data;
namespace json = boost::json;

// Bytes in, lines out, without what ControlClient takes care of.
class RawClient {
public:
	explicit RawClient(const std::string& path) : socket_(connect_to_socket(path)) {
		if (!socket_)
			throw std::runtime_error("cannot connect");
		fcntl(socket_.get(), F_SETFL, 0);
	}
	bool send(std::string_view bytes) {
		while (!bytes.empty()) {
			const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
			if (sent <= 0)
				return false;
			bytes.remove_prefix(static_cast<std::size_t>(sent));
		}
		return true;
	}
	// The next line; empty at the end of the connection.
	std::string line() {
		std::size_t end;
		while ((end = input_.find('\n')) == std::string::npos) {
			char piece[4096];
			pollfd wait{socket_.get(), POLLIN, 0};
			if (poll(&wait, 1, 20'000) <= 0)
				throw std::runtime_error("no answer");
			const ssize_t got = recv(socket_.get(), piece, sizeof piece, 0);
			if (got <= 0)
				return {};
			input_.append(piece, static_cast<std::size_t>(got));
		}
		const std::string line = input_.substr(0, end);
		input_.erase(0, end + 1);
		return line;
	}
	std::string ask(std::string_view bytes) { return send(bytes) ? line() : "cannot send"; }
	int descriptor() const { return socket_.get(); }

private:
	Fd socket_;
	std::string input_;
};

struct Served {
	explicit Served(ControlLimits limits = {}) : path(directory / "control.sock"), host(path, limits) {}
	TempDir directory;
	std::string path;
	ServedTarget host;
};

constexpr const char* kVersion = R"({"command":"version"})";

// --- what is asked and answered ---

BOOST_AUTO_TEST_CASE(status_tells_what_an_operator_wants) {
	FakeTarget target;
	Status& status = target.answer;
	status.uptime = 90s;
	status.pinned = true;
	status.interfaces = {{"eth0", 3, "native", 1'769'860'800'000'000'000, false}, {"eth1", 4, "", 0, true}};
	status.policy = {7, 1'769'860'801'000'000'000, {10, 2}, {3, 0}, {0, 1}};
	status.drop = {DropState::until_confirmed, 42, true};
	status.blocks = {0, 131072, 99};
	status.totals.packets = {.seen = 100, .permitted = 60, .denied = 30, .dropped = 20, .passed_unfiltered = 10};
	status.totals.reported = 30;
	PluginTotals log;
	log.name = "log";
	log.offered = log.delivered = 30;
	status.totals.plugins = {log};
	status.plugins = {{"log", "logger-json", "1.0.0", "running"}};
	const json::object answer = json::parse(answer_request(R"({"command":"status"})", target, {}).line).as_object();
	const auto text = [&](const char* pointer) { return json::serialize(json::value(answer).at_pointer(pointer)); };
	BOOST_TEST(text("/ok") == "true");
	BOOST_TEST(text("/uptime_seconds") == "90");
	BOOST_TEST(text("/pinned") == "true");
	BOOST_TEST(text("/interfaces") ==
	           R"([{"name":"eth0","ifindex":3,"state":"attached","mode":"native","since":"2026-01-31T12:00:00Z"},)"
	           R"({"name":"eth1","ifindex":4,"state":"gone","mode":"","since":"1970-01-01T00:00:00Z"}])");
	BOOST_TEST(text("/policy") == R"({"generation":7,"since":"2026-01-31T12:00:01Z","permitted":{"ipv4":10,"ipv6":2},)"
	                              R"("denied":{"ipv4":3,"ipv6":0},"never_drop":{"ipv4":0,"ipv6":1}})");
	BOOST_TEST(text("/drop") == R"({"state":"until_confirmed","dry_run":true,"seconds_left":42})");
	BOOST_TEST(text("/blocks") == R"({"entries":0,"capacity":131072,"packets":99})");
	BOOST_TEST(text("/packets") == R"({"seen":100,"permitted":60,"denied":30,"dropped":20,"would_drop":0,"passed_unfiltered":10})");
	BOOST_TEST(text("/plugins") == R"([{"name":"log","id":"logger-json","version":"1.0.0","state":"running","offered":30,)"
	                               R"("delivered":30,"lagged":0,"failed":0,"pending":0,"restarts":0}])");
	const json::value stats = json::parse(answer_request(R"({"command":"stats"})", target, {}).line);
	BOOST_TEST(stats.at_pointer("/totals") == json::parse(to_json(status.totals)));
}

BOOST_AUTO_TEST_CASE(changes_reach_the_run_with_who_asks_and_are_said) {
	FakeTarget target;
	const Asker asker{1000, 77};
	Answer answer = answer_request(
	    R"({"command":"block","address":"203.0.113.0/24","ttl":"10m","reason":"scan"})", target, asker);
	BOOST_TEST(answer.line == "{\"ok\":true,\"text\":\"blocked\",\"prefix\":\"203.0.113.0/24\"}\n");
	BOOST_TEST(answer.change == "block 203.0.113.0/24 for 10m (scan): blocked");
	BOOST_REQUIRE(target.list.size() == 1u);
	BOOST_TEST((target.list.begin()->second.ttl == 10min));
	BOOST_TEST(target.list.begin()->second.reason == "scan");
	BOOST_TEST(target.askers.back().uid == 1000u);
	BOOST_TEST(target.askers.back().pid == 77);

	answer = answer_request(R"({"command":"block","address":"2001:DB8::1","ttl":"1h"})", target, asker);
	BOOST_TEST(answer.line == "{\"ok\":true,\"text\":\"blocked\",\"prefix\":\"2001:db8::1/128\"}\n");
	BOOST_TEST(answer_request(R"({"command":"unblock","address":"2001:db8::1/128"})", target, asker).line ==
	           "{\"ok\":true,\"prefix\":\"2001:db8::1/128\"}\n");
	answer = answer_request(R"({"command":"unblock","address":"2001:db8::1"})", target, asker);
	BOOST_TEST(answer.line == "{\"ok\":false,\"error\":\"2001:db8::1/128 is not blocked\"}\n");
	BOOST_TEST(answer.change == "unblock 2001:db8::1/128: refused: 2001:db8::1/128 is not blocked");
	BOOST_TEST(answer.refused);

	answer = answer_request(R"({"command":"confirm"})", target, asker);
	BOOST_TEST(answer.line == "{\"ok\":true,\"text\":\"dropping goes on\"}\n");
	BOOST_TEST(target.confirmed);
	BOOST_TEST(answer_request(kVersion, target, asker).change == "");
}

BOOST_AUTO_TEST_CASE(an_address_is_checked) {
	FakeTarget target;
	BOOST_TEST(answer_request(R"({"command":"check-ip","address":"10.1.2.3"})", target, {}).line ==
	           R"({"ok":true,"address":"10.1.2.3","reported":true,"dropped":false,"entry":{"prefix":"10.0.0.0/8",)"
	           R"("class":"denied","name":"lab","place":"cfg.json:3:5"},"block":null})"
	           "\n");
	answer_request(R"({"command":"block","address":"10.1.2.3","ttl":"60s"})", target, {});
	BOOST_TEST(answer_request(R"({"command":"check-ip","address":"10.1.2.3/32"})", target, {}).line ==
	           R"({"ok":true,"address":"10.1.2.3","reported":true,"dropped":true,"entry":null,)"
	           R"("block":{"prefix":"10.1.2.3/32","seconds_left":60,"by":"ctl","reason":""}})"
	           "\n");
}

BOOST_AUTO_TEST_CASE(the_block_list_is_given_in_pages) {
	FakeTarget target;
	for (int i = 0; i < 250; ++i)
		answer_request(R"({"command":"block","ttl":"1m","address":"10.0.0.)" + std::to_string(i) + "\"}", target, {});
	std::string request = R"({"command":"blocked"})";
	std::vector<std::size_t> sizes;
	std::set<std::string> prefixes;
	while (!request.empty()) {
		const json::object page = json::parse(answer_request(request, target, {}).line).as_object();
		BOOST_TEST(page.at("total") == 250);
		sizes.push_back(page.at("entries").as_array().size());
		for (const json::value& entry : page.at("entries").as_array())
			prefixes.insert(std::string(entry.at("prefix").as_string()));
		request = page.at("next").is_null() ? ""
		                                    : R"({"command":"blocked","after":)" + json::serialize(page.at("next")) + "}";
	}
	BOOST_TEST(sizes == (std::vector<std::size_t>{100, 100, 50}), boost::test_tools::per_element());
	BOOST_TEST(prefixes.size() == 250u);
	const json::value page = json::parse(answer_request(R"({"command":"blocked","limit":3})", target, {}).line);
	BOOST_TEST(page.at("entries").as_array().size() == 3u);
}

struct Wrong {
	std::string line, error;
};
std::ostream& operator<<(std::ostream& out, const Wrong& c) { return out << c.line.substr(0, 60); }

const Wrong wrongs[] = {
    {"", "a line must be a JSON object, such as {\"command\":\"help\"}: incomplete JSON"},
    {"help", "a line must be a JSON object, such as {\"command\":\"help\"}: syntax error"},
    {"[]", "a line must be a JSON object, such as {\"command\":\"help\"}"},
    {R"({"command":"help"} x)", "a line must be a JSON object, such as {\"command\":\"help\"}: extra data"},
    {"{\"command\":\"\xff\xfe\"}", "a line must be a JSON object, such as {\"command\":\"help\"}: syntax error"},
    {std::string("\0\0", 2), "a line must be a JSON object, such as {\"command\":\"help\"}: syntax error"},
    {std::string(60'000, '['), "a line must be a JSON object, such as {\"command\":\"help\"}: too deep"},
    {"{}", "\"command\" is missing: {\"command\":\"help\"} lists what there is"},
    {R"({"command":7})", "\"command\" is missing: {\"command\":\"help\"} lists what there is"},
    {R"({"command":"stauts"})", "unknown command \"stauts\" (did you mean \"status\"?)"},
    {R"({"command":"status","verbose":true})", "unknown key \"verbose\" of status"},
    {R"({"command":"block","adress":"10.0.0.1","ttl":"1m"})", "unknown key \"adress\" of block (did you mean \"address\"?)"},
    {R"({"command":"block","ttl":"1m"})", "\"address\" is missing"},
    {R"({"command":"block","address":"10.0.0.1"})", "\"ttl\" is missing"},
    {R"({"command":"block","address":["10.0.0.1"],"ttl":"1m"})", "\"address\" is not a string"},
    {R"({"command":"block","address":"10.0.0.300","ttl":"1m"})", "address \"10.0.0.300\": octet 300 exceeds 255"},
    {R"({"command":"block","address":"10.1.0.0/8","ttl":"1m"})",
     "address \"10.1.0.0/8\": bits set behind /8: write 10.0.0.0/8"},
    {R"({"command":"block","address":"10.0.0.1","ttl":"500ms"})", "ttl \"500ms\" is out of bounds: 1s to 8784h"},
    {R"({"command":"block","address":"10.0.0.1","ttl":"1m","reason":"a\nb"})", "the reason has control characters in it"},
    {R"({"command":"block","address":"10.0.0.1","ttl":"1m","reason":")" + std::string(257, 'x') + "\"}",
     "the reason has 257 bytes: at most 256"},
    {R"({"command":"check-ip","address":"10.0.0.0/8"})", "address \"10.0.0.0/8\": one address is expected, and not a prefix"},
    {R"({"command":"blocked","limit":0})", "\"limit\" is not a whole number from 1 to 500"},
    {R"({"command":"blocked","limit":"all"})", "\"limit\" is not a whole number from 1 to 500"},
};

BOOST_DATA_TEST_CASE(garbage_is_answered_and_changes_nothing, data::make(wrongs), c) {
	FakeTarget target;
	const Answer answer = answer_request(c.line, target, {});
	BOOST_TEST(answer.line == error_line(c.error));
	BOOST_TEST(answer.refused);
	BOOST_TEST(answer.change == "");
	BOOST_TEST(target.askers.size() == 0u);
}

// --- over the socket ---

BOOST_AUTO_TEST_CASE(requests_are_answered_in_order_and_the_connection_lives_on) {
	Served served;
	RawClient client(served.path);
	BOOST_TEST(client.ask("rubbish\n{\"command\":\"version\"}\n").find("a line must be") != std::string::npos);
	BOOST_TEST(client.line().starts_with(R"({"ok":true,"version":)"));
	// In pieces, and several in one.
	for (const char c : std::string(R"({"command":"version")"))
		client.send({&c, 1});
	BOOST_TEST(client.ask("}\r\n").starts_with(R"({"ok":true,)"));
	std::string many;
	for (int i = 0; i < 50; ++i)
		many += R"({"command":"block","ttl":"1m","address":"10.0.0.)" + std::to_string(i) + "\"}\n";
	client.send(many);
	for (int i = 0; i < 50; ++i)
		BOOST_TEST(client.line().ends_with("\"10.0.0." + std::to_string(i) + "/32\"}"));
	served.host.in_loop([&] {
		BOOST_TEST(served.host.target.askers.back().uid == geteuid());
		BOOST_TEST(served.host.target.askers.back().pid == getpid());
	});
}

BOOST_AUTO_TEST_CASE(a_line_without_end_ends_the_connection_with_a_word) {
	Served served;
	RawClient client(served.path), other(served.path);
	std::thread sender([&] { client.send(std::string(10u << 20, 'x')); });
	BOOST_TEST(client.line() == R"({"ok":false,"error":"the line is longer than 65536 bytes: the connection ends here"})");
	BOOST_TEST(client.line() == "");
	sender.join();
	// One that is just as long as it may be is looked at.
	const std::string longest = std::string(64 * 1024 - std::string(kVersion).size(), ' ') + kVersion;
	BOOST_TEST(other.ask(longest + "\n").starts_with(R"({"ok":true,)"));
	BOOST_TEST(other.ask(" " + longest + "\n").find("is longer than") != std::string::npos);
	BOOST_TEST(other.line() == "");
}

BOOST_AUTO_TEST_CASE(half_a_line_and_silence_are_not_waited_for) {
	ControlLimits limits;
	limits.half = 50ms;
	limits.idle = 10s;
	Served served(limits);
	RawClient half(served.path), silent(served.path);
	half.send(R"({"command":)");
	BOOST_TEST(half.line() == "");
	BOOST_TEST(silent.ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));

	limits.half = 10s;
	limits.idle = 50ms;
	Served strict(limits);
	RawClient idle(strict.path);
	BOOST_TEST(idle.line() == "");
	BOOST_TEST(strict.host.clients() == 0u);
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_holds_one_answer_and_is_let_go) {
	ControlLimits limits;
	limits.unread = 200ms;
	Served served(limits);
	served.host.in_loop([&] {
		for (uint8_t i = 0; i < 250; ++i) {
			for (uint8_t j = 0; j < 2; ++j)
				served.host.target.list[{4, 32, {10, 0, j, i}}] = {{4, 32, {10, 0, j, i}}, 60s, std::string(256, 'r')};
		}
	});
	std::string requests;
	for (int i = 0; i < 500; ++i)
		requests += R"({"command":"blocked","limit":500})" "\n";
	RawClient deaf(served.path), other(served.path);
	std::thread sender([&] { deaf.send(requests); });
	for (int i = 0; i < 20; ++i)
		BOOST_TEST(other.ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));
	sender.join();
	while (served.host.clients() > 1)
		std::this_thread::sleep_for(5ms);
	BOOST_TEST(other.ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));
	// What was on its way can still be read; it is a part of what was asked for.
	std::size_t answers = 0;
	while (!deaf.line().empty())
		++answers;
	BOOST_TEST(answers < 10u);
}

BOOST_AUTO_TEST_CASE(a_flood_leaves_the_loop_to_others) {
	ControlLimits limits;
	limits.at_once = 5;
	limits.per_second = 50;
	Served served(limits);
	std::atomic<bool> over{false};
	std::vector<std::thread> flood;
	for (int i = 0; i < 4; ++i) {
		flood.emplace_back([&] {
			RawClient client(served.path);
			std::string piece;
			for (int j = 0; j < 2000; ++j)
				piece += std::string(kVersion) + "\n";
			fcntl(client.descriptor(), F_SETFL, O_NONBLOCK);
			while (!over) {
				if (send(client.descriptor(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0)
					std::this_thread::sleep_for(1ms);
			}
		});
	}
	RawClient polite(served.path);
	for (int i = 0; i < 5; ++i)
		BOOST_TEST(polite.ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));
	// A turn of the loop is not kept waiting by them, however often.
	for (int i = 0; i < 1000; ++i)
		served.host.in_loop([] {});
	over = true;
	for (std::thread& thread : flood)
		thread.join();
}

BOOST_AUTO_TEST_CASE(more_clients_than_it_takes_are_turned_away_with_a_word) {
	ControlLimits limits;
	limits.clients = 8;
	Served served(limits);
	std::vector<std::unique_ptr<RawClient>> clients;
	for (int i = 0; i < 8; ++i) {
		clients.push_back(std::make_unique<RawClient>(served.path));
		BOOST_TEST(clients.back()->ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));
	}
	RawClient late(served.path);
	BOOST_TEST(late.line() == R"({"ok":false,"error":"too many clients are connected: try again later"})");
	BOOST_TEST(late.line() == "");
	clients.pop_back();
	while (served.host.clients() == 8)
		std::this_thread::sleep_for(1ms);
	BOOST_TEST(RawClient(served.path).ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));
	BOOST_TEST(clients.front()->ask(std::string(kVersion) + "\n").starts_with(R"({"ok":true,)"));
}

// What a user that may write to the socket is taken for, and one that may not.
BOOST_AUTO_TEST_CASE(who_may_write_to_the_file_may_ask) {
	if (geteuid() != 0)
		return;
	ControlLimits limits;
	limits.others = 1;
	Served served(limits);
	chmod(served.directory.path().c_str(), 0755);
	const auto as_user = [&](const auto& act) {
		const pid_t child = fork();
		if (child == 0) {
			if (setgid(4712) != 0 || setuid(4711) != 0)
				_exit(9);
			_exit(act());
		}
		int status = 0;
		waitpid(child, &status, 0);
		return WEXITSTATUS(status);
	};
	const auto connects = [&] { return connect_to_socket(served.path) ? 0 : errno; };
	BOOST_TEST(as_user(connects) == EACCES);
	BOOST_REQUIRE(chown(served.path.c_str(), 0, 4712) == 0);
	BOOST_TEST(as_user([&] {
		RawClient first(served.path);
		if (!first.ask("{\"command\":\"confirm\"}\n").starts_with(R"({"ok":true,)"))
			return 1;
		// Such users do not get all places there are.
		return RawClient(served.path).line().find("too many clients") == std::string::npos ? 2 : 0;
	}) == 0);
	served.host.in_loop([&] { BOOST_TEST(served.host.target.askers.back().uid == 4711u); });
}

BOOST_AUTO_TEST_CASE(it_may_end_with_everything_under_way) {
	for (int i = 0; i < 50; ++i) {
		std::optional<Served> served(std::in_place);
		std::vector<std::unique_ptr<RawClient>> clients;
		for (int j = 0; j < 5; ++j) {
			clients.push_back(std::make_unique<RawClient>(served->path));
			clients.back()->send(std::string(kVersion) + "\n" + (j % 2 ? "{" : ""));
		}
		served.reset();
		// Answered before the end, or not at all.
		for (const auto& client : clients) {
			const std::string line = client->line();
			BOOST_TEST((line.empty() || line.starts_with(R"({"ok":true,)")));
		}
	}
}

// --- the client ---

std::string failure_of(const std::string& path, std::chrono::milliseconds limit = 5s) {
	try {
		ControlClient(path, limit).ask({{"command", "version"}});
		return {};
	} catch (const ControlError& error) {
		return error.what();
	}
}

BOOST_AUTO_TEST_CASE(the_client_says_why_there_is_no_answer) {
	const TempDir directory;
	const std::string path = directory / "control.sock";
	BOOST_TEST(failure_of(path) == "no traffic-monitor answers at " + path + ": is it running?");
	{
		SocketFile file(path);
		file.take_socket().reset();
		BOOST_TEST(failure_of(path) == "no traffic-monitor answers at " + path + ": is it running?");
	}
	// It listens and never accepts, as one that hangs.
	const SocketFile hanging(path);
	BOOST_TEST(failure_of(path, 50ms) ==
	           "traffic-monitor at " + path + " has not answered within 50ms: it seems to hang");
}

BOOST_AUTO_TEST_CASE(a_run_that_hangs_is_not_waited_for_for_ever) {
	Served served;
	ControlClient client(served.path, 100ms);
	BOOST_TEST(client.ask({{"command", "version"}}).at("ok").as_bool());
	const auto hangs = served.host.hang();
	BOOST_CHECK_THROW(client.ask({{"command", "version"}}), ControlError);
}

} // namespace
