// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/units.hpp"

#include <sys/un.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace tmon {

namespace {

struct Unit {
	std::string_view name;
	std::uint64_t factor;
};

constexpr std::array size_units{Unit{"", 1}, Unit{"K", 1u << 10}, Unit{"M", 1u << 20}, Unit{"G", 1u << 30}};
constexpr std::array time_units{Unit{"", 1000}, Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
				Unit{"h", 3'600'000}};

// Digits with one of `units` behind them. A value too large for 64 bits becomes the largest.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
	constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
	std::uint64_t number = 0;
	const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
	if (status == std::errc::invalid_argument)
		return std::nullopt;
	const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
	for (const Unit& unit : units)
		if (name == unit.name)
			return status == std::errc{} && number <= largest / unit.factor ? number * unit.factor
											: largest;
	return std::nullopt;
}

struct Bounds {
	std::uint64_t least, most;
	std::string_view text;
};

Parsed<std::uint64_t> parse_bounded(std::string_view text, std::span<const Unit> units, std::string_view expected,
				    const Bounds& bounds) {
	const auto value = parse_quantity(text, units);
	if (!value)
		return quote(text) + ": expected " + std::string(expected);
	if (*value < bounds.least || *value > bounds.most)
		return quote(text) + " is out of bounds: " + std::string(bounds.text);
	return *value;
}

constexpr std::string_view size_expected = "bytes, or a number with K, M or G behind it, such as \"4M\"";

constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

Parsed<std::chrono::milliseconds> parse_time(std::string_view text, std::string_view expected, const Bounds& bounds) {
	const auto ms = parse_bounded(text, time_units, expected, bounds);
	if (auto* error = std::get_if<std::string>(&ms))
		return *error;
	return std::chrono::milliseconds(static_cast<std::int64_t>(std::get<std::uint64_t>(ms)));
}

// With the largest unit that divides it.
std::string format_quantity(std::uint64_t value, std::span<const Unit> units) {
	const Unit* best = &units.front();
	for (const Unit& unit : units)
		if (value % unit.factor == 0 && (unit.factor > best->factor || unit.factor == 1) && value != 0)
			best = &unit;
	return std::to_string(value / best->factor) + std::string(best->name);
}

constexpr std::array<std::pair<std::string_view, LogFormat>, 4> log_formats{
    {{"console", LogFormat::console}, {"json", LogFormat::json}, {"csv", LogFormat::csv}, {"jsonl", LogFormat::jsonl}}};
constexpr std::array<std::pair<std::string_view, XdpMode>, 3> xdp_modes{
    {{"auto", XdpMode::automatic}, {"native", XdpMode::native}, {"generic", XdpMode::generic}}};
constexpr std::array<std::pair<std::string_view, Isolation>, 2> isolations{
    {{"process", Isolation::process}, {"thread", Isolation::thread}}};

constexpr std::array<std::pair<std::string_view, Permission>, 5> permissions{{{"network", Permission::network},
									      {"exec", Permission::exec},
									      {"block", Permission::block},
									      {"stdout", Permission::standard_output},
									      {"paths", Permission::paths}}};

} // namespace

Parsed<std::uint64_t> parse_ring_bytes(std::string_view text) {
	return parse_bounded(text, size_units, size_expected, {64u << 10, 1u << 30, "64K to 1G"});
}

Parsed<std::uint64_t> parse_buffer_bytes(std::string_view text) {
	return parse_bounded(text, size_units, size_expected, {1, 64u << 20, "1 to 64M"});
}

Parsed<std::chrono::milliseconds> parse_stats_interval(std::string_view text) {
	return parse_time(text, "seconds, or a number with ms, s, m or h behind it, such as \"60s\"",
			  {100, 24 * 3'600'000, "100ms to 24h"});
}

Parsed<std::chrono::milliseconds> parse_confirm_time(std::string_view text) {
	return parse_time(text, "seconds, or a number with s, m or h behind it, such as \"60s\"",
			  {5'000, 24 * 3'600'000, "5s to 24h"});
}

Parsed<std::uint64_t> parse_memory_limit(std::string_view text) {
	return parse_bounded(text, size_units, size_expected, {16u << 20, std::uint64_t{1} << 40, "16M to 1024G"});
}

Parsed<std::chrono::milliseconds> parse_deadline(std::string_view text) {
	return parse_time(text, "seconds, or a number with ms or s behind it, such as \"2s\"",
			  {100, 60'000, "100ms to 60s"});
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
	return parse_bounded(text, size_units, size_expected, {0, most, "at most 2^63 - 1 bytes"});
}

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
	return parse_time(text, "seconds, or a number with ms, s, m or h behind it, such as \"60s\"",
			  {0, most, "at most 2^63 - 1 ms"});
}

std::string format_size(std::uint64_t bytes) { return format_quantity(bytes, size_units); }

std::string format_duration(std::chrono::milliseconds duration) {
	// Without the unit that is written as none: a bare number reads as seconds.
	return duration.count() == 0 ? "0"
				     : format_quantity(static_cast<std::uint64_t>(duration.count()),
						       std::span(time_units).subspan(1));
}

Parsed<LogFormat> parse_log_format(std::string_view text) { return parse_word<LogFormat>(text, log_formats); }
Parsed<XdpMode> parse_xdp_mode(std::string_view text) { return parse_word<XdpMode>(text, xdp_modes); }
Parsed<Isolation> parse_isolation(std::string_view text) { return parse_word<Isolation>(text, isolations); }
Parsed<Permission> parse_permission(std::string_view text) { return parse_word<Permission>(text, permissions); }

std::string interface_name_error(std::string_view name) {
	constexpr std::size_t longest = 15; // IFNAMSIZ without the NUL
	if (name.empty())
		return "an interface needs a name";
	if (name.size() > longest)
		return quote(name) + " is longer than the 15 characters that an interface's name can have";
	bool refused = name == "." || name == "..";
	for (const char c : name)
		refused = refused || c <= ' ' || c == 127 || c == '/' || c == ':' || c == ',';
	return refused ? quote(name) + " cannot be the name of an interface" : std::string();
}

bool has_control_character(std::string_view text) {
	for (std::size_t i = 0; i < text.size(); ++i) {
		const auto byte = static_cast<unsigned char>(text[i]);
		const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : 0);
		// U+0080 to U+009F steer terminals, too.
		if (byte < ' ' || byte == 127 || (byte == 0xc2 && next >= 0x80 && next < 0xa0))
			return true;
	}
	return false;
}

std::string file_name_error(std::string_view path) {
	if (path.empty())
		return "the name of a file is empty";
	if (has_control_character(path))
		return "the name of a file contains a control character: " + quote(path);
	return path.back() == '/' ? quote(path) + " is a directory: name a file in it" : std::string();
}

std::string socket_name_error(std::string_view path) {
	constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
	if (path.size() > longest)
		return quote(path) + " is longer than the " + std::to_string(longest) + " bytes that a socket's path can have";
	return file_name_error(path);
}

std::string_view to_string(LogFormat format) {
	for (const auto& [name, value] : log_formats)
		if (value == format)
			return name;
	return {};
}

std::string_view to_string(Permission permission) {
	for (const auto& [name, value] : permissions)
		if (value == permission)
			return name;
	return {};
}

} // namespace tmon
