// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Which packets are messages between host and spawner.
#include "host/spawner/protocol.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/socket.h>

#include <ostream>

namespace {

using namespace tmon;
namespace data = boost::unit_test::data;

struct Case {
	SpawnerWord word;
	std::size_t descriptors;
	std::string text;
	int32_t value;
	bool request, answer;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
	return out << static_cast<uint32_t>(c.word) << " with " << c.descriptors << " descriptors, " << c.text.size()
	           << " bytes, value " << c.value;
}

const Case cases[] = {
    {SpawnerWord::spawn, 2, "", 0, true, false},
    {SpawnerWord::spawn, 1, "", 0, false, false},
    {SpawnerWord::spawn, 3, "", 0, false, false},
    {SpawnerWord::spawn, 2, "x", 0, false, false},
    {SpawnerWord::kill, 0, "", 0, true, false},
    {SpawnerWord::kill, 1, "", 0, false, false},
    {SpawnerWord::kill, 0, "x", 0, false, false},
    {SpawnerWord::open, 0, "/path", 0, true, false},
    {SpawnerWord::open, 0, "relative", -7, true, false},
    {SpawnerWord::open, 0, "", 0, false, false},
    {SpawnerWord::open, 0, std::string("a\0b", 3), 0, false, false},
    {SpawnerWord::open, 0, std::string(4095, 'x'), 0, true, false},
    {SpawnerWord::open, 0, std::string(4096, 'x'), 0, false, false},
    {SpawnerWord::open, 1, "/path", 0, false, false},
    {SpawnerWord::ready, 0, "", 0, false, true},
    {SpawnerWord::ready, 1, "", 0, false, false},
    {SpawnerWord::unfit, 0, "why", 0, false, true},
    {SpawnerWord::started, 0, "", 4711, false, true},
    {SpawnerWord::started, 0, "", 0, false, false},
    {SpawnerWord::started, 0, "", -1, false, false}, // kill(-1) would follow
    {SpawnerWord::failed, 0, "why", 0, false, true},
    {SpawnerWord::ended, 0, "", 9, false, true},
    {SpawnerWord::ended, 1, "", 9, false, false},
    {SpawnerWord::opened, 1, "", 0, false, true},
    {SpawnerWord::opened, 0, "", 0, false, false},
    {SpawnerWord::opened, 0, "why", -1, false, true},
    {SpawnerWord::opened, 1, "why", -1, false, false},
    {static_cast<SpawnerWord>(0), 0, "", 0, false, false},
    {static_cast<SpawnerWord>(63), 0, "", 0, false, false},
    {static_cast<SpawnerWord>(~0u), 0, "", 0, false, false},
};

BOOST_DATA_TEST_CASE(messages, data::make(cases), c) {
	const auto transmit = [&] {
		const auto [a, b] = make_packet_sockets();
		SpawnerMessage message;
		message.word = c.word;
		message.id = 0x1234567890abcdef;
		message.uid = 61184;
		message.value = c.value;
		message.text = c.text;
		BOOST_REQUIRE(send(a.get(), message, std::vector<int>(c.descriptors, 0), 0) == 0);
		return std::move(*receive_packet(b.get(), 0));
	};
	const auto check = [&](const std::optional<SpawnerMessage>& message, bool expected) {
		BOOST_REQUIRE(message.has_value() == expected);
		if (!message)
			return;
		BOOST_TEST((message->word == c.word));
		BOOST_TEST(message->id == 0x1234567890abcdefu);
		BOOST_TEST(message->uid == 61184u);
		BOOST_TEST(message->value == c.value);
		BOOST_TEST(message->text == c.text);
		BOOST_TEST(message->descriptors.size() == c.descriptors);
	};
	check(decode_request(transmit()), c.request);
	check(decode_answer(transmit()), c.answer);
}

BOOST_AUTO_TEST_CASE(what_is_shorter_than_a_header_is_none) {
	for (std::size_t size = 0; size < 24; ++size) {
		BOOST_TEST(!decode_request({std::string(size, '\2'), {}}).has_value());
		BOOST_TEST(!decode_answer({std::string(size, '\2'), {}}).has_value());
	}
}

} // namespace
