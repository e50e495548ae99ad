// SPDX-License-Identifier: Apache-2.0
// What the files of check() share. check.cc looks at the policy as a whole, hook.cc, tracepoint.cc, lsm.cc and loader.cc
// at one hook, function.cc at the kernel function behind it, arguments.cc, data.cc and result.cc at the values that it
// reads, attachment.cc at how it is attached, enforcer.cc at the calls that are enforced; selector.cc at one selector,
// process.cc at its process filters, integer.cc and so on at one filter; lists.cc at lists, scope.cc at pods and
// containers. Private to the policy room.
//
// Each of them reports everything it finds and goes on; what it returns is used only when nothing was wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/checked.h"
#include "policy/files.h"
#include "policy/policy.h"

namespace tripline::policy {

// What trampolines pass on, and what a kprobe finds in registers.
inline constexpr size_t kRegisterParameters = 6;

// What a hook on a list is on.
struct ListedCalls {
  bool syscalls = false;  // the names are system calls, whatever the hook says
  bool wrong = false;     // which was reported
  std::vector<Text> names;
};

// The lists of one policy while it is checked: what was asked of them is kept.
class Lists {
 public:
  explicit Lists(const Spec& spec);

  // What is done for each of many names takes `cost`, about the number of values that it makes. False when a policy
  // would take too much, which is reported, once, at `span`.
  [[nodiscard]] bool spend(size_t cost, Diagnostics& out, Span span);

  std::map<std::string_view, const NameList*> by_name;  // the first of each name
  std::map<const NameList*, ListedCalls> calls;
  std::map<const NameList*, std::vector<uint32_t>> numbers;  // of system calls

 private:
  size_t left_;
};

struct Checking {
  const Policy& policy;
  const Kernel& kernel;
  const Btf* types;  // those of the hook looked at: of its module, or the kernel's; null when there are none
  Diagnostics& out;
  const CheckOptions& options;
  Lists& lists;
  const Files& files;
  const std::vector<CheckedHook>& enforced;  // calls at which notices of this policy are enforced

