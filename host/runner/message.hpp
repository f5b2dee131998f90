// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What host and runner say to each other over their SOCK_SEQPACKET pair. One message is one datagram: a
// header and a body. Whatever comes from a runner is checked on reading: the plugin may have written it.
#pragma once

#include "host/sandbox/sandbox.hpp"
#include "host/system/fd.hpp"
#include "host/system/interfaces.hpp"
#include "host/system/packet_socket.hpp"
#include "traffic_monitor/plugin.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tmon {

enum class MessageType : uint32_t {
	// host to runner
	setup = 1,   // descriptors in the order of SetupFd; the body of RunnerSetup lies in the last of them
	begin,       // answer to loaded: create the plugin; with a descriptor: restore the state in it
	go,          // answer to ready: read events, from the cursors in the page on
	opened,      // answer to open: value = status; the descriptor, or the reason as body
	tick,        // body: tmon_tick
	alert_in,    // body: encode_alert
	drain,       // body: one uint64_t per ring; read up to there, end, answer drained
	hand_over,   // stop reading, flush, save the state into the descriptor, answer handed_over
	resume,      // after hand_over: go on, the successor has failed
	reconfigure, // body: the new configuration; answer reconfigured
	finish,      // flush, destroy, answer ended, exit
	wake,        // answer to asleep: there are events
	entry_names, // with a descriptor: the table of one generation, see entry_names.hpp
	interface_added, // value = ifindex, body = name
	// runner to host
	loaded = 64,  // the plugin is open, its entry is as its manifest says; body: report of the sandbox, or empty
	ready,        // the plugin has been created; body of PluginTraits
	refused,      // value = status, body = why; the runner exits, at its start or later
	log,          // value = TMON_LOG_, body = text
	alert_out,    // body: encode_alert
	open,         // value = TMON_OPEN_, body = path
	drained,
	handed_over,  // value = status of save, body = why where it failed
	reconfigured, // value = status, body = why where it failed
	ended,        // value = TMON_OK, or TMON_E_FATAL when the plugin had given up
	asleep,       // it has nothing to do and waits for a message
	block_request, // body: encode_block
	// plugin-checker to host, instead of most of the above; see host/conformance
	step,         // body = what it is about to do
	finding,      // value = Outcome, body = what it has found
};

struct MessageHeader {
	MessageType type;
	int32_t value;
};

constexpr std::size_t kMaxMessage = kMaxPacket; // bytes, header included

struct Message {
	MessageType type{};
	int32_t value = 0;
	std::string body;
	std::vector<Fd> descriptors;
};

enum class SetupFd : std::size_t { page, rings, plugin, setup, count };
static_assert(static_cast<std::size_t>(SetupFd::count) <= kMaxPacketDescriptors);

// What a runner has to know to start.
struct RunnerSetup {
	std::string instance;    // name of the plugin instance
	std::string plugin_path; // for messages; the file itself comes as a descriptor
	std::string manifest;    // text of the file's manifest, as the host has read it; and what it says:
	std::string plugin_id;
	std::string plugin_version;
	std::vector<std::string> capabilities;
	std::string config_json;
	SandboxRules sandbox;
	bool may_block = false;  // the configuration grants it
	bool can_block = false;  // and where the events come from, it is possible
	std::vector<Interface> interfaces;
	// Of recorded events; live ones use the clocks of the moment.
	std::optional<int64_t> clock_offset_ns;
};

// What the host learns of a plugin once it has been created.
struct PluginTraits {
	std::string id;
	std::string version;
	bool takes_events = false;
	bool takes_alerts = false;
	bool wants_ticks = false;
	bool has_state = false;
	bool can_reconfigure = false;
	uint64_t tick_interval_ns = 0; // 0: the statistics interval
};

std::string encode(const RunnerSetup& setup);
std::string encode(const PluginTraits& traits);
std::string encode_alert(const tmon_alert& alert, std::string_view emitter);

// nullopt when the bytes are not a complete, well-formed encoding.
std::optional<RunnerSetup> decode_setup(std::string_view body);
std::optional<PluginTraits> decode_traits(std::string_view body);

// An alert with the memory its strings and arrays point to.
struct DecodedAlert {
	tmon_alert alert{};
	std::vector<std::array<uint8_t, 16>> victims;
	std::vector<tmon_measure> threshold, observed;
};
// Strings of the result point into `body`.
std::optional<DecodedAlert> decode_alert(std::string_view body);

// Sends one message. Returns 0, or the errno: EAGAIN when the queue is full and `flags` has MSG_DONTWAIT.
// Never raises SIGPIPE. [any-thread]
int send_message(int socket, MessageType type, int32_t value, std::string_view body, std::span<const int> descriptors,
                 int flags);

// Receives one message; nullopt with errno set when there is none (EAGAIN), the peer is gone (ENOTCONN, or ECONNRESET:
// see receive_packet) or it was malformed (EBADMSG). Descriptors are close-on-exec.
std::optional<Message> receive_message(int socket, int flags);

} // namespace tmon
