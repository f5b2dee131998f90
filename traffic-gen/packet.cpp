// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/packet.hpp"

#include "traffic-gen/checksum.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace tmon::packet {

namespace {

constexpr uint8_t no_next_header = 59;
constexpr uint8_t proto_experiment = 253; // RFC 3692: for what has no number of its own
constexpr uint16_t ethertype_experiment = 0x88b5; // IEEE 802, local experimental

constexpr auto counting = [] {
	std::array<uint8_t, 256> octets{};
	for (std::size_t i = 0; i < octets.size(); ++i)
		octets[i] = static_cast<uint8_t>(i);
	return octets;
}();

void put8(Bytes& out, unsigned value) { out.push_back(static_cast<uint8_t>(value)); }
void put16(Bytes& out, unsigned value) {
	put8(out, value >> 8);
	put8(out, value);
}
void put32(Bytes& out, uint32_t value) {
	put16(out, value >> 16);
	put16(out, value & 0xffff);
}
template <class Container>
void put(Bytes& out, const Container& bytes) {
	out.insert(out.end(), bytes.begin(), bytes.end());
}
void pad(Bytes& out, std::size_t start, std::size_t unit) {
	while ((out.size() - start) % unit != 0)
		out.push_back(0);
}
void set16(Bytes& out, std::size_t at, unsigned value) {
	out[at] = static_cast<uint8_t>(value >> 8);
	out[at + 1] = static_cast<uint8_t>(value);
}

template <class... F>
struct Overloaded : F... {
	using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

uint16_t ethertype_of(const Layer* next) {
	if (next == nullptr)
		return ethertype_experiment;
	return std::visit(Overloaded{
			      [](const Vlan& tag) { return tag.tpid; },
			      [](const Arp&) { return uint16_t{0x0806}; },
			      [](const IPv4&) { return uint16_t{0x0800}; },
			      [](const IPv6&) { return uint16_t{0x86dd}; },
			      [](const auto&) { return ethertype_experiment; },
			  },
			  *next);
}

uint8_t protocol_of(const Layer* next) {
	if (next == nullptr)
		return no_next_header;
	return std::visit(Overloaded{
			      [](const HopByHop&) { return uint8_t{0}; },
			      [](const ICMP&) { return uint8_t{1}; },
			      [](const IPv4&) { return uint8_t{4}; },
			      [](const TCP&) { return uint8_t{6}; },
			      [](const UDP&) { return uint8_t{17}; },
			      [](const IPv6&) { return uint8_t{41}; },
			      [](const Routing&) { return uint8_t{43}; },
			      [](const Fragment&) { return uint8_t{44}; },
			      [](const AuthenticationHeader&) { return uint8_t{51}; },
			      [](const ICMPv6&) { return uint8_t{58}; },
			      [](const DestinationOptions&) { return uint8_t{60}; },
			      [](const SCTP&) { return uint8_t{132}; },
			      [](const Ethernet&) { return uint8_t{143}; },
			      [](const auto&) { return proto_experiment; },
			  },
			  *next);
}

// Writes the layers front to back; a layer patches its length and checksum once all behind it is there.
class Writer {
public:
	explicit Writer(Bytes& out) : out_(out) {}

	void write(std::span<const Layer> layers) {
		if (layers.empty())
			return;
		const Layer* next = layers.size() > 1 ? &layers[1] : nullptr;
		std::visit([&](const auto& layer) { write(layer, next, layers.subspan(1)); }, layers[0]);
	}

private:
	using Rest = std::span<const Layer>;

	void write(const Ethernet& layer, const Layer* next, Rest rest) {
		put(out_, layer.dst.bytes);
		put(out_, layer.src.bytes);
		put16(out_, layer.type.value_or(ethertype_of(next)));
		write(rest);
	}

	void write(const Vlan& layer, const Layer* next, Rest rest) {
		put16(out_, (layer.priority & 7u) << 13 | (layer.drop_eligible ? 1u << 12 : 0u) | (layer.id & 0xfffu));
		put16(out_, layer.type.value_or(ethertype_of(next)));
		write(rest);
	}

