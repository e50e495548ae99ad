// SPDX-License-Identifier: Apache-2.0
// CheckedPolicy: a policy that one Kernel can run, whole. Every name is resolved, every value parsed to the width
// of the argument it is compared with, every default filled in; what the compiler and the oracle read.
// A policy that asks for anything not built, or not possible on that Kernel, never becomes one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "kernel/kernel.h"

namespace tripline {

struct Policy;

// How a program is attached; the event does not depend on it (D9).
enum class Attachment {
  kFentry,
  kKprobe,
  kTracingRaw,  // tp_btf; "test only" for kprobe sections
};

// Argument types that can be read. The policy language's name of each is `arg_type_name`.
enum class ArgType { kInt32, kFile };

struct CheckedArg {
  ArgType type = ArgType::kInt32;
  uint32_t parameter = 0;  // position among the hook function's parameters, from 0
  std::string label;
  Span span;
};

// Comparison of a 32-bit signed integer argument.
struct IntFilter {
  enum class Op { kEqual, kNotEqual };
  uint32_t arg = 0;  // position in CheckedHook::args
  Op op = Op::kEqual;
  std::vector<int64_t> values;  // in the range of the argument's type; kEqual with none never matches
  Span span;
};

// Comparison of a file's path, as the event shows it. An argument with an empty path (pipe, socket, memfd, a
// path that could not be resolved) fails every operator, the Not variants too.
struct PathFilter {
  enum class Op { kEqual, kNotEqual, kPrefix, kNotPrefix, kPostfix, kNotPostfix };
  uint32_t arg = 0;
  Op op = Op::kEqual;
  std::vector<std::string> values;  // bytes; an empty one is legal and never equals a path
  Span span;
};

using Filter = std::variant<IntFilter, PathFilter>;

struct CheckedAction {
  enum class Kind { kPost, kNoPost, kSigkill };
  Kind kind = Kind::kPost;
  Span span;
};

// All filters must pass; the first passing selector of a hook decides and its actions run in order.
struct CheckedSelector {
  std::string label;
  std::vector<Filter> filters;
  std::vector<CheckedAction> actions;  // never empty: no actions means one Post
  Span span;
};

// One hook section of one policy at one kernel function.
struct CheckedHook {
  std::string call;      // as written in the policy
  std::string function;  // the kernel function hooked
  Attachment attachment = Attachment::kFentry;
  std::string attachment_reason;  // one sentence for `explain`
  std::vector<CheckedArg> args;
  std::vector<CheckedSelector> selectors;  // never empty: no selectors means one without filters
  std::string message;
  std::vector<std::string> tags;
  uint32_t index = 0;  // position of the section in its list
  Span span;
};

struct CheckedPolicy {
  std::string name;
  std::string namespace_name;  // empty for a TracingPolicy
  std::string source_name;     // the document's name, for messages
  bool enforce = true;         // false: monitor mode, enforcing actions are reported and not performed
  bool monitor_only = false;   // no action enforces anything: the mode cannot be changed (enforce is false)
  std::vector<CheckedHook> hooks;
};

[[nodiscard]] std::string_view arg_type_name(ArgType type);
[[nodiscard]] std::string_view attachment_name(Attachment attachment);

// Resolves `policy` against `kernel`. All mistakes, and everything the policy asks for that is not built or that
// this kernel cannot do, go to `diagnostics`; absent when there was an error.
[[nodiscard]] std::optional<CheckedPolicy> check(const Policy& policy, const Kernel& kernel,
                                                 Diagnostics& diagnostics);

}  // namespace tripline
