// SPDX-License-Identifier: Apache-2.0
// Runs a Program in the plainest way: one instruction after another over an array of values. Test-only; it shares no
// code with the compiler, so that a pass or an emitter can be held against it.
//
// A World is what a program can ask of its surroundings. What it does to them is returned as a trace: every call with
// its arguments, in order. Two programs mean the same when the same World gives the same trace.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ir/program.h"

namespace tripline::ir {

struct World {
  static constexpr uint64_t kContext = 0x40000000;  // address of a context that is read by offset

  std::vector<uint64_t> arguments = std::vector<uint64_t>(5);
  std::map<uint32_t, uint32_t> control;  // by offset; 0 where there is nothing
  std::map<uint64_t, uint8_t> memory;    // by address
  // A byte that is not in `memory`; absent: 0.
  std::function<uint8_t(uint64_t address)> unset;
  // A call: returns its result and may change memory. Absent: 0.
  std::function<uint64_t(World& world, Callee callee, const std::vector<uint64_t>& arguments)> call;

  [[nodiscard]] uint64_t load(uint64_t address, Width width) const;
  void store(uint64_t address, Width width, uint64_t number);
};

struct Outcome {
  std::vector<std::string> trace;  // "tl_count(3, 0)", of the calls that are not pure
  uint64_t result = 0;             // what the program returned
  std::string broken;              // why it stopped before a return; empty when it returned
  bool operator==(const Outcome&) const = default;
};

// Runs `program`, which may be any that verify accepts. Changes `world` as its stores and calls do.
[[nodiscard]] Outcome interpret(const Program& program, World& world);

}  // namespace tripline::ir
