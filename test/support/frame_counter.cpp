// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/support/frame_counter.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tmon::test {

namespace {

std::system_error last_error(const char* what) { return std::system_error(errno, std::generic_category(), what); }

int open_receiver(const NetworkNamespace& where, const std::string& interface) {
	const NetworkNamespace::Inside inside(where); // a socket stays where it was made
	const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		throw last_error("packet socket");
	const int on = 1;
	const int buffer = 256 << 20; // the kernel counts some 700 bytes for a small frame
	sockaddr_ll address{};
	address.sll_family = AF_PACKET;
	address.sll_protocol = htons(ETH_P_ALL);
	address.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
	if (address.sll_ifindex == 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0 ||
	    bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
		const auto error = last_error(interface.c_str());
		close(fd);
		throw error;
	}
	return fd;
}

bool same_bits(std::span<const uint8_t> a, std::span<const uint8_t> b, unsigned bits) {
	for (std::size_t i = 0; bits > 0; ++i, bits -= std::min(bits, 8u)) {
		const unsigned mask = bits >= 8 ? 0xffu : 0xffu << (8 - bits);
		if (((a[i] ^ b[i]) & mask) != 0)
			return false;
	}
	return true;
}

} // namespace

FrameCounter::FrameCounter(const NetworkNamespace& where, const std::string& interface,
			   const std::vector<std::string>& prefixes) {
	for (const std::string& text : prefixes)
		prefixes_.push_back(parse(text));
	counts_.by_prefix.resize(prefixes_.size());
	fd_ = open_receiver(where, interface);
	thread_ = std::thread([this] { receive(); });
}

FrameCounter::~FrameCounter() {
	stop_ = true;
	thread_.join();
	close(fd_);
}

FrameCounter::Prefix FrameCounter::parse(const std::string& text) {
	const std::size_t slash = text.find('/');
	if (slash == std::string::npos)
		throw std::invalid_argument(text + " is not a prefix");
	Prefix prefix{packet::parse_ip(text.substr(0, slash)),
		      static_cast<unsigned>(std::stoul(text.substr(slash + 1)))};
	if (prefix.length > (std::holds_alternative<packet::Ipv4Address>(prefix.address) ? 32 : 128))
		throw std::invalid_argument(text + " is not a prefix");
	return prefix;
}

void FrameCounter::receive() {
	constexpr std::size_t batch = 128;
	constexpr std::size_t snap = 64; // holds Ethernet and an IPv6 header
	std::vector<std::array<uint8_t, snap>> buffers(batch);
	std::vector<iovec> vectors(batch);
	std::vector<mmsghdr> messages(batch);
	for (std::size_t i = 0; i < batch; ++i) {
		vectors[i] = {buffers[i].data(), snap};
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (!stop_) {
		const int received = recvmmsg(fd_, messages.data(), batch, 0, nullptr);
		if (received <= 0) {
			pollfd ready{fd_, POLLIN, 0};
			poll(&ready, 1, 10);
			continue;
		}
		const std::lock_guard lock(mutex_);
		for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i)
			count(std::span(buffers[i]).first(messages[i].msg_len), counts_);
	}
}

void FrameCounter::count(std::span<const uint8_t> frame, FrameCounts& into) const {
	++into.total;
	const unsigned type = frame.size() < 14 ? 0u : unsigned{frame[12]} << 8 | frame[13];
	if (type == ETH_P_IP && frame.size() >= 34) {
		++into.ipv4;
		count_source(frame.subspan(26, 4), into);
	} else if (type == ETH_P_IPV6 && frame.size() >= 54) {
		++into.ipv6;
		count_source(frame.subspan(22, 16), into);
	} else {
		++into.not_ip;
	}
}

void FrameCounter::count_source(std::span<const uint8_t> source, FrameCounts& into) const {
	for (std::size_t i = 0; i < prefixes_.size(); ++i) {
		const auto matches = [&](const auto& address) {
			return address.bytes.size() == source.size() &&
			       same_bits(address.bytes, source, prefixes_[i].length);
		};
		if (std::visit(matches, prefixes_[i].address)) {
			++into.by_prefix[i];
			return;
		}
	}
	++into.other;
}

FrameCounts FrameCounter::counts() {
	const std::lock_guard lock(mutex_);
	tpacket_stats statistics{};
	socklen_t size = sizeof statistics;
	if (getsockopt(fd_, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
		counts_.lost += statistics.tp_drops; // reading resets them
	return counts_;
}

FrameCounts FrameCounter::wait_for(uint64_t total, Duration limit) {
	eventually(
	    [&] {
		    const std::lock_guard lock(mutex_);
		    return counts_.total >= total;
	    },
	    limit);
	return counts();
}

} // namespace tmon::test
