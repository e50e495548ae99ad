// SPDX-License-Identifier: Apache-2.0
#include "client/explain.h"

#include <fmt/format.h>

namespace tripline {

std::expected<std::string, std::string> explained(const flags::Parsed& parsed) {
  if (parsed.is("list"))
    return "NAME                     SHORTNAMES\nTracingPolicy            tgtp\nTracingPolicyNamespaced  tgtpn\n"
           "PodInfo                  tgpi\n";
  return std::unexpected("not yet");
}

}  // namespace tripline
