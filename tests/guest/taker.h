// SPDX-License-Identifier: Apache-2.0
// Shows the running kernel what check() made of a policy: its programs are loaded and, if asked, attached, in an epoch
// that never comes, so that they do nothing. Only in a guest.
#pragma once

#include <memory>
#include <string>

#include "agent/facts.h"
#include "kernel/kernel.h"
#include "load/host.h"
#include "policy/checked.h"

namespace tripline {

// What check() says of a text. Without a policy: the errors.
struct Answer {
  std::shared_ptr<const CheckedPolicy> policy;
  std::string errors;
};
[[nodiscard]] Answer ask(const std::string& text, const Kernel& kernel);

class Taker {
 public:
  Taker(const Kernel& kernel, Host host) : kernel_(kernel), host_(std::move(host)) {}

  // Why the kernel does not take the policy; empty when it does. Nothing of it is left.
  [[nodiscard]] std::string refusal(const std::shared_ptr<const CheckedPolicy>& policy, bool attach);

 private:
  const Kernel& kernel_;
  Host host_;
  FactsPtr facts_;
  uint32_t versions_ = 0;
};

}  // namespace tripline
