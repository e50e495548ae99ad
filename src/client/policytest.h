// SPDX-License-Identifier: Apache-2.0
// `policytest`: lists the tests of policy_tests.h, prints their policies, and runs them on an agent of this machine.
#pragma once

#include "client/channel.h"
#include "flags/parse.h"

namespace tripline {

[[nodiscard]] int list_policy_tests(const flags::Parsed& parsed);
[[nodiscard]] int dump_test_policies(const flags::Parsed& parsed);
[[nodiscard]] int run_policy_tests(const flags::Parsed& parsed, Channel& channel);
// Does what the process of a scenario does: DEED TOKEN.
[[nodiscard]] int trigger_policy_test(const flags::Parsed& parsed);

}  // namespace tripline
