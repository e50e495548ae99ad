// SPDX-License-Identifier: Apache-2.0
// What is still to be asked of a kernel.
#include <algorithm>
#include <iterator>

#include "kernel/kernel.h"

namespace tripline {
namespace {

bool has_function(const Kernel& kernel, const std::string& name) {
  return (kernel.btf && kernel.btf->function(name)) || kernel.module_of(name) != nullptr;
}

template <typename Known>
std::vector<std::string> unknown_of(const std::vector<std::string>& names, const Known& known) {
  std::vector<std::string> out;
  std::ranges::copy_if(names, std::back_inserter(out), [&](const std::string& name) { return !known(name); });
  return out;
}

}  // namespace

ProbeScope missing_from(const Kernel& known, const ProbeScope& asked, const ProbeScope& wanted) {
  ProbeScope out;
  out.features = wanted.features && !asked.features;
  out.functions = wanted.functions && !asked.functions;
  out.formats = wanted.formats && !asked.formats;
  out.lsm_hooks = wanted.lsm_hooks && !asked.lsm_hooks;
  out.modules = wanted.modules && !asked.modules;
  if (!out.formats) {
    out.formats_of =
        unknown_of(wanted.formats_of, [&](const std::string& name) { return known.format(name) != nullptr; });
  }
  if (!out.lsm_hooks && !asked.lsm_hooks) {
    out.lsm_hooks_of = unknown_of(wanted.lsm_hooks_of, [&](const std::string& name) {
      return std::ranges::find(asked.lsm_hooks_of, name) != asked.lsm_hooks_of.end();
    });
  }
  if (!out.modules) {
    out.functions_of =
        unknown_of(wanted.functions_of, [&](const std::string& name) { return has_function(known, name); });
  }
  return out;
}

bool asks_nothing(const ProbeScope& scope) {
  return !scope.features && !scope.functions && !scope.formats && !scope.lsm_hooks && !scope.modules &&
         scope.formats_of.empty() && scope.lsm_hooks_of.empty() && scope.functions_of.empty();
}

}  // namespace tripline
