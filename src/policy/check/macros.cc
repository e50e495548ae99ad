// SPDX-License-Identifier: Apache-2.0
// spec.selectorsMacros: parts of selectors that several of them share.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/check/check.h"
#include "policy/sections.h"

namespace tripline::policy {
namespace {

constexpr size_t kMostValues = 1'000'000;  // that macros put into selectors
constexpr size_t kBytesOfValue = 64;       // of a text that counts as one

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
                                          " is already given by this selector or another of its macros");
      return;
    }
    into = from;
  }

  const Checking& checking_;
  const Text& name_;
  const Selector& macro_;
  Selector& selector_;
};

size_t weight(const Text& text) { return 1 + text.value.size() / kBytesOfValue; }
size_t weight(const Located<uint32_t>& /*number*/) { return 1; }
size_t weight(const Action& action) { return weight(action.url) + weight(action.fqdn); }
template <typename T>
size_t weight(const std::vector<T>& list);
size_t weight(const auto& filter) { return 1 + weight(filter.values); }
template <typename T>
size_t weight(const std::vector<T>& list) {
  size_t sum = 0;
  for (const T& each : list) sum += weight(each);
  return sum;
}

}  // namespace

size_t weight_of(const Selector& selector) {
  return weight(selector.label) + weight(selector.match_pids) + weight(selector.match_args) +
         weight(selector.match_data) + weight(selector.match_actions) + weight(selector.match_return_args) +
         weight(selector.match_return_actions) + weight(selector.match_binaries) +
         weight(selector.match_parent_binaries) + weight(selector.match_namespaces) +
         weight(selector.match_namespace_changes) + weight(selector.match_capabilities) +
         weight(selector.match_capability_changes);
}

namespace {

// All uses of the macros of a policy.
class Macros {
 public:
  explicit Macros(const Checking& checking)
      : checking_(checking), macros_(checking.policy.spec.selectors_macros) {
    for (const auto& [name, macro] : macros_) weights_.emplace(name, weight_of(macro));
  }

  void expand(Selector& selector) {
    for (const Text& name : selector.macros) {
      const auto macro = macros_.find(name.value);
      if (macro == macros_.end()) {
        unknown(name);
      } else if (!macro->second.macros.empty()) {
        checking_.out.error(name.span, "the macro " + quoted(name.value) + " uses macros itself", {},
                            "name them in the selector");
      } else if (fits(name)) {
        Expansion(checking_, name, macro->second, selector).run();
      }
    }
  }

 private:
  void unknown(const Text& name) const {
    std::vector<std::string_view> names;
    if (!checking_.out.full()) {
      for (const auto& [known, macro] : macros_) names.push_back(known);
    }
    checking_.out.error(name.span, "unknown macro " + quoted(name.value),
                        macros_.empty() ? "macros in \"selectorsMacros\" of the policy" : "",
                        did_you_mean(name.value, names));
  }

  // A short document can name a long macro often.
  bool fits(const Text& name) {
    if (total_ > kMostValues) return false;  // told of already
    total_ += weights_.at(name.value);
    if (total_ <= kMostValues) return true;
    checking_.out.error(
        name.span, "with its macros expanded, the selectors of this policy have more than a million values");
    return false;
  }

  const Checking& checking_;
  const std::map<std::string, Selector>& macros_;
  std::map<std::string_view, size_t> weights_;
  size_t total_ = 0;
};

}  // namespace

void expand_macros(const Checking& checking, Spec& spec) {
  Macros macros(checking);
  for_each_section(spec, [&](const auto&, auto& hooks) {
    for (auto& hook : hooks) {
      for (Selector& selector : hook.selectors) macros.expand(selector);
    }
  });
}

}  // namespace tripline::policy
