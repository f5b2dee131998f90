// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/preflight/locked_out.hpp"

#include "host/policy/match.hpp"

#include <algorithm>

namespace tmon {

namespace {

std::string place_of(const PolicyEntry& entry, const Policy& policy) {
	if (entry.place.file >= policy.files.size())
		return {};
	std::string text = policy.files[entry.place.file];
	if (entry.place.line > 0)
		text += ":" + std::to_string(entry.place.line) + ":" + std::to_string(entry.place.column);
	return text.empty() ? text : " at " + text;
}

const char* consequence(PeerKind kind) {
	switch (kind) {
	case PeerKind::ssh:
		return "the session would freeze";
	case PeerKind::gateway:
		return "what it forwards is judged by its own source, but its own packets, such as ICMP errors, would be lost";
	case PeerKind::dns:
		return "names could not be resolved";
	}
	return "";
}

} // namespace

std::vector<LockedOut> locked_out(const std::vector<Peer>& peers, const Policy& policy) {
	std::vector<LockedOut> result;
	for (const Peer& peer : peers) {
		const PolicyEntry* const entry = deciding_entry(policy, peer.address);
		if (!entry || entry->kind == EntryClass::denied)
			result.push_back({peer, entry});
	}
	return result;
}

std::string describe(const LockedOut& locked_out, const Policy& policy) {
	std::string why = "no prefix permits " + to_string(locked_out.peer.address);
	if (const PolicyEntry* const entry = locked_out.denied_by) {
		why = to_string(entry->prefix) + (entry->name.empty() ? "" : " (" + entry->name + ")") + place_of(*entry, policy) +
		      " denies " + to_string(locked_out.peer.address);
	}
	return locked_out.peer.detail + " on " + locked_out.peer.interface.name + " would be dropped: " + why + "; " +
	       consequence(locked_out.peer.kind);
}

std::string advise(const std::vector<LockedOut>& locked_out) {
	std::vector<std::string> prefixes;
	for (const LockedOut& each : locked_out) {
		std::string prefix = to_string(as_prefix(each.peer.address));
		if (std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end())
			prefixes.push_back(std::move(prefix));
	}
	std::string list;
	for (const std::string& prefix : prefixes)
		list += (list.empty() ? "\"" : ", \"") + prefix + '"';
	return "add " + list + " to \"permitted_cidrs\" or \"never_drop\", or drop nevertheless with --force";
}

} // namespace tmon
