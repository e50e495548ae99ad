// SPDX-License-Identifier: Apache-2.0
#include "policy/checked.h"

#include <algorithm>

namespace tripline {

bool is_socket(ArgType type) { return type == ArgType::kSock || type == ArgType::kSocket; }

bool tracks_sockets(const CheckedPolicy& policy) {
  const auto tracks = [](const CheckedAction& action) {
    return action.kind == CheckedAction::Kind::kTrackSock && action.sock;
  };
  return std::ranges::any_of(policy.hooks, [&](const CheckedHook& hook) {
    return hook.result_tracking == SockTracking::kTrack ||
           std::ranges::any_of(hook.selectors, [&](const CheckedSelector& selector) {
             return std::ranges::any_of(selector.actions, tracks) ||
                    std::ranges::any_of(selector.return_actions, tracks);
           });
  });
}

bool overrides(const CheckedHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
    return std::ranges::any_of(selector.actions, [](const CheckedAction& action) {
      return action.kind == CheckedAction::Kind::kOverride || action.direct;
    });
  });
}

bool shows_hash(const CheckedHook& hook) {
  return std::ranges::any_of(hook.selectors, [](const CheckedSelector& selector) {
    return std::ranges::any_of(selector.actions, &CheckedAction::ima_hash);
  });
}

bool has_mode(const CheckedPolicy& policy) {
  return !policy.enforced.empty() || std::ranges::any_of(policy.hooks, [](const CheckedHook& hook) {
    return hook.kind != HookKind::kLoader;
  });
}

std::string shown_function(const CheckedHook& hook) {
  if (hook.kind == HookKind::kLsm) return hook.call;
  const auto* lsm_hook = std::get_if<target::LsmHook>(&hook.target);
  return lsm_hook != nullptr ? "security_" + lsm_hook->name : short_name(hook.target);
}

bool waits_for_return(const CheckedHook& hook) {
  return hook.result || std::ranges::any_of(hook.args, &CheckedArg::return_copy);
}

}  // namespace tripline
