// SPDX-License-Identifier: MIT OR Apache-2.0
#include "plugins/format/line.hpp"
#include "plugins/format/record.hpp"

#include "test/unit/plugins/reference.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include <cctype>
#include <vector>

namespace format = tmon::format;
using namespace std::string_literals;

namespace {

struct Names {
	std::vector<std::string>* names;
	std::string_view operator()(uint32_t ifindex) const {
		return ifindex < names->size() ? std::string_view((*names)[ifindex]) : std::string_view{};
	}
};
std::vector<std::string> names = {"", "lo", "eth0", "veth-a.100"};
std::string shown(uint32_t ifindex) {
	return ifindex < names.size() && !names[ifindex].empty() ? names[ifindex] : "if" + std::to_string(ifindex);
}

tmon_event ipv4_event(std::vector<uint8_t> source, uint16_t port, uint8_t protocol) {
	tmon_event event{};
	event.ip_version = 4;
	event.src[10] = event.src[11] = 0xff;
	std::copy(source.begin(), source.end(), event.src + 12);
	event.src_port = port;
	event.protocol = protocol;
	return event;
}

std::string ipv6_text(const std::vector<unsigned>& groups) {
	uint8_t address[16];
	for (std::size_t i = 0; i < 8; ++i) {
		address[2 * i] = static_cast<uint8_t>(groups[i] >> 8);
		address[2 * i + 1] = static_cast<uint8_t>(groups[i]);
	}
	char text[64];
	return {text, format::put_ipv6(text, address)};
}

template <class Formatter>
std::string text_of(Formatter& formatter, const tmon_event& event, uint64_t utc_ns) {
	char out[format::max_record];
	return {out, formatter.put(out, event, utc_ns)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(plugins_format)

BOOST_AUTO_TEST_CASE(records_equal_the_naive_reference) {
	reference::RandomEvents random(20240229);
	format::JsonRecord json(Names{&names});
	format::CsvRecord csv(Names{&names});
	format::ConsoleLine line(Names{&names}, false);
	int different = 0;
	for (int i = 0; i < 200'000 && different < 10; ++i) {
		const tmon_event event = random.next();
		const uint64_t time = random.next_time();
		const std::string interface = shown(event.ifindex);
		char out[format::max_record];
		const auto compare = [&](char* end, const std::string& expected) {
			if (std::string_view(out, static_cast<std::size_t>(end - out)) == expected)
				return;
			++different;
			BOOST_ERROR("event " << i << "\n  is " << std::string(out, end) << "\n  not " << expected);
		};
		compare(json.put(out, event, time), reference::json(event, time, interface));
		compare(csv.put(out, event, time), reference::csv(event, time, interface));
		compare(line.put(out, event), reference::console(event, interface));
	}
}

BOOST_AUTO_TEST_CASE(json_has_the_twelve_fields_in_order_and_type) {
	const std::vector<std::pair<std::string, boost::json::kind>> expected = {
	    {"timestamp", boost::json::kind::int64},   {"timestamp_iso", boost::json::kind::string},
	    {"src_ip", boost::json::kind::string},     {"dst_ip", boost::json::kind::string},
	    {"src_port", boost::json::kind::int64},    {"dst_port", boost::json::kind::int64},
	    {"protocol", boost::json::kind::string},   {"protocol_num", boost::json::kind::int64},
	    {"packet_size", boost::json::kind::int64}, {"action", boost::json::kind::string},
	    {"interface", boost::json::kind::string},  {"flow_hash", boost::json::kind::string}};
	reference::RandomEvents random(7);
	format::JsonRecord json(Names{&names});
	for (int i = 0; i < 2000; ++i) {
		const tmon_event event = random.next();
		const std::string text = text_of(json, event, random.next_time());
		const boost::json::object object = boost::json::parse(text).as_object();
		BOOST_REQUIRE(object.size() == expected.size());
		std::size_t at = 0;
		for (const auto& [key, value] : object) {
			BOOST_TEST(std::string_view(key) == expected[at].first);
			BOOST_TEST((value.kind() == expected[at].second), text);
			++at;
		}
		const std::string hash(object.at("flow_hash").as_string());
		BOOST_TEST(hash.size() == 8u);
		for (const char digit : hash)
			BOOST_TEST((std::isdigit(digit) || (digit >= 'a' && digit <= 'f')));
		BOOST_TEST(object.at("packet_size").as_int64() == event.packet_size);
	}
}

BOOST_AUTO_TEST_CASE(a_whole_record) {
	tmon_event event = ipv4_event({192, 0, 2, 1}, 40000, 6);
	const uint8_t destination[] = {198, 51, 100, 255};
	std::copy(std::begin(destination), std::end(destination), event.dst + 12);
	event.dst_port = 443;
	event.packet_size = 60;
	event.ifindex = 2;
	event.action = TMON_ACTION_DROP;
	format::JsonRecord json(Names{&names});
	BOOST_TEST(text_of(json, event, 1'700'000'000'123'999'999) ==
	           R"({"timestamp":1700000000,"timestamp_iso":"2023-11-14T22:13:20.123Z","src_ip":"192.0.2.1",)"
	           R"("dst_ip":"198.51.100.255","src_port":40000,"dst_port":443,"protocol":"TCP","protocol_num":6,)"
	           R"("packet_size":60,"action":"DROP","interface":"eth0","flow_hash":"0057e3c5"})");
	format::ConsoleLine line(Names{&names}, false), coloured(Names{&names}, true);
	char out[format::max_record];
	BOOST_TEST(std::string(out, line.put(out, event)) ==
	           "[DROP] Non-permitted traffic: 192.0.2.1:40000 -> 198.51.100.255:443 (proto: TCP, size: 60 bytes, "
	           "if: eth0)");
	BOOST_TEST(std::string(out, coloured.put(out, event)).substr(0, 15) == "\x1b[31m[DROP]\x1b[0m");
	event.ip_version = 6;
	std::fill(event.src, event.src + 16, uint8_t{0});
	event.src[15] = 1;
	event.action = TMON_ACTION_LOG;
	BOOST_TEST(std::string(out, line.put(out, event)).substr(0, 45) ==
	           "[LOG] Non-permitted traffic: [::1]:40000 -> [");
	event.flags = TMON_EVENT_DRY_RUN;
	BOOST_TEST(std::string(out, line.put(out, event)).substr(0, 27) == "[WOULD DROP] Non-permitted ");
}

BOOST_AUTO_TEST_CASE(flow_hash_as_computed_by_hand) {
	// ((1*31 + 2)*31 + 3)*31 + 4 = 31810; + 80 + 6
	BOOST_TEST(format::flow_hash(ipv4_event({1, 2, 3, 4}, 80, 6)) == 31896u);
	// 255*(29791 + 961 + 31 + 1) = 7849920; + 65535 + 17
	BOOST_TEST(format::flow_hash(ipv4_event({255, 255, 255, 255}, 65535, 17)) == 7915472u);
	// ICMP type 8 is no port: 127*29791 + 1 + 1
	BOOST_TEST(format::flow_hash(ipv4_event({127, 0, 0, 1}, 8, 1)) == 3783459u);
	tmon_event event{};
	event.ip_version = 6;
	event.src[15] = 1;
	event.src_port = 1;
	event.protocol = 58;
	BOOST_TEST(format::flow_hash(event) == 59u);
	event.protocol = 17;
	event.src[14] = 2; // 2*31 + 1 + 1 + 17
	BOOST_TEST(format::flow_hash(event) == 81u);
	event.ip_version = 0; // no address: 0 + 1 + 17
	BOOST_TEST(format::flow_hash(event) == 18u);
}

BOOST_AUTO_TEST_CASE(ipv6_text_of_rfc_5952) {
	const std::pair<std::vector<unsigned>, std::string> cases[] = {
	    {{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
	    {{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
	    {{1, 0, 0, 0, 0, 0, 0, 0}, "1::"},
	    {{0x2001, 0xdb8, 0, 0, 0, 0, 2, 1}, "2001:db8::2:1"},
	    {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "2001:db8:0:1:1:1:1:1"},
	    {{0x2001, 0, 0, 1, 0, 0, 0, 1}, "2001:0:0:1::1"},
	    {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "2001:db8::1:0:0:1"},
	    {{0, 0, 1, 0, 0, 1, 0, 0}, "::1:0:0:1:0:0"},
	    {{0, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0}, "0:a:b:c:d:e:f:0"},
	    {{0xabcd, 0xef01, 0x10, 0x100, 0x1000, 0, 0, 0xf0}, "abcd:ef01:10:100:1000::f0"},
	    {{0, 0, 0, 0, 0, 0xffff, 0x0102, 0x0304}, "::ffff:1.2.3.4"},
	    {{0, 0, 0, 0, 0, 0, 0x0102, 0x0304}, "::102:304"},
	};
	for (const auto& [groups, expected] : cases)
		BOOST_TEST(ipv6_text(groups) == expected);
}

BOOST_AUTO_TEST_CASE(times) {
	const std::pair<uint64_t, std::string> cases[] = {
	    {0, "1970-01-01T00:00:00.000Z"},
	    {951'782'400, "2000-02-29T00:00:00.000Z"},
	    {951'868'799, "2000-02-29T23:59:59.000Z"},
	    {951'868'800, "2000-03-01T00:00:00.000Z"},
	    {4'107'542'400, "2100-03-01T00:00:00.000Z"},
	    {1'735'689'599, "2024-12-31T23:59:59.000Z"},
	};
	char out[64];
	for (const auto& [seconds, expected] : cases)
		BOOST_TEST(std::string(out, format::put_iso(out, seconds * 1'000'000'000)) == expected);
	BOOST_TEST(std::string(out, format::put_iso(out, UINT64_MAX)) == "2554-07-21T23:34:33.709Z");
	for (uint64_t day = 0; day < 213'000; ++day) // up to the year 2553
		if (std::string(out, format::put_iso(out, day * 86'400'000'000'000)) !=
		    reference::iso(day * 86'400'000'000'000))
			BOOST_ERROR("day " << day);
}

BOOST_AUTO_TEST_CASE(decimals) {
	char out[32];
	for (uint64_t power = 1, i = 0; i < 20; ++i, power *= 10)
		for (const uint64_t value : {power - 1, power, power + 1, power * 3 + 7})
			BOOST_TEST(std::string(out, format::put_decimal(out, value)) == std::to_string(value));
	BOOST_TEST(std::string(out, format::put_decimal(out, UINT64_MAX)) == std::to_string(UINT64_MAX));
	BOOST_TEST(std::string(out, format::put_decimal(out, UINT32_MAX)) == std::to_string(UINT32_MAX));
}

BOOST_AUTO_TEST_CASE(escaping) {
	const struct {
		std::string raw, json, csv, printable;
	} cases[] = {
	    {"eth0", "eth0", "eth0", "eth0"},
	    {"a\"b", R"(a\"b)", R"("a""b")", "a\"b"},
	    {"a\\b", R"(a\\b)", "a\\b", "a\\b"},
	    {"a,b", "a,b", "\"a,b\"", "a,b"},
	    {"a\nb\r\t", R"(a\nb\r\t)", "\"a\nb\r\t\"", "a?b??"},
	    {"\x1b[2J\x7f\x01", R"(\u001b[2J\u007f\u0001)", "\x1b[2J\x7f\x01", "?[2J??"},
	    {"\0x"s, R"(\u0000x)", "\0x"s, "?x"},
	    {"h\xc3\xb6he", "h\xc3\xb6he", "h\xc3\xb6he", "h??he"},
	    {"\xf0\x9f\x90\x9d", "\xf0\x9f\x90\x9d", "\xf0\x9f\x90\x9d", "????"},
	    {"\xff", "\xef\xbf\xbd", "\xef\xbf\xbd", "?"},
	    {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd", "??"}, // overlong
	    {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd", "??"}, // cut
	    {"\xed\xa0\x80!", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!",
	     "??"
	     "?!"}, // surrogate
	    {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "????"}, // beyond Unicode
	};
	for (const auto& c : cases) {
		std::string json, csv, printable;
		format::append_json_escaped(json, c.raw);
		format::append_csv_field(csv, c.raw);
		format::append_printable(printable, c.raw);
		BOOST_TEST(json == c.json);
		BOOST_TEST(csv == c.csv);
		BOOST_TEST(printable == c.printable);
	}
}

BOOST_AUTO_TEST_CASE(any_interface_name_leaves_the_line_valid_json) {
	std::mt19937_64 random(3);
	for (int i = 0; i < 3000; ++i) {
		std::vector<std::string> odd(1);
		const std::size_t size = i == 0 ? 100'000 : random() % 300 + 1;
		for (std::size_t k = 0; k < size; ++k)
			odd[0] += static_cast<char>(i == 0 ? 1 : random());
		format::JsonRecord json(Names{&odd});
		const std::string text = text_of(json, tmon_event{}, 0);
		boost::json::error_code error;
		boost::json::parse(text, error);
		BOOST_TEST(!error, text);
		BOOST_TEST(text.find('\n') == std::string::npos);
	}
}

BOOST_AUTO_TEST_CASE(interface_names_are_looked_up_once) {
	struct Plain {
		void operator()(std::string& out, std::string_view name) const { out = name; }
	};
	format::InterfaceNames<Plain> cache;
	int lookups = 0;
	const auto lookup = [&](uint32_t ifindex) {
		++lookups;
		return ifindex == 1 ? std::string_view("eth0") : std::string_view{};
	};
	for (int i = 0; i < 10; ++i) {
		BOOST_TEST(cache.get(1, lookup) == "eth0");
		BOOST_TEST(cache.get(4294967295u, lookup) == "if4294967295");
	}
	BOOST_TEST(lookups == 2);
	for (uint32_t i = 0; i < 10'000; ++i) // stays bounded
		BOOST_TEST(cache.get(i + 5, lookup) == "if" + std::to_string(i + 5));
}

BOOST_AUTO_TEST_SUITE_END()
