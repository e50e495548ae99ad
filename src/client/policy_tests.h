// SPDX-License-Identifier: Apache-2.0
// The tests of `policytest`: each has a policy and scenarios, which say what a process does and which events the
// policy must produce. Names and labels are those that scripts around such tests use.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tetragon {
class GetEventsResponse;
}

namespace tripline {

// What the process of a scenario does; `policytest trigger` does it in a process of its own.
enum class Deed : uint8_t {
  kSeek,
  kSeekInFile,
  kUnlinkNothing,
  kBindHash,
  kExec,
  kOpenFile,
  kTruncateFile,
  kCallFunctions,
  kPassProbe,
};

struct TestScenario {
  std::string_view name;
  Deed deed = Deed::kSeek;
  bool (*tells)(const tetragon::GetEventsResponse& event) = nullptr;
  uint32_t events = 1;  // that must tell
};

// Stands in the policy as {NAME}; with_places() has others.
struct TestParameter {
  std::string_view name;
  std::span<const std::string_view> values;  // the first is the default
  std::string_view help;
};

struct PolicyTest {
  std::string_view name;
  std::string_view label;
  std::span<const TestParameter> parameters = {};
  std::string_view policy = {};
  std::span<const TestScenario> scenarios = {};
  std::string_view skipped = {};  // why it cannot run
  bool overrides = false;         // functions of user space, which not every kernel lets one do
};

[[nodiscard]] std::span<const PolicyTest> policy_tests();

using TestValues = std::map<std::string, std::string, std::less<>>;

// The policy with the values of its parameters, those that `values` has not at their defaults.
[[nodiscard]] std::string policy_of(const PolicyTest& test, const TestValues& values);
// The name it has in there.
[[nodiscard]] std::string policy_name_of(const PolicyTest& test);

[[nodiscard]] std::string_view deed_name(Deed deed);
[[nodiscard]] std::optional<Deed> deed_named(std::string_view name);
// `token` becomes part of the names of files. False when the machine does not let it be done.
[[nodiscard]] bool do_deed(Deed deed, const std::string& token);

}  // namespace tripline
