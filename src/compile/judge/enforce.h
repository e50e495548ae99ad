// SPDX-License-Identifier: Apache-2.0
// The end of an enforced call: notices that its policies' hooks have left (notice.h) are taken, and done.
#pragma once

#include "compile/judge/act.h"
#include "compile/judge/judging.h"

namespace tripline {

// For all policies that enforce there. Needs no slot.
void enforce_notices(const Judging& judging, Actions& actions);

}  // namespace tripline
