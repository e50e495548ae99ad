// SPDX-License-Identifier: Apache-2.0
// An image as the process table keeps it: what refers to it, and how long it is still kept.
#pragma once

#include <cstdint>
#include <memory>

#include "event/event.h"

namespace tripline {

struct CachedProcess {
  // What becomes of it: it is referred to; it has ended a short while ago; it goes next.
  enum class State : uint8_t { kInUse, kDeletePending, kDeleteReady };

  Shown shown;
  State state = State::kInUse;
  bool live = true;             // its process runs it
  uint32_t refcnt = 0;          // itself, while it is live, and its live children
  uint32_t children = 0;        // that began, ever
  uint32_t ended_children = 0;  // of these
};

}  // namespace tripline
