// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/prefix_cuts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace tmon {

namespace {

using Address = Ipv6Space::Address;

constexpr unsigned kWindow = 31;     // bits that a CUT node looks at
constexpr unsigned kBehindKey = 63;  // bits of an address behind the key of the first walk
constexpr std::size_t kSeparators = std::size_t{TMON_PREFIX_SEPARATORS} * 2;
constexpr std::size_t kPiecesInChild = 6; // one piece less than has room: boundaries of children may cut no range

uint64_t key(Address address) { return key_of(address, Ipv6Space{}); }
uint64_t rest(Address address) { return rest_of(address, Ipv6Space{}); }

uint32_t decision(bool permitted) {
	return TMON_REFERENCE_DECIDED | (permitted ? TMON_DECISION_PERMITTED : 0);
}

} // namespace

// The cells of a node.
class CutNodes::Cells {
public:
	Cells(Address low, Address high) : low_(low) {
		const auto top = static_cast<unsigned>(std::bit_width(key(low) ^ key(high)));
		shift_ = top > kWindow ? top - kWindow : 0;
		count_ = number(high) + 1;
	}

	unsigned shift() const { return shift_; }
	uint64_t count() const { return count_; }
	uint64_t number(Address address) const { return static_cast<uint64_t>((address - low_) >> width()); }
	Address begin(uint64_t cell) const { return low_ + (static_cast<Address>(cell) << width()); }
	Address last(uint64_t cell) const { return begin(cell) + (static_cast<Address>(1) << width()) - 1; }

	// Those of `range` that are permitted, in ascending order; a cell with several is one piece.
	void pieces(const Range& range, std::vector<Piece>& pieces) const {
		bool permitted = range.permitted;
		Address from = range.low;
		for (const Address start : range.starts) {
			if (permitted)
				add(from, start - 1, pieces);
			permitted = !permitted;
			from = start;
		}
		if (permitted)
			add(from, range.high, pieces);
	}

private:
	unsigned width() const { return shift_ + kBehindKey; }

	void add(Address from, Address to, std::vector<Piece>& pieces) const {
		const uint64_t first = number(from), final = number(to);
		const bool begins_inside = from != begin(first), ends_inside = to != last(final);
		if (first == final) {
			add({first, first + 1, begins_inside || ends_inside}, pieces);
			return;
		}
		if (begins_inside)
			add({first, first + 1, true}, pieces);
		const uint64_t whole = first + begins_inside, behind = final + !ends_inside;
		if (whole < behind)
			add({whole, behind, false}, pieces);
		if (ends_inside)
			add({final, final + 1, true}, pieces);
	}

	static void add(const Piece& piece, std::vector<Piece>& pieces) {
		if (pieces.empty() || pieces.back().begin != piece.begin)
			pieces.push_back(piece);
	}

	Address low_;
	unsigned shift_;
	uint64_t count_;
};

uint32_t CutNodes::build(std::span<const Address> starts, bool permitted, Address low, Address high) {
	const uint32_t index = nodes_.allocate(1);
	fill(index, {starts, permitted, low, high}, 1);
	return index;
}

void CutNodes::fill(uint32_t index, const Range& range, unsigned depth) {
	if (fill_exactly(index, range, depth))
		return;
	const Cells cells(range.low, range.high);
	std::vector<Piece> pieces;
	pieces.reserve(range.starts.size() + 2);
	cells.pieces(range, pieces);
	std::size_t separators = 2 * pieces.size();
	if (!pieces.empty())
		separators -= std::size_t{pieces.front().begin == 0} + (pieces.back().end == cells.count());
	if (separators <= kSeparators)
		fill_cut(index, range, cells, pieces, depth);
	else
		fill_inner(index, range, cells, pieces, depth);
}

bool CutNodes::fill_exactly(uint32_t index, const Range& range, unsigned depth) {
	if (range.starts.size() > std::size_t{TMON_PREFIX_SEPARATORS} << TMON_LANES_16)
		return false;
	uint64_t used = 0;
	for (const Address start : range.starts) {
		if (rest(start) != 0)
			return false;
		used |= key(start);
	}
	if (range.starts.size() > PrefixNodes::capacity(used, key(range.low), key(range.high)))
		return false;
	separators_.clear();
	bool permitted = range.permitted;
	for (const Address start : range.starts) {
		permitted = !permitted;
		separators_.push_back({key(start), decision(permitted)});
	}
	nodes_.fill(index, separators_, decision(range.permitted), key(range.low), key(range.high), depth);
	return true;
}

