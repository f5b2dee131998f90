// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Encoding and decoding of what host and runner say to each other, and that no bytes do the reader harm.
#include "host/runner/message.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace tmon;

tmon_str str(std::string_view text) { return {text.data(), text.size()}; }
std::string view(tmon_str text) { return text.size ? std::string(text.data, text.size) : std::string(); }

std::string sample_alert() {
	static const uint8_t victims[3][16] = {{1}, {2, 3}, {15, 14}};
	const tmon_measure threshold[] = {{str("ports"), 10}, {str(""), -0.5}};
	const tmon_measure observed[] = {{str("ports"), 12.25}};
	tmon_alert alert{};
	alert.size = sizeof alert;
	alert.state = TMON_ALERT_CLOSED;
	alert.alert_id = 0x0123456789abcdef;
	alert.emitter = str("overridden");
	alert.rule = str("port_scan");
	alert.message = str("one \xe2\x82\xac line");
	alert.mitre = str("T1046");
	alert.severity = TMON_SEVERITY_CRITICAL;
	alert.ip_version = 6;
	alert.confidence = 0.75;
	for (uint8_t i = 0; i < 16; ++i)
		alert.source[i] = i;
	alert.victims = victims;
	alert.victim_count = 3;
	alert.threshold = threshold;
	alert.threshold_count = 2;
	alert.observed = observed;
	alert.observed_count = 1;
	alert.first_seen_ns = 11;
	alert.last_seen_ns = 22;
	alert.count = 33;
	alert.suppressed = 44;
	alert.lagged_during = 55;
	return encode_alert(alert, "threats-1");
}

std::string sample_setup() {
	RunnerSetup setup;
	setup.instance = "logger";
	setup.plugin_path = "/p/x.so";
	setup.manifest = "{}";
	setup.plugin_id = "x";
	setup.plugin_version = "1.0";
	setup.capabilities = {"events", "ticks"};
	setup.config_json = R"({"file": "a"})";
	setup.sandbox.memory_bytes = 1234567;
	setup.sandbox.threads = 3;
	setup.sandbox.files = 17;
	setup.sandbox.network = true;
	setup.sandbox.read_paths = {"/a", "/b"};
	setup.sandbox.write_paths = {"/c"};
	setup.sandbox.own_user = true;
	setup.may_block = true;
	setup.can_block = true;
	setup.interfaces = {{1, "lo"}, {7, "eth0"}};
	setup.clock_offset_ns = -5;
	return encode(setup);
}

std::string sample_traits() { return encode(PluginTraits{"threats", "1.0.0", true, false, true, true, false, 250}); }

BOOST_AUTO_TEST_CASE(an_alert_survives_with_every_field) {
	const std::string body = sample_alert();
	const std::optional<DecodedAlert> decoded = decode_alert(body);
	BOOST_REQUIRE(decoded.has_value());
	const tmon_alert& alert = decoded->alert;
	BOOST_TEST(alert.size == sizeof alert);
	BOOST_TEST(alert.state == TMON_ALERT_CLOSED);
	BOOST_TEST(alert.alert_id == 0x0123456789abcdefu);
	BOOST_TEST(view(alert.emitter) == "threats-1");
	BOOST_TEST(view(alert.rule) == "port_scan");
	BOOST_TEST(view(alert.message) == "one \xe2\x82\xac line");
	BOOST_TEST(view(alert.mitre) == "T1046");
	BOOST_TEST(alert.severity == TMON_SEVERITY_CRITICAL);
	BOOST_TEST(alert.ip_version == 6u);
	BOOST_TEST(alert.confidence == 0.75);
	for (uint8_t i = 0; i < 16; ++i)
		BOOST_TEST(alert.source[i] == i);
	BOOST_REQUIRE(alert.victim_count == 3u);
	BOOST_TEST(alert.victims[0][0] == 1);
	BOOST_TEST(alert.victims[1][1] == 3);
	BOOST_TEST(alert.victims[2][0] == 15);
	BOOST_REQUIRE(alert.threshold_count == 2u);
	BOOST_TEST(view(alert.threshold[0].name) == "ports");
	BOOST_TEST(alert.threshold[0].value == 10);
	BOOST_TEST(view(alert.threshold[1].name) == "");
	BOOST_TEST(alert.threshold[1].value == -0.5);
	BOOST_REQUIRE(alert.observed_count == 1u);
	BOOST_TEST(alert.observed[0].value == 12.25);
	BOOST_TEST(alert.first_seen_ns == 11u);
	BOOST_TEST(alert.last_seen_ns == 22u);
	BOOST_TEST(alert.count == 33u);
	BOOST_TEST(alert.suppressed == 44u);
	BOOST_TEST(alert.lagged_during == 55u);
}

