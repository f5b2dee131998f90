// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/peers.hpp"

#include "host/preflight/resolv_conf.hpp"
#include "host/preflight/routes.hpp"
#include "host/preflight/ssh.hpp"
#include "host/preflight/tcp_sockets.hpp"
#include "host/system/fd.hpp"
#include "host/system/links.hpp"

#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <unistd.h>

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <system_error>

namespace tmon {

namespace {

std::string with_port(const Address& address, uint16_t port) {
	const std::string text = to_string(address);
	return (address.family == 6 ? "[" + text + "]" : text) + ":" + std::to_string(port);
}

// The ifindex that a zone means, a name or a number; 0 when it means none.
uint32_t zone_index(const std::string& zone) {
	if (const uint32_t index = if_nametoindex(zone.c_str()))
		return index;
	return static_cast<uint32_t>(std::strtoul(zone.c_str(), nullptr, 10));
}

// 0, or the errno. No resolv.conf is longer than what is read of it.
int read_text(const std::filesystem::path& path, std::string& text) {
	const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
	if (!file)
		return errno;
	text.resize(1 << 20);
	std::size_t size = 0;
	while (size < text.size()) {
		const ssize_t count = read(file.get(), text.data() + size, text.size() - size);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno;
		if (count == 0)
			break;
		size += static_cast<std::size_t>(count);
	}
	text.resize(size);
	return 0;
}

class Finder {
public:
	Finder(const std::vector<Interface>& monitored, const ResolverFiles& files) : monitored_(monitored), files_(files) {}

	Peers find() {
		try_to("ask for routes", [&] {
			routes_.emplace(NETLINK_ROUTE);
			const std::vector<Link> links = dump_links(*routes_);
			for (const Interface& interface : monitored_)
				fed_.push_back(links_fed_by(links, interface.ifindex));
		});
		if (routes_ && fed_.size() == monitored_.size()) {
			try_to("find SSH sessions", [&] { find_sessions(); });
			try_to("find IPv4 gateways", [&] { find_gateways(4); });
			try_to("find IPv6 gateways", [&] { find_gateways(6); });
			try_to("find DNS servers", [&] { find_dns_servers(); });
		}
		return std::move(result_);
	}

private:
	void try_to(const char* what, const std::function<void()>& action) {
		try {
			action();
		} catch (const std::system_error& error) {
			note(std::string("cannot ") + what + ": " + error.code().message());
		}
	}

	void note(std::string text) { result_.notes.push_back(std::move(text)); }

	// Adds the peer for each monitored interface that it arrives at; through which it comes is known, or asked of the kernel.
	void add(PeerKind kind, const Address& address, const std::string& detail, uint32_t through,
	         const std::optional<Address>& local = std::nullopt) {
		std::vector<uint32_t> ways{through};
		if (through == 0)
			ways = interfaces_to(*routes_, address, local);
		for (std::size_t i = 0; i < monitored_.size(); ++i) {
			const auto is_fed = [&](uint32_t way) { return std::find(fed_[i].begin(), fed_[i].end(), way) != fed_[i].end(); };
			// Answers may go another way than what is answered has come: that arrived where its destination is.
			if (std::any_of(ways.begin(), ways.end(), is_fed) || (local && owns(monitored_[i], *local)))
				add_once({kind, address, detail, monitored_[i]});
		}
	}

	static bool owns(const Interface& interface, const Address& address) {
		ifaddrs* all = nullptr;
		if (getifaddrs(&all) != 0)
			return false;
		const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> freed(all, freeifaddrs);
		for (const ifaddrs* one = all; one; one = one->ifa_next) {
			if (!one->ifa_addr || interface.name != one->ifa_name)
				continue;
			const int family = one->ifa_addr->sa_family;
			const void* bytes = family == AF_INET    ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr)
			                    : family == AF_INET6 ? &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr
			                                         : nullptr;
			if (bytes && (family == AF_INET) == (address.family == 4) &&
			    std::memcmp(bytes, address.bytes.data(), family == AF_INET ? 4 : 16) == 0)
				return true;
		}
		return false;
	}

