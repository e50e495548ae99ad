// SPDX-License-Identifier: Apache-2.0
// Installs the custom resource definitions in an API server: creates missing ones, updates older ones, leaves newer
// ones alone, and waits until objects of them can be created.
//
// Note: a definition of the same version without a status was made by another operator, and is updated too.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "crd/definition.h"
#include "kube/client.h"
#include "kube/json.h"
#include "operator/say.h"

namespace tripline::op {

struct Patience {
  std::chrono::milliseconds pause{500};
  std::chrono::milliseconds longest{60'000};  // for one update, and for one to be established
};

// What did not work, a line for each definition; empty: all are there.
[[nodiscard]] std::vector<std::string> bring_definitions(kube::Client& client,
                                                         std::span<const crd::Names> wanted, bool force,
                                                         const Say& say, Patience patience = {});

// Whether ours is to replace it.
[[nodiscard]] bool is_outdated(const kube::Json& existing, const crd::Names& names, bool force);

// -1, 0, 1: an older, the same, a newer version than `other`. Absent: it is no version.
[[nodiscard]] std::optional<int> compare_versions(std::string_view version, std::string_view other);

}  // namespace tripline::op
