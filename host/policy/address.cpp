// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/address.hpp"

#include <cstring>

namespace tmon {

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

Address as_address(const Prefix& of_full_length) { return {of_full_length.family, of_full_length.address}; }

bool is_loopback(const Address& address) {
	static constexpr std::array<uint8_t, 16> one{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	return address.family == 4 ? address.bytes[0] == 127 : address.bytes == one;
}

bool is_link_local(const Address& address) {
	return address.family == 6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
}

std::string to_string(const Address& address) { return address_text(as_prefix(address)); }

} // namespace tmon
