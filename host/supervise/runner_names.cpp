// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/supervise/runner_names.hpp"

#include <utility>

namespace tmon {

namespace {

constexpr std::size_t kMostInterfaces = 4096; // that have come up, of which the latest are known

} // namespace

void RunnerNames::add(std::shared_ptr<const EntryNames> names) {
	tables_.push_back(std::move(names));
	if (tables_.size() > kEntryNameTables)
		tables_.pop_front();
	for (Reader* const reader : readers_)
		reader->take_names(*tables_.back());
}

void RunnerNames::add(const Interface& interface) {
	interfaces_.push_back(interface);
	if (interfaces_.size() > kMostInterfaces)
		interfaces_.pop_front();
	for (Reader* const reader : readers_)
		reader->take_interface(interface);
}

std::shared_ptr<const EntryNames> name_entries(const Policy& policy, uint32_t first_id) {
	EntryNamesWriter writer(first_id);
	for (const PolicyEntry& entry : policy.entries) {
		if (entry.kind != EntryClass::permitted)
			writer.add(entry.name.empty() ? to_string(entry.prefix) : entry.name);
	}
	return writer.finish();
}

} // namespace tmon
