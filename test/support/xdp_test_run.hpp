// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace tmon::test {

// Runs a loaded XDP program on one frame in the kernel (BPF_PROG_TEST_RUN, which takes frames of at least 14
// bytes) and returns its verdict. A frame of more than about 3500 bytes lies in several buffers; `linear` says how
// much of it is in the first (Linux 6.18), 0 as much as fits.
inline uint32_t xdp_test_run(int program, const std::vector<uint8_t>& frame, uint32_t repeat = 1, uint32_t linear = 0) {
	std::vector<uint8_t> out(frame.size() + 512);
	xdp_md context{};
	context.data_end = linear;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(), .data_out = out.data(),
	            .data_size_in = static_cast<uint32_t>(frame.size()), .data_size_out = static_cast<uint32_t>(out.size()),
	            .repeat = static_cast<int>(repeat));
	if (linear != 0) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof context;
	}
	if (const int error = bpf_prog_test_run_opts(program, &options); error != 0)
		throw std::runtime_error(std::string("BPF_PROG_TEST_RUN: ") + std::strerror(-error));
	return options.retval;
}

} // namespace tmon::test
