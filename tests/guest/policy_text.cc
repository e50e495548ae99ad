// SPDX-License-Identifier: Apache-2.0
#include "policy_text.h"

#include <cstdio>
#include <utility>

#include "admission/admission.h"
#include "base/diagnostics.h"
#include "policy/policy.h"

namespace tripline {

std::shared_ptr<const CheckedPolicy> policy_from(std::string text, const Kernel& kernel) {
  const Source source{"policy", std::move(text)};
  Diagnostics diagnostics;
  const auto parsed = parse(source, diagnostics);
  auto checked = parsed ? check(*parsed, kernel, diagnostics, {}, read_files(*parsed)) : std::nullopt;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    std::fputs(render(source, diagnostic).c_str(), stderr);
  }
  return checked ? std::make_shared<const CheckedPolicy>(std::move(*checked)) : nullptr;
}

}  // namespace tripline
