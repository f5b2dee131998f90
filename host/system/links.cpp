// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/system/links.hpp"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

namespace tmon {

namespace {

uint32_t number(std::string_view value) { return read_header<uint32_t>(value).value_or(0); }

// IFLA_LINK of these is the other end of a cable or the interface that a tunnel's outer packets take, not what they stand on.
bool is_pair_or_tunnel(std::string_view link_info) {
	for (const NetlinkAttribute& attribute : split_attributes(link_info)) {
		if (attribute.type != IFLA_INFO_KIND)
			continue;
		const std::string_view kind = attribute.value.substr(0, attribute.value.find('\0'));
		for (const std::string_view on_top : {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "macsec", "dsa", "rmnet", "hsr"}) {
			if (kind == on_top)
				return false;
		}
		return true;
	}
	return true;
}

} // namespace

std::optional<Link> read_link(std::string_view payload) {
	const auto header = read_header<ifinfomsg>(payload);
	// A bridge speaks of its ports as AF_BRIDGE: its "deleted" means that one is no port any more.
	if (!header || header->ifi_family != AF_UNSPEC || header->ifi_index <= 0)
		return std::nullopt;
	Link link;
	link.ifindex = static_cast<uint32_t>(header->ifi_index);
	link.up = (header->ifi_flags & IFF_UP) != 0;
	link.loopback = (header->ifi_flags & IFF_LOOPBACK) != 0;
	bool elsewhere = false, unrelated = true;
	for (const NetlinkAttribute& attribute : split_attributes(payload.substr(NLMSG_ALIGN(sizeof *header)))) {
		switch (attribute.type) {
		case IFLA_IFNAME:
			link.name = attribute.value.substr(0, attribute.value.find('\0'));
			break;
		case IFLA_MASTER:
			link.master = number(attribute.value);
			break;
		case IFLA_LINK:
			link.lower = number(attribute.value);
			break;
		case IFLA_LINK_NETNSID:
			elsewhere = true;
			break;
		case IFLA_LINKINFO:
			unrelated = is_pair_or_tunnel(attribute.value);
			break;
		default:
			break;
		}
	}
	if (elsewhere || unrelated)
		link.lower = 0;
	if (link.name.empty())
		return std::nullopt;
	return link;
}

std::vector<Link> dump_links(NetlinkSocket& socket) {
	ifinfomsg request{};
	request.ifi_family = AF_UNSPEC;
	const std::string answer = socket.ask(RTM_GETLINK, NLM_F_DUMP, bytes_of(request));
	std::vector<Link> links;
	for (const NetlinkMessage& message : split_messages(answer)) {
		if (auto link = message.type == RTM_NEWLINK ? read_link(message.payload) : std::nullopt)
			links.push_back(std::move(*link));
	}
	return links;
}

std::vector<uint32_t> links_fed_by(const std::vector<Link>& links, uint32_t ifindex) {
	std::vector<uint32_t> fed{ifindex};
	const auto add = [&](uint32_t other) {
		if (other != 0 && std::find(fed.begin(), fed.end(), other) == fed.end())
			fed.push_back(other);
	};
	for (std::size_t i = 0; i < fed.size(); ++i) {
		for (const Link& link : links) {
			if (link.ifindex == fed[i])
				add(link.master);
			if (link.lower == fed[i])
				add(link.ifindex);
		}
	}
	return fed;
}

} // namespace tmon
