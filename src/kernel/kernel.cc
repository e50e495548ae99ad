// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel.h"

#include <algorithm>
#include <charconv>

namespace tripline {

uint32_t release_version(std::string_view release) {
  uint32_t parts[3] = {};
  const char* at = release.data();
  const char* end = at + release.size();
  for (int i = 0; i < 3; ++i) {
    const auto [stop, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc{}) {
      if (i == 0) return 0;
      break;
    }
    if (stop == end || *stop != '.') break;
    at = stop + 1;
  }
  return kernel_version(std::min(parts[0], 0xffffu), std::min(parts[1], 0xffu), parts[2]);
}

bool Kernel::traceable(std::string_view function) const {
  if (!functions_known) return btf && btf->function(function);
  if (std::ranges::binary_search(functions, function)) return true;
  const std::string module_function = std::string(function) + " [";
  const auto at = std::ranges::lower_bound(module_functions, module_function);
  return at != module_functions.end() && at->starts_with(module_function);
}

bool Kernel::traceable(std::string_view function, const ModuleTypes& module) const {
  if (!functions_known) return true;
  return std::ranges::binary_search(module_functions, std::string(function) + " [" + module.name + "]");
}

const ModuleTypes* Kernel::module_of(std::string_view function) const {
  const auto at = std::ranges::find_if(
      modules, [&](const ModuleTypes& each) { return each.btf.function(function).has_value(); });
  return at != modules.end() ? &*at : nullptr;
}

const ModuleTypes* Kernel::module(std::string_view name) const {
  const auto at = std::ranges::lower_bound(modules, name, {}, &ModuleTypes::name);
  return at != modules.end() && at->name == name ? &*at : nullptr;
}

const TracepointFormat* Kernel::format(std::string_view tracepoint) const {
  const auto at = std::ranges::lower_bound(formats, tracepoint, {}, &TracepointFormat::name);
  return at != formats.end() && at->name == tracepoint ? &*at : nullptr;
}

std::string missing_section(const Kernel& kernel, std::string_view section, std::string_view otherwise) {
  if (!kernel.from_file) return std::string(otherwise);
  return "the kernel file has no section " + std::string(section) +
         ": make a new one on that kernel with \"tripline kernel dump\"";
}

Kernel without_types(const Kernel& kernel) {
  // All members by name: a new one does not compile until it is named here.
  const auto& [release, version, machine, btf, modules, features, lsms, lsm_refused, lsm_bool,
               lsm_hooks_known, functions, module_functions, functions_known, error_injection, tracepoints,
               formats, config, namespaces, from_file] = kernel;
  return {release,
          version,
          machine,
          {},
          {},
          features,
          lsms,
          lsm_refused,
          lsm_bool,
          lsm_hooks_known,
          functions,
          module_functions,
          functions_known,
          error_injection,
          tracepoints,
          formats,
          config,
          namespaces,
          from_file};
}

}  // namespace tripline