  // Part of the language, not built yet: refused, so that nothing runs that does less than its policy says.
  void not_supported(Span span, std::string_view what) const;
};

// One for each function that the hook is on; less than that when some are skipped, which sets `partial`, or wrong.
[[nodiscard]] std::vector<CheckedHook> check_hooks(const Checking& checking, const FunctionHook& hook,
                                                   HookKind kind, bool& partial);
// Of one function.
[[nodiscard]] std::optional<CheckedHook> check_hook(const Checking& checking, const FunctionHook& hook,
                                                    HookKind kind);

[[nodiscard]] std::optional<CheckedHook> check_tracepoint(const Checking& checking,
                                                          const TracepointHook& hook);
// Another attachment for a hook that enforces where the kernel would skip the one it has.
void keep_from_skipping(const Kernel& kernel, CheckedHook& hook);
// The same for an enforced call of a policy with these hooks.
void keep_call_from_skipping(const Kernel& kernel, const std::vector<CheckedHook>& hooks, CheckedHook& call);
// The same parameters, by their types as they are written?
[[nodiscard]] bool same_parameters(const Btf::Function& a, const Btf::Function& b);

[[nodiscard]] std::optional<CheckedHook> check_lsm_hook(const Checking& checking, const LsmHook& hook);

// One for each group of places that share a program; none when the hook is skipped, which sets `rejected`, or wrong.
[[nodiscard]] std::vector<CheckedHook> check_uprobe(const Checking& checking, const UprobeHook& hook,
                                                    bool& rejected);
// Hooks on one file that name its places in different ways.
void check_uprobes_agree(const Checking& checking, const std::vector<UprobeHook>& hooks);
// One for each way in which its places have the arguments.
[[nodiscard]] std::vector<CheckedHook> check_usdt(const Checking& checking, const UsdtHook& hook);
// The calls of spec.enforcers, each function once, with the way in which a program can keep them from running.
[[nodiscard]] std::vector<CheckedHook> check_enforcers(const Checking& checking);
// The one of that function; null when the policy does not enforce there.
[[nodiscard]] const CheckedHook* enforced_call(const Checking& checking, const std::string& function);
// Does a selector of the hook notify, when it is called?
[[nodiscard]] bool notifies(const CheckedHook& hook);
// The hook is attached as an enforced call is, to the same function: what notifies there acts.
void act_directly(CheckedHook& hook);

// Of spec.loader.
[[nodiscard]] std::optional<CheckedHook> check_loader(const Checking& checking);

// Whom the policy is about; absent: everybody.
[[nodiscard]] std::optional<Scope> check_scope(const Checking& checking);
// The same of one selector, besides.
[[nodiscard]] std::optional<Scope> check_workloads(const Checking& checking, const Selector& selector);

[[nodiscard]] std::string check_message(const Checking& checking, const Text& message);
[[nodiscard]] std::vector<std::string> check_tags(const Checking& checking, const TextList& tags);

// The best hook that the kernel offers for a function, and that its actions need.
void choose_attachment(const Checking& checking, const FunctionHook& hook, const Btf::Function& function,
                       CheckedHook& checked);

// Of a hook whose program gets the function's parameters with their types: marks what it must not load.
void read_saved_arguments(const Kernel& kernel, const Btf::Function& function, CheckedHook& checked);

// Hooks of one section on many functions: makes them one, with one program for all, where the kernel can tell that
// program which function was called, and what it reads is the same in all.
void share_program(const Checking& checking, std::vector<CheckedHook>& hooks);

// Why fentry and its kin cannot be attached to `function`; empty when they can.
[[nodiscard]] std::string fentry_obstacle(const Btf::Function& function);

// What is wrong with spec.options. Every one is looked at, also one that a later one of the same name replaces.
void check_options(const Checking& checking);
// The option of this name that counts, the last; null when there is none.
[[nodiscard]] const Option* last_option(const Spec& spec, OptionName name);

// Is that option a flag, and set?
[[nodiscard]] bool option_is_on(const Spec& spec, OptionName name);

// What is wrong with lists (lists.h) whether they are used or not.
void check_lists(const Checking& checking);

// Puts into every selector of `spec`, a copy of the policy's, the filters and actions of the macros it names. Reports
// macros that there are not, macros in macros, and what is given twice.
void expand_macros(const Checking& checking, Spec& spec);

// What a selector is made of, counted: elements and values, a long text as several.
[[nodiscard]] size_t weight_of(const Selector& selector);

// The hook that a selector belongs to.
struct SelectorOf {
  const Checking& checking;
  HookKind kind = HookKind::kKprobe;
  const std::vector<Argument>& args;       // as written
  const std::vector<Argument>& data;       // likewise
  const std::vector<CheckedArg>& checked;  // in the same order; then others
  const std::optional<Argument>& return_arg;
  const std::optional<CheckedArg>& result;  // absent: the hook does not ask for what is returned
};

[[nodiscard]] CheckedSelector check_selector(const SelectorOf& hook, const Selector& selector);

// When the hook is called, or, for one of matchReturnActions, when the function returns.
[[nodiscard]] CheckedAction check_action(const SelectorOf& hook, const Action& action, bool at_return);

// One element of matchArgs and the argument it is about.
struct ArgCheck {
  const Checking& checking;
  const ArgFilter& filter;
  uint32_t arg = 0;  // position in CheckedHook::args; 0 for what is returned
  ArgType type = ArgType::kInt;
};

// For arguments of families kInteger and kCapabilities.
[[nodiscard]] Filter check_integer_filter(const ArgCheck& check);
// For arguments of families kSocket and kUnixAddress: operators of the network.
[[nodiscard]] Filter check_socket_filter(const ArgCheck& check);
// For arguments of family kPath.
[[nodiscard]] Filter check_path_filter(const ArgCheck& check);
// Why no path meets `op` and `value`, were it without Not; empty when one can.
[[nodiscard]] std::string_view impossible_path(TextOp op, std::string_view value);
// For arguments of family kText.
[[nodiscard]] Filter check_text_filter(const ArgCheck& check);

// For CelExpr, which names arguments itself; absent when the expression is wrong, which is reported.
[[nodiscard]] std::optional<Filter> check_cel_filter(const SelectorOf& hook, const ArgFilter& filter);

// The filters of a selector that are about the process: matchPIDs, matchBinaries and so on. Appends to `out`.
void check_process_filters(const Checking& checking, const Selector& selector, std::vector<Filter>& out);

// Does an action of this kind change what the process does?
[[nodiscard]] bool is_enforcing(ActionKind kind);

}  // namespace tripline::policy
