// SPDX-License-Identifier: Apache-2.0
// Verdict: whether nodes with certain kernels would load a policy, and what `tripline check` says of it. A policy without a
// nodeSelector is for every node, so one kernel that refuses it is enough; with one it may be for the others, and is
// refused when all refuse it.
//
// Hooks on programs and libraries are not checked against files, which only a node has.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/source.h"
#include "webhook/kernels.h"

namespace tripline::webhook {

struct Verdict {
  bool allowed = true;
  std::string refusal = {};                // where it is not: for people, several lines
  std::vector<std::string> warnings = {};  // a line each
};

[[nodiscard]] Verdict judge(const Source& document, std::span<const NamedKernel> kernels);

}  // namespace tripline::webhook
