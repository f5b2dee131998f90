// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/filter/xdp_filter.hpp"
#include "host/monitor/confirmation.hpp"
#include "host/supervise/supervisor.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace tmon {

// What the filter is made of, by the configuration.
Rules rules_of(const Config& config);

// How many prefixes there are, and what becomes of the rest, for people.
std::string describe_policy(const Config& config, const PolicyCounts& counts);

// Another policy while packets arrive, in two steps: what can fail is done beside the present one, and then it takes its
// place. All outlive this; `config` is the one in force, and `since_ns` (UTC) when its policy came into force.
class PolicyChange {
public:
	PolicyChange(Config& config, XdpFilter& filter, Supervisor& supervisor, Confirmation& confirmation, int64_t& since_ns)
	    : config_(config), filter_(filter), supervisor_(supervisor), confirmation_(confirmation), since_ns_(since_ns) {}

	// Makes the policy of `next` ready, where it is another one. False, after saying why, when it cannot take effect.
	bool prepare(const Config& next);
	// What was prepared takes effect, and is moved to the configuration in force; nothing happens where the policy is the
	// same. False, after saying why, when it did not.
	bool put_in_force(Config& next);
	// What was prepared is not wanted any more.
	void discard();

	// Says the names of the present generation's entries to the plugins.
	void name_entries() const;

private:
	bool is_same(const Config& next) const;

	Config& config_;
	XdpFilter& filter_;
	Supervisor& supervisor_;
	Confirmation& confirmation_;
	int64_t& since_ns_;
	std::unique_ptr<Generation> prepared_;
	std::shared_ptr<const EntryNames> names_; // of it; null: none of its entries can be in an event
};

// Whether dropping by this configuration waits for a confirmation.
bool is_on_approval(const Config& config);

} // namespace tmon
