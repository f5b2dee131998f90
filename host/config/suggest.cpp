// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tmon {

namespace {

// Damerau's distance with adjacent swaps (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
	std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
	for (std::size_t j = 0; j <= b.size(); ++j)
		above[j] = j;
	for (std::size_t i = 1; i <= a.size(); ++i) {
		row[0] = i;
		for (std::size_t j = 1; j <= b.size(); ++j) {
			row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = std::min(row[j], before[j - 2] + 1);
		}
		before = above;
		std::swap(above, row);
	}
	return above[b.size()];
}

} // namespace

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
	std::string_view best;
	std::size_t best_distance = 3;
	for (const std::string_view candidate : candidates) {
		const std::size_t longer = std::max(word.size(), candidate.size());
		if (longer - std::min(word.size(), candidate.size()) > 2)
			continue;
		const std::size_t d = distance(word, candidate);
		// Of a short word two slips leave nothing.
		if (d < best_distance && 2 * d < longer) {
			best = candidate;
			best_distance = d;
		}
	}
	return best.empty() ? std::string() : " (did you mean \"" + std::string(best) + "\"?)";
}

} // namespace tmon
