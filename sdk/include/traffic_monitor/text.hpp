// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Texts and errors of the C++ layer, and addresses as text.
#ifndef TRAFFIC_MONITOR_TEXT_HPP
#define TRAFFIC_MONITOR_TEXT_HPP

#include "plugin.h"

#include <arpa/inet.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tmon {

inline tmon_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline std::string_view to_view(tmon_str text) noexcept {
	return text.size == 0 ? std::string_view{} : std::string_view{text.data, static_cast<size_t>(text.size)};
}

// An error with the status that the host is to see: one of TMON_E_. What is no error counts as
// TMON_E_INTERNAL; to ask for a batch again, return TMON_RETRY instead of throwing.
class Error : public std::runtime_error {
public:
	Error(int32_t status, const std::string& text)
	    : std::runtime_error(text), status_(status < 0 ? status : TMON_E_INTERNAL) {}
	int32_t status() const noexcept { return status_; }

private:
	int32_t status_;
};

// "192.0.2.1" or "2001:db8::1"; what is IPv4-mapped is shown as IPv4.
inline std::string address_text(const uint8_t (&address)[16]) {
	const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char text[INET6_ADDRSTRLEN];
	const bool ipv4 = std::memcmp(address, mapped, sizeof mapped) == 0;
	return ::inet_ntop(ipv4 ? AF_INET : AF_INET6, ipv4 ? address + 12 : address, text, sizeof text);
}

} // namespace tmon

#endif