	void add_once(Peer peer) {
		for (const Peer& known : result_.peers) {
			if (known.kind == peer.kind && known.detail == peer.detail && known.interface.ifindex == peer.interface.ifindex)
				return;
		}
		result_.peers.push_back(std::move(peer));
	}

	void find_sessions() {
		const auto own = find_own_session();
		std::vector<TcpSocket> sockets;
		try {
			NetlinkSocket diagnosis(NETLINK_SOCK_DIAG);
			sockets = dump_tcp_sockets(diagnosis);
		} catch (const std::system_error& error) {
			note(std::string("cannot ask the kernel for TCP connections (") + error.code().message() +
			     "): of SSH sessions only this one is looked at");
		}
		const auto ports = find_ssh_ports(sockets, own, result_.notes);
		bool own_seen = false;
		for (const TcpSocket& socket : sockets) {
			if (!socket.established || !ports.contains(socket.local_port) || is_loopback(socket.remote))
				continue;
			const bool is_own = own && own->client == socket.remote && own->client_port == socket.remote_port;
			own_seen |= is_own;
			// Which link an address like fe80::1 is on cannot be asked for.
			if (is_link_local(socket.remote) && socket.ifindex == 0) {
				add_to_all_links(socket.remote, session_text(socket.remote, socket.remote_port, is_own));
				continue;
			}
			add(PeerKind::ssh, socket.remote, session_text(socket.remote, socket.remote_port, is_own), socket.ifindex,
			    socket.local);
		}
		if (own && !own_seen && !is_loopback(own->client))
			add(PeerKind::ssh, own->client, session_text(own->client, own->client_port, true), zone_index(own->zone));
	}

	static std::string session_text(const Address& address, uint16_t port, bool own) {
		return "SSH session from " + with_port(address, port) + (own ? " (this one)" : "");
	}

	void add_to_all_links(const Address& address, const std::string& detail) {
		for (const Interface& interface : monitored_)
			add_once({PeerKind::ssh, address, detail, interface});
	}

	void find_gateways(uint8_t family) {
		for (const NextHop& hop : default_gateways(*routes_, family))
			add(PeerKind::gateway, *hop.gateway, "default gateway " + to_string(*hop.gateway), hop.ifindex);
	}

	// Nothing, after a note, when it cannot be read.
	std::optional<ResolvConf> read_servers(const std::filesystem::path& path) {
		std::string text;
		if (const int error = read_text(path, text); error != 0) {
			note("cannot find DNS servers: " + path.string() + ": " + std::strerror(error));
			return std::nullopt;
		}
		ResolvConf conf = parse_resolv_conf(text);
		for (const std::string& word : conf.unreadable)
			note(path.string() + ": \"" + word + "\" is no address of a DNS server");
		return conf;
	}

	void find_dns_servers() {
		std::filesystem::path path = files_.resolv_conf;
		auto conf = read_servers(path);
		if (conf && is_systemd_stub(*conf)) {
			path = files_.behind_systemd_stub;
			conf = read_servers(path);
		}
		if (!conf)
			return;
		if (conf->servers.empty())
			note(path.string() + " names no DNS server");
		else if (names_only_this_host(*conf))
			note(path.string() + " names only this host as DNS server: where it asks is not known");
		for (const NameServer& server : conf->servers) {
			if (!is_loopback(server.address))
				add(PeerKind::dns, server.address, "DNS server " + to_string(server.address), zone_index(server.zone));
		}
	}

	const std::vector<Interface>& monitored_;
	const ResolverFiles& files_;
	std::optional<NetlinkSocket> routes_;
	std::vector<std::vector<uint32_t>> fed_; // for each monitored interface: the links that receive what arrives at it
	Peers result_;
};

} // namespace

Peers peers_of(const std::vector<Interface>& monitored, const ResolverFiles& files) { return Finder(monitored, files).find(); }

} // namespace tmon
