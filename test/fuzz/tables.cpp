// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Prefix tables against a linear scan over the entries. The input is a list: a byte for the family and the size of
// roots, one for the number of entries, the entries (length, class, how many bytes of the address follow, these bytes
// over those of the entry before), and addresses to look up. Looked up are also the ends of every entry, and their
// neighbours.
#include "host/policy/prefix_table.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace tmon::fuzz {

const char* const target_name = "tables";

namespace {

constexpr uint32_t first_id = 1;
using Address = std::array<uint8_t, 16>; // IPv4 in the first four

class Stream {
public:
	explicit Stream(std::span<const uint8_t> bytes) : bytes_(bytes) {}
	bool empty() const { return at_ == bytes_.size(); }
	uint8_t next() { return empty() ? 0 : bytes_[at_++]; }

private:
	std::span<const uint8_t> bytes_;
	std::size_t at_ = 0;
};

// Bits behind `length` all 0 or all 1.
Address filled(Address address, unsigned length, unsigned bits, bool ones) {
	for (unsigned bit = length; bit < bits; ++bit) {
		const auto mask = static_cast<uint8_t>(0x80 >> bit % 8);
		address[bit / 8] = static_cast<uint8_t>(ones ? address[bit / 8] | mask : address[bit / 8] & ~mask);
	}
	return address;
}

// One more or one less; wraps.
Address neighbour(Address address, unsigned octets, int step) {
	for (unsigned i = octets; i-- > 0;) {
		address[i] = static_cast<uint8_t>(address[i] + step);
		if (address[i] != (step > 0 ? 0x00 : 0xff))
			break;
	}
	return address;
}

bool covers(const Prefix& prefix, const Address& address) {
	for (unsigned bit = 0; bit < prefix.length; ++bit)
		if ((prefix.address[bit / 8] ^ address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

uint32_t scan(const std::vector<PolicyEntry>& entries, const Address& address) {
	uint32_t id = first_id, decision = 0;
	int longest = -1;
	for (const PolicyEntry& entry : entries) {
		const uint32_t own = entry.kind == EntryClass::permitted ? TMON_DECISION_PERMITTED
		                     : entry.kind == EntryClass::denied  ? id++
		                                                         : TMON_DECISION_NEVER_DROP | id++;
		if (covers(entry.prefix, address) && entry.prefix.length > longest) {
			longest = entry.prefix.length;
			decision = own;
		}
	}
	return decision;
}

std::vector<PolicyEntry> read_entries(Stream& stream, uint8_t family) {
	const unsigned bits = family == 4 ? 32 : 128;
	std::vector<PolicyEntry> entries;
	std::set<Prefix> known;
	Address address{};
	for (unsigned count = stream.next(); count > 0 && !stream.empty(); --count) {
		PolicyEntry entry;
		entry.prefix.family = family;
		entry.prefix.length = static_cast<uint8_t>(stream.next() % (bits + 1));
		const uint8_t how = stream.next();
		entry.kind = static_cast<EntryClass>(how % 3);
		const unsigned given = how / 3 % (bits / 8 + 1);
		for (unsigned i = bits / 8 - given; i < bits / 8; ++i)
			address[i] = stream.next();
		entry.prefix.address = filled(address, entry.prefix.length, bits, false);
		if (known.insert(entry.prefix).second)
			entries.push_back(entry);
	}
	return entries;
}

} // namespace

std::string complaint(std::span<const uint8_t> input) {
	Stream stream(input);
	const uint8_t shape = stream.next();
	const uint8_t family = shape & 1 ? 6 : 4;
	const unsigned bits = family == 4 ? 32 : 128;
	const std::vector<PolicyEntry> entries = read_entries(stream, family);
	const PrefixTableTuning tuning{
	    .root_bits_max = 2u + (shape >> 1) % 11, .ranges_per_slot_v4 = 0.5, .ranges_per_slot_v6 = 0.5};
	const PrefixTable table =
	    build_prefix_table(entries, family, first_id, shape >> 5 == 0 ? PrefixTableTuning{} : tuning);

	std::vector<Address> probes{filled({}, 0, bits, false), filled({}, 0, bits, true)};
	for (const PolicyEntry& entry : entries) {
		for (const bool last : {false, true}) {
			const Address end = filled(entry.prefix.address, entry.prefix.length, bits, last);
			probes.insert(probes.end(), {end, neighbour(end, bits / 8, 1), neighbour(end, bits / 8, -1)});
		}
	}
	while (!stream.empty()) {
		Address& probe = probes.emplace_back();
		std::generate_n(probe.begin(), bits / 8, [&] { return stream.next(); });
	}
	for (const Address& probe : probes) {
		const uint32_t wanted = scan(entries, probe), said = table.decide(probe.data());
		if (said != wanted)
			return "of " + std::to_string(entries.size()) + " entries, " +
			       to_string(Prefix{family, static_cast<uint8_t>(bits), probe}) + " is decided as " +
			       std::to_string(said) + ", not as " + std::to_string(wanted);
	}
	return {};
}

} // namespace tmon::fuzz
