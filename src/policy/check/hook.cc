// SPDX-License-Identifier: Apache-2.0
// One hook of kprobes or fentries: its function, the values it reads, its selectors and how it is attached.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/check/arguments.h"
#include "policy/check/check.h"
#include "policy/check/function.h"
#include "policy/check/lists.h"

namespace tripline::policy {
namespace {

using Function = Btf::Function;

// What a hook on one function takes, about in values.
size_t cost_of(const FunctionHook& hook) {
  constexpr size_t kHookItself = 10;
  size_t out = kHookItself + hook.args.size() + hook.data.size() + hook.tags.size();
  for (const Selector& selector : hook.selectors) out += weight_of(selector);
  return out;
}

}  // namespace

std::optional<CheckedHook> check_hook(const Checking& of_policy, const FunctionHook& hook, HookKind kind) {
  const size_t errors_before = of_policy.out.errors();
  Checking checking = of_policy;
  CheckedHook checked;
  checked.kind = kind;
  checked.call = hook.call.value;
  checked.span = hook.span;
  const std::optional<Found> found = find_function(checking, hook);
  const std::optional<Function> function = found ? std::optional(found->function) : std::nullopt;
  const ModuleTypes* module = found ? found->module : nullptr;
  if (module != nullptr) checking.types = &module->btf;
  checked.args = check_args(checking, hook, kind, function);
  check_data(checking, hook.data, checked.args);
  checked.result = check_result(checking, hook, function);
  checked.result_tracking = check_tracking(checking, hook, checked.result);
  checked.message = check_message(checking, hook.message);
  checked.tags = check_tags(checking, hook.tags);
  const SelectorOf of{checking, kind, hook.args, hook.data, checked.args, hook.return_arg, checked.result};
  for (const Selector& selector : hook.selectors) checked.selectors.push_back(check_selector(of, selector));
  if (hook.selectors.empty())
    checked.selectors.push_back({.actions = {{.span = hook.span}},
                                 .return_actions = {{.span = hook.span}},
                                 .span = hook.span,
                                 .implied = true});
  if (!function) return std::nullopt;
  checked.target = target::Function{function->name, module != nullptr ? module->name : ""};
  checked.parameters = static_cast<uint32_t>(function->parameters.size());
  choose_attachment(checking, hook, *function, checked);
  if (checking.out.errors() != errors_before) return std::nullopt;
  return checked;
}

// Every function of the list becomes a hook of its own, all with the position of this one. What is wrong with the
// first of them is most likely wrong with all: only what the first bad one is told is reported.
std::vector<CheckedHook> check_hooks(const Checking& checking, const FunctionHook& hook, HookKind kind,
                                     bool& partial) {
  std::vector<CheckedHook> out;
  const std::optional<std::string_view> name = list_name(hook.call.value);
  if (!name) {
    if (auto checked = check_hook(checking, hook, kind)) out.push_back(*std::move(checked));
    return out;
  }
  const NameList* list = find_list(checking, *name, hook.call.span);
  if (list == nullptr) return out;
  const size_t errors_before = checking.out.errors();
  const ListedCalls& calls = calls_of(checking, *list);
  if (calls.wrong) return out;
  if (calls.names.empty()) {
    checking.out.warning(hook.call.span, "the list " + quoted(*name) + " is empty; the hook is skipped");
  }
  const size_t cost = cost_of(hook);
  bool told = false;
  for (const Text& call : calls.names) {
    if (checking.out.errors() != errors_before) break;
    if (!checking.lists.spend(cost, checking.out, hook.call.span)) break;
    FunctionHook one = hook;
    one.call.value = call.value;
    one.syscall.value =
        calls.syscalls || (hook.syscall.value && !is_function_alone(checking.kernel, call.value));
    if (one.syscall.value != (hook.syscall.value || calls.syscalls) && !std::exchange(told, true)) {
      checking.out.warning(hook.call.span,
                           "the list " + quoted(*name) + " holds functions, which are not system calls",
                           "\"syscall: false\", which is assumed");
    }
    auto checked = check_hook(checking, one, kind);
    if (!checked) {
      partial = true;
      continue;
    }
    checked->call = hook.call.value;
    out.push_back(*std::move(checked));
  }
  share_program(checking, out);
  return out;
}

}  // namespace tripline::policy
