// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/plugin_file/trusted_file.hpp"
#include "host/system/fd.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace tmon {

inline constexpr std::size_t max_plugin_bytes = 256u << 20;

// A file's content in memory, which nobody can change any more, this process included: what is checked is what
// is loaded, whatever happens to the file.
struct SealedCopy {
	Fd descriptor;      // a sealed memfd, open for reading; any user can open it anew by /proc/self/fd
	std::string sha256; // 64 lower-case hexadecimal digits
};

// Copies the file, at most `max_plugin_bytes`. Refuses one that has changed since it was judged. On failure:
// the reason, with the file's path.
std::variant<SealedCopy, std::string> make_sealed_copy(const TrustedFile& file);

// The bytes of a sealed copy, mapped for reading as long as this object lives.
class SealedView {
public:
	// Throws std::system_error.
	explicit SealedView(int descriptor);
	~SealedView();
	SealedView(const SealedView&) = delete;
	SealedView& operator=(const SealedView&) = delete;

	std::string_view bytes() const { return {data_, size_}; }

private:
	const char* data_ = nullptr;
	std::size_t size_ = 0;
};

} // namespace tmon
