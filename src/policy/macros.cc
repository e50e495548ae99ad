// SPDX-License-Identifier: Apache-2.0
// spec.selectorsMacros: parts of selectors that several of them share.
#include <string>
#include <string_view>
#include <vector>

#include "policy/check.h"

namespace tripline::policy {
namespace {

class Expansion {
 public:
  Expansion(const Checking& checking, const Text& name, const Selector& macro, Selector& selector)
      : checking_(checking), name_(name), macro_(macro), selector_(selector) {}

  void run() {
    merge("matchPIDs", &Selector::match_pids);
    merge("matchArgs", &Selector::match_args);
    merge("matchData", &Selector::match_data);
    merge("matchActions", &Selector::match_actions);
    merge("matchReturnArgs", &Selector::match_return_args);
    merge("matchReturnActions", &Selector::match_return_actions);
    merge("matchBinaries", &Selector::match_binaries);
    merge("matchParentBinaries", &Selector::match_parent_binaries);
    merge("matchNamespaces", &Selector::match_namespaces);
    merge("matchNamespaceChanges", &Selector::match_namespace_changes);
    merge("matchCapabilities", &Selector::match_capabilities);
    merge("matchCapabilityChanges", &Selector::match_capability_changes);
    if (selector_.label.value.empty()) selector_.label = macro_.label;
    if (macro_.match_workloads) {
      checking_.out.warning(macro_.match_workloads->span, "matchWorkloads in a macro has no effect");
    }
  }

 private:
  template <typename T>
  void merge(std::string_view what, std::vector<T> Selector::* list) {
    const std::vector<T>& from = macro_.*list;
    std::vector<T>& into = selector_.*list;
    if (from.empty()) return;
    if (!into.empty()) {
      checking_.out.error(name_.span, std::string(what) + " of macro " + quoted(name_.value) +
                                          " is given already by this selector or by another macro of it");
      return;
    }
    into = from;
  }

  const Checking& checking_;
  const Text& name_;
  const Selector& macro_;
  Selector& selector_;
};

void expand(const Checking& checking, Selector& selector) {
  const auto& macros = checking.policy.spec.selectors_macros;
  std::vector<std::string_view> names;
  for (const auto& [name, macro] : macros) names.push_back(name);
  for (const Text& name : selector.macros) {
    const auto macro = macros.find(name.value);
    if (macro == macros.end()) {
      checking.out.error(name.span, "there is no macro " + quoted(name.value),
                         macros.empty() ? "macros in \"selectorsMacros\" of the policy" : "",
                         did_you_mean(name.value, names));
    } else if (!macro->second.macros.empty()) {
      checking.out.error(name.span, "the macro " + quoted(name.value) + " names macros itself", {},
                         "name them in the selector");
    } else {
      Expansion(checking, name, macro->second, selector).run();
    }
  }
}

}  // namespace

void expand_macros(const Checking& checking, Spec& spec) {
  const auto expand_all = [&](auto& hooks) {
    for (auto& hook : hooks) {
      for (Selector& selector : hook.selectors) expand(checking, selector);
    }
  };
  expand_all(spec.kprobes);
  expand_all(spec.fentries);
  expand_all(spec.tracepoints);
  expand_all(spec.lsm_hooks);
  expand_all(spec.uprobes);
  expand_all(spec.usdts);
}

}  // namespace tripline::policy
