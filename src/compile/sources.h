// SPDX-License-Identifier: Apache-2.0
// Reads the 8 bytes that a value comes from: an argument's register, a field of a tracepoint's record. Emitted at
// every use; a pass removes redundant copies.
#pragma once

#include <map>
#include <string_view>

#include "compile/builder.h"
#include "compile/plan.h"
#include "kernel/kernel.h"
#include "policy/checked.h"

namespace tripline {

class Sources {
 public:
  Sources(Builder& builder, const Kernel& kernel, const HookPlan& plan);

  // The argument that has this source, or whose length it is: what the verifier says of reading it is told there.
  [[nodiscard]] ir::Line line_of(const ArgSource& source) const;

  // The value of `source`, before `resolve`; a pointer with its type, where programs get those. Values that several tests read should be read once before the call that
  // takes their registers.
  ir::Value read(const ArgSource& source);
  // The same as a number. A typed pointer does not know most arithmetic, and none when the kernel says that it may be
  // NULL; through memory it loses its type. Needs the slot.
  ir::Value number(const ArgSource& source);
  // Makes `at` an address that cannot be the kernel's, if a process chose it.
  void keep_from_kernel(const ArgSource& source, ir::Value at);
  // The slot, for what is read from it.
  void slot(ir::Value slot) { slot_ = slot; }

 private:
  ir::Value read_plain(const ArgSource& source);
  ir::Value syscall(const ArgSource& source, ir::Value dst);
  void record(const ArgSource& source, ir::Value dst);
  void add_scaled(const ArgSource& source, ir::Value dst);
  void member(const ArgSource& source, ir::Value dst);
  void result(const ArgSource& source, ir::Value dst);
  [[nodiscard]] bool asks_for_arguments() const;
  void syscall_id(const ArgSource& source, ir::Value dst);
  void add_abi(ir::Value dst);
  [[nodiscard]] uint32_t offset_of(std::string_view type, std::string_view member) const;

  Builder& builder_;
  const Kernel& kernel_;
  Attachment attachment_;
  ir::Value slot_;
  std::map<ArgSource, ir::Value> values_;
  std::map<ArgSource, ir::Line> lines_;
};

// Is it of those before 5.17, which lack helpers that the library for the others uses?
[[nodiscard]] bool is_old(const Kernel& kernel);

}  // namespace tripline
