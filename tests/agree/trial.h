// SPDX-License-Identifier: Apache-2.0
// One compiled hook held against the oracle: the same calls go to the program in the kernel and to the oracle, and the
// records, byte for byte, and the counters must be those that the oracle's verdicts ask for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agree/expectation.h"
#include "agree/runner.h"
#include "base/result.h"
#include "compile/compile.h"
#include "compile/facts.h"
#include "compile/filter.h"
#include "kernel/kernel.h"
#include "oracle/generate.h"
#include "oracle/oracle.h"

namespace tripline::agree {

class Trial {
 public:
  // Compiles `policies`, all of one hook of this shape, for `kernel` and loads the result.
  static Result<std::unique_ptr<Trial>> create(std::vector<CheckedPolicy> policies,
                                               const oracle::Shape& shape, const Kernel& kernel,
                                               const Numbering& numbering = {},
                                               const ScopeMaps* scopes = nullptr);

  // One call: what the oracle is told, and what the program gets. Returns how they disagree; empty when they do not.
  [[nodiscard]] std::string call(const oracle::Call& call, std::span<const uint64_t> arguments,
                                 const oracle::Process& process = {});
  // The bytes of long buffers that the last call sent ahead of its records, in order.
  [[nodiscard]] const std::string& data() const { return data_; }
  // The counters after all calls, likewise.
  [[nodiscard]] std::string counters() const;

  // The policies and the programs, for the report of a failure.
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] const oracle::Shape& shape() const { return shape_; }
  [[nodiscard]] bool sleeps() const { return waits_for_memory(plan_, kernel_); }
  [[nodiscard]] Runner& runner() { return *runner_; }
  [[nodiscard]] uint64_t matches() const { return expectation_->matches(); }
  [[nodiscard]] FilterForm form() const { return form_; }
  [[nodiscard]] const FactTable& facts() const { return *facts_; }
  [[nodiscard]] const Expectation& expectation() const { return *expectation_; }

 private:
  Trial() = default;
  void take_data(Records& records);

  HookPlan plan_;
  oracle::Shape shape_;
  Kernel kernel_;
  Object object_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<Expectation> expectation_;
  std::shared_ptr<const FactTable> facts_;
  std::string data_;
  FilterForm form_ = FilterForm::kNone;
};

// How often a test repeats itself: TRIPLINE_AGREE_CASES, or `usual`.
[[nodiscard]] uint64_t cases(uint64_t usual);
// The first seed: TRIPLINE_AGREE_SEED, or 1.
[[nodiscard]] uint64_t first_seed();

}  // namespace tripline::agree
