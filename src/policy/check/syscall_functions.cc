// SPDX-License-Identifier: Apache-2.0
#include "policy/check/syscall_functions.h"

#include <algorithm>

#include "base/syscalls.h"

namespace tripline::policy {
namespace {

constexpr std::string_view kX64 = "__x64_";
constexpr std::string_view kI386 = "__ia32_";
constexpr std::string_view kSys = "sys_";

bool has(const Kernel& kernel, const std::string& function) {
  return kernel.btf && kernel.btf->function(function).has_value();
}

// Null: the table has the call and no function for it, or not the call.
std::string entry_of(const Kernel& kernel, std::string_view call) {
  for (const std::string_view each : i386_syscall_functions(call)) {
    std::string function = std::string(kI386) + std::string(each);
    if (has(kernel, function)) return function;
  }
  return {};
}

std::optional<std::string> i386_instead(const Kernel& kernel, std::string_view function) {
  const std::string_view own = function.substr(kI386.size());
  std::string instead;
  for (const std::string_view call : i386_syscall_names()) {
    const std::string entry = entry_of(kernel, call);
    if (entry == function) return std::nullopt;
    const auto functions = i386_syscall_functions(call);
    const bool same = own == std::string(kSys) + std::string(call);
    if (same || (instead.empty() && std::ranges::find(functions, own) != functions.end())) instead = entry;
  }
  if (instead.empty()) return std::nullopt;
  return instead;
}

// A call that only the 32-bit mode has is none of a 64-bit program.
std::optional<std::string> x64_instead(const Kernel& kernel, std::string_view function) {
  const std::string_view name = function.substr(kX64.size() + kSys.size());
  const std::vector<std::string_view> calls = x64_syscall_names();
  if (std::ranges::find(calls, name, x64_syscall_function) != calls.end()) return std::nullopt;
  if (x64_syscall(name))
    return std::string(kX64) + std::string(kSys) + std::string(x64_syscall_function(name));
  for (const std::string_view call : i386_syscall_names()) {
    const auto functions = i386_syscall_functions(call);
    if (std::ranges::find(functions, function.substr(kX64.size())) != functions.end())
      return entry_of(kernel, call);
  }
  return std::nullopt;
}

}  // namespace

std::string i386_function(const Kernel& kernel, std::string_view sys_name) {
  std::string_view call = sys_name;
  if (call.starts_with(kSys)) call.remove_prefix(kSys.size());
  std::string function = entry_of(kernel, call);
  return function.empty() ? std::string(kI386) + std::string(sys_name) : function;
}

std::optional<std::string> runs_instead(const Kernel& kernel, std::string_view function) {
  if (kernel.machine != "x86_64") return std::nullopt;
  if (function.starts_with(kI386)) return i386_instead(kernel, function);
  if (function.starts_with(std::string(kX64) + std::string(kSys))) return x64_instead(kernel, function);
  return std::nullopt;
}

}  // namespace tripline::policy
