// SPDX-License-Identifier: Apache-2.0
// Runs the programs of a hook without a kernel: the IR interpreter, with the runtime library played by a page of C++.
// It needs no privileges, runs for the types of any kernel, and a process can have its root anywhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "abi/maps.h"
#include "agree/expectation.h"
#include "agree/fake_file.h"
#include "agree/memory.h"
#include "compile/lower.h"
#include "ir/interpreter.h"
#include "oracle/oracle.h"

namespace tripline::agree {

class Machine {
 public:
  // `memory` holds the structs that calls are made with.
  Machine(Lowered programs, const HookPlan& plan, const Numbering& numbering, uint32_t counters,
          const Memory& memory);

  // One call with these arguments, by a process that has `task`. `file` is what tl_file_path finds. Sets `broken` when
  // a program does what it must not.
  Records call(std::span<const uint64_t> arguments, uint64_t task, const oracle::File& file,
               std::string& broken);

  [[nodiscard]] std::span<const tl_counter> counters() const { return counters_; }
  // What the last call's function is made to return at once; absent: it runs.
  [[nodiscard]] std::optional<int32_t> overridden() const { return overridden_; }
  // Calls that the filter let pass.
  [[nodiscard]] uint64_t judged() const { return judged_; }

 private:
  uint64_t library(ir::World& world, ir::Callee callee, const std::vector<uint64_t>& arguments);
  [[nodiscard]] bool find(ir::World& world, uint64_t what) const;
  uint64_t file_value(ir::World& world, uint64_t file, uint64_t index);

  Lowered programs_;
  std::map<uint32_t, uint32_t> control_;  // what the programs find in tl_control, by offset
  const Memory& memory_;
  std::vector<tl_counter> counters_;
  uint64_t judged_ = 0;

  // Of the call that is being made.
  std::span<const uint64_t> arguments_;
  uint64_t task_ = 0;
  oracle::File file_;
  bool held_ = false;
  std::optional<int32_t> overridden_;
  std::string broken_;
  Records records_;
};

}  // namespace tripline::agree