BOOST_AUTO_TEST_CASE(an_alert_of_nothing_survives) {
	const std::string body = encode_alert(tmon_alert{}, {});
	const std::optional<DecodedAlert> decoded = decode_alert(body);
	BOOST_REQUIRE(decoded.has_value());
	BOOST_TEST(decoded->alert.victim_count == 0u);
	BOOST_TEST(decoded->alert.observed_count == 0u);
	BOOST_TEST(decoded->alert.message.size == 0u);
}

BOOST_AUTO_TEST_CASE(setup_and_traits_survive) {
	const std::optional<RunnerSetup> setup = decode_setup(sample_setup());
	BOOST_REQUIRE(setup.has_value());
	BOOST_TEST(setup->instance == "logger");
	BOOST_TEST(setup->plugin_path == "/p/x.so");
	BOOST_TEST(setup->config_json == R"({"file": "a"})");
	BOOST_TEST(setup->manifest == "{}");
	BOOST_TEST(setup->plugin_id == "x");
	BOOST_TEST(setup->plugin_version == "1.0");
	BOOST_TEST(setup->capabilities == (std::vector<std::string>{"events", "ticks"}));
	BOOST_TEST(setup->sandbox.memory_bytes == 1234567u);
	BOOST_TEST(setup->sandbox.threads == 3u);
	BOOST_TEST(setup->sandbox.files == 17u);
	BOOST_TEST(setup->sandbox.network);
	BOOST_TEST(!setup->sandbox.exec);
	BOOST_TEST(setup->sandbox.read_paths == (std::vector<std::string>{"/a", "/b"}));
	BOOST_TEST(setup->sandbox.write_paths == std::vector<std::string>{"/c"});
	BOOST_TEST(setup->sandbox.own_user);
	BOOST_TEST(setup->may_block);
	BOOST_TEST(setup->can_block);
	BOOST_TEST((setup->clock_offset_ns == std::optional<int64_t>(-5)));
	BOOST_REQUIRE(setup->interfaces.size() == 2u);
	BOOST_TEST(setup->interfaces[1].ifindex == 7u);
	BOOST_TEST(setup->interfaces[1].name == "eth0");
	const std::optional<PluginTraits> traits = decode_traits(sample_traits());
	BOOST_REQUIRE(traits.has_value());
	BOOST_TEST(traits->id == "threats");
	BOOST_TEST(traits->version == "1.0.0");
	BOOST_TEST(traits->has_state);
	BOOST_TEST(!traits->can_reconfigure);
	BOOST_TEST(traits->tick_interval_ns == 250u);
	BOOST_TEST(traits->takes_events);
	BOOST_TEST(!traits->takes_alerts);
	BOOST_TEST(traits->wants_ticks);
}

