// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "plugins/format/text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tmon::format {

// Interface names by index, already escaped for the format that prints them. `Escape` is called as
// void (std::string& out, std::string_view name), once for each interface.
template <class Escape>
class InterfaceNames {
public:
	static constexpr std::size_t max_name = 255; // bytes of a name that are printed, before escaping
	static constexpr std::size_t max_entries = 4096;

	// `lookup` is called as std::string_view (uint32_t ifindex) and gives an empty name for an
	// interface that it does not know; that one is printed as "if<N>".
	template <class Lookup>
	std::string_view get(uint32_t ifindex, Lookup&& lookup) {
		if (last_ < entries_.size() && entries_[last_].ifindex == ifindex) [[likely]]
			return entries_[last_].text;
		return find(ifindex, lookup);
	}

private:
	struct Entry {
		uint32_t ifindex;
		std::string text;
	};

	template <class Lookup>
	std::string_view find(uint32_t ifindex, Lookup& lookup) {
		for (last_ = 0; last_ < entries_.size(); ++last_)
			if (entries_[last_].ifindex == ifindex)
				return entries_[last_].text;
		std::string_view name = lookup(ifindex);
		char fallback[16] = {'i', 'f'};
		if (name.empty())
			name = {fallback, static_cast<std::size_t>(put_decimal(fallback + 2, ifindex) - fallback)};
		if (entries_.size() == max_entries) // damaged events: indices without end
			entries_.clear();
		Entry entry{ifindex, {}};
		Escape{}(entry.text, shortened(name));
		entries_.push_back(std::move(entry));
		last_ = entries_.size() - 1;
		return entries_[last_].text;
	}

	// Cut where a UTF-8 sequence begins.
	static std::string_view shortened(std::string_view name) {
		if (name.size() <= max_name)
			return name;
		std::size_t end = max_name;
		while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80)
			--end;
		return name.substr(0, end);
	}

	std::vector<Entry> entries_;
	std::size_t last_ = 0;
};

} // namespace tmon::format
