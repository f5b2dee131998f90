// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/ssh.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace tmon {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kServers = {"sshd", "sshd-session", "dropbear"};
constexpr int kMostAncestors = 64;

std::string read_whole(const fs::path& path) {
	std::ifstream file(path, std::ios::binary);
	return {std::istreambuf_iterator<char>(file), {}};
}

bool read_number(std::string_view text, auto& number) {
	const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
	return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Address> read_address(const std::string& text) {
	unsigned char bytes[16];
	const std::string bare = text.substr(0, text.find('%'));
	if (inet_pton(AF_INET, bare.c_str(), bytes) == 1)
		return ipv4_address(bytes);
	if (inet_pton(AF_INET6, bare.c_str(), bytes) == 1)
		return ipv6_address(bytes);
	return std::nullopt;
}

// "NAME=value" of an environment as /proc shows it.
std::string value_in(std::string_view environment, std::string_view name) {
	while (!environment.empty()) {
		const std::string_view entry = environment.substr(0, environment.find('\0'));
		if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
			return std::string(entry.substr(name.size() + 1));
		environment.remove_prefix(std::min(entry.size() + 1, environment.size()));
	}
	return {};
}

pid_t parent_of(pid_t pid) {
	const std::string status = read_whole("/proc/" + std::to_string(pid) + "/status");
	const std::size_t at = status.find("\nPPid:");
	return at == std::string::npos ? 0 : static_cast<pid_t>(std::atol(status.c_str() + at + 6));
}

// Inodes of the sockets that a process holds; false when that cannot be read.
bool add_sockets_of(const fs::path& process, std::set<uint32_t>& inodes) {
	std::error_code error;
	for (const auto& entry : fs::directory_iterator(process / "fd", error)) {
		std::error_code ignored;
		std::string target = fs::read_symlink(entry.path(), ignored).string();
		uint32_t inode = 0;
		if (target.starts_with("socket:[") && target.ends_with(']') &&
		    read_number(std::string_view(target).substr(8, target.size() - 9), inode))
			inodes.insert(inode);
	}
	return !error || error == std::errc::no_such_file_or_directory; // it may have ended meanwhile
}

} // namespace

std::optional<SshSession> parse_ssh_session(std::string_view text) {
	std::istringstream words{std::string(text)};
	std::vector<std::string> all{std::istream_iterator<std::string>(words), {}};
	if (all.size() != 3 && all.size() != 4)
		return std::nullopt;
	const auto client = read_address(all.front());
	SshSession session;
	if (!client || !read_number(all[1], session.client_port) || !read_number(all.back(), session.server_port))
		return std::nullopt;
	session.client = *client;
	if (const std::size_t percent = all.front().find('%'); percent != std::string::npos)
		session.zone = all.front().substr(percent + 1);
	if (all.size() == 4)
		session.server = read_address(all[2]);
	return session;
}

std::optional<SshSession> find_own_session() {
	for (const char* name : {"SSH_CONNECTION", "SSH_CLIENT"}) {
		if (const char* value = std::getenv(name)) {
			if (auto session = parse_ssh_session(value))
				return session;
		}
	}
	pid_t pid = getppid();
	for (int i = 0; pid > 1 && i < kMostAncestors; ++i, pid = parent_of(pid)) {
		const std::string environment = read_whole("/proc/" + std::to_string(pid) + "/environ");
		for (const char* name : {"SSH_CONNECTION", "SSH_CLIENT"}) {
			if (auto session = parse_ssh_session(value_in(environment, name)))
				return session;
		}
	}
	return std::nullopt;
}

std::set<uint16_t> find_ssh_ports(const std::vector<TcpSocket>& sockets, const std::optional<SshSession>& own,
                                  std::vector<std::string>& notes) {
	std::set<uint16_t> ports{22};
	if (own)
		ports.insert(own->server_port);
	std::set<uint32_t> inodes;
	bool readable = true;
	std::error_code error;
	for (const auto& entry : fs::directory_iterator("/proc", error)) {
		const std::string pid = entry.path().filename();
		if (pid.find_first_not_of("0123456789") != std::string::npos)
			continue;
		std::string name = read_whole(entry.path() / "comm");
		if (name.ends_with('\n'))
			name.pop_back();
		if (std::find(kServers.begin(), kServers.end(), name) != kServers.end())
			readable &= add_sockets_of(entry.path(), inodes);
	}
	if (error || !readable)
		notes.push_back("cannot see which ports SSH servers listen on" + (error ? ": " + error.message() : std::string()) +
		                ": sessions are looked for at port 22 and that of this session only");
	for (const TcpSocket& socket : sockets) {
		if (socket.listening && inodes.contains(socket.inode))
			ports.insert(socket.local_port);
	}
	return ports;
}

} // namespace tmon
