// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <sys/stat.h>

#include <string>
#include <variant>

namespace tmon {

// A regular file whose content nobody but root and the user who runs this program could have chosen.
struct TrustedFile {
	std::string path;      // as it was given
	Fd descriptor;         // for reading
	struct stat status {}; // as it was when it was judged
};

// Opens a plugin's file; `path` is absolute or starts at the working directory. On failure: what is wrong
// with which file or directory, and how to mend it.
//
// The last component may not be a symbolic link; links on the way there are followed, and what they lead to is
// judged. The file and every directory above it must belong to root, to the effective user or, under sudo, to
// the user who called it, and may not be writable for their group or for everybody. A directory with the sticky
// bit may: there nobody can replace what belongs to others.
std::variant<TrustedFile, std::string> open_trusted(const std::string& path);

} // namespace tmon
