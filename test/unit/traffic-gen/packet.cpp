// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/packet.hpp"

#include "traffic-gen/checksum.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace tmon::packet;

namespace {

std::string hex(const Bytes& bytes) {
	constexpr char digits[] = "0123456789abcdef";
	std::string text;
	for (const uint8_t byte : bytes) {
		text += digits[byte >> 4];
		text += digits[byte & 15];
	}
	return text;
}

struct Known {
	const char* name;
	Stack packet;
	std::string expected;
};

std::ostream& operator<<(std::ostream& out, const Known& known) { return out << known.name; }

const std::string ether = "020000000002020000000001";

// The expected bytes were made by Scapy 2.5 from the same fields.
const Known known_packets[] = {
    {"TCP over IPv4",
     Ethernet{} / IPv4{.src = "1.2.3.4", .dst = "5.6.7.8"} /
	 TCP{.sport = 1122, .flags = tcp_flag::psh | tcp_flag::ack} / Payload(9),
     ether + "0800450000310000000040066ab401020304050607080462005000000001000000005018faf08bfc0000000102030405060708"},
    {"UDP over IPv4 with options behind two VLAN tags",
     Ethernet{} / Vlan{.id = 7, .priority = 3, .tpid = 0x88a8} / Vlan{.id = 4094} /
	 IPv4{.src = "203.0.113.7", .ttl = 1, .id = 0x1234, .dont_fragment = true, .options = {1, 1, 1}} /
	 UDP{.sport = 53, .dport = 4096} / Payload(3),
     ether + "88a8600781000ffe0800460000231234400001111e8dcb0071070a0000010101010000351000000ba799000102"},
    {"ICMP", Ethernet{} / IPv4{.src = "192.0.2.1"} / ICMP{.id = 7, .sequence = 9} / Payload(5),
     ether + "080045000021000000004001aedac00002010a0000010800f1eb000700090001020304"},
    {"ICMPv6",
     Ethernet{} / IPv6{.src = "2001:db8::1", .hop_limit = 255, .traffic_class = 0xab, .flow_label = 0x12345} /
	 ICMPv6{.id = 7, .sequence = 9} / Payload(5),
     ether + "86dd6ab12345000d3aff20010db8000000000000000000000001fd000000000000000000000000000001"
	     "80004ee8000700090001020304"},
    {"TCP behind IPv6 options",
     Ethernet{} / IPv6{.src = "2001:db8::1"} / HopByHop{} / DestinationOptions{} /
	 TCP{.sport = 1,
	     .dport = 2,
	     .seq = 0x01020304,
	     .ack = 0x05060708,
	     .flags = tcp_flag::syn | tcp_flag::ack,
	     .window = 512,
	     .options = {2, 4, 0x05, 0xb4}},
     ether + "86dd600000000028004020010db8000000000000000000000001fd000000000000000000000000000001"
	     "3c0001040000000006000104000000000001000201020304050607086012"
	     "02005b440000020405b4"},
    {"SCTP",
     Ethernet{} / IPv4{.src = "1.2.3.4", .dst = "5.6.7.8"} / SCTP{.sport = 1000, .tag = 0xdeadbeef} /
	 Raw{{1, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0, 1, 0, 1, 0, 0, 0, 1}},
     ether + "0800450000340000000040846a33010203040506070803e80b59deadbeef918fafaf"
	     "01000014000000010000ffff0001000100000001"},
    {"IPv6 fragment",
     IPv6{.src = "2001:db8::1"} / Fragment{.offset = 5, .more = true, .id = 0xaabbccdd, .next_header = 17} / Payload(8),
     "6000000000102c4020010db8000000000000000000000001fd00000000000000000000000000000111000029aabbccdd"
     "0001020304050607"},
    {"IPv4 in IPv4", Ethernet{} / IPv4{.src = "1.2.3.4", .dst = "5.6.7.8"} / IPv4{} / UDP{.sport = 1, .dport = 2},
     ether + "0800450000300000000040046ab701020304050607084500001c00000000401166cf0a0000020a0000010001"
	     "00020008ebd8"},
    {"ARP", Ethernet{} / Arp{.operation = 2, .target_mac = default_dst_mac},
     ether + "080600010800060400020200000000010a0000020200000000020a000001"},
};

uint16_t word(const Bytes& bytes, std::size_t at) { return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]); }

} // namespace

