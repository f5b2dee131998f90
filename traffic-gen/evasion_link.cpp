// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Shapes of the link layer: tags, and what is or hides IP behind another protocol.
#include "traffic-gen/evasion.hpp"

namespace tmon {

using namespace packet;

namespace {

using Maker = const ShapeMaker&;

constexpr Traits not_ip{Verdict::unfiltered, Family::none, Protocol::other};
constexpr Traits no_source{Verdict::undecidable, Family::none, Protocol::other};
constexpr unsigned tags_looked_behind = 2;
constexpr uint16_t tag_types[] = {0x8100, 0x88a8, 0x9100};

Traits tagged(Maker maker, Bytes& out, unsigned tags, uint16_t type) {
	Stack stack = maker.ethernet();
	for (unsigned i = 0; i < tags; ++i)
		stack /= Vlan{.id = static_cast<uint16_t>(maker.random().between(0, 4094)), .tpid = type};
	(stack / maker.ip() / maker.tcp()).append_to(out);
	return tags <= tags_looked_behind ? maker.judged() : no_source;
}

template <unsigned tags, std::size_t type>
Traits tag_stack(Maker maker, Bytes& out) {
	return tagged(maker, out, tags, tag_types[type]);
}

Traits mixed_tags(Maker maker, Bytes& out) {
	(maker.ethernet() / Vlan{.id = 7, .tpid = 0x88a8} / Vlan{.id = 9} / maker.ip() / maker.tcp()).append_to(out);
	return maker.judged();
}

Traits priority_tag(Maker maker, Bytes& out) {
	(maker.ethernet() / Vlan{.id = 0, .priority = 7, .drop_eligible = true} / maker.ip() / maker.tcp())
	    .append_to(out);
	return maker.judged();
}

// The frame ends within the first or second tag.
Traits cut_tag(Maker maker, Bytes& out) {
	const std::size_t start = out.size();
	(maker.ethernet() / Vlan{.id = 1} / Vlan{.id = 2} / maker.ip()).append_to(out);
	out.resize(start + maker.random().between(14, 21));
	return no_source;
}

Bytes octets(std::initializer_list<unsigned> values) {
	Bytes bytes;
	for (const unsigned value : values)
		bytes.push_back(static_cast<uint8_t>(value));
	return bytes;
}

unsigned high(std::size_t value) { return static_cast<unsigned>(value >> 8 & 0xff); }
unsigned low(std::size_t value) { return static_cast<unsigned>(value & 0xff); }

// A type below 1536 is the length of what follows.
Traits llc_snap(Maker maker, Bytes& out) {
	Stack inner = Raw{octets({0xaa, 0xaa, 3, 0, 0, 0, maker.v6() ? 0x86u : 0x08u, maker.v6() ? 0xddu : 0u})};
	inner /= maker.ip() / maker.tcp();
	Ethernet ethernet = maker.ethernet();
	ethernet.type = static_cast<uint16_t>(inner.bytes().size());
	(ethernet / inner).append_to(out);
	return maker.judged();
}

Traits spanning_tree(Maker maker, Bytes& out) {
	Ethernet ethernet = maker.ethernet();
	ethernet.type = 38;
	(ethernet / Raw{octets({0x42, 0x42, 3})} / Payload(43)).append_to(out);
	return not_ip;
}

Traits pppoe(Maker maker, Bytes& out) {
	const Stack inner = maker.ip() / maker.tcp();
	const std::size_t length = inner.bytes().size() + 2;
	Ethernet ethernet = maker.ethernet();
	ethernet.type = 0x8864;
	(ethernet / Raw{octets({0x11, 0, 0, 1, high(length), low(length), 0, maker.v6() ? 0x57u : 0x21u})} / inner)
	    .append_to(out);
	return maker.judged();
}

Traits mpls(Maker maker, Bytes& out) {
	Ethernet ethernet = maker.ethernet();
	ethernet.type = maker.random().chance(2) ? 0x8847 : 0x8848;
	(ethernet / Raw{octets({0, 1, 0x01, 64})} / maker.ip() / maker.tcp()).append_to(out);
	return not_ip;
}

Traits other_type(Maker maker, Bytes& out) {
	constexpr uint16_t types[] = {0x88cc, 0x8035, 0x8863, 0x88e5, 0xffff, 0x0000, 0x0801, 0x0600};
	Ethernet ethernet = maker.ethernet();
	ethernet.type = types[maker.random().below(std::size(types))];
	(ethernet / maker.ip() / maker.tcp()).append_to(out);
	return not_ip;
}

// The type says one version, the header another.
Traits version_of_the_other(Maker maker, Bytes& out) {
	Ethernet ethernet = maker.ethernet();
	ethernet.type = maker.v6() ? 0x0800 : 0x86dd;
	(ethernet / maker.ip() / maker.tcp()).append_to(out);
	return no_source;
}

Traits version_of_none(Maker maker, Bytes& out) {
	constexpr uint8_t versions[] = {0, 1, 5, 7, 15};
	const uint8_t version = versions[maker.random().below(std::size(versions))];
	IPv4 four = maker.ipv4();
	IPv6 six = maker.ipv6();
	four.version = six.version = version;
	(maker.ethernet() / (maker.v6() ? Stack(six) : Stack(four)) / maker.tcp()).append_to(out);
	return no_source;
}

template <std::size_t type>
constexpr std::array<Shape, 5> tag_stacks() {
	constexpr auto any = Families::both;
	return {Shape{"one tag", any, tag_stack<1, type>}, Shape{"two tags", any, tag_stack<2, type>},
	        Shape{"three tags", any, tag_stack<3, type>}, Shape{"four tags", any, tag_stack<4, type>},
	        Shape{"five tags", any, tag_stack<5, type>}};
}

constexpr auto dot1q = tag_stacks<0>();
constexpr auto dot1ad = tag_stacks<1>();
constexpr auto old_qinq = tag_stacks<2>();

constexpr Shape shapes[] = {
    dot1q[0],
    dot1q[1],
    dot1q[2],
    dot1q[3],
    dot1q[4],
    dot1ad[0],
    dot1ad[1],
    dot1ad[2],
    dot1ad[3],
    dot1ad[4],
    old_qinq[0],
    old_qinq[1],
    old_qinq[2],
    old_qinq[3],
    old_qinq[4],
    {"no tag", Families::both, tag_stack<0, 0>},
    {"802.1ad around 802.1Q", Families::both, mixed_tags},
    {"priority tag", Families::both, priority_tag},
    {"cut within a tag", Families::both, cut_tag},
    {"LLC/SNAP", Families::both, llc_snap},
    {"spanning tree", Families::both, spanning_tree},
    {"PPPoE", Families::both, pppoe},
    {"MPLS", Families::both, mpls},
    {"other EtherType", Families::both, other_type},
    {"EtherType of the other version", Families::both, version_of_the_other},
    {"version that is none", Families::both, version_of_none},
};

} // namespace

std::span<const Shape> link_shapes() { return shapes; }

} // namespace tmon
