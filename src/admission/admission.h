// SPDX-License-Identifier: Apache-2.0
// Admission turns a document into a policy that one kernel can run, or into diagnostics. `run`, `check`, `compile`
// and the agent all use it, so a policy that one of them accepts, all of them accept.
//
// There are two steps, because the facts about a kernel are loaded on demand: the names in a document decide what
// must be read from the kernel before the document can be checked (scope_for).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/diagnostics.h"
#include "base/source.h"
#include "kernel/kernel.h"
#include "policy/checked.h"
#include "policy/policy.h"

namespace tripline {

// A document that was parsed; the policy is absent when there is none in it.
struct Document {
  Source source;
  Diagnostics diagnostics;
  std::optional<Policy> policy;
};

struct Admission {
  Source source;
  Diagnostics diagnostics;                      // sorted
  std::shared_ptr<const CheckedPolicy> policy;  // null: refused, the diagnostics have errors
};

struct AdmissionOptions {
  CheckOptions check;
  std::string root = {};  // where files of user space are looked up, instead of "/"
  bool lint = false;      // warn of likely mistakes, too
};

[[nodiscard]] Document parse_document(Source source);

// What must be known of a kernel to check them, besides what is always known.
[[nodiscard]] ProbeScope scope_for(std::span<const Document> documents);

// The files of user space that a policy names, each open as long as something of it is hooked. Paths that are not absolute
// begin at the working directory.
[[nodiscard]] Files read_files(const Policy& policy, const std::string& root = {});

[[nodiscard]] Admission admit(Document document, const Kernel& kernel, const AdmissionOptions& options);

}  // namespace tripline
