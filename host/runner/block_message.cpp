// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/block_message.hpp"

#include <algorithm>
#include <cstring>

namespace tmon {

namespace {

constexpr uint32_t kMappedBits = 96; // ::ffff:0:0/96

struct Figures {
	uint64_t ttl_ns;
	uint32_t family, length;
	uint8_t address[16];
};
static_assert(sizeof(Figures) == 32, "no padding, which would be sent too");

void clear_behind(Prefix& prefix) {
	for (uint32_t bit = prefix.length; bit < 128; ++bit)
		prefix.address[bit / 8] = static_cast<uint8_t>(prefix.address[bit / 8] & ~(0x80u >> bit % 8));
}

bool is_mapped(const uint8_t (&address)[16]) {
	constexpr uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	return std::memcmp(address, mapped, sizeof mapped) == 0;
}

} // namespace

std::string_view cut_text(std::string_view text, std::size_t most) {
	if (text.size() <= most)
		return text;
	while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80)
		--most;
	return text.substr(0, most);
}

std::optional<BlockRequest> to_block_request(const tmon_block& block) {
	constexpr uint64_t least = std::chrono::nanoseconds(kShortestBlock).count();
	constexpr uint64_t most = std::chrono::nanoseconds(kLongestBlock).count();
	if (!TMON_HAS(&block, tmon_block, reason) || block.prefix_length > 128 || block.ttl_ns < least)
		return std::nullopt;
	BlockRequest request;
	Prefix& prefix = request.prefix;
	if (is_mapped(block.address)) {
		// A shorter one would be of IPv6 addresses that no packet has.
		if (block.prefix_length < kMappedBits)
			return std::nullopt;
		prefix.family = 4;
		prefix.length = static_cast<uint8_t>(block.prefix_length - kMappedBits);
		std::copy(block.address + 12, block.address + 16, prefix.address.begin());
	} else {
		prefix.family = 6;
		prefix.length = static_cast<uint8_t>(block.prefix_length);
		std::copy(std::begin(block.address), std::end(block.address), prefix.address.begin());
	}
	clear_behind(prefix);
	request.ttl = std::chrono::nanoseconds(std::min(block.ttl_ns, most));
	if (block.reason.size != 0)
		request.reason = cut_text({block.reason.data, static_cast<std::size_t>(block.reason.size)}, kMaxBlockReason);
	return request;
}

std::string encode_block(const BlockRequest& request) {
	Figures figures{static_cast<uint64_t>(request.ttl.count()), request.prefix.family, request.prefix.length, {}};
	std::copy(request.prefix.address.begin(), request.prefix.address.end(), figures.address);
	return std::string(reinterpret_cast<const char*>(&figures), sizeof figures) + request.reason;
}

std::optional<BlockRequest> decode_block(std::string_view body) {
	Figures figures;
	if (body.size() < sizeof figures || body.size() > sizeof figures + kMaxBlockReason)
		return std::nullopt;
	std::memcpy(&figures, body.data(), sizeof figures);
	const uint32_t longest = figures.family == 4 ? 32 : 128;
	if ((figures.family != 4 && figures.family != 6) || figures.length > longest ||
	    figures.ttl_ns < static_cast<uint64_t>(std::chrono::nanoseconds(kShortestBlock).count()) ||
	    figures.ttl_ns > static_cast<uint64_t>(std::chrono::nanoseconds(kLongestBlock).count()) ||
	    (figures.family == 6 && is_mapped(figures.address)))
		return std::nullopt;
	BlockRequest request;
	request.prefix.family = static_cast<uint8_t>(figures.family);
	request.prefix.length = static_cast<uint8_t>(figures.length);
	std::copy(std::begin(figures.address), std::end(figures.address), request.prefix.address.begin());
	const Prefix as_sent = request.prefix;
	clear_behind(request.prefix);
	if (request.prefix != as_sent)
		return std::nullopt;
	request.ttl = std::chrono::nanoseconds(figures.ttl_ns);
	request.reason = body.substr(sizeof figures);
	return request;
}

} // namespace tmon
