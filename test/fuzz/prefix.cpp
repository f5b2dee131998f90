// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Prefixes: what parses is canonical and survives being written and read again; an error has its place in the text.
#include "host/policy/prefix.hpp"
#include "test/fuzz/target.hpp"

namespace tmon::fuzz {

const char* const target_name = "prefix";

namespace {

std::string check(const Prefix& prefix) {
	const unsigned bits = prefix.family == 4 ? 32 : 128;
	if ((prefix.family != 4 && prefix.family != 6) || prefix.length > bits)
		return "family " + std::to_string(prefix.family) + " with length " + std::to_string(prefix.length);
	for (unsigned bit = prefix.length; bit < 128; ++bit)
		if (prefix.address[bit / 8] & 0x80 >> bit % 8)
			return "bit " + std::to_string(bit) + " is set behind the length";
	const std::string text = to_string(prefix);
	const auto again = parse_prefix(text);
	if (const auto* error = std::get_if<PrefixError>(&again))
		return "its own text " + text + " is refused: " + error->message;
	if (std::get<Prefix>(again) != prefix)
		return "its own text " + text + " is another prefix";
	if (to_string(std::get<Prefix>(again)) != text)
		return "written twice it differs: " + text;
	return {};
}

std::string check(const PrefixError& error, std::size_t size) {
	if (error.offset > size)
		return "offset " + std::to_string(error.offset) + " of the error is behind the text: " + error.message;
	if (error.message.empty())
		return "an error without a message";
	for (const char c : error.message)
		if (static_cast<unsigned char>(c) < ' ')
			return "a control character in the message: " + error.message;
	return {};
}

} // namespace

std::string complaint(std::span<const uint8_t> input) {
	const std::string_view text(reinterpret_cast<const char*>(input.data()), input.size());
	const auto result = parse_prefix(text);
	if (const auto* error = std::get_if<PrefixError>(&result))
		return check(*error, text.size());
	return check(std::get<Prefix>(result));
}

} // namespace tmon::fuzz
