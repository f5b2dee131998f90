// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Whose process this is, what it may do, and ending all processes of a user.
#pragma once

#include <cstdint>

namespace tmon {

// As root: keeps of all capabilities those that starting, killing and opening need, and nothing in the bounding set, so
// that no program started from here ever has one. As anybody else: keeps none. Forbids gaining any again. Throws
// std::runtime_error.
void keep_spawner_capabilities();

// Becomes user and group `uid`, with no other groups and no capabilities; 0 is refused. Throws std::runtime_error.
void become_user(uint32_t uid);

bool anyone_runs_as(uint32_t uid); // also those that are dead and not yet reaped

// SIGKILL for every process of that user. Those that are forking at this moment do not escape. Only for root, and never
// for uid 0. Throws std::runtime_error.
void kill_all_of(uint32_t uid);

} // namespace tmon
