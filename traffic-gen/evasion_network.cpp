// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Shapes of the network layer: headers that lie or end early, fragments, extension headers, odd sources, tunnels.
#include "traffic-gen/evasion.hpp"

#include "traffic-gen/ranges.hpp"

namespace tmon {

using namespace packet;

namespace {

using Maker = const ShapeMaker&;

constexpr Traits no_source{Verdict::undecidable, Family::none, Protocol::other};
constexpr Traits bad_header{Verdict::undecidable, Family::v4, Protocol::other};

Traits write(Maker maker, Bytes& out, const Stack& network, Traits traits) {
	(maker.ethernet() / network).append_to(out);
	return traits;
}

Traits four(Maker maker, Bytes& out, const IPv4& ip) {
	return write(maker, out, ip / maker.tcp() / Payload(16), maker.judged(false, Protocol::tcp));
}

Traits six(Maker maker, Bytes& out, const Stack& headers, Protocol protocol = Protocol::tcp) {
	return write(maker, out, headers / maker.tcp() / Payload(16), maker.judged(true, protocol));
}

Traits cut_fixed_header(Maker maker, Bytes& out) {
	const std::size_t start = out.size();
	write(maker, out, maker.ip() / maker.tcp(), {});
	out.resize(start + maker.random().between(14, 14 + (maker.v6() ? 39 : 19)));
	return no_source;
}

Traits cut_transport(Maker maker, Bytes& out) {
	const std::size_t start = out.size();
	write(maker, out, maker.ip() / maker.tcp(), {});
	out.resize(start + 14 + (maker.v6() ? 40 : 20) + maker.random().below(20));
	return maker.judged();
}

Traits short_ihl(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.ihl = static_cast<uint8_t>(maker.random().below(5));
	four(maker, out, ip);
	return bad_header;
}

Traits options(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.options.assign(4 * maker.random().between(1, 10), 1); // no operation
	return four(maker, out, ip);
}

Traits header_behind_the_frame(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.ihl = 15;
	ip.total_length = 1000;
	return four(maker, out, ip);
}

Traits header_longer_than_packet(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.ihl = 15;
	ip.total_length = static_cast<uint16_t>(maker.random().between(20, 59));
	four(maker, out, ip);
	return bad_header;
}

Traits length_below_header(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.total_length = static_cast<uint16_t>(maker.random().below(20));
	four(maker, out, ip);
	return bad_header;
}

Traits length_beyond_frame(Maker maker, Bytes& out) {
	IPv4 ip4 = maker.ipv4();
	IPv6 ip6 = maker.ipv6();
	ip4.total_length = ip6.payload_length = 65535;
	return maker.v6() ? six(maker, out, ip6) : four(maker, out, ip4);
}

Traits trailing_octets(Maker maker, Bytes& out) {
	return write(maker, out, maker.ip() / maker.tcp() / Raw{Bytes(maker.random().between(1, 64), 0xff)},
	             maker.judged());
}

Traits bad_checksum(Maker maker, Bytes& out) {
	IPv4 ip = maker.ipv4();
	ip.checksum = 0xdead;
	return four(maker, out, ip);
}

Traits reserved_ttl(Maker maker, Bytes& out) {
	IPv4 ip4 = maker.ipv4();
	IPv6 ip6 = maker.ipv6();
	ip4.ttl = ip6.hop_limit = 0;
	return maker.v6() ? six(maker, out, ip6) : four(maker, out, ip4);
}

// A fragment of a TCP segment: `offset` in units of 8 octets, `size` octets behind the IP header.
Traits fragment(Maker maker, Bytes& out, uint16_t offset, bool more, std::size_t size) {
	const auto id = static_cast<uint16_t>(maker.random().bits());
	Bytes whole = maker.tcp() / Payload(64);
	whole.resize(size);
	if (maker.v6())
		return write(maker, out,
		             maker.ipv6() /
		                 Fragment{.offset = offset, .more = more, .id = id, .next_header = uint8_t{6}} /
		                 Raw{whole},
		             maker.judged(true, Protocol::tcp));
	IPv4 ip = maker.ipv4();
	ip.id = id;
	ip.more_fragments = more;
	ip.fragment_offset = offset;
	ip.protocol = 6;
	return write(maker, out, ip / Raw{whole}, maker.judged(false, Protocol::tcp));
}

Traits first_fragment(Maker maker, Bytes& out) { return fragment(maker, out, 0, true, 80); }
Traits middle_fragment(Maker maker, Bytes& out) { return fragment(maker, out, 10, true, 80); }
Traits last_fragment(Maker maker, Bytes& out) { return fragment(maker, out, 20, false, 33); }
Traits tiny_fragment(Maker maker, Bytes& out) { return fragment(maker, out, 0, true, 8); }
Traits overlapping_fragment(Maker maker, Bytes& out) { return fragment(maker, out, 1, false, 80); }
Traits atomic_fragment(Maker maker, Bytes& out) { return fragment(maker, out, 0, false, 40); }
Traits fragment_at_the_end(Maker maker, Bytes& out) { return fragment(maker, out, 8191, false, 80); }

Traits each_extension(Maker maker, Bytes& out) {
	return six(maker, out,
	           maker.ipv6() / HopByHop{} / DestinationOptions{} / Routing{.data = Bytes(20)} / Fragment{} /
	               AuthenticationHeader{} / DestinationOptions{});
}

Traits long_chain(Maker maker, Bytes& out) {
	Stack stack = maker.ipv6();
	for (uint32_t i = maker.random().between(8, 30); i > 0; --i)
		stack /= DestinationOptions{};
	return six(maker, out, stack);
}

Traits two_hop_by_hop(Maker maker, Bytes& out) { return six(maker, out, maker.ipv6() / HopByHop{} / HopByHop{}); }

Traits lying_extension(Maker maker, Bytes& out) {
	return six(maker, out, maker.ipv6() / DestinationOptions{.length = uint8_t{255}});
}

Traits authentication(Maker maker, Bytes& out) {
	return six(maker, out, maker.ipv6() / AuthenticationHeader{.icv = Bytes(4 * maker.random().between(1, 8))});
}

Traits no_next_header(Maker maker, Bytes& out) {
	IPv6 ip = maker.ipv6();
	ip.next_header = 59;
	return six(maker, out, ip, Protocol::other);
}

Traits jumbogram(Maker maker, Bytes& out) {
	IPv6 ip = maker.ipv6();
	ip.payload_length = 0;
	return six(maker, out, ip / HopByHop{.options = {0xc2, 4, 0, 1, 0, 0}}); // 65536 octets
}

template <class Address>
Traits from(Maker maker, Bytes& out, const Address& source) {
	constexpr bool is_v6 = std::same_as<Address, Ipv6Address>;
	if constexpr (is_v6)
		six(maker, out, IPv6{.src = source, .dst = maker.options().dst6});
	else
		four(maker, out, IPv4{.src = source, .dst = maker.options().dst});
	return {is_permitted(source) ? Verdict::permitted : Verdict::denied, is_v6 ? Family::v6 : Family::v4,
	        Protocol::tcp};
}

Traits odd_source4(Maker maker, Bytes& out) {
	static const Ipv4Address sources[] = {"0.0.0.0",         "127.0.0.1",      "127.255.255.255", "224.0.0.1",
	                                      "255.255.255.255", "169.254.1.1",    "240.0.0.1",       "9.255.255.255",
	                                      "11.0.0.0",        "172.15.255.255", "172.32.0.0",      "192.169.0.0"};
	return from(maker, out, sources[maker.random().below(std::size(sources))]);
}

// The last four hold a permitted IPv4 address in one that is not: mapped, compatible, NAT64, 6to4.
Traits odd_source6(Maker maker, Bytes& out) {
	static const Ipv6Address sources[] = {
	    "::",           "::1",     "::2",     "fe80::1",         "febf::1",    "fec0::1",
	    "ff02::1",      "fbff::1", "fdff::1", "::ffff:10.0.0.9", "::10.0.0.9", "64:ff9b::10.0.0.9",
	    "2002:a00:9::1"};
	return from(maker, out, sources[maker.random().below(std::size(sources))]);
}

// What is inside has the source that the outside has not.
Stack inner(Maker maker) {
	const char* source = maker.permitted() ? "203.0.113.200" : "10.1.2.3";
	return IPv4{.src = source, .dst = maker.options().dst} / maker.tcp();
}

Traits ip_in_ip(Maker maker, Bytes& out) {
	return write(maker, out, maker.ip() / inner(maker), maker.judged(Protocol::other));
}

Traits gre(Maker maker, Bytes& out) {
	IPv4 ip4 = maker.ipv4();
	IPv6 ip6 = maker.ipv6();
	ip4.protocol = ip6.next_header = 47;
	return write(maker, out, (maker.v6() ? Stack(ip6) : Stack(ip4)) / Raw{{0, 0, 0x08, 0}} / inner(maker),
	             maker.judged(Protocol::other));
}

Traits vxlan(Maker maker, Bytes& out) {
	return write(maker, out,
	             maker.ip() / UDP{.dport = 4789} / Raw{{8, 0, 0, 0, 0, 0, 42, 0}} / Ethernet{} / inner(maker),
	             maker.judged(Protocol::udp));
}

Traits lying_transport(Maker maker, Bytes& out) {
	TCP tcp = maker.tcp();
	tcp.data_offset = 15;
	tcp.checksum = 0;
	tcp.flags = 0xff;
	return write(maker, out, maker.ip() / tcp, maker.judged());
}

Traits lying_udp(Maker maker, Bytes& out) {
	return write(maker, out, maker.ip() / UDP{.length = uint16_t{65535}} / Payload(4), maker.judged(Protocol::udp));
}

Traits unknown_protocol(Maker maker, Bytes& out) {
	return write(maker, out, maker.ip() / Raw{Bytes(24, 0xa5)}, maker.judged(Protocol::other));
}

constexpr Shape shapes[] = {
    {"cut within the fixed header", Families::both, cut_fixed_header},
    {"cut within the transport header", Families::both, cut_transport},
    {"IPv4 header length below 20", Families::v4, short_ihl},
    {"IPv4 options", Families::v4, options},
    {"header reaches behind the frame", Families::v4, header_behind_the_frame},
    {"header longer than the packet", Families::v4, header_longer_than_packet},
    {"total length below the header's", Families::v4, length_below_header},
    {"length beyond the frame", Families::both, length_beyond_frame},
    {"octets behind the packet", Families::both, trailing_octets},
    {"wrong IPv4 checksum", Families::v4, bad_checksum},
    {"no hops left", Families::both, reserved_ttl},
    {"first fragment", Families::both, first_fragment},
    {"middle fragment", Families::both, middle_fragment},
    {"last fragment", Families::both, last_fragment},
    {"tiny fragment", Families::both, tiny_fragment},
    {"overlapping fragment", Families::both, overlapping_fragment},
    {"atomic fragment", Families::both, atomic_fragment},
    {"fragment at the highest offset", Families::both, fragment_at_the_end},
    {"one of each extension header", Families::v6, each_extension},
    {"long chain of extension headers", Families::v6, long_chain},
    {"two hop-by-hop headers", Families::v6, two_hop_by_hop},
    {"extension header that lies", Families::v6, lying_extension},
    {"authentication header", Families::v6, authentication},
    {"no next header", Families::v6, no_next_header},
    {"jumbogram", Families::v6, jumbogram},
    {"odd IPv4 source", Families::v4, odd_source4},
    {"odd IPv6 source", Families::v6, odd_source6},
    {"IP in IP", Families::both, ip_in_ip},
    {"GRE", Families::both, gre},
    {"VXLAN", Families::both, vxlan},
    {"TCP header that lies", Families::both, lying_transport},
    {"UDP length that lies", Families::both, lying_udp},
    {"protocol that is none", Families::both, unknown_protocol},
};

} // namespace

std::span<const Shape> network_shapes() { return shapes; }

} // namespace tmon
