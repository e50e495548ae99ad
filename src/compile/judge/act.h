// SPDX-License-Identifier: Apache-2.0
// What a judge does about a match: it counts, signals, tracks sockets, has the record sent, and decides what the function
// returns. What is to be enforced is performed while the policy's mode says so, and else only counted; the mode is read
// once for each match, where the first action asks for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "compile/judge/judging.h"
#include "compile/judge/renew.h"

namespace tripline {

// An action that a policy enforces: where it is counted, and the signal that is sent; 0: none.
struct Enforced {
  size_t performed = 0;
  size_t monitored = 0;
  int64_t signal = 0;
};

class Actions {
 public:
  explicit Actions(const Judging& judging);
  // What the program is to return is decided from here on. open(): the slot is taken.
  void begin();
  void open();
  // All actions of `selector`, which has matched. What an LSM hook is to return is decided by the first that has a say:
  // the sections after it are not even looked at.
  void perform(size_t section, size_t selector);
  // All sections are done: gives the slot back.
  void close();
  // The call is to return `error`, unless something was decided before.
  void decide(ir::Value error);
  // Ends the program with what was decided.
  void end();

 private:
  void one(size_t section, int64_t counter, const CheckedAction& action);
  // `perform`: when it is performed, what else is done.
  void enforce(size_t section, int64_t counter, const Enforced& enforced,
               const std::function<void()>& perform = {});
  ir::Value mode(size_t section);
  void count(int64_t counter, size_t member);
  void override(size_t section, int32_t error);
  void override_registers(size_t section, size_t selector);
  void assign_registers();
  void assign(const Assignment& assignment);
  void set_place(size_t section, const CheckedAction& action);
  void notify(size_t section, int64_t counter, const CheckedAction& action);
  // Does the program that the kernel calls make a system call return at once? Else it returns the value itself.
  [[nodiscard]] bool by_return() const { return judging_.plan.attachment == Attachment::kKprobe; }

  // Does it go on in user space with other registers?
  [[nodiscard]] bool by_registers() const { return is_user(judging_.plan.attachment); }

  const Judging& judging_;
  Builder& builder_;
  bool overrides_;     // some section can decide what is returned
  ir::Value verdict_;  // that; of registers, which of `overridden_` counts from 1, 0: none
  std::vector<std::pair<size_t, size_t>> overridden_;  // section and selector
  ir::Value has_verdict_;                              // where 0 is a verdict as any other
  Label decided_;
  std::optional<Renewals> renewals_;
  std::optional<ir::Value> mode_;  // of the policy of the match that is written, once it was read
};

// The socket that is argument `arg` is tracked for the section's policy, or no longer.
void track_socket(const Judging& judging, size_t section, uint32_t arg, bool tracks);

}  // namespace tripline
