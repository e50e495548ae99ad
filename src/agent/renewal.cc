// SPDX-License-Identifier: Apache-2.0
#include "agent/renewal.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace tripline {
namespace {

const target::UserFile* file_of(const CheckedHook& hook) {
  const auto* code = std::get_if<target::UserCode>(&hook.target);
  return code != nullptr ? &code->file : nullptr;
}

bool is_on(const CheckedHook& hook, std::span<const HookedFile> files) {
  const target::UserFile* file = file_of(hook);
  return file != nullptr && std::ranges::any_of(files, [&](const HookedFile& each) {
           return each.device == file->device && each.inode == file->inode;
         });
}

}  // namespace

std::vector<HookedFile> hooked_files(const CheckedPolicy& policy) {
  std::vector<HookedFile> out;
  for (const CheckedHook& hook : policy.hooks) {
    const target::UserFile* file = file_of(hook);
    if (file == nullptr) continue;
    HookedFile hooked{file->path, file->device, file->inode};
    if (std::ranges::find(out, hooked) == out.end()) out.push_back(std::move(hooked));
  }
  return out;
}

std::optional<CheckedPolicy> renewed(const CheckedPolicy& policy, const CheckedPolicy& fresh,
                                     std::span<const HookedFile> gone) {
  const std::vector<HookedFile> known = hooked_files(policy);
  CheckedPolicy out = fresh;
  out.hooks.clear();
  for (const CheckedHook& hook : policy.hooks)
    if (!is_on(hook, gone)) out.hooks.push_back(hook);
  const size_t kept = out.hooks.size();
  for (const CheckedHook& hook : fresh.hooks)
    if (file_of(hook) != nullptr && !is_on(hook, known)) out.hooks.push_back(hook);
  if (kept == policy.hooks.size() && out.hooks.size() == kept) return std::nullopt;
  return out;
}

}  // namespace tripline
