// SPDX-License-Identifier: Apache-2.0
// `tripline crds [NAME...]`: the custom resource definitions, as YAML documents.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "crd/definition.h"
#include "main/commands.h"

namespace tripline {

int crds_command(const std::vector<std::string>& names) {
  std::vector<crd::Names> wanted;
  for (const std::string& name : names) {
    const auto* found = std::ranges::find(crd::kDefinitions, name, crd::full_name);
    if (found == crd::kDefinitions.end()) {
      std::string known;
      for (const crd::Names& each : crd::kDefinitions)
        known += (known.empty() ? "" : ", ") + crd::full_name(each);
      fmt::print(stderr, "tripline: unknown definition {}; expected one of {}\n", name, known);
      return 1;
    }
    wanted.push_back(*found);
  }
  if (names.empty()) wanted.assign(crd::kDefinitions.begin(), crd::kDefinitions.end());
  for (const crd::Names& each : wanted) {
    fmt::print("---\n# Made by `tripline crds`.\n{}", crd::yaml(crd::definition(each)));
  }
  return 0;
}

}  // namespace tripline
