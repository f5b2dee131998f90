// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>

namespace tmon {

// Collects what libbpf says while it exists, in this thread's place: libbpf has one printer per process.
class LoadLog {
public:
	LoadLog();
	~LoadLog();
	LoadLog(const LoadLog&) = delete;
	LoadLog& operator=(const LoadLog&) = delete;

	const std::string& text() const noexcept { return text_; }

private:
	friend struct LoadLogPrinter;
	std::string text_;
};

// What tells why a program was refused: the last `lines` lines of the verifier's log, or, where the
// verifier was not reached, the last lines that libbpf said.
std::string explain_refusal(const std::string& libbpf_output, std::size_t lines = 20);

} // namespace tmon
