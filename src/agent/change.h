// SPDX-License-Identifier: Apache-2.0
// A change of the set of policies and its outcome. All of a change takes effect at the same instant, or none of it
// does: the files added, changed and removed in a watched folder are one change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "admission/admission.h"
#include "agent/policy_id.h"
#include "agent/renewal.h"
#include "base/result.h"
#include "base/source.h"
#include "policy/checked.h"

namespace tripline {

using PolicyPtr = std::shared_ptr<const CheckedPolicy>;

// A policy that is to be added: a document that is yet to be checked, or what was checked already.
struct NewPolicy {
  std::variant<PolicyPtr, Source> document;
  std::string domain = {};
  bool enabled = true;
  uint64_t text = 0;                          // Member::text; of a document it is found out
  std::shared_ptr<const Source> source = {};  // likewise Member::source
};

// Files of a policy were replaced.
struct Renewal {
  PolicyName name;
  std::string path;              // one of them, for messages; empty: none was
  std::vector<HookedFile> gone;  // files that were replaced before, and that nobody runs any more
};

// Carried out in this order.
struct Change {
  bool everything =
      false;  // all policies are taken out, but those of `in` that are there as the same checked policy
  std::vector<PolicyName> out = {};  // taken out
  std::vector<PolicyName> off =
      {};  // disabled: their programs go, what was counted for them and their place stay
  std::vector<PolicyName> on = {};    // enabled again
  std::vector<Renewal> renewed = {};  // policies that are gone meanwhile are passed over
  std::vector<NewPolicy> in = {};     // added behind all others; the name of one that stays is refused
};

struct ChangeResult {
  Result<void> status;
  std::vector<PolicyId> ids;  // of `in`, as far as they were admitted, also when the change then failed
  std::vector<Admission> documents;  // of the documents of `in`, also of those that were refused
};

}  // namespace tripline
