// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/resolv_conf.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace tmon {

namespace {

constexpr std::string_view kBlanks = " \t\r";

bool read_server(const std::string& word, NameServer& server) {
	const std::size_t percent = word.find('%');
	const std::string bare = word.substr(0, percent);
	unsigned char bytes[16];
	// inet_aton takes what the C library takes there, such as 10.1.
	in_addr v4;
	if (bare.find(':') != std::string::npos && inet_pton(AF_INET6, bare.c_str(), bytes) == 1)
		server.address = ipv6_address(bytes);
	else if (inet_aton(bare.c_str(), &v4) != 0 && percent == std::string::npos)
		server.address = ipv4_address(&v4);
	else
		return false;
	server.zone = percent == std::string::npos ? "" : word.substr(percent + 1);
	return true;
}

} // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
	ResolvConf conf;
	while (!text.empty()) {
		const std::size_t end = std::min(text.find('\n'), text.size());
		std::string_view line = text.substr(0, end);
		text.remove_prefix(std::min(end + 1, text.size()));
		static constexpr std::string_view keyword = "nameserver";
		// At the start of the line, and a blank behind it.
		if (!line.starts_with(keyword) || line.size() == keyword.size() ||
		    kBlanks.find(line[keyword.size()]) == std::string_view::npos)
			continue;
		line.remove_prefix(keyword.size());
		line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
		const std::string word(line.substr(0, std::min(line.find_first_of(" \t\r#;"), line.size())));
		NameServer server;
		if (word.find('\0') == std::string::npos && read_server(word, server))
			conf.servers.push_back(std::move(server));
		else
			conf.unreadable.push_back(word);
	}
	return conf;
}

bool names_only_this_host(const ResolvConf& conf) {
	return !conf.servers.empty() && std::all_of(conf.servers.begin(), conf.servers.end(), [](const NameServer& server) {
		return is_loopback(server.address);
	});
}

bool is_systemd_stub(const ResolvConf& conf) {
	return names_only_this_host(conf) &&
	       std::all_of(conf.servers.begin(), conf.servers.end(), [](const NameServer& server) {
		       const std::string text = to_string(server.address);
		       return text == "127.0.0.53" || text == "127.0.0.54";
	       });
}

} // namespace tmon
