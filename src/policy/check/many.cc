// SPDX-License-Identifier: Apache-2.0
// Hooks on a list of functions: one program for all of them, where that is possible and worth it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "policy/check/check.h"

namespace tripline::policy {
namespace {

// Each program takes the kernel some 50 ms to load and attach; up to so many functions the cheaper calls are worth that.
constexpr size_t kFewFunctions = 16;

bool can_share(const CheckedHook& hook) {
  const bool plain = hook.attachment == Attachment::kFentry || hook.attachment == Attachment::kKprobe;
  return hook.kind == HookKind::kKprobe && plain && !waits_for_return(hook) && !overrides(hook);
}

// A kprobe has pointers as numbers, and need not know which of them are pointers.
ArgSource as_number(ArgSource source) {
  source.is_pointer = false;
  source.saved = false;
  return source;
}

bool reads_the_same(const CheckedHook& a, const CheckedHook& b) {
  return std::ranges::equal(a.args, b.args, [](const CheckedArg& one, const CheckedArg& other) {
    return one.type == other.type && as_number(one.source) == as_number(other.source) &&
           one.size.transform(as_number) == other.size.transform(as_number);
  });
}

}  // namespace

void share_program(const Checking& checking, std::vector<CheckedHook>& hooks) {
  const Kernel& kernel = checking.kernel;
  const bool cookies = kernel.features.kprobe && kernel.version >= kernel_version(5, 15);
  if (hooks.size() <= kFewFunctions || !(kernel.features.kprobe_multi || cookies)) return;
  if (!std::ranges::all_of(hooks, can_share)) return;
  if (!std::ranges::all_of(hooks,
                           [&](const CheckedHook& each) { return reads_the_same(hooks.front(), each); }))
    return;
  std::vector<std::string> functions;
  for (const CheckedHook& each : hooks) functions.push_back(full_name(each.target));
  hooks.resize(1);
  CheckedHook& shared = hooks.front();
  const std::string count = std::to_string(functions.size());
  shared.target = target::Functions{std::move(functions)};
  shared.attachment = kernel.features.kprobe_multi ? Attachment::kKprobeMulti : Attachment::kKprobe;
  shared.attachment_reason =
      "one program on " + count + " functions" +
      (kernel.features.kprobe_multi ? ""
                                    : ", each with a kprobe of its own (this kernel has no kprobe_multi)");
}

}  // namespace tripline::policy
