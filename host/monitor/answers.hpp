// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "host/config/config.hpp"
#include "host/control/control.hpp"
#include "host/monitor/blocking.hpp"
#include "host/monitor/confirmation.hpp"
#include "host/monitor/interface_keeper.hpp"
#include "host/sources/live_source.hpp"
#include "host/supervise/supervisor.hpp"

#include <cstdint>
#include <functional>

namespace tmon {

// What the run answers over its control socket, and what it does when it is asked to.
class Answers final : public ControlTarget {
public:
	// The parts of the run; all outlive this.
	struct Run {
		const Config& config; // as it is in force
		const LiveSource& source;
		const Supervisor& supervisor;
		const InterfaceKeeper& keeper;
		Blocking& blocking;
		Confirmation& confirmation;
		std::function<Totals()> totals;
		int64_t started_ns = 0;       // CLOCK_MONOTONIC
		const int64_t& policy_since_ns; // UTC
	};
	explicit Answers(Run run) : run_(std::move(run)) {}

	Status status() const override;
	CheckedAddress check(const Prefix& address) const override;
	BlockPage blocked(const std::optional<Prefix>& after, std::size_t limit) const override;
	Outcome block(const BlockRequest& request, const Asker& asker) override;
	Outcome unblock(const Prefix& prefix, const Asker& asker) override;
	Outcome confirm(const Asker& asker) override;

private:
	DropStatus drop() const;

	Run run_;
};

} // namespace tmon
