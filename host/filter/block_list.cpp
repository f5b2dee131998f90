// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/block_list.hpp"

#include "host/filter/filter_error.hpp"

#include <bpf/bpf.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string_view>

namespace tmon {

namespace {

uint64_t big_endian(const uint8_t* bytes, std::size_t count) {
	uint64_t value = 0;
	for (std::size_t i = 0; i < count; ++i)
		value = value << 8 | bytes[i];
	return value;
}

void put_big_endian(uint8_t* bytes, std::size_t count, uint64_t value) {
	for (std::size_t i = count; i-- > 0; value >>= 8)
		bytes[i] = static_cast<uint8_t>(value);
}

tmon_block_key_v4 key_v4(const Prefix& prefix) {
	return {static_cast<uint32_t>(big_endian(prefix.address.data(), 4)), prefix.length};
}

tmon_block_key_v6 key_v6(const Prefix& prefix) {
	return {big_endian(prefix.address.data(), 8), big_endian(prefix.address.data() + 8, 8), prefix.length};
}

Prefix prefix_of(const tmon_block_key_v4& key) {
	Prefix prefix{4, static_cast<uint8_t>(key.length), {}};
	put_big_endian(prefix.address.data(), 4, key.address);
	return prefix;
}

Prefix prefix_of(const tmon_block_key_v6& key) {
	Prefix prefix{6, static_cast<uint8_t>(key.length), {}};
	put_big_endian(prefix.address.data(), 8, key.high);
	put_big_endian(prefix.address.data() + 8, 8, key.low);
	return prefix;
}

Prefix shortened(Prefix prefix, uint8_t length) {
	prefix.length = length;
	for (std::size_t bit = length; bit < 128; ++bit)
		prefix.address[bit / 8] = static_cast<uint8_t>(prefix.address[bit / 8] & ~(0x80u >> bit % 8));
	return prefix;
}

uint64_t lengths_word(const std::array<uint32_t, 129>& of_length) {
	uint64_t word = 0;
	int count = 0;
	for (std::size_t length = 0; length < of_length.size() && count < TMON_BLOCK_LENGTHS; ++length) {
		if (of_length[length])
			word |= static_cast<uint64_t>(length + 1) << 8 * count++;
	}
	return word;
}

std::size_t different(const std::array<uint32_t, 129>& of_length) {
	return of_length.size() - static_cast<std::size_t>(std::count(of_length.begin(), of_length.end(), 0u));
}

} // namespace

std::size_t BlockList::Hash::operator()(const Prefix& prefix) const noexcept {
	return std::hash<std::string_view>()({reinterpret_cast<const char*>(prefix.address.data()), prefix.address.size()}) ^
	       (static_cast<std::size_t>(prefix.length) << 8 | prefix.family);
}

BlockList::BlockList(const SharedMaps& maps) : maps_(maps) {
	bpf_map_info info{};
	__u32 size = sizeof info;
	if (bpf_obj_get_info_by_fd(maps.descriptor(SharedMaps::Map::blocked_v4), &info, &size) != 0)
		throw FilterError("cannot look at the block list: " + errno_text(errno));
	capacity_ = info.max_entries;
	read<tmon_block_key_v4>(SharedMaps::Map::blocked_v4);
	read<tmon_block_key_v6>(SharedMaps::Map::blocked_v6);
	publish_lengths();
}

template <class Key>
void BlockList::read(SharedMaps::Map map) {
	const int descriptor = maps_.descriptor(map);
	Key key{}, next{};
	for (const Key* before = nullptr; bpf_map_get_next_key(descriptor, before, &next) == 0; before = &key) {
		key = next;
		uint64_t until = 0;
		if (bpf_map_lookup_elem(descriptor, &key, &until) == 0)
			add(prefix_of(key), until);
	}
}

int BlockList::store(const Prefix& prefix, uint64_t until_ns) {
	const tmon_block_key_v4 v4 = key_v4(prefix);
	const tmon_block_key_v6 v6 = key_v6(prefix);
	const bool is_v4 = prefix.family == 4;
	const int map = maps_.descriptor(is_v4 ? SharedMaps::Map::blocked_v4 : SharedMaps::Map::blocked_v6);
	return bpf_map_update_elem(map, is_v4 ? static_cast<const void*>(&v4) : &v6, &until_ns, BPF_ANY) == 0 ? 0 : errno;
}

int BlockList::remove(const Prefix& prefix) {
	const tmon_block_key_v4 v4 = key_v4(prefix);
	const tmon_block_key_v6 v6 = key_v6(prefix);
	const bool is_v4 = prefix.family == 4;
	const int map = maps_.descriptor(is_v4 ? SharedMaps::Map::blocked_v4 : SharedMaps::Map::blocked_v6);
	return bpf_map_delete_elem(map, is_v4 ? static_cast<const void*>(&v4) : &v6) == 0 ? 0 : errno;
}

void BlockList::add(const Prefix& prefix, uint64_t until_ns) {
	const auto [at, is_new] = until_.insert_or_assign(prefix, until_ns);
	if (is_new) {
		++family(prefix).size;
		++family(prefix).of_length[prefix.length];
	}
	ends_.emplace_back(until_ns, prefix);
	std::push_heap(ends_.begin(), ends_.end(), std::greater<>());
	if (ends_.size() <= 2 * until_.size() + 64)
		return;
	// Mostly out of date.
	ends_.clear();
	for (const auto& [blocked, until] : until_)
		ends_.emplace_back(until, blocked);
	std::make_heap(ends_.begin(), ends_.end(), std::greater<>());
}

void BlockList::forget(const Prefix& prefix) {
	until_.erase(prefix);
	--family(prefix).size;
	--family(prefix).of_length[prefix.length];
}

void BlockList::publish_lengths() {
	std::atomic_ref(maps_.state().block_lengths_v4).store(lengths_word(v4_.of_length));
	std::atomic_ref(maps_.state().block_lengths_v6).store(lengths_word(v6_.of_length));
}

std::string BlockList::block(const Prefix& prefix, uint64_t until_ns) {
	const uint8_t widest = prefix.family == 4 ? kWidestBlockV4 : kWidestBlockV6;
	if (prefix.length < widest)
		return to_string(prefix) + " is too wide: at least /" + std::to_string(widest) + " can be blocked";
	const auto there = until_.find(prefix);
	if (there != until_.end()) {
		until_ns = std::max(until_ns, there->second);
	} else {
		const Family& in = family(prefix);
		if (in.size == capacity_)
			return "the block list is full: " + std::to_string(capacity_) +
			       " entries of each family (\"block_list\": {\"size\": …})";
		if (!in.of_length[prefix.length] && different(in.of_length) == TMON_BLOCK_LENGTHS)
			return "the block list holds prefixes of " + std::to_string(TMON_BLOCK_LENGTHS) +
			       " different lengths already, and cannot take a /" + std::to_string(prefix.length) + " as well";
	}
	if (const int error = store(prefix, until_ns); error != 0)
		return "cannot store " + to_string(prefix) + ": " + errno_text(error);
	add(prefix, until_ns);
	publish_lengths();
	return {};
}

bool BlockList::unblock(const Prefix& prefix) {
	if (!until_.contains(prefix))
		return false;
	if (const int error = remove(prefix); error != 0 && error != ENOENT)
		throw FilterError("cannot take " + to_string(prefix) + " off the block list: " + errno_text(error));
	forget(prefix);
	publish_lengths();
	return true;
}

std::optional<Prefix> BlockList::covering(const Prefix& address, uint64_t now_ns) const {
	const auto& of_length = address.family == 4 ? v4_.of_length : v6_.of_length;
	for (std::size_t length = address.length + 1u; length-- > 0;) {
		if (!of_length[length])
			continue;
		const auto found = until_.find(shortened(address, static_cast<uint8_t>(length)));
		if (found != until_.end() && found->second > now_ns)
			return found->first;
	}
	return std::nullopt;
}

std::vector<Prefix> BlockList::expire(uint64_t now_ns) {
	std::vector<Prefix> ended;
	while (!ends_.empty() && ends_.front().first <= now_ns) {
		std::pop_heap(ends_.begin(), ends_.end(), std::greater<>());
		const auto [end, prefix] = ends_.back();
		ends_.pop_back();
		const auto there = until_.find(prefix);
		if (there == until_.end() || there->second != end)
			continue;
		if (const int error = remove(prefix); error != 0 && error != ENOENT)
			throw FilterError("cannot take " + to_string(prefix) + " off the block list: " + errno_text(error));
		forget(prefix);
		ended.push_back(prefix);
	}
	if (!ended.empty())
		publish_lengths();
	return ended;
}

uint64_t BlockList::until(const Prefix& prefix) const {
	const auto found = until_.find(prefix);
	return found == until_.end() ? 0 : found->second;
}

std::optional<uint64_t> BlockList::next_end_ns() const {
	return ends_.empty() ? std::nullopt : std::optional(ends_.front().first);
}

std::vector<std::pair<Prefix, uint64_t>> BlockList::entries() const {
	std::vector<std::pair<Prefix, uint64_t>> all(until_.begin(), until_.end());
	std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
		return std::pair(a.second, a.first) < std::pair(b.second, b.first);
	});
	return all;
}

} // namespace tmon
