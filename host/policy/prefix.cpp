// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/policy/prefix.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

namespace tmon {

namespace {

using Octets = std::array<uint8_t, 16>;

// More than any form needs; what is longer is not looked into, and no message repeats it.
constexpr std::size_t longest_text = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

// A byte as it can be shown on a terminal.
std::string shown(char c) {
	if (c > ' ' && c < 127)
		return {'\'', c, '\''};
	char hex[16];
	std::snprintf(hex, sizeof hex, "byte 0x%02x", static_cast<unsigned char>(c));
	return hex;
}

std::string quoted(std::string_view text) {
	std::string result = "\"";
	for (const char c : text) {
		char hex[8];
		std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
		result += c >= ' ' && c < 127 ? std::string(1, c) : hex;
	}
	return result + '"';
}

PrefixError unexpected(std::string_view text, std::size_t at) { return {at, "unexpected " + shown(text[at])}; }

void clear_behind(Octets& octets, std::size_t length) {
	for (std::size_t i = 0; i < octets.size(); ++i) {
		const std::size_t first_bit = 8 * i;
		if (first_bit >= length)
			octets[i] = 0;
		else if (length - first_bit < 8)
			octets[i] = static_cast<uint8_t>(octets[i] & (0xff << (8 - (length - first_bit))));
	}
}

// The number of leading 1 bits when `octets` are a netmask.
std::optional<unsigned> netmask_length(const Octets& octets) {
	unsigned length = 0;
	while (length < 32 && (octets[length / 8] >> (7 - length % 8) & 1))
		++length;
	Octets mask{255, 255, 255, 255};
	clear_behind(mask, length);
	if (mask != octets)
		return std::nullopt;
	return length;
}

// Four octets into octets[first…]; `base` is where `text` starts in what the user wrote.
std::optional<PrefixError> parse_ipv4(std::string_view text, std::size_t base, Octets& octets, std::size_t first) {
	std::size_t at = 0;
	for (std::size_t count = 0;; ++count) {
		std::size_t end = at;
		while (end < text.size() && is_digit(text[end]))
			++end;
		const std::string_view digits = text.substr(at, end - at);
		if (end < text.size() && text[end] != '.')
			return PrefixError{base + end, "unexpected " + shown(text[end])};
		if (digits.empty())
			return PrefixError{base + at, "an octet is missing"};
		if (digits.size() > 1 && digits.front() == '0')
			return PrefixError{base + at, "leading zero in " + quoted(digits)};
		unsigned value = 0;
		const auto [_, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
		if (status != std::errc{} || value > 255)
			return PrefixError{base + at, "octet " + std::string(digits) + " exceeds 255"};
		if (count == 4)
			return PrefixError{base + at, "more than four octets"};
		octets[first + count] = static_cast<uint8_t>(value);
		if (end == text.size()) {
			if (count == 3)
				return std::nullopt;
			return PrefixError{base + end, count == 0 ? "only one octet, four are needed"
								  : "only " + std::to_string(count + 1) +
									" octets, four are needed"};
		}
		at = end + 1;
	}
}

// Reads the groups of one IPv6 address from left to right.
class Ipv6Reader {
public:
	explicit Ipv6Reader(std::string_view text) : text_(text) {}

	std::optional<PrefixError> read(Octets& octets);

private:
	std::optional<PrefixError> read_group(Octets& octets);
	PrefixError too_many() const { return {at_, "more than eight groups"}; }

	std::string_view text_;
	std::size_t at_ = 0;
	std::size_t filled_ = 0; // octets so far
	std::optional<std::size_t> gap_{}; // where "::" stands, in octets
};

std::optional<PrefixError> Ipv6Reader::read(Octets& octets) {
	if (text_.starts_with("::")) {
		gap_ = 0;
		at_ = 2;
	} else if (text_.starts_with(':')) {
		return PrefixError{0, "starts with a single ':'"};
	}
	while (at_ < text_.size()) {
		if (auto error = read_group(octets))
			return error;
		if (at_ == text_.size())
			break;
		if (text_[at_] != ':')
			return unexpected(text_, at_);
		++at_;
		if (at_ == text_.size())
			return PrefixError{at_ - 1, "ends with a single ':'"};
		if (text_[at_] != ':')
			continue;
		if (gap_)
			return PrefixError{at_ - 1, "a second \"::\""};
		gap_ = filled_;
		++at_;
	}
	if (!gap_)
		return filled_ == 16 ? std::nullopt
				     : std::optional(PrefixError{text_.size(), "only " + std::to_string(filled_ / 2) +
										   " groups, eight are needed"});
	if (filled_ == 16)
		return PrefixError{text_.find("::"), "\"::\" stands for nothing: eight groups are there"};
	const auto tail = octets.begin() + static_cast<std::ptrdiff_t>(*gap_);
	const auto end = octets.begin() + static_cast<std::ptrdiff_t>(filled_);
	// What came after "::" goes to the end of the address.
	std::fill(tail, std::copy_backward(tail, end, octets.end()), uint8_t{0});
	return std::nullopt;
}

std::optional<PrefixError> Ipv6Reader::read_group(Octets& octets) {
	const std::size_t start = at_;
	unsigned value = 0;
	while (at_ < text_.size() && hex_value(text_[at_]) >= 0) {
		if (at_ - start == 4 && text_.find('.', at_) == std::string_view::npos)
			return PrefixError{start, "more than four digits in a group"};
		value = (value << 4 | static_cast<unsigned>(hex_value(text_[at_]))) & 0xffff;
		++at_;
	}
	if (at_ < text_.size() && text_[at_] == '.') {
		if (filled_ > 12) {
			at_ = start;
			return too_many();
		}
		at_ = text_.size();
		auto error = parse_ipv4(text_.substr(start), start, octets, filled_);
		filled_ += 4;
		return error;
	}
	if (at_ == start)
		return unexpected(text_, at_);
	if (at_ - start > 4)
		return PrefixError{start, "more than four digits in a group"};
	if (filled_ == 16) {
		at_ = start;
		return too_many();
	}
	octets[filled_++] = static_cast<uint8_t>(value >> 8);
	octets[filled_++] = static_cast<uint8_t>(value & 0xff);
	return std::nullopt;
}

// What is wrong with the text as such, before any number is read.
std::optional<PrefixError> check_shape(std::string_view text) {
	if (text.empty())
		return PrefixError{0, "empty: write a prefix such as 10.0.0.0/8 or 2001:db8::/32"};
	if (text.size() > longest_text)
		return PrefixError{0, "longer than any prefix"};
	const std::size_t space = text.find_first_of(" \t\r\n\v\f");
	if (space != std::string_view::npos)
		return PrefixError{space, "a space: write the prefix without any"};
	const std::size_t zone = text.find('%');
	if (zone != std::string_view::npos) {
		const auto name = text.substr(zone, text.find('/', zone) - zone);
		// What goes to a terminal must not be able to steer it.
		const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; });
		return PrefixError{zone, (printable ? "zone " + quoted(name) : "a zone") + " is not possible in a prefix: leave it out"};
	}
	if (text.front() == '[')
		return PrefixError{0, "brackets: write the address without them"};
	return std::nullopt;
}

std::variant<uint8_t, PrefixError> parse_length(std::string_view digits, std::size_t base, unsigned most) {
	if (digits.empty())
		return PrefixError{base, "no length behind \"/\""};
	Octets mask{};
	if (most == 32 && digits.find('.') != std::string_view::npos && !parse_ipv4(digits, base, mask, 0)) {
		const auto length = netmask_length(mask);
		return PrefixError{base, "a netmask instead of a length" +
					     (length ? ": write /" + std::to_string(*length) : std::string())};
	}
	for (std::size_t i = 0; i < digits.size(); ++i)
		if (!is_digit(digits[i]))
			return PrefixError{base + i, "unexpected " + shown(digits[i]) + " in the length"};
	if (digits.size() > 1 && digits.front() == '0')
		return PrefixError{base, "leading zero in " + quoted(digits)};
	unsigned length = 0;
	const auto [_, status] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
	if (status != std::errc{} || length > most)
		return PrefixError{base, "length " + std::string(digits) + " exceeds " + std::to_string(most)};
	return static_cast<uint8_t>(length);
}

bool is_ipv4_mapped(const Octets& octets) {
	constexpr Octets mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	return std::equal(octets.begin(), octets.begin() + 12, mapped.begin());
}

std::string ipv4_text(const Octets& octets) {
	std::string text;
	for (std::size_t i = 0; i < 4; ++i)
		text += (i ? "." : "") + std::to_string(octets[i]);
	return text;
}

std::string ipv6_text(const Octets& octets) {
	std::array<unsigned, 8> groups;
	for (std::size_t i = 0; i < 8; ++i)
		groups[i] = static_cast<unsigned>(octets[2 * i] << 8 | octets[2 * i + 1]);
	// The first of the longest runs of zeros; a single zero is written.
	std::size_t gap = 8, gap_length = 1;
	for (std::size_t i = 0; i < 8; ++i) {
		std::size_t end = i;
		while (end < 8 && groups[end] == 0)
			++end;
		if (end - i > gap_length) {
			gap = i;
			gap_length = end - i;
		}
	}
	std::string text;
	for (std::size_t i = 0; i < 8; ++i) {
		if (i == gap) {
			text += "::";
			i += gap_length - 1;
			continue;
		}
		if (!text.empty() && text.back() != ':')
			text += ':';
		char hex[5];
		text.append(hex, std::to_chars(hex, hex + sizeof hex, groups[i], 16).ptr);
	}
	return text;
}

} // namespace

