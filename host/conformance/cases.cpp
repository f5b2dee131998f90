// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/conformance/cases.hpp"

namespace tmon {

bool run_case(Exercise& exercise) {
	struct Case {
		const char* name;
		void (*run)(Exercise&);
	};
	constexpr Case cases[] = {{"create", case_create},
	                          {"configurations", case_configurations},
	                          {"broken-configuration", case_broken_configuration},
	                          {"repeat", case_repeat},
	                          {"two-instances", case_two_instances},
	                          {"order", case_order},
	                          {"after-destroy", case_after_destroy},
	                          {"batch-sizes", case_batch_sizes},
	                          {"events", case_events},
	                          {"gaps", case_gaps},
	                          {"longer-structs", case_longer_structs},
	                          {"names", case_names},
	                          {"ticks", case_ticks},
	                          {"end", case_end},
	                          {"alerts", case_alerts},
	                          {"state", case_state},
	                          {"reconfigure", case_reconfigure},
	                          {"failing-services", case_failing_services}};
	for (const Case& one : cases) {
		if (exercise.order.name != one.name)
			continue;
		try {
			one.run(exercise);
		} catch (const CaseStopped&) {
		}
		return true;
	}
	return false;
}

} // namespace tmon