	void write(const Arp& layer, const Layer*, Rest rest) {
		put32(out_, 0x00010800); // Ethernet, IPv4
		put16(out_, 0x0604);
		put16(out_, layer.operation);
		put(out_, layer.sender_mac.bytes);
		put(out_, layer.sender.bytes);
		put(out_, layer.target_mac.bytes);
		put(out_, layer.target.bytes);
		write(rest);
	}

	void write(const IPv4& layer, const Layer* next, Rest rest) {
		const std::size_t start = out_.size();
		const std::size_t header = 20 + (layer.options.size() + 3) / 4 * 4;
		put8(out_, (layer.version & 15u) << 4 | (layer.ihl.value_or(static_cast<uint8_t>(header / 4)) & 15u));
		put8(out_, layer.tos);
		put16(out_, 0);
		put16(out_, layer.id);
		put16(out_, (layer.dont_fragment ? 0x4000u : 0u) | (layer.more_fragments ? 0x2000u : 0u) |
				(layer.fragment_offset & 0x1fffu));
		put8(out_, layer.ttl);
		put8(out_, layer.protocol.value_or(protocol_of(next)));
		put16(out_, 0);
		put(out_, layer.src.bytes);
		put(out_, layer.dst.bytes);
		put(out_, layer.options);
		pad(out_, start, 4);
		enclose(layer.src.bytes, layer.dst.bytes, rest);
		set16(out_, start + 2, layer.total_length.value_or(static_cast<uint16_t>(out_.size() - start)));
		set16(out_, start + 10, layer.checksum.value_or(internet_checksum({&out_[start], header})));
	}

	void write(const IPv6& layer, const Layer* next, Rest rest) {
		const std::size_t start = out_.size();
		put32(out_, (layer.version & 15u) << 28 | uint32_t{layer.traffic_class} << 20 |
				(layer.flow_label & 0xfffffu));
		put16(out_, 0);
		put8(out_, layer.next_header.value_or(protocol_of(next)));
		put8(out_, layer.hop_limit);
		put(out_, layer.src.bytes);
		put(out_, layer.dst.bytes);
		enclose(layer.src.bytes, layer.dst.bytes, rest);
		set16(out_, start + 4, layer.payload_length.value_or(static_cast<uint16_t>(out_.size() - start - 40)));
	}

	void write(const HopByHop& layer, const Layer* next, Rest rest) { write_options(layer, next, rest); }
	void write(const DestinationOptions& layer, const Layer* next, Rest rest) { write_options(layer, next, rest); }

	template <class Options>
	void write_options(const Options& layer, const Layer* next, Rest rest) {
		const std::size_t start = out_.size();
		put8(out_, layer.next_header.value_or(protocol_of(next)));
		put8(out_, 0);
		put(out_, layer.options);
		if (const std::size_t gap = (8 - (out_.size() - start) % 8) % 8; gap == 1) {
			put8(out_, 0); // Pad1
		} else if (gap > 1) {
			put16(out_, 0x0100u | static_cast<unsigned>(gap - 2)); // PadN
			pad(out_, start, 8);
		}
		out_[start + 1] = layer.length.value_or(static_cast<uint8_t>((out_.size() - start) / 8 - 1));
		write(rest);
	}

	void write(const Routing& layer, const Layer* next, Rest rest) {
		const std::size_t start = out_.size();
		put8(out_, layer.next_header.value_or(protocol_of(next)));
		put8(out_, 0);
		put8(out_, layer.type);
		put8(out_, layer.segments_left);
		put(out_, layer.data);
		pad(out_, start, 8);
		out_[start + 1] = layer.length.value_or(static_cast<uint8_t>((out_.size() - start) / 8 - 1));
		write(rest);
	}

	void write(const Fragment& layer, const Layer* next, Rest rest) {
		put8(out_, layer.next_header.value_or(protocol_of(next)));
		put8(out_, layer.reserved);
		put16(out_, (layer.offset & 0x1fffu) << 3 | (layer.more ? 1u : 0u));
		put32(out_, layer.id);
		write(rest);
	}

	void write(const AuthenticationHeader& layer, const Layer* next, Rest rest) {
		const std::size_t start = out_.size();
		put8(out_, layer.next_header.value_or(protocol_of(next)));
		put8(out_, 0);
		put16(out_, 0);
		put32(out_, layer.spi);
		put32(out_, layer.sequence);
		put(out_, layer.icv);
		pad(out_, start, 4);
		out_[start + 1] = layer.length.value_or(static_cast<uint8_t>((out_.size() - start) / 4 - 2));
		write(rest);
	}

