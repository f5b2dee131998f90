// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What plugins may ask to have blocked, and what a forged request is taken for.
#include "host/runner/block_message.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <cstring>
#include <ostream>
#include <random>

namespace {

using namespace tmon;
namespace data = boost::unit_test::data;

constexpr uint64_t kSecond = 1'000'000'000;

tmon_block block_of(std::initializer_list<uint8_t> address, uint32_t length, uint64_t ttl_ns = kSecond) {
	tmon_block block{};
	block.size = sizeof block;
	block.prefix_length = length;
	std::copy(address.begin(), address.end(), block.address);
	block.ttl_ns = ttl_ns;
	return block;
}

struct Case {
	tmon_block block;
	const char* prefix; // empty: not possible
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << "/" << c.block.prefix_length << " " << c.prefix; }

#define MAPPED(a, b, c, d) {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}
const Case cases[] = {
    {block_of(MAPPED(203, 0, 113, 7), 128), "203.0.113.7/32"},
    {block_of(MAPPED(203, 0, 113, 7), 120), "203.0.113.0/24"},
    {block_of(MAPPED(203, 0, 113, 7), 96), "0.0.0.0/0"},
    {block_of(MAPPED(203, 0, 113, 7), 95), ""},
    {block_of(MAPPED(203, 0, 113, 7), 0), ""},
    {block_of({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1}, 128), "2001:db8:0:1::/128"},
    {block_of({0x20, 1, 0xd, 0xb8, 0xff, 0xff}, 35), "2001:db8:e000::/35"},
    {block_of({0x20, 1}, 129), ""},
    {block_of({0x20, 1}, 0xffffffff), ""},
    {block_of({0x20, 1}, 16, kSecond - 1), ""},
    {block_of({0x20, 1}, 16, 0), ""},
};

BOOST_DATA_TEST_CASE(a_prefix_is_what_it_covers, data::make(cases), c) {
	const std::optional<BlockRequest> request = to_block_request(c.block);
	BOOST_TEST((request ? to_string(request->prefix) : "") == c.prefix);
	if (!request)
		return;
	const std::optional<BlockRequest> decoded = decode_block(encode_block(*request));
	BOOST_REQUIRE(decoded.has_value());
	BOOST_TEST((decoded->prefix == request->prefix));
	BOOST_TEST((decoded->ttl == request->ttl));
	BOOST_TEST(decoded->reason == request->reason);
}

BOOST_AUTO_TEST_CASE(time_and_reason_are_bounded) {
	tmon_block block = block_of({0x20, 1}, 128, ~uint64_t{0});
	const std::string reason = std::string(kMaxBlockReason - 1, 'r') + "\u20ac and more";
	block.reason = {reason.data(), reason.size()};
	const std::optional<BlockRequest> request = to_block_request(block);
	BOOST_REQUIRE(request.has_value());
	BOOST_TEST((request->ttl == kLongestBlock));
	BOOST_TEST(request->reason == std::string(kMaxBlockReason - 1, 'r')); // not half a character
	block.size = 40; // of a header without a reason
	BOOST_TEST(!to_block_request(block));
}

BOOST_AUTO_TEST_CASE(a_forged_request_is_none) {
	const std::string sound = encode_block({{4, 24, {203, 0, 113}}, std::chrono::seconds(60), "why"});
	BOOST_REQUIRE(decode_block(sound).has_value());
	for (std::size_t size = 0; size < 32; ++size)
		BOOST_TEST(!decode_block(sound.substr(0, size)));
	BOOST_TEST(!decode_block(sound + std::string(kMaxBlockReason, 'x')));
	const auto with = [&](std::size_t at, uint64_t value, std::size_t bytes) {
		std::string forged = sound;
		std::memcpy(forged.data() + at, &value, bytes);
		return forged;
	};
	BOOST_TEST(!decode_block(with(0, 0, 8)));                 // no time
	BOOST_TEST(!decode_block(with(0, ~uint64_t{0}, 8)));      // too long a time
	BOOST_TEST(!decode_block(with(8, 5, 4)));                 // no family
	BOOST_TEST(!decode_block(with(12, 33, 4)));               // too long a prefix
	BOOST_TEST(!decode_block(with(12, 280, 4)));              // which would be 24 in eight bits
	BOOST_TEST(!decode_block(with(19, 1, 1)));                // bits behind the prefix
	std::string mapped = encode_block({{6, 128, MAPPED(1, 2, 3, 4)}, std::chrono::seconds(60), ""});
	BOOST_TEST(!decode_block(mapped));
	std::mt19937 random(3);
	for (int i = 0; i < 20'000; ++i) {
		std::string forged = sound;
		for (int j = 0; j < 3; ++j)
			forged[random() % forged.size()] = static_cast<char>(random());
		if (const auto request = decode_block(forged)) {
			const auto parsed = parse_prefix(to_string(request->prefix));
			BOOST_REQUIRE(std::holds_alternative<Prefix>(parsed));
			BOOST_REQUIRE((std::get<Prefix>(parsed) == request->prefix));
		}
	}
}

} // namespace
