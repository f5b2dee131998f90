// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Questions to the kernel over netlink, and what its answers are made of.
#pragma once

#include "host/system/fd.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

struct NetlinkMessage {
	uint16_t type = 0;  // of nlmsghdr
	uint16_t flags = 0;
	std::string_view payload; // behind the nlmsghdr, in the bytes that were split
};

// The messages in what one or more receives have given. Ends in front of one that is cut off or impossible.
std::vector<NetlinkMessage> split_messages(std::string_view bytes);

struct NetlinkAttribute {
	uint16_t type = 0; // without the flags for nesting and byte order
	std::string_view value;
};

// Likewise for attributes.
std::vector<NetlinkAttribute> split_attributes(std::string_view bytes);

// What a message or attribute begins with; nothing when it is shorter than that.
template <class Header>
std::optional<Header> read_header(std::string_view bytes) {
	if (bytes.size() < sizeof(Header))
		return std::nullopt;
	Header header;
	std::memcpy(&header, bytes.data(), sizeof header);
	return header;
}

// The bytes of an attribute with its header and padding.
std::string make_attribute(uint16_t type, std::string_view value);

template <class Header>
std::string_view bytes_of(const Header& header) {
	return {reinterpret_cast<const char*>(&header), sizeof header};
}

// A socket for questions and, with `groups` (a mask of RTMGRP_…), for what the kernel tells of its own accord; not both at
// once. It stays in the network namespace in which it was made.
class NetlinkSocket {
public:
	// Close-on-exec. Throws std::system_error.
	explicit NetlinkSocket(int protocol, uint32_t groups = 0);

	int descriptor() const noexcept { return fd_.get(); }

	// Asks, waits, and returns the answering messages, without those that only say that it ends. A dump (NLM_F_DUMP in `flags`)
	// that was disturbed by a change is repeated. Throws std::system_error with the kernel's error.
	std::string ask(uint16_t type, uint16_t flags, std::string_view payload);

	// What the kernel has told; empty when there is nothing yet. Throws std::system_error, ENOBUFS when some has been lost.
	std::string receive_told();

private:
	std::string receive(int flags);
	std::optional<std::string> ask_once(uint16_t type, uint16_t flags, std::string_view payload);

	Fd fd_;
	uint32_t sequence_ = 0;
};

} // namespace tmon
