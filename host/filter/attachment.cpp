// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/attachment.hpp"

#include "host/filter/filter_error.hpp"
#include "host/filter/xdp_links.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace tmon {

namespace {

std::string explain_attach(int error, uint32_t ifindex) {
	switch (error) {
	case EBUSY:
	case EEXIST: {
		const uint32_t there = attached_program(ifindex);
		return (there == 0 ? "another program" : describe_program(there)) +
		       " is attached already and is not replaced; detach it first (where an earlier run has pinned it: take it over with "
		       "--pin, or traffic-monitor detach)";
	}
	case EOPNOTSUPP:
		return "the driver has no native XDP";
	case ERANGE:
	case EINVAL:
		return errno_text(error) + " (an MTU above what the driver can do with XDP, or a feature of the interface that "
		                           "excludes XDP)";
	case EPERM:
		return errno_text(error) + ": CAP_NET_ADMIN and CAP_BPF are needed";
	default:
		return errno_text(error);
	}
}

bpf_link_info info_of(int link, const std::string& interface) {
	bpf_link_info info{};
	__u32 size = sizeof info;
	if (bpf_obj_get_info_by_fd(link, &info, &size) != 0)
		throw FilterError("cannot ask for the link of " + interface + ": " + errno_text(errno));
	return info;
}

// The program reads frames from their Ethernet header on; what has none would pass as something that is not IP.
void check_link_type(const Interface& interface) {
	const Fd any(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ifreq request{};
	interface.name.copy(request.ifr_name, IFNAMSIZ - 1);
	if (ioctl(any.get(), SIOCGIFHWADDR, &request) != 0)
		throw FilterError("cannot attach to " + interface.name + ": " + errno_text(errno));
	const unsigned type = request.ifr_hwaddr.sa_family;
	if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK)
		throw FilterError("cannot attach to " + interface.name + ": its packets have no Ethernet header (link type " +
		                  std::to_string(type) + "), as those of tunnels and PPP; monitor the interface that carries it");
}

bool is_native_on(uint32_t ifindex) {
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	return bpf_xdp_query(static_cast<int>(ifindex), 0, &query) == 0 && query.attach_mode == XDP_ATTACHED_DRV;
}

} // namespace

Attachment::Attachment(int program, const Interface& interface, XdpMode mode) : interface_(interface.name) {
	check_link_type(interface);
	const auto try_mode = [&](__u32 flags) {
		LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
		const int link = bpf_link_create(program, static_cast<int>(interface.ifindex), BPF_XDP, &options);
		if (link >= 0)
			link_ = Fd(link);
		return link < 0 ? -link : 0;
	};
	const auto refuse = [&](const char* how, int error) {
		throw FilterError("cannot attach to " + interface.name + " (" + how +
		                  " mode): " + explain_attach(error, interface.ifindex));
	};
	if (mode != XdpMode::generic) {
		const int error = try_mode(XDP_FLAGS_DRV_MODE);
		native_ = error == 0;
		if (native_)
			return;
		// A foreign program is no reason to try elsewhere, and neither is a lack of rights.
		if (mode == XdpMode::native || error == EBUSY || error == EEXIST || error == EPERM)
			refuse("native", error);
		note_ = "native mode is not available: " + explain_attach(error, interface.ifindex);
	}
	if (const int error = try_mode(XDP_FLAGS_SKB_MODE); error != 0)
		refuse("generic", error);
}

Attachment::Attachment(Fd link, const Interface& interface, XdpMode wanted)
    : interface_(interface.name), link_(std::move(link)) {
	const bpf_link_info info = info_of(link_.get(), interface_);
	if (info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex != interface.ifindex)
		throw FilterError("the pinned link of " + interface_ + " is of an interface that is gone");
	native_ = is_native_on(interface.ifindex);
	note_ = "taken over";
	if ((wanted == XdpMode::native && !native_) || (wanted == XdpMode::generic && native_))
		note_ += " in this mode, although another one is asked for: detach first to change it";
}

Fd Attachment::program() const { return Fd(bpf_prog_get_fd_by_id(info_of(link_.get(), interface_).prog_id)); }

bool Attachment::holds() const { return link_ && info_of(link_.get(), interface_).xdp.ifindex != 0; }

void Attachment::update(int program) {
	LIBBPF_OPTS(bpf_link_update_opts, options);
	if (const int error = bpf_link_update(link_.get(), program, &options); error != 0)
		throw FilterError("cannot exchange the program of " + interface_ + ": " + errno_text(error));
}

} // namespace tmon
