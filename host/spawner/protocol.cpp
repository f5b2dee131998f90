// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/spawner/protocol.hpp"

#include <climits>
#include <cstring>

namespace tmon {

namespace {

struct Header {
	SpawnerWord word;
	int32_t value;
	uint64_t id;
	uint32_t uid;
	uint32_t reserved;
};
static_assert(sizeof(Header) == 24, "no padding, which would be sent too");

std::optional<SpawnerMessage> decode(Packet packet) {
	Header header;
	if (packet.bytes.size() < sizeof header)
		return std::nullopt;
	std::memcpy(&header, packet.bytes.data(), sizeof header);
	packet.bytes.erase(0, sizeof header);
	return SpawnerMessage{
	    header.word, header.value, header.id, header.uid, std::move(packet.bytes), std::move(packet.descriptors)};
}

bool is_path(const std::string& text) {
	return !text.empty() && text.size() < PATH_MAX && text.find('\0') == std::string::npos;
}

} // namespace

int send(int socket, const SpawnerMessage& message, std::span<const int> descriptors, int flags) {
	const Header header{message.word, message.value, message.id, message.uid, 0};
	return send_packet(socket, {reinterpret_cast<const char*>(&header), sizeof header}, message.text, descriptors,
	                   flags);
}

std::optional<SpawnerMessage> decode_request(Packet packet) {
	std::optional<SpawnerMessage> message = decode(std::move(packet));
	if (!message)
		return std::nullopt;
	const std::size_t descriptors = message->descriptors.size();
	switch (message->word) {
	case SpawnerWord::spawn: return descriptors == 2 && message->text.empty() ? std::move(message) : std::nullopt;
	case SpawnerWord::kill: return descriptors == 0 && message->text.empty() ? std::move(message) : std::nullopt;
	case SpawnerWord::open: return descriptors == 0 && is_path(message->text) ? std::move(message) : std::nullopt;
	default: return std::nullopt;
	}
}

std::optional<SpawnerMessage> decode_answer(Packet packet) {
	std::optional<SpawnerMessage> message = decode(std::move(packet));
	if (!message)
		return std::nullopt;
	const std::size_t descriptors = message->descriptors.size();
	switch (message->word) {
	case SpawnerWord::started: return descriptors == 0 && message->value > 0 ? std::move(message) : std::nullopt;
	case SpawnerWord::ready:
	case SpawnerWord::unfit:
	case SpawnerWord::failed:
	case SpawnerWord::ended: return descriptors == 0 ? std::move(message) : std::nullopt;
	case SpawnerWord::opened:
		return descriptors == (message->value == 0 ? 1u : 0u) ? std::move(message) : std::nullopt;
	default: return std::nullopt;
	}
}

} // namespace tmon
