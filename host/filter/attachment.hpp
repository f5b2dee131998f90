// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/system/fd.hpp"
#include "host/system/interfaces.hpp"

#include <string>

namespace tmon {

// A program on an interface, through a link of the kernel. When the last descriptor of the link goes and it is not
// pinned, the kernel detaches.
class Attachment {
public:
	Attachment() = default;

	// Attaches a program. `automatic` tries native mode, then generic. Never replaces a program that is already
	// there. Throws FilterError.
	Attachment(int program, const Interface& interface, XdpMode mode);

	// Takes over a link that another run has pinned, in the mode that it has. Throws FilterError when its interface is
	// another one.
	Attachment(Fd link, const Interface& interface, XdpMode wanted);

	explicit operator bool() const noexcept { return bool(link_); }
	bool is_native() const noexcept { return native_; }
	// Why not natively, where that was tried; empty when there is nothing to say.
	const std::string& note() const noexcept { return note_; }
	int link() const noexcept { return link_.get(); }
	// The program that the link runs now; empty where the system does not hand it out.
	Fd program() const;

	// False once the kernel has detached the program because the interface is gone. Throws FilterError.
	bool holds() const;

	// Has the interface run `program` from its next packet on. Throws FilterError; the program before then goes on.
	void update(int program);

	// Lets go of the link.
	void release() noexcept { link_.reset(); }

private:
	std::string interface_;
	Fd link_;
	bool native_ = false;
	std::string note_;
};

} // namespace tmon