// Decodes all three; where one is accepted, touches all that it points to and checks that it lies in `body`
// and is no bigger than `body` can account for.
int decode_all(const std::string& body) {
	int accepted = 0;
	const auto inside = [&body](tmon_str text) {
		return text.size == 0 || (text.data >= body.data() && text.data + text.size <= body.data() + body.size());
	};
	if (const auto decoded = decode_alert(body)) {
		++accepted;
		const tmon_alert& alert = decoded->alert;
		bool sound = inside(alert.emitter) && inside(alert.rule) && inside(alert.message) && inside(alert.mitre);
		sound &= alert.victim_count == decoded->victims.size() && alert.victim_count * 16 <= body.size();
		sound &= alert.threshold_count == decoded->threshold.size() && alert.observed_count == decoded->observed.size();
		sound &= (alert.threshold_count + alert.observed_count) * 12 <= body.size();
		unsigned sum = 0;
		for (uint32_t i = 0; i < alert.victim_count; ++i)
			sum += alert.victims[i][15];
		for (uint32_t i = 0; i < alert.threshold_count; ++i)
			sound &= inside(alert.threshold[i].name);
		for (uint64_t i = 0; i < alert.observed_count; ++i)
			sound &= inside(alert.observed[i].name);
		if (!sound || sum == ~0u)
			BOOST_ERROR("an unsound alert was accepted");
		// What was accepted can be passed on.
		if (!decode_alert(encode_alert(alert, "x")))
			BOOST_ERROR("an accepted alert cannot be passed on");
	}
	if (const auto setup = decode_setup(body)) {
		++accepted;
		if (setup->interfaces.size() * 8 > body.size())
			BOOST_ERROR("more interfaces than there is room for");
	}
	accepted += decode_traits(body).has_value();
	return accepted;
}

BOOST_AUTO_TEST_CASE(a_truncated_or_prolonged_encoding_is_refused) {
	const auto check = [](const std::string& whole, const auto& decode) {
		BOOST_TEST(decode(whole).has_value());
		for (std::size_t size = 0; size < whole.size(); ++size) {
			// A copy of that very size, so that reading beyond it is noticed.
			const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
			if (decode(std::string_view(cut.data(), cut.size())))
				BOOST_ERROR("accepted after " << size << " of " << whole.size() << " bytes");
		}
		BOOST_TEST(!decode(whole + '\0').has_value());
	};
	check(sample_alert(), decode_alert);
	check(sample_setup(), decode_setup);
	check(sample_traits(), decode_traits);
}

BOOST_AUTO_TEST_CASE(counts_that_lie_do_not_allocate) {
	std::string setup = encode(RunnerSetup{});
	const uint32_t lie = UINT32_MAX;
	std::memcpy(setup.data() + setup.size() - 4, &lie, sizeof lie);
	BOOST_TEST(!decode_setup(setup).has_value());
	std::string alert = encode_alert(tmon_alert{}, {});
	for (const std::size_t from_end : {4u, 8u, 12u, 16u, 28u}) {
		std::string lying = alert;
		std::memcpy(lying.data() + lying.size() - from_end, &lie, sizeof lie);
		BOOST_TEST(!decode_alert(lying).has_value());
	}
}

BOOST_AUTO_TEST_CASE(mutations_are_refused_or_well_formed) {
	std::mt19937 random(20240501);
	const std::string samples[] = {sample_alert(), sample_setup(), sample_traits()};
	int accepted = 0;
	for (int round = 0; round < 20'000; ++round) {
		std::string body = samples[random() % 3];
		for (unsigned change = 0; change <= random() % 4; ++change) {
			const std::size_t at = random() % body.size();
			switch (random() % 5) {
			case 0:
				body[at] = static_cast<char>(random());
				break;
			case 1:
				body[at] = static_cast<char>(body[at] ^ (1 << random() % 8));
				break;
			case 2:
				body.erase(at, 1 + random() % 8);
				break;
			case 3:
				body.insert(at, 1 + random() % 8, static_cast<char>(random()));
				break;
			default:
				for (std::size_t i = at; i < std::min(at + 4, body.size()); ++i)
					body[i] = static_cast<char>(random() % 2 ? 0xff : 0);
			}
			if (body.empty())
				body = "x";
		}
		body.shrink_to_fit();
		accepted += decode_all(body);
	}
	BOOST_TEST_MESSAGE(accepted << " of 20000 were accepted");
	BOOST_TEST(accepted > 0);
}

// --- over a socket ---

