// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/system/fd.hpp"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace tmon::test {

// The least XDP program: it passes everything. Its name tells it from others.
inline Fd load_passing_program(const char* name) {
	bpf_insn instructions[2] = {};
	instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
	instructions[0].imm = XDP_PASS;
	instructions[1].code = BPF_JMP | BPF_EXIT;
	Fd program(bpf_prog_load(BPF_PROG_TYPE_XDP, name, "Dual MIT/GPL", instructions, 2, nullptr));
	if (!program)
		throw std::system_error(errno, std::generic_category(), "loading an XDP program");
	return program;
}

inline Fd attach_by_link(int program, uint32_t ifindex) {
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	Fd link(bpf_link_create(program, static_cast<int>(ifindex), BPF_XDP, &options));
	if (!link)
		throw std::system_error(errno, std::generic_category(), "attaching an XDP program");
	return link;
}

inline uint32_t program_id(int program) {
	bpf_prog_info info{};
	__u32 size = sizeof info;
	return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

} // namespace tmon::test
