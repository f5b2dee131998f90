// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/runner/received_setup.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace tmon {

namespace {

std::vector<Fd> receive_descriptors(int socket) {
	std::optional<Message> message = receive_message(socket, 0);
	if (!message || message->type != MessageType::setup ||
	    message->descriptors.size() != static_cast<std::size_t>(SetupFd::count))
		throw std::runtime_error("the host sent no setup");
	return std::move(message->descriptors);
}

} // namespace

std::string read_whole(int descriptor) {
	struct stat status;
	if (fstat(descriptor, &status) != 0)
		throw std::system_error(errno, std::generic_category(), "cannot read what the host has passed on");
	std::string text(static_cast<std::size_t>(status.st_size), '\0');
	for (std::size_t at = 0; at < text.size();) {
		const ssize_t got = pread(descriptor, text.data() + at, text.size() - at, static_cast<off_t>(at));
		if (got <= 0)
			throw std::runtime_error("what the host has passed on is incomplete");
		at += static_cast<std::size_t>(got);
	}
	return text;
}

ReceivedSetup::ReceivedSetup(int socket) : ReceivedSetup(receive_descriptors(socket)) {}

ReceivedSetup::ReceivedSetup(std::vector<Fd> received)
    : descriptors(std::move(received)), page(fd(SetupFd::page).get()), rings(fd(SetupFd::rings).get()) {
	std::optional<RunnerSetup> decoded = decode_setup(read_whole(fd(SetupFd::setup).get()));
	if (!decoded)
		throw std::runtime_error("the runner's setup is damaged");
	text = std::move(*decoded);
}

} // namespace tmon
