// SPDX-License-Identifier: Apache-2.0
// What a client is told about a refused document. The most common mistakes get exactly the sentences that scripts
// around the API compare; other messages begin as these scripts expect, followed by the mistake and its position.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "event/policy_status.h"

namespace tripline {

// It is no policy, so nothing of it stays.
[[nodiscard]] std::string refused_document(const Document& document);

// Where the names of hooks stand in a policy: what is said of one of them names the section.
struct HookPlace {
  Span span;
  std::string section;  // "spec.kprobes[0]"
};
[[nodiscard]] std::vector<HookPlace> hook_places(const Policy& policy);

// It is a policy that this machine cannot run: it stays listed, in error.
[[nodiscard]] std::string refused_policy(const std::string& name, const Diagnostics& diagnostics,
                                         std::span<const HookPlace> places);

// The first mistake; absent when there is none.
[[nodiscard]] std::optional<Mistake> mistake_in(const Diagnostics& diagnostics);

// For the log: the first mistake with its place, "FILE:LINE:COL: error: ...", and how many more there are.
[[nodiscard]] std::string first_mistake(const Source& source, const Diagnostics& diagnostics);

}  // namespace tripline
