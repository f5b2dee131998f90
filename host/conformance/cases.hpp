// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The cases, one function each; case_list.cpp says what they look at.
#pragma once

#include "host/conformance/exercise.hpp"

namespace tmon {

void case_create(Exercise& exercise);
void case_configurations(Exercise& exercise);
void case_broken_configuration(Exercise& exercise);
void case_repeat(Exercise& exercise);
void case_two_instances(Exercise& exercise);
void case_order(Exercise& exercise);
void case_after_destroy(Exercise& exercise);
void case_batch_sizes(Exercise& exercise);
void case_events(Exercise& exercise);
void case_gaps(Exercise& exercise);
void case_longer_structs(Exercise& exercise);
void case_names(Exercise& exercise);
void case_ticks(Exercise& exercise);
void case_end(Exercise& exercise);
void case_alerts(Exercise& exercise);
void case_state(Exercise& exercise);
void case_reconfigure(Exercise& exercise);
void case_failing_services(Exercise& exercise);

} // namespace tmon
