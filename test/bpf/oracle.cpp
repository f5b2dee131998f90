// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/bpf/oracle.hpp"

#include "traffic_monitor/event.h"

#include <algorithm>
#include <iomanip>
#include <optional>
#include <set>

namespace tmon::oracle {

namespace {

// Thrown where a header that has to be there is not.
struct Missing {
	unsigned reason;
	std::size_t layer; // where the header that ends early begins
};

class Frame {
public:
	Frame(std::span<const uint8_t> readable, std::size_t length) : bytes_(readable), length_(length) {}

	std::size_t length() const { return length_; }
	bool holds(std::size_t at, std::size_t size) const { return at + size <= bytes_.size(); }
	void require(std::size_t at, std::size_t size) const {
		if (!holds(at, size))
			throw Missing{at + size <= length_ ? TMON_REASON_SPLIT : TMON_REASON_TRUNCATED, at};
	}
	unsigned octet(std::size_t at) const { return bytes_[at]; }
	unsigned word(std::size_t at) const { return 256u * bytes_[at] + bytes_[at + 1]; }
	void copy(std::size_t at, std::size_t size, uint8_t* to) const {
		std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), size, to);
	}

private:
	std::span<const uint8_t> bytes_;
	std::size_t length_;
};

enum class Payload { ipv4, ipv6, arp, other };

Payload by_ethertype(unsigned type) {
	return type == 0x0800   ? Payload::ipv4
	       : type == 0x86dd ? Payload::ipv6
	       : type == 0x0806 ? Payload::arp
	                        : Payload::other;
}

struct Network {
	Payload payload;
	std::size_t start;
};

// 802.3 clause 3.2.6 and RFC 1042: a length, then LLC AA-AA-03, then an organisation code and an EtherType.
Network behind_length(const Frame& frame, std::size_t at) {
	if (at + 8 > frame.length())
		return {Payload::other, at};
	frame.require(at, 8);
	const bool snap = frame.word(at) == 0xaaaa && frame.octet(at + 2) == 3;
	const unsigned organisation = frame.octet(at + 3) << 16 | frame.word(at + 4);
	if (snap && (organisation == 0x000000 || organisation == 0x0000f8))
		return {by_ethertype(frame.word(at + 6)), at + 8};
	return {Payload::other, at};
}

// RFC 2516: six octets, then PPP, whose protocol field is one octet when that is odd (RFC 1661, 6.5).
Network behind_pppoe(const Frame& frame, std::size_t at) {
	frame.require(at, 8);
	const bool compressed = frame.octet(at + 6) % 2 == 1;
	const unsigned protocol = compressed ? frame.octet(at + 6) : frame.word(at + 6);
	const std::size_t inside = at + (compressed ? 7 : 8);
	if (protocol == 0x21)
		return {Payload::ipv4, inside};
	if (protocol == 0x57)
		return {Payload::ipv6, inside};
	return {Payload::other, at};
}

Network find_network(const Frame& frame, Judgement& judgement) {
	static const std::set<unsigned> tags{0x8100, 0x88a8, 0x9100, 0x9200, 0x9300};
	try {
		frame.require(0, 14);
	} catch (Missing& missing) {
		missing.layer = 0;
		throw;
	}
	std::size_t type_at = 12;
	for (int found = 0; tags.contains(frame.word(type_at)); ++found, type_at += 4) {
		if (found == 2)
			throw Missing{TMON_REASON_VLAN_DEPTH, type_at + 2};
		frame.require(type_at + 2, 4);
		if (found == 0) {
			judgement.vlan = frame.word(type_at + 2) % 4096;
			judgement.flags |= TMON_EVENT_VLAN;
		}
	}
	const unsigned type = frame.word(type_at);
	const std::size_t behind = type_at + 2;
	if (type < 1536)
		return behind_length(frame, behind);
	if (type == 0x8864)
		return behind_pppoe(frame, behind);
	return {by_ethertype(type), behind};
}

// Of the packet at `start`, which ends at `stop`: the bytes of the transport header at `at` that tell something.
void read_transport(const Frame& frame, std::size_t at, std::size_t stop, bool reachable, Judgement& judgement) {
	const unsigned protocol = judgement.protocol;
	const bool icmp = protocol == 1 || protocol == 58;
	if (!icmp && protocol != 6 && protocol != 17 && protocol != 132)
		return;
	const std::size_t size = protocol == 6 ? 14 : 4;
	if (!reachable || !frame.holds(at, size) || at + size > stop) {
		judgement.flags |= TMON_EVENT_NO_PORTS;
		return;
	}
	judgement.src_port = icmp ? frame.octet(at) : frame.word(at);
	judgement.dst_port = icmp ? frame.octet(at + 1) : frame.word(at + 2);
	if (protocol == 6)
		judgement.tcp_flags = frame.octet(at + 13);
}

bool between(unsigned a, unsigned b, const Judgement& judgement) {
	return (judgement.src_port == a && judgement.dst_port == b) ||
	       (judgement.src_port == b && judgement.dst_port == a);
}