std::variant<Prefix, PrefixError> parse_prefix(std::string_view text) {
	if (auto error = check_shape(text))
		return *error;
	const std::size_t slash = text.find('/');
	const std::string_view address = text.substr(0, slash);
	if (address.empty())
		return PrefixError{0, "no address before \"/\""};

	Prefix prefix;
	prefix.family = address.find(':') == std::string_view::npos ? 4 : 6;
	const unsigned bits = prefix.family == 4 ? 32 : 128;
	if (auto error = prefix.family == 4 ? parse_ipv4(address, 0, prefix.address, 0)
					    : Ipv6Reader(address).read(prefix.address))
		return *error;

	if (slash == std::string_view::npos) {
		prefix.length = static_cast<uint8_t>(bits);
		if (prefix.family == 6 && is_ipv4_mapped(prefix.address)) {
			std::copy_n(prefix.address.begin() + 12, 4, prefix.address.begin());
			prefix.family = 4;
			prefix.length = 32;
		}
		return PrefixError{text.size(), "no length: write " + to_string(prefix) + " for one address"};
	}
	const auto length = parse_length(text.substr(slash + 1), slash + 1, bits);
	if (auto* error = std::get_if<PrefixError>(&length))
		return *error;
	prefix.length = std::get<uint8_t>(length);

	if (prefix.family == 6 && prefix.length >= 96 && is_ipv4_mapped(prefix.address)) {
		Prefix ipv4{4, static_cast<uint8_t>(prefix.length - 96), {}};
		std::copy_n(prefix.address.begin() + 12, 4, ipv4.address.begin());
		clear_behind(ipv4.address, ipv4.length);
		return PrefixError{0, "an IPv4-mapped address: write it as IPv4, " + to_string(ipv4)};
	}
	const Octets written = prefix.address;
	clear_behind(prefix.address, prefix.length);
	if (prefix.address != written)
		return PrefixError{0, "bits set behind /" + std::to_string(prefix.length) + ": write " +
					  to_string(prefix)};
	return prefix;
}