BOOST_AUTO_TEST_SUITE(packet)

BOOST_DATA_TEST_CASE(same_bytes_as_another_implementation, boost::unit_test::data::make(known_packets), known) {
	BOOST_TEST(hex(known.packet) == known.expected);
}

BOOST_AUTO_TEST_CASE(published_checksums) {
	// The check value of CRC-32C, and the example header of RFC 1071's common illustration.
	constexpr std::string_view digits = "123456789";
	BOOST_TEST(crc32c(Bytes(digits.begin(), digits.end())) == 0xe3069283u);
	const Bytes header = {0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 192, 168, 0, 1, 192, 168, 0, 199};
	BOOST_TEST(internet_checksum(header) == 0xb861);
	BOOST_TEST(internet_checksum(Bytes{0x12, 0x34, 0x56}) == static_cast<uint16_t>(~(0x1234 + 0x5600)));
}

BOOST_AUTO_TEST_CASE(a_frame_sums_to_zero_over_its_checksum) {
	const Bytes bytes = IPv4{.options = {1, 1, 1, 1, 1}} / TCP{.options = {1}} / Payload(1001);
	BOOST_TEST(bytes[0] == 0x47);
	BOOST_TEST(word(bytes, 2) == bytes.size());
	BOOST_TEST(internet_checksum(Bytes(bytes.begin(), bytes.begin() + 28)) == 0);
	BOOST_TEST((bytes[28 + 12] >> 4) == 6);
}

BOOST_AUTO_TEST_CASE(authentication_header_counts_units_of_four) {
	const Bytes bytes = IPv6{} / AuthenticationHeader{} / UDP{};
	BOOST_TEST(bytes[6] == 51);
	BOOST_TEST(bytes[40] == 17);
	BOOST_TEST(bytes[41] == 4); // 24 octets
	BOOST_TEST(bytes.size() == 40u + 24u + 8u);
}

BOOST_AUTO_TEST_CASE(extension_headers_fill_units_of_eight) {
	for (std::size_t n = 0; n < 20; ++n) {
		const Bytes bytes = IPv6{} / HopByHop{.options = Bytes(n)} / Routing{.data = Bytes(n)} / TCP{};
		BOOST_TEST_CONTEXT("options of " << n) {
			const std::size_t options = (2 + n + 7) / 8 * 8;
			BOOST_TEST(bytes[41] == options / 8 - 1);
			BOOST_TEST(bytes[40 + options + 1] == (4 + n + 7) / 8 - 1);
			BOOST_TEST(bytes.size() == 40 + options + (4 + n + 7) / 8 * 8 + 20);
			BOOST_TEST(word(bytes, 4) == bytes.size() - 40);
		}
	}
}

BOOST_AUTO_TEST_CASE(next_protocols) {
	const auto protocol = [](const Stack& inner) { return (IPv6{} / inner).bytes()[6]; };
	BOOST_TEST(protocol(HopByHop{}) == 0);
	BOOST_TEST(protocol(Routing{}) == 43);
	BOOST_TEST(protocol(Fragment{}) == 44);
	BOOST_TEST(protocol(ICMPv6{}) == 58);
	BOOST_TEST(protocol(DestinationOptions{}) == 60);
	BOOST_TEST(protocol(IPv6{}) == 41);
	BOOST_TEST(protocol(Payload(1)) == 253);
	BOOST_TEST((IPv6{.next_header = 99} / TCP{}).bytes()[6] == 99);
	BOOST_TEST(Stack(IPv6{}).bytes()[6] == 59);
	BOOST_TEST(word(Ethernet{} / Vlan{.tpid = 0x9100} / IPv6{}, 12) == 0x9100);
	BOOST_TEST(word(Ethernet{.type = 38} / IPv6{}, 12) == 38);
}