void judge_ipv4(const Frame& frame, std::size_t start, Judgement& judgement) {
	frame.require(start, 20);
	if (frame.octet(start) / 16 != 4)
		throw Missing{TMON_REASON_BAD_VERSION, start};
	judgement.family = 4;
	judgement.protocol = frame.octet(start + 9);
	for (auto [address, at] :
	     {std::pair{&judgement.source, start + 12}, std::pair{&judgement.destination, start + 16}}) {
		(*address)[10] = (*address)[11] = 0xff;
		frame.copy(at, 4, address->data() + 12);
	}
	std::size_t total = frame.word(start + 2);
	const std::size_t there = frame.length() - start;
	if (total == 0 && there >= 65536 && judgement.protocol == 6)
		total = there;
	judgement.packet_size = total;
	const std::size_t header = 4 * (frame.octet(start) % 16);
	if (header < 20 || total < header) {
		judgement.kind = Kind::undecidable;
		judgement.reason = TMON_REASON_BAD_HEADER;
		return;
	}
	judgement.kind = Kind::by_source;
	if (total > there)
		judgement.flags |= TMON_EVENT_SHORT;
	const bool more = frame.octet(start + 6) & 0x20;
	const unsigned offset = frame.word(start + 6) % 8192;
	if (more || offset != 0)
		judgement.flags |= TMON_EVENT_FRAGMENT;
	read_transport(frame, start + header, start + total, offset == 0, judgement);
	if (judgement.protocol == 17 && !more && offset == 0 && header == 20 && between(67, 68, judgement))
		judgement.exempt = Exempt::dhcp;
}

struct Chain {
	std::size_t at;
	bool reached; // the header behind all extensions
};

// RFC 8200 section 4: the headers in a row, eight of them at most.
Chain walk_chain(const Frame& frame, std::size_t at, std::size_t stop, Judgement& judgement) {
	static const std::set<unsigned> options_like{0, 43, 60, 135, 139, 140};
	for (int followed = 0; followed < 8; ++followed) {
		const unsigned header = judgement.protocol;
		const bool known = options_like.contains(header) || header == 44 || header == 51;
		if (!known)
			return {at, true};
		if (!frame.holds(at, 8) || at + 8 > stop)
			return {at, false};
		judgement.protocol = frame.octet(at);
		if (header == 44) {
			const unsigned offset = frame.word(at + 2) / 8;
			if (offset != 0 || frame.octet(at + 3) % 2 == 1)
				judgement.flags |= TMON_EVENT_FRAGMENT;
			if (offset != 0)
				return {at, false};
			at += 8;
		} else if (header == 51) {
			at += 4 * (frame.octet(at + 1) + 2);
		} else {
			at += 8 * (frame.octet(at + 1) + 1);
		}
	}
	return {at, false};
}

void judge_ipv6(const Frame& frame, std::size_t start, Judgement& judgement) {
	frame.require(start, 40);
	if (frame.octet(start) / 16 != 6)
		throw Missing{TMON_REASON_BAD_VERSION, start};
	judgement.kind = Kind::by_source;
	judgement.family = 6;
	judgement.protocol = frame.octet(start + 6);
	frame.copy(start + 8, 16, judgement.source.data());
	frame.copy(start + 24, 16, judgement.destination.data());
	const std::size_t there = frame.length() - start;
	const bool jumbo = frame.word(start + 4) == 0 && judgement.protocol == 0;
	std::size_t stop = start + 40 + frame.word(start + 4);
	judgement.packet_size = 40 + frame.word(start + 4);
	if (jumbo) {
		stop = frame.length();
		if (there > 65575)
			judgement.packet_size = there;
	}
	if (judgement.packet_size > there)
		judgement.flags |= TMON_EVENT_SHORT;
	const bool direct = judgement.protocol == 17 || judgement.protocol == 58;
	const Chain chain = walk_chain(frame, start + 40, stop, judgement);
	read_transport(frame, chain.at, stop, chain.reached, judgement);
	if (!direct || judgement.flags & TMON_EVENT_NO_PORTS)
		return;
	if (judgement.protocol == 58 && judgement.src_port >= 133 && judgement.src_port <= 137 &&
	    judgement.dst_port == 0 && frame.octet(start + 7) == 255)
		judgement.exempt = Exempt::neighbour_discovery;
	if (judgement.protocol == 17 && between(546, 547, judgement))
		judgement.exempt = Exempt::dhcp;
}

} // namespace

Judgement judge(std::span<const uint8_t> readable, std::size_t length) {
	const Frame frame(readable, length);
	Judgement judgement;
	try {
		const Network network = find_network(frame, judgement);
		judgement.packet_size = length - network.start;
		if (network.payload == Payload::ipv4)
			judge_ipv4(frame, network.start, judgement);
		else if (network.payload == Payload::ipv6)
			judge_ipv6(frame, network.start, judgement);
		else
			judgement.kind = network.payload == Payload::arp ? Kind::arp : Kind::non_ip;
	} catch (const Missing& missing) {
		judgement.kind = Kind::undecidable;
		judgement.reason = missing.reason;
		judgement.packet_size = length - missing.layer;
	}
	return judgement;
}

std::ostream& operator<<(std::ostream& out, const Judgement& j) {
	static constexpr const char* kinds[] = {"by source", "ARP", "not IP", "undecidable"};
	static constexpr const char* exempts[] = {"", ", neighbour discovery", ", DHCP"};
	out << kinds[static_cast<int>(j.kind)] << exempts[static_cast<int>(j.exempt)] << ", IPv" << j.family
	    << ", reason " << j.reason << ", protocol " << j.protocol << ", ports " << j.src_port << " " << j.dst_port
	    << ", TCP flags " << j.tcp_flags << ", VLAN " << j.vlan << ", flags " << j.flags << ", size "
	    << j.packet_size << std::hex << std::setfill('0');
	for (const auto* address : {&j.source, &j.destination}) {
		out << (address == &j.source ? ", " : " -> ");
		for (const uint8_t byte : *address)
			out << std::setw(2) << unsigned{byte};
	}
	return out << std::dec << std::setfill(' ');
}

} // namespace tmon::oracle
