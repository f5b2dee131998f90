// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What sits at XDP on an interface, and who holds it: whoever's it is.
#pragma once

#include "host/system/fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace tmon {

// A link to an interface. Empty optional: the kernel knows none such.
struct XdpLink {
	uint32_t id = 0;
	uint32_t program_id = 0;
	uint32_t ifindex = 0; // 0: its interface is gone, and it does nothing any more
};

// What a descriptor of a link is; nothing when it is none, or none of XDP.
std::optional<XdpLink> xdp_link(int fd);

// The link that attaches something to the interface (of the network namespace of the calling thread); nothing when there is
// none, or when what is attached has no link. Throws std::system_error where links may not be listed (CAP_SYS_ADMIN).
std::optional<XdpLink> find_xdp_link(uint32_t ifindex);

// Whether the kernel still has it.
bool link_exists(uint32_t link_id);

// Id of the program attached to the interface in any mode; 0 when there is none.
uint32_t attached_program(uint32_t ifindex);

// "program 17 (xdp_other)"
std::string describe_program(uint32_t program_id);

struct LinkHolder {
	pid_t pid = 0;
	std::string name; // of its program
};

// Processes that hold a descriptor of the link, as far as /proc shows them; not this one.
std::vector<LinkHolder> holders_of_link(uint32_t link_id);

} // namespace tmon
