// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/policy/policy.hpp"
#include "host/runner/entry_names.hpp"
#include "host/system/interfaces.hpp"

#include <deque>
#include <memory>
#include <set>
#include <vector>

namespace tmon {

// Names that have come up while a run goes on: those of entries, by generation, and of interfaces. Every runner gets those
// that there are when it starts, and each new one. Lives on the thread that runs the loop.
class RunnerNames {
public:
	// What has to be told to a runner.
	struct Reader {
		virtual void take_names(const EntryNames& names) = 0;
		virtual void take_interface(const Interface& interface) = 0;

	protected:
		~Reader() = default;
	};

	void add(std::shared_ptr<const EntryNames> names);
	void add(const Interface& interface);

	const std::deque<std::shared_ptr<const EntryNames>>& tables() const noexcept { return tables_; } // the latest last
	const std::deque<Interface>& interfaces() const noexcept { return interfaces_; }                 // likewise

	void subscribe(Reader& reader) { readers_.insert(&reader); }
	void unsubscribe(Reader& reader) { readers_.erase(&reader); }

private:
	std::deque<std::shared_ptr<const EntryNames>> tables_;
	std::deque<Interface> interfaces_;
	std::set<Reader*> readers_;
};

// The names of a policy whose entries have ids from `first_id` on, in their order: the name from the configuration, or else
// the prefix's text; none for what is permitted, which no event is about. Throws std::system_error.
std::shared_ptr<const EntryNames> name_entries(const Policy& policy, uint32_t first_id);

} // namespace tmon
