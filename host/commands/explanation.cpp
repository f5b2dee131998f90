// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/explanation.hpp"

#include "host/commands/table.hpp"
#include "host/config/lists.hpp"
#include "host/config/source.hpp"
#include "host/config/utf8.hpp"
#include "host/diagnostics/log.hpp"
#include "host/policy/match.hpp"

#include <boost/json/array.hpp>

namespace tmon {

namespace {

namespace json = boost::json;
using Chain = std::vector<const PolicyEntry*>;

// What no entry covers is denied.
EntryClass verdict_of(const Chain& chain) { return chain.empty() ? EntryClass::denied : chain.front()->kind; }

std::string_view in_words(EntryClass verdict, const Config& config) {
	switch (verdict) {
	case EntryClass::permitted: return "permitted: passes, and is not reported";
	case EntryClass::never_drop:
		return config.drop_packets ? "never dropped: reported, and passes"
		                           : "never dropped: reported, as nothing is dropped here";
	case EntryClass::denied: break;
	}
	return config.drop_packets ? "denied: reported and dropped" : "denied: reported, as nothing is dropped here";
}

std::string_view action_of(EntryClass verdict, const Config& config) {
	if (verdict == EntryClass::permitted)
		return "pass";
	return verdict == EntryClass::denied && config.drop_packets ? "drop" : "log";
}

std::string_view list_of(const PolicyEntry& entry) {
	const ListKeys& keys = keys_of(entry.kind);
	return entry.place.line == 0 || entry.place.file == 0 ? keys.cidrs : keys.files;
}

std::string place_of(const PolicyEntry& entry, const Policy& policy) {
	const EntryPlace& place = entry.place;
	return place.line
	           ? policy.files[place.file] + ':' + std::to_string(place.line) + ':' + std::to_string(place.column)
	           : policy.files[place.file];
}

json::object entry_json(const PolicyEntry& entry, const Policy& policy) {
	json::object object{{"prefix", to_string(entry.prefix)}, {"class", to_string(entry.kind)}};
	if (!entry.name.empty())
		object["name"] = entry.name;
	object["list"] = list_of(entry);
	object["file"] = as_utf8(policy.files[entry.place.file]);
	if (entry.place.line) {
		object["line"] = entry.place.line;
		object["column"] = entry.place.column;
	}
	return object;
}

} // namespace

std::string explanation_of(const Prefix& address, const Config& config) {
	const Chain chain = covering_entries(config.policy, address);
	std::string text = address_text(address) + ' ' + std::string(in_words(verdict_of(chain), config)) + '\n';
	if (chain.empty())
		return text + "  no entry covers it\n";
	std::vector<std::vector<std::string>> rows;
	for (const PolicyEntry* entry : chain)
		rows.push_back({entry == chain.front() ? "decided by" : "overrides",
		                to_string(entry->prefix) + (entry->name.empty() ? "" : ' ' + quote(entry->name)),
		                std::string(list_of(*entry)), printable(place_of(*entry, config.policy))});
	return text + format_table(rows, "  ");
}

json::object explanation_json(const Prefix& address, const Config& config) {
	const Chain chain = covering_entries(config.policy, address);
	const EntryClass verdict = verdict_of(chain);
	json::array overridden;
	for (std::size_t i = 1; i < chain.size(); ++i)
		overridden.push_back(entry_json(*chain[i], config.policy));
	return {{"address", address_text(address)},
	        {"verdict", to_string(verdict)},
	        {"action", action_of(verdict, config)},
	        {"decided_by",
	         chain.empty() ? json::value(nullptr) : json::value(entry_json(*chain.front(), config.policy))},
	        {"overrides", std::move(overridden)}};
}

} // namespace tmon
