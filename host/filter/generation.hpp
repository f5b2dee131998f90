// SPDX-License-Identifier: MIT OR Apache-2.0
//
// One policy in the kernel: tables of exactly its size, and programs made for it.
#pragma once

#include "host/filter/rules.hpp"
#include "host/filter/shared_maps.hpp"
#include "host/policy/prefix_table.hpp"

#include <cstdint>
#include <memory>
#include <vector>

struct xdp_filter; // the skeleton

namespace tmon {

class Generation {
public:
	// Loads a program for each element of the counters; nothing is attached. The ids of denied and never_drop entries
	// are counted from `first_entry_id`, in the order of the policy. Throws FilterError, and leaves nothing behind.
	Generation(const Rules& rules, const SharedMaps& shared, uint64_t number, uint32_t first_entry_id);
	~Generation();
	Generation(const Generation&) = delete;
	Generation& operator=(const Generation&) = delete;

	// The descriptor of the program for one interface.
	int program(std::size_t interface) const;

	uint64_t number() const noexcept { return number_; }
	uint32_t first_entry_id() const noexcept { return first_entry_id_; }
	uint32_t next_entry_id() const noexcept { return next_entry_id_; }
	const PolicyCounts& counts() const noexcept { return counts_; }
	bool drops() const noexcept { return drops_; }
	bool is_dry_run() const noexcept { return dry_run_; }

private:
	struct CloseSkeleton {
		void operator()(::xdp_filter* skeleton) const noexcept;
	};
	struct Tables {
		PrefixTable v4, v6;
	};
	void load_program(const Rules& rules, const Tables& tables, const SharedMaps& shared, std::size_t interface);

	uint64_t number_;
	uint32_t first_entry_id_, next_entry_id_ = 0;
	PolicyCounts counts_;
	bool drops_, dry_run_;
	std::vector<std::unique_ptr<::xdp_filter, CloseSkeleton>> programs_; // share the tables of the first
};

} // namespace tmon