std::variant<Prefix, PrefixError> parse_address(std::string_view text) {
	if (text.empty())
		return PrefixError{0, "empty: write an address such as 10.0.0.1 or 2001:db8::1"};
	if (text.size() > longest_text)
		return PrefixError{0, "longer than any address"};
	const std::size_t space = text.find_first_of(" \t\r\n\v\f");
	if (space != std::string_view::npos)
		return PrefixError{space, "a space: write the address without any"};
	const std::size_t slash = text.find('/');
	if (slash != std::string_view::npos) {
		const auto prefix = parse_prefix(text);
		return PrefixError{slash, "a prefix: give one address" +
						  (std::holds_alternative<Prefix>(prefix)
						       ? " in it, such as " + address_text(std::get<Prefix>(prefix))
						       : std::string(", without a length"))};
	}
	const std::size_t zone = text.find('%');
	if (zone != std::string_view::npos)
		return PrefixError{zone, "zone " + quoted(text.substr(zone)) +
					     ": the filter looks at the address alone, leave it out"};
	if (auto error = check_shape(text))
		return *error;
	Prefix address;
	address.family = text.find(':') == std::string_view::npos ? 4 : 6;
	address.length = address.family == 4 ? 32 : 128;
	if (auto error = address.family == 4 ? parse_ipv4(text, 0, address.address, 0)
					     : Ipv6Reader(text).read(address.address))
		return *error;
	if (address.family == 6 && is_ipv4_mapped(address.address)) {
		Octets ipv4{};
		std::copy_n(address.address.begin() + 12, 4, ipv4.begin());
		return PrefixError{0, "an IPv4-mapped address: write it as IPv4, " + ipv4_text(ipv4)};
	}
	return address;
}

std::string address_text(const Prefix& prefix) {
	return prefix.family == 4 ? ipv4_text(prefix.address) : ipv6_text(prefix.address);
}

std::string to_string(const Prefix& prefix) { return address_text(prefix) + '/' + std::to_string(prefix.length); }

} // namespace tmon
