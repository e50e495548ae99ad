// SPDX-License-Identifier: Apache-2.0
// Hooks that one operation on an overlay file system reaches twice: for the file as the process sees it, and for the
// file of the underlying layer that holds it, whose path begins at the root of that layer. The list is from
// experiment, on Linux 5.10 to 7.3; hooks called only by a file system's own functions are not in it.
#pragma once

#include "policy/checked.h"

namespace tripline::policy {

[[nodiscard]] bool sees_layers(const CheckedHook& hook);

}  // namespace tripline::policy
