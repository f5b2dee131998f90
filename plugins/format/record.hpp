// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The default record of an event, 12 fields, as JSON and as CSV. A formatter keeps what repeats from
// line to line, so each user has its own. put writes one record without a line end and returns its
// end; `out` must have room for max_record bytes.
#pragma once

#include "plugins/format/escape.hpp"
#include "plugins/format/fields.hpp"
#include "plugins/format/interfaces.hpp"
#include "plugins/format/text.hpp"
#include "plugins/format/time.hpp"
#include "traffic_monitor/event.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tmon::format {

// An escaped interface name grows at most sixfold; all other fields and the keys take less than 480 bytes.
inline constexpr std::size_t max_record = 2048;
static_assert(6 * 255 + 480 <= max_record);

// {"timestamp":1700000000,"timestamp_iso":"2023-11-14T22:13:20.123Z","src_ip":"192.0.2.1", ... }
template <class Lookup>
class JsonRecord {
public:
	explicit JsonRecord(Lookup lookup) : lookup_(lookup) {}

	char* put(char* out, const tmon_event& event, uint64_t utc_ns) {
		const SplitTime time = split_time(utc_ns);
		out = start_.put(out, time.seconds);
		out = put_3_digits(out, time.milliseconds);
		out = put_literal(out, "Z\",\"src_ip\":\"");
		out = put_address(out, event.src, event.ip_version);
		out = put_literal(out, "\",\"dst_ip\":\"");
		out = put_address(out, event.dst, event.ip_version);
		const Ports ports = ports_of(event);
		out = put_literal(out, "\",\"src_port\":");
		out = put_decimal(out, uint32_t{ports.source});
		out = put_literal(out, ",\"dst_port\":");
		out = put_decimal(out, uint32_t{ports.destination});
		out = put_literal(out, ",\"protocol\":\"");
		out = format::put(out, name_of(protocol_of(event.protocol)));
		out = put_literal(out, "\",\"protocol_num\":");
		out = put_octet(out, event.protocol);
		out = put_literal(out, ",\"packet_size\":");
		out = put_decimal(out, event.packet_size);
		out = event.action == TMON_ACTION_DROP ? put_literal(out, ",\"action\":\"DROP\",\"interface\":\"")
		                                       : put_literal(out, ",\"action\":\"LOG\",\"interface\":\"");
		out = format::put(out, interfaces_.get(event.ifindex, lookup_));
		out = put_literal(out, "\",\"flow_hash\":\"");
		out = put_hex8(out, flow_hash(event));
		return put_literal(out, "\"}");
	}

private:
	struct Start {
		char* operator()(char* out, uint64_t seconds) const {
			out = put_literal(out, "{\"timestamp\":");
			out = put_decimal(out, seconds);
			out = put_literal(out, ",\"timestamp_iso\":\"");
			out = put_iso_seconds(out, seconds);
			*out++ = '.';
			return out;
		}
	};
	struct Escape {
		void operator()(std::string& out, std::string_view name) const { append_json_escaped(out, name); }
	};

	Lookup lookup_;
	PerSecond<Start> start_; // up to 62 bytes
	InterfaceNames<Escape> interfaces_;
};

inline constexpr std::string_view csv_header = "timestamp,timestamp_iso,src_ip,dst_ip,src_port,dst_port,protocol,"
                                               "protocol_num,packet_size,action,interface,flow_hash";

// The same fields in the same order. Of these only the interface can need quotes.
template <class Lookup>
class CsvRecord {
public:
	explicit CsvRecord(Lookup lookup) : lookup_(lookup) {}

	char* put(char* out, const tmon_event& event, uint64_t utc_ns) {
		const SplitTime time = split_time(utc_ns);
		out = start_.put(out, time.seconds);
		out = put_3_digits(out, time.milliseconds);
		out = put_literal(out, "Z,");
		out = put_address(out, event.src, event.ip_version);
		*out++ = ',';
		out = put_address(out, event.dst, event.ip_version);
		const Ports ports = ports_of(event);
		*out++ = ',';
		out = put_decimal(out, uint32_t{ports.source});
		*out++ = ',';
		out = put_decimal(out, uint32_t{ports.destination});
		*out++ = ',';
		out = format::put(out, name_of(protocol_of(event.protocol)));
		*out++ = ',';
		out = put_octet(out, event.protocol);
		*out++ = ',';
		out = put_decimal(out, event.packet_size);
		out = event.action == TMON_ACTION_DROP ? put_literal(out, ",DROP,") : put_literal(out, ",LOG,");
		out = format::put(out, interfaces_.get(event.ifindex, lookup_));
		*out++ = ',';
		return put_hex8(out, flow_hash(event));
	}

private:
	struct Start {
		char* operator()(char* out, uint64_t seconds) const {
			out = put_decimal(out, seconds);
			*out++ = ',';
			out = put_iso_seconds(out, seconds);
			*out++ = '.';
			return out;
		}
	};
	struct Escape {
		void operator()(std::string& out, std::string_view name) const { append_csv_field(out, name); }
	};

	Lookup lookup_;
	PerSecond<Start> start_;
	InterfaceNames<Escape> interfaces_;
};

} // namespace tmon::format