struct Pair {
	Pair() {
		int ends[2];
		BOOST_REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
		a = Fd(ends[0]);
		b = Fd(ends[1]);
	}
	Fd a, b;
};

std::size_t open_descriptors() {
	std::size_t count = 0;
	for (int fd = 0; fd < 1024; ++fd)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

BOOST_AUTO_TEST_CASE(a_message_arrives_with_its_descriptors) {
	Pair pair;
	const std::size_t before = open_descriptors();
	{
		const Fd file(open("/dev/null", O_RDONLY | O_CLOEXEC));
		const int descriptors[] = {file.get(), file.get()};
		BOOST_TEST(send_message(pair.a.get(), MessageType::opened, -3, "why", descriptors, 0) == 0);
		const std::optional<Message> message = receive_message(pair.b.get(), 0);
		BOOST_REQUIRE(message.has_value());
		BOOST_TEST((message->type == MessageType::opened));
		BOOST_TEST(message->value == -3);
		BOOST_TEST(message->body == "why");
		BOOST_REQUIRE(message->descriptors.size() == 2u);
		BOOST_TEST((fcntl(message->descriptors[1].get(), F_GETFD) & FD_CLOEXEC) != 0);
	}
	BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(limits_and_ends_are_told_apart) {
	Pair pair;
	BOOST_TEST(!receive_message(pair.b.get(), MSG_DONTWAIT).has_value());
	BOOST_TEST(errno == EAGAIN);
	BOOST_TEST(send_message(pair.a.get(), MessageType::log, 0, std::string(kMaxMessage, 'x'), {}, 0) == EMSGSIZE);
	const std::string longest(kMaxMessage - sizeof(MessageHeader), 'x');
	BOOST_TEST(send_message(pair.a.get(), MessageType::log, 0, longest, {}, 0) == 0);
	const std::optional<Message> message = receive_message(pair.b.get(), 0);
	BOOST_REQUIRE(message.has_value());
	BOOST_TEST(message->body.size() == longest.size());
	int error = 0;
	while ((error = send_message(pair.a.get(), MessageType::log, 0, "line", {}, MSG_DONTWAIT)) == 0)
		;
	BOOST_TEST(error == EAGAIN);
	pair.a.reset();
	while (receive_message(pair.b.get(), 0))
		;
	BOOST_TEST(errno == ENOTCONN);
	BOOST_TEST(send_message(pair.b.get(), MessageType::log, 0, "line", {}, 0) == EPIPE);
}

BOOST_AUTO_TEST_CASE(what_is_no_message_is_refused_and_leaks_nothing) {
	Pair pair;
	const std::size_t before = open_descriptors();
	const auto send_raw = [&](std::string bytes, std::size_t descriptors) {
		const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		iovec part{bytes.data(), bytes.size()};
		alignas(cmsghdr) char control[CMSG_SPACE(32 * sizeof(int))] = {};
		msghdr raw{};
		raw.msg_iov = &part;
		raw.msg_iovlen = 1;
		if (descriptors) {
			raw.msg_control = control;
			raw.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
			cmsghdr* rights = CMSG_FIRSTHDR(&raw);
			rights->cmsg_level = SOL_SOCKET;
			rights->cmsg_type = SCM_RIGHTS;
			rights->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
			for (std::size_t i = 0; i < descriptors; ++i)
				std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &null, sizeof null);
		}
		BOOST_TEST(sendmsg(pair.a.get(), &raw, 0) >= 0);
		close(null);
	};
	const auto refused = [&] {
		const bool none = !receive_message(pair.b.get(), MSG_DONTWAIT).has_value();
		return none && errno == EBADMSG;
	};
	send_raw("short", 0);
	BOOST_TEST(refused());
	send_raw(std::string(8, 'x'), 32); // more descriptors than anybody has to send
	BOOST_TEST(refused());
	send_raw("short", 1);
	BOOST_TEST(refused());
	send_raw(std::string(kMaxMessage + 1, 'x'), 0);
	BOOST_TEST(refused());
	BOOST_TEST(open_descriptors() == before);
}

} // namespace
