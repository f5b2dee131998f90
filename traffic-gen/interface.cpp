// SPDX-License-Identifier: MIT OR Apache-2.0
#include "traffic-gen/interface.hpp"

#include "traffic-gen/output_error.hpp"

#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace tmon {

namespace {

// Any socket answers questions about interfaces.
class Questions {
public:
	explicit Questions(const std::string& interface) : interface_(interface) {
		fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd_ < 0)
			throw OutputError(std::string("opening a socket: ") + std::strerror(errno));
		interface.copy(request_.ifr_name, IFNAMSIZ - 1);
	}
	~Questions() { close(fd_); }
	Questions(const Questions&) = delete;
	Questions& operator=(const Questions&) = delete;

	const ifreq& ask(unsigned long what) {
		if (ioctl(fd_, what, &request_) != 0)
			throw OutputError("asking about " + interface_ + ": " + std::strerror(errno));
		return request_;
	}

private:
	std::string interface_;
	ifreq request_{};
	int fd_ = -1;
};

} // namespace

std::vector<std::string> interface_names() {
	std::vector<std::string> names;
	const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> list(if_nameindex(), if_freenameindex);
	if (list)
		for (const struct if_nameindex* entry = list.get(); entry->if_index != 0; ++entry)
			names.emplace_back(entry->if_name);
	return names;
}

Interface find_interface(const std::string& name) {
	Interface interface{.name = name, .index = if_nametoindex(name.c_str())};
	if (interface.index == 0) {
		std::string text = "no interface \"" + name + "\"; there are:";
		for (const std::string& other : interface_names())
			text += ' ' + other;
		throw OutputError(text);
	}
	Questions questions(name);
	const auto type = questions.ask(SIOCGIFHWADDR).ifr_hwaddr.sa_family;
	if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK)
		throw OutputError(name + " is not an Ethernet interface");
	interface.mtu = static_cast<uint32_t>(questions.ask(SIOCGIFMTU).ifr_mtu);
	interface.up = (questions.ask(SIOCGIFFLAGS).ifr_flags & IFF_UP) != 0;
	return interface;
}

uint32_t transmit_drops(const std::string& interface) {
	ifaddrs* raw = nullptr;
	if (getifaddrs(&raw) != 0)
		return 0;
	const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(raw, freeifaddrs);
	for (const ifaddrs* entry = raw; entry != nullptr; entry = entry->ifa_next) {
		const bool link = entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_PACKET;
		if (link && entry->ifa_data != nullptr && interface == entry->ifa_name)
			return static_cast<const rtnl_link_stats*>(entry->ifa_data)->tx_dropped;
	}
	return 0;
}

} // namespace tmon
