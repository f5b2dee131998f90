// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/filter/capabilities.hpp"

#include <cap-ng.h>

#include <utility>

namespace tmon {

namespace {

// CAP_PERFMON: without it the verifier adds Spectre barriers or refuses pointer arithmetic.
constexpr std::pair<unsigned, const char*> kNeeded[] = {
    {CAP_BPF, "CAP_BPF"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_PERFMON, "CAP_PERFMON"}};

} // namespace

std::string missing_capabilities() {
	std::string missing;
	if (capng_get_caps_process() != 0)
		return "any (they cannot be read)";
	for (const auto& [capability, name] : kNeeded) {
		if (capng_have_capability(CAPNG_EFFECTIVE, capability))
			continue;
		missing += missing.empty() ? "" : ", ";
		missing += name;
	}
	return missing;
}

bool keep_only_filter_capabilities() {
	capng_clear(CAPNG_SELECT_CAPS);
	for (const auto& needed : kNeeded) {
		if (capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED), needed.first) != 0)
			return false;
	}
	return capng_apply(CAPNG_SELECT_CAPS) == 0;
}

} // namespace tmon