	void write(const TCP& layer, const Layer*, Rest rest) {
		const std::size_t start = out_.size();
		const std::size_t header = 20 + (layer.options.size() + 3) / 4 * 4;
		put16(out_, layer.sport);
		put16(out_, layer.dport);
		put32(out_, layer.seq);
		put32(out_, layer.ack);
		put8(out_, (layer.data_offset.value_or(static_cast<uint8_t>(header / 4)) & 15u) << 4);
		put8(out_, layer.flags);
		put16(out_, layer.window);
		put16(out_, 0);
		put16(out_, layer.urgent);
		put(out_, layer.options);
		pad(out_, start, 4);
		write(rest);
		set16(out_, start + 16, layer.checksum.value_or(checksum_from(start, 6)));
	}

	void write(const UDP& layer, const Layer*, Rest rest) {
		const std::size_t start = out_.size();
		put16(out_, layer.sport);
		put16(out_, layer.dport);
		put16(out_, 0);
		put16(out_, 0);
		write(rest);
		set16(out_, start + 4, layer.length.value_or(static_cast<uint16_t>(out_.size() - start)));
		const uint16_t sum = checksum_from(start, 17);
		set16(out_, start + 6, layer.checksum.value_or(sum == 0 ? uint16_t{0xffff} : sum)); // 0 means none
	}

	void write(const SCTP& layer, const Layer*, Rest rest) {
		const std::size_t start = out_.size();
		put16(out_, layer.sport);
		put16(out_, layer.dport);
		put32(out_, layer.tag);
		put32(out_, 0);
		write(rest);
		const uint32_t crc = layer.checksum ? *layer.checksum : crc32c(std::span(out_).subspan(start));
		for (unsigned i = 0; i < 4; ++i)
			out_[start + 8 + i] = static_cast<uint8_t>(crc >> 8 * i);
	}

	void write(const ICMP& layer, const Layer*, Rest rest) {
		const std::size_t start = write_icmp(layer, rest);
		const uint16_t sum = internet_checksum(std::span(out_).subspan(start));
		set16(out_, start + 2, layer.checksum.value_or(sum));
	}

	void write(const ICMPv6& layer, const Layer*, Rest rest) {
		const std::size_t start = write_icmp(layer, rest);
		set16(out_, start + 2, layer.checksum.value_or(checksum_from(start, 58)));
	}

	template <class Icmp>
	std::size_t write_icmp(const Icmp& layer, Rest rest) {
		const std::size_t start = out_.size();
		put8(out_, layer.type);
		put8(out_, layer.code);
		put16(out_, 0);
		put16(out_, layer.id);
		put16(out_, layer.sequence);
		write(rest);
		return start;
	}

	void write(const Raw& layer, const Layer*, Rest rest) {
		put(out_, layer.bytes);
		write(rest);
	}

	void write(const Payload& layer, const Layer*, Rest rest) {
		for (std::size_t left = layer.size; left > 0;) {
			const std::size_t part = std::min(left, counting.size());
			out_.insert(out_.end(), counting.begin(), counting.begin() + static_cast<std::ptrdiff_t>(part));
			left -= part;
		}
		write(rest);
	}

	// What lies in an IP packet is summed with that packet's addresses; those of a tunnel hold only inside.
	void enclose(std::span<const uint8_t> src, std::span<const uint8_t> dst, Rest rest) {
		const uint64_t outer = std::exchange(address_sum_, add_words(dst, add_words(src)));
		write(rest);
		address_sum_ = outer;
	}

	// Both families' pseudo headers add up alike: addresses, length, protocol.
	uint16_t checksum_from(std::size_t start, unsigned protocol) const {
		return fold(add_words(std::span(out_).subspan(start), address_sum_ + (out_.size() - start) + protocol));
	}

	Bytes& out_;
	uint64_t address_sum_ = 0;
};

} // namespace

void Stack::append_to(Bytes& out) const { Writer(out).write(layers_); }

Bytes Stack::bytes() const {
	Bytes out;
	append_to(out);
	return out;
}

} // namespace tmon::packet
