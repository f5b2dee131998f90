// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/monitor/lock_out.hpp"

#include "host/diagnostics/log.hpp"
#include "host/preflight/locked_out.hpp"
#include "host/preflight/peers.hpp"

namespace tmon {

bool may_drop(const Config& config, const std::vector<Interface>& monitored) {
	if (!config.drop_packets)
		return true;
	const Peers peers = peers_of(monitored);
	for (const std::string& note : peers.notes)
		log_info("who must not be locked out could not be found out in full: " + note);
	const std::vector<LockedOut> lost = locked_out(peers.peers, config.policy);
	if (lost.empty())
		return true;
	const bool refused = !config.force && !config.dry_run;
	for (const LockedOut& one : lost) {
		const std::string text = describe(one, config.policy);
		refused ? log_error(text) : log_warning(text);
	}
	if (refused)
		log_error(advise(lost));
	else
		log_warning(config.dry_run ? "in a dry run nothing is dropped; otherwise this would be refused"
		                           : "packets are dropped all the same: --force");
	return !refused;
}

} // namespace tmon
