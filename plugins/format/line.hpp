// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/format/record.hpp"

namespace tmon::format {

// The line for people, without its end:
// [DROP] Non-permitted traffic: 1.2.3.4:5 -> 6.7.8.9:80 (proto: TCP, size: 60 bytes, if: eth0)
template <class Lookup>
class ConsoleLine {
public:
	ConsoleLine(Lookup lookup, bool colour) : lookup_(lookup), colour_(colour) {}

	// As the put of a record: room for max_record bytes.
	char* put(char* out, const tmon_event& event) {
		out = put_action(out, event);
		out = put_literal(out, " Non-permitted traffic: ");
		const Ports ports = ports_of(event);
		out = put_endpoint(out, event.src, event.ip_version, ports.source);
		out = put_literal(out, " -> ");
		out = put_endpoint(out, event.dst, event.ip_version, ports.destination);
		out = put_literal(out, " (proto: ");
		out = format::put(out, name_of(protocol_of(event.protocol)));
		out = put_literal(out, ", size: ");
		out = put_decimal(out, event.packet_size);
		out = put_literal(out, " bytes, if: ");
		out = format::put(out, interfaces_.get(event.ifindex, lookup_));
		*out++ = ')';
		return out;
	}

private:
	struct Escape {
		void operator()(std::string& out, std::string_view name) const { append_printable(out, name); }
	};

	char* put_action(char* out, const tmon_event& event) const {
		if (event.flags & TMON_EVENT_DRY_RUN)
			return colour_ ? put_literal(out, "\x1b[31m[WOULD DROP]\x1b[0m") : put_literal(out, "[WOULD DROP]");
		if (event.action == TMON_ACTION_DROP)
			return colour_ ? put_literal(out, "\x1b[31m[DROP]\x1b[0m") : put_literal(out, "[DROP]");
		return colour_ ? put_literal(out, "\x1b[33m[LOG]\x1b[0m") : put_literal(out, "[LOG]");
	}

	// IPv6 in brackets, so that the port can be told from the address.
	static char* put_endpoint(char* out, const uint8_t* address, uint32_t ip_version, uint16_t port) {
		if (ip_version == 6)
			*out++ = '[';
		out = put_address(out, address, ip_version);
		if (ip_version == 6)
			*out++ = ']';
		*out++ = ':';
		return put_decimal(out, uint32_t{port});
	}

	Lookup lookup_;
	bool colour_;
	InterfaceNames<Escape> interfaces_;
};

} // namespace tmon::format
