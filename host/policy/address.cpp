// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/address.hpp"

#include <cstring>

namespace tmon {

namespace {

void replace(std::string& text, std::string_view what, std::string_view with) {
	if (const std::size_t at = text.find(what); at != std::string::npos)
		text.replace(at, what.size(), with);
}

} // namespace

std::variant<Address, PrefixError> parse_address(std::string_view text) {
	if (text.empty())
		return PrefixError{0, "empty: write an address such as 10.0.0.1 or 2001:db8::1"};
	if (const std::size_t slash = text.find('/'); slash != std::string_view::npos)
		return PrefixError{slash, "a prefix where one address is expected: leave out what is behind the address"};
	const std::string_view whole = text.find(':') == std::string_view::npos ? "/32" : "/128";
	auto parsed = parse_prefix(std::string(text) + std::string(whole));
	if (auto* error = std::get_if<PrefixError>(&parsed)) {
		// What was said of a prefix with that length, said of an address.
		replace(error->message, "a prefix", "an address");
		replace(error->message, "the prefix", "the address");
		if (error->message.find("IPv4-mapped") != std::string::npos)
			replace(error->message, "/32", "");
		return std::move(*error);
	}
	const Prefix& prefix = std::get<Prefix>(parsed);
	return Address{prefix.family, prefix.address};
}

Address ipv4_address(const void* four_bytes) {
	Address address;
	std::memcpy(address.bytes.data(), four_bytes, 4);
	return address;
}

Address ipv6_address(const void* sixteen_bytes) {
	static constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (std::memcmp(sixteen_bytes, mapped, sizeof mapped) == 0)
		return ipv4_address(static_cast<const unsigned char*>(sixteen_bytes) + sizeof mapped);
	Address address{6, {}};
	std::memcpy(address.bytes.data(), sixteen_bytes, 16);
	return address;
}

Prefix as_prefix(const Address& address) {
	return {address.family, static_cast<uint8_t>(address.family == 4 ? 32 : 128), address.bytes};
}

bool is_loopback(const Address& address) {
	static constexpr std::array<uint8_t, 16> one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	return address.family == 4 ? address.bytes[0] == 127 : address.bytes == one;
}

bool is_link_local(const Address& address) {
	return address.family == 6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

std::string to_string(const Address& address) {
	const std::string text = to_string(as_prefix(address));
	return text.substr(0, text.find('/'));
}

} // namespace tmon
