// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/xdp_links.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tmon {

namespace {

namespace fs = std::filesystem;

// A descriptor of a link: made by the one who attached, or opened later.
bool is_link(const fs::path& fd) {
	std::error_code ignored;
	const fs::path what = fs::read_symlink(fd, ignored);
	return what == "anon_inode:bpf_link" || what == "anon_inode:bpf-link";
}

// "link_id:\t17" among what the kernel says of a descriptor.
bool is_of_link(const fs::path& fdinfo, uint32_t link_id) {
	std::ifstream file(fdinfo);
	static constexpr std::string_view key = "link_id:";
	for (std::string line; std::getline(file, line);) {
		if (!line.starts_with(key))
			continue;
		const std::size_t at = line.find_first_not_of(" \t", key.size());
		uint32_t id = 0;
		return at != std::string::npos &&
		       std::from_chars(line.data() + at, line.data() + line.size(), id).ec == std::errc{} && id == link_id;
	}
	return false;
}

bool holds_link(const fs::path& process, uint32_t link_id) {
	std::error_code error;
	for (auto at = fs::directory_iterator(process / "fd", error); !error && at != fs::directory_iterator(); at.increment(error)) {
		// The others are not looked at closely: there may be very many.
		if (is_link(at->path()) && is_of_link(process / "fdinfo" / at->path().filename(), link_id))
			return true;
	}
	return false;
}

} // namespace

std::optional<XdpLink> xdp_link(int fd) {
	// A program or map would be described as well, in the same bytes.
	if (!is_link("/proc/thread-self/fd/" + std::to_string(fd)))
		return std::nullopt;
	bpf_link_info info{};
	__u32 size = sizeof info;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0 || info.type != BPF_LINK_TYPE_XDP)
		return std::nullopt;
	return XdpLink{info.id, info.prog_id, info.xdp.ifindex};
}

std::optional<XdpLink> find_xdp_link(uint32_t ifindex) {
	// Interfaces of other namespaces can have the same ifindex; the program tells them apart.
	const uint32_t program = attached_program(ifindex);
	uint32_t id = 0;
	while (program != 0 && bpf_link_get_next_id(id, &id) == 0) {
		const Fd fd(bpf_link_get_fd_by_id(id));
		const auto link = fd ? xdp_link(fd.get()) : std::nullopt;
		if (link && link->ifindex == ifindex && link->program_id == program)
			return link;
	}
	if (program != 0 && errno != ENOENT)
		throw std::system_error(errno, std::generic_category(), "cannot list BPF links");
	return std::nullopt;
}

bool link_exists(uint32_t link_id) { return bool(Fd(bpf_link_get_fd_by_id(link_id))); }

uint32_t attached_program(uint32_t ifindex) {
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	if (ifindex == 0 || bpf_xdp_query(static_cast<int>(ifindex), 0, &query) != 0)
		return 0;
	for (const uint32_t id : {query.prog_id, query.drv_prog_id, query.skb_prog_id, query.hw_prog_id}) {
		if (id != 0)
			return id;
	}
	return 0;
}

std::string describe_program(uint32_t program_id) {
	std::string text = "program " + std::to_string(program_id);
	if (const Fd program{bpf_prog_get_fd_by_id(program_id)}; program) {
		bpf_prog_info info{};
		__u32 size = sizeof info;
		if (bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0 && info.name[0] != '\0')
			text += std::string(" (") + info.name + ")";
	}
	return text;
}

std::vector<LinkHolder> holders_of_link(uint32_t link_id) {
	std::vector<LinkHolder> holders;
	std::error_code error;
	for (auto at = fs::directory_iterator("/proc", error); !error && at != fs::directory_iterator(); at.increment(error)) {
		const std::string word = at->path().filename();
		pid_t pid = 0;
		const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), pid);
		if (status != std::errc{} || end != word.data() + word.size() || pid == getpid() || !holds_link(at->path(), link_id))
			continue;
		LinkHolder holder{pid, {}};
		std::getline(std::ifstream(at->path() / "comm"), holder.name);
		holders.push_back(std::move(holder));
	}
	return holders;
}

} // namespace tmon
