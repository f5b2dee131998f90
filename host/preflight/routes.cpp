// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/routes.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tmon {

namespace {

std::optional<Address> read_address(std::string_view value) {
	if (value.size() == 4)
		return ipv4_address(value.data());
	if (value.size() == 16)
		return ipv6_address(value.data());
	return std::nullopt;
}

std::string_view raw(const Address& address) {
	return {reinterpret_cast<const char*>(address.bytes.data()), address.family == 4 ? 4u : 16u};
}

void read_way(NextHop& hop, const NetlinkAttribute& attribute) {
	if (attribute.type == RTA_GATEWAY) {
		hop.gateway = read_address(attribute.value);
	} else if (attribute.type == RTA_VIA && attribute.value.size() > sizeof(rtvia)) {
		// A gateway of the other family: an IPv4 route by way of an IPv6 neighbour.
		hop.gateway = read_address(attribute.value.substr(sizeof(rtvia)));
	} else if (attribute.type == RTA_OIF) {
		hop.ifindex = read_header<uint32_t>(attribute.value).value_or(0);
	}
}

std::vector<NextHop> read_hops(std::string_view value) {
	std::vector<NextHop> hops;
	while (const auto header = read_header<rtnexthop>(value)) {
		if (header->rtnh_len < sizeof *header || header->rtnh_len > value.size())
			break;
		NextHop hop;
		hop.ifindex = static_cast<uint32_t>(header->rtnh_ifindex);
		for (const NetlinkAttribute& attribute :
		     split_attributes(value.substr(sizeof *header, header->rtnh_len - sizeof *header)))
			read_way(hop, attribute);
		hops.push_back(hop);
		value.remove_prefix(std::min<std::size_t>(RTNH_ALIGN(header->rtnh_len), value.size()));
	}
	return hops;
}

} // namespace

std::optional<Route> read_route(std::string_view payload) {
	const auto header = read_header<rtmsg>(payload);
	if (!header || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
		return std::nullopt;
	Route route;
	route.is_default = header->rtm_dst_len == 0;
	route.is_unicast = header->rtm_type == RTN_UNICAST;
	NextHop only;
	for (const NetlinkAttribute& attribute : split_attributes(payload.substr(NLMSG_ALIGN(sizeof *header)))) {
		if (attribute.type == RTA_MULTIPATH)
			route.hops = read_hops(attribute.value);
		else
			read_way(only, attribute);
	}
	if (route.hops.empty() && only.ifindex != 0)
		route.hops.push_back(only);
	return route;
}

std::vector<NextHop> default_gateways(NetlinkSocket& socket, uint8_t family) {
	rtmsg request{};
	request.rtm_family = family == 4 ? AF_INET : AF_INET6;
	const std::string answer = socket.ask(RTM_GETROUTE, NLM_F_DUMP, bytes_of(request));
	std::vector<NextHop> gateways;
	for (const NetlinkMessage& message : split_messages(answer)) {
		const auto route = message.type == RTM_NEWROUTE ? read_route(message.payload) : std::nullopt;
		if (!route || !route->is_default || !route->is_unicast)
			continue;
		for (const NextHop& hop : route->hops) {
			if (hop.gateway)
				gateways.push_back(hop);
		}
	}
	return gateways;
}

std::vector<uint32_t> interfaces_to(NetlinkSocket& socket, const Address& destination, const std::optional<Address>& source) {
	rtmsg request{};
	request.rtm_family = destination.family == 4 ? AF_INET : AF_INET6;
	request.rtm_dst_len = destination.family == 4 ? 32 : 128;
	std::string payload = std::string(bytes_of(request)) + make_attribute(RTA_DST, raw(destination));
	if (source && source->family == destination.family) {
		rtmsg with_source = request;
		with_source.rtm_src_len = request.rtm_dst_len;
		payload = std::string(bytes_of(with_source)) + make_attribute(RTA_DST, raw(destination)) +
		          make_attribute(RTA_SRC, raw(*source));
	}
	std::string answer;
	try {
		answer = socket.ask(RTM_GETROUTE, 0, payload);
	} catch (const std::system_error& error) {
		const int code = error.code().value();
		if (code == ENETUNREACH || code == EHOSTUNREACH || code == EACCES || code == ENETDOWN)
			return {};
		if (source && code == EINVAL) // no address of this host any more
			return interfaces_to(socket, destination, std::nullopt);
		throw;
	}
	std::vector<uint32_t> interfaces;
	for (const NetlinkMessage& message : split_messages(answer)) {
		const auto route = message.type == RTM_NEWROUTE ? read_route(message.payload) : std::nullopt;
		if (!route || !route->is_unicast)
			continue;
		for (const NextHop& hop : route->hops)
			interfaces.push_back(hop.ifindex);
	}
	return interfaces;
}

} // namespace tmon
