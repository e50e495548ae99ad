// SPDX-License-Identifier: Apache-2.0
// What the oracle's verdicts on some calls ask of a compiled hook: the records of each call, byte for byte, and the
// counters after all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "abi/maps.h"
#include "compile/plan.h"
#include "object/object.h"
#include "oracle/oracle.h"

namespace tripline::agree {

// The records of one call, in order.
using Records = std::vector<std::vector<std::byte>>;

class Expectation {
 public:
  // `schemas` are what the compiler says of the records, one for each section of `plan`.
  Expectation(HookPlan plan, std::vector<Schema> schemas, const Numbering& numbering);

  // One more call, made by this thread. Returns how `got` is not what it must send; empty when it is.
  [[nodiscard]] std::string call(const oracle::Call& call, Records got, const oracle::Process& process = {});
  // Does what is recorded of the process change with the last call?
  [[nodiscard]] bool renews_namespaces() const { return renews_namespaces_; }
  [[nodiscard]] bool renews_capabilities() const { return renews_capabilities_; }
  // What the function of the last call is to be made to return at once; absent: it is to run.
  [[nodiscard]] std::optional<int32_t> overridden() const { return overridden_; }
  // What waits for this thread, and what nobody took.
  [[nodiscard]] const oracle::Notices& notices() const { return notices_; }
  // How `got` are not the counters after all calls.
  [[nodiscard]] std::string counters(std::span<const tl_counter> got) const;

  // How often some selector matched.
  [[nodiscard]] uint64_t matches() const { return matches_; }

 private:
  [[nodiscard]] std::vector<std::byte> record(size_t section, const oracle::Verdict& verdict,
                                              const oracle::Call& call) const;

  HookPlan plan_;
  std::vector<Schema> schemas_;
  Numbering numbering_;
  std::vector<tl_counter> counters_;
  uint64_t matches_ = 0;
  bool renews_namespaces_ = false;
  bool renews_capabilities_ = false;
  uint64_t time_ = 0;  // of the last record
  std::optional<int32_t> overridden_;
  oracle::Notices notices_;
};

}  // namespace tripline::agree