BOOST_AUTO_TEST_CASE(overrides_are_taken_as_they_are) {
	const Bytes v4 = IPv4{.protocol = 200, .version = 7, .ihl = 3, .total_length = 5, .checksum = 0xbeef} /
			 UDP{.length = 1, .checksum = 0};
	BOOST_TEST(v4[0] == 0x73);
	BOOST_TEST(word(v4, 2) == 5);
	BOOST_TEST(v4[9] == 200);
	BOOST_TEST(word(v4, 10) == 0xbeef);
	BOOST_TEST(word(v4, 24) == 1);
	BOOST_TEST(word(v4, 26) == 0);

	const Bytes v6 = IPv6{.version = 4, .payload_length = 0} / DestinationOptions{.next_header = 1, .length = 255} /
			 TCP{.data_offset = 15, .checksum = 0x0102};
	BOOST_TEST(v6[0] == 0x40);
	BOOST_TEST(word(v6, 4) == 0);
	BOOST_TEST(word(v6, 40) == 0x01ff);
	BOOST_TEST(v6[48 + 12] == 0xf0);
	BOOST_TEST(word(v6, 48 + 16) == 0x0102);
}

BOOST_AUTO_TEST_CASE(fragments_of_ipv4) {
	const Bytes bytes =
	    IPv4{.id = 0xabcd, .more_fragments = true, .fragment_offset = 185, .protocol = 17} / Payload(8);
	BOOST_TEST(word(bytes, 4) == 0xabcd);
	BOOST_TEST(word(bytes, 6) == (0x2000 | 185));
}

BOOST_AUTO_TEST_CASE(a_udp_sum_of_zero_is_sent_as_all_ones) {
	// With the right port the words add up to 0xffff, whose complement is the forbidden 0.
	const Bytes plain = IPv4{} / UDP{.sport = 0, .dport = 1};
	const auto port = word(plain, 26);
	const Bytes tuned = IPv4{} / UDP{.sport = port, .dport = 1};
	BOOST_TEST(word(tuned, 26) == 0xffff);
}

BOOST_AUTO_TEST_CASE(stacks_grow_in_loops_and_reuse_buffers) {
	Stack stack = Ethernet{};
	for (uint16_t tag = 1; tag <= 5; ++tag)
		stack /= Vlan{.id = tag};
	stack /= IPv4{} / TCP{};
	Bytes out = {0xaa};
	stack.append_to(out);
	BOOST_TEST(out.size() == 1u + 14 + 20 + 20 + 20);
	BOOST_TEST(out[0] == 0xaa);
	BOOST_TEST(word(out, 1 + 14 + 16) == 5);
	BOOST_TEST(word(out, 1 + 14 + 18) == 0x0800);
}

BOOST_AUTO_TEST_CASE(addresses) {
	BOOST_TEST(to_string(MacAddress("aa:BB:cc:00:11:22")) == "aa:bb:cc:00:11:22");
	BOOST_TEST(to_string(Ipv4Address("203.0.113.7")) == "203.0.113.7");
	BOOST_TEST(Ipv4Address("203.0.113.7").host_order() == 0xcb007107u);
	BOOST_TEST(to_string(std::get<Ipv6Address>(parse_ip("2001:DB8:0::1"))) == "2001:db8::1");
	for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "1.2.3.400", "::g", "01:02:03:04:05:06", "a.b"})
		BOOST_CHECK_THROW(parse_ip(bad), BadAddress);
	for (const char* bad : {"", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:fg", "aa-bb-cc-dd-ee-ff", "aa:bb:cc:dd:ee:ff:"})
		BOOST_CHECK_THROW(MacAddress{bad}, BadAddress);
}

BOOST_AUTO_TEST_SUITE_END()
