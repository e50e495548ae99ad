// SPDX-License-Identifier: Apache-2.0
// Why a selector's records come: told to whoever asks for it, long after the policy was compiled.
#pragma once

#include <cstddef>
#include <memory>

#include "compile/plan.h"
#include "object/reason.h"

namespace tripline {

// Of selector `number` of the section; at a function's return, of what it asks there.
[[nodiscard]] std::shared_ptr<const Reason> reason_of(const HookSection& section, size_t number);

}  // namespace tripline