void CutNodes::fill_cut(uint32_t index, const Range& range, const Cells& cells, std::span<const Piece> pieces,
                        unsigned depth) {
	std::array<uint64_t, kSeparators> separators;
	std::array<tmon_prefix_record, 8> records;
	std::size_t count = 0, cut = 0;
	unsigned cuts = 0;
	std::span<const Address> left = range.starts;
	bool permitted = range.permitted;
	const auto skip_until = [&](Address end) {
		const auto starts = static_cast<std::size_t>(
		    std::find_if(left.begin(), left.end(), [&](Address start) { return start >= end; }) - left.begin());
		const std::span<const Address> skipped = left.first(starts);
		left = left.subspan(starts);
		permitted = permitted != (starts % 2 == 1);
		return skipped;
	};
	for (std::size_t i = 0; i < pieces.size(); ++i) {
		const Piece& piece = pieces[i];
		if (piece.begin > 0)
			separators[count++] = key(cells.begin(piece.begin));
		if (piece.end < cells.count())
			separators[count++] = key(cells.begin(piece.end));
		if (!piece.cut)
			continue;
		const Address low = cells.begin(piece.begin), high = cells.last(piece.begin);
		skip_until(low);
		if (!left.empty() && left.front() == low)
			skip_until(low + 1);
		const bool before = permitted;
		const std::span<const Address> inside =
		    high == ~Address{0} ? std::exchange(left, {}) : skip_until(high + 1);
		records[cut++] = record({inside, before, low, high}, depth + 1, cells.shift() > 0);
		cuts |= 1u << i;
	}
	nodes_.make_cut(index, depth, cells.shift(), !pieces.empty() && pieces.front().begin == 0,
	                std::span(separators).first(count), static_cast<uint8_t>(cuts), std::span(records).first(cut));
}

void CutNodes::fill_inner(uint32_t index, const Range& range, const Cells& cells, std::span<const Piece> pieces,
                          unsigned depth) {
	const std::size_t children =
	    std::min(kSeparators + 1, (pieces.size() + kPiecesInChild - 1) / kPiecesInChild);
	std::array<uint64_t, kSeparators> separators;
	const auto begins = [&](std::size_t child) { return cells.begin(pieces[child * pieces.size() / children].begin); };
	for (std::size_t child = 1; child < children; ++child)
		separators[child - 1] = key(begins(child));
	const uint32_t base =
	    nodes_.make_inner(index, depth, cells.shift(), std::span(separators).first(children - 1));
	std::span<const Address> left = range.starts;
	bool permitted = range.permitted;
	for (std::size_t child = 0; child < children; ++child) {
		const Address low = child == 0 ? range.low : begins(child);
		const Address high = child + 1 == children ? range.high : begins(child + 1) - 1;
		if (!left.empty() && left.front() == low) {
			permitted = !permitted;
			left = left.subspan(1);
		}
		const auto inside =
		    static_cast<std::size_t>(std::upper_bound(left.begin(), left.end(), high) - left.begin());
		fill(base + static_cast<uint32_t>(child), {left.first(inside), permitted, low, high}, depth + 1);
		left = left.subspan(inside);
		permitted = permitted != (inside % 2 == 1);
	}
}

// What is permitted in a cell. `divisible`: its addresses do not all have the same key.
tmon_prefix_record CutNodes::record(const Range& cell, unsigned depth, bool divisible) {
	tmon_prefix_record record{};
	const std::span<const Address> starts = cell.starts;
	if (starts.size() + cell.permitted <= 2 && starts.size() <= 2 && !starts.empty()) {
		const Address from = cell.permitted ? cell.low : starts.front();
		const Address to = starts.size() + cell.permitted == 2 ? starts.back() - 1 : cell.high;
		const Address size = to - from + 1;
		if ((size & (size - 1)) == 0 && (from & (size - 1)) == 0) {
			const auto high_size = static_cast<uint64_t>(size >> 64);
			record.kind = TMON_RECORD_PREFIX;
			record.middle = static_cast<uint32_t>(from >> 64);
			record.low = static_cast<uint64_t>(from);
			record.has_low = high_size == 0;
			record.low_shift = static_cast<uint8_t>(
			    high_size ? 0 : std::countr_zero(static_cast<uint64_t>(size)));
			record.middle_shift = static_cast<uint8_t>(high_size ? std::countr_zero(high_size) : 0);
			return record;
		}
	}
	record.kind = divisible ? TMON_RECORD_NODE : TMON_RECORD_SECOND_WALK;
	if (divisible) {
		record.middle = nodes_.allocate(1);
		fill(record.middle, cell, depth);
	} else {
		record.middle = second_walk(cell);
	}
	return record;
}

uint32_t CutNodes::second_walk(const Range& cell) {
	separators_.clear();
	bool permitted = cell.permitted;
	for (const Address start : cell.starts) {
		permitted = !permitted;
		separators_.push_back({rest(start), decision(permitted)});
	}
	return nodes_.build(separators_, decision(cell.permitted), 0, TMON_PREFIX_KEY_MASK);
}

} // namespace tmon
