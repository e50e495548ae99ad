// SPDX-License-Identifier: Apache-2.0
#include "base/syscalls.h"

#include <algorithm>
#include <iterator>

namespace tripline {
namespace {

// Both in the order of their numbers.
constexpr Syscall kX64[] = {
#define TRIPLINE_SYSCALL_X64(number, name, parameters) {number, name, parameters},
#define TRIPLINE_SYSCALL_I386(number, name, functions)
#include "base/syscalls.inc"
#undef TRIPLINE_SYSCALL_X64
#undef TRIPLINE_SYSCALL_I386
};

constexpr Syscall kI386[] = {
#define TRIPLINE_SYSCALL_X64(number, name, parameters)
#define TRIPLINE_SYSCALL_I386(number, name, functions) {number, name, functions},
#include "base/syscalls.inc"
#undef TRIPLINE_SYSCALL_X64
#undef TRIPLINE_SYSCALL_I386
};

// Those of x86-64 whose function has another name than they.
struct Renamed {
  std::string_view name;
  std::string_view function;  // without "sys_"
};
constexpr Renamed kRenamed[] = {{"stat", "newstat"},   {"fstat", "newfstat"}, {"lstat", "newlstat"},
                                {"uname", "newuname"}, {"umount2", "umount"}, {"sendfile", "sendfile64"}};

// Types of parameters that have 32 bits.
constexpr std::string_view kHalves[] = {
    "int",   "unsigned int", "unsigned",     "u32",   "__u32",     "__s32",   "pid_t", "uid_t",
    "gid_t", "key_t",        "key_serial_t", "mqd_t", "clockid_t", "timer_t", "qid_t", "rwf_t"};

template <size_t size>
std::optional<uint32_t> find(const Syscall (&table)[size], std::string_view name) {
  const Syscall* found = std::ranges::find(table, name, &Syscall::name);
  if (found == std::end(table)) return std::nullopt;
  return found->number;
}

template <size_t size>
const Syscall* find(const Syscall (&table)[size], uint64_t number) {
  const Syscall* found = std::ranges::lower_bound(table, number, {}, &Syscall::number);
  return found != std::end(table) && found->number == number ? found : nullptr;
}

static_assert(std::ranges::is_sorted(kX64, {}, &Syscall::number) &&
              std::ranges::is_sorted(kI386, {}, &Syscall::number));

}  // namespace

const Syscall* find_x64_syscall(uint64_t number) { return find(kX64, number); }
const Syscall* find_i386_syscall(uint64_t number) { return find(kI386, number); }

std::optional<uint32_t> x64_syscall(std::string_view name) { return find(kX64, name); }
std::optional<uint32_t> i386_syscall(std::string_view name) { return find(kI386, name); }

std::optional<size_t> x64_syscall_arguments(std::string_view name) {
  const Syscall* found = std::ranges::find(kX64, name, &Syscall::name);
  if (found == std::end(kX64) || found->parameters == nullptr) return std::nullopt;
  const std::string_view parameters = found->parameters;
  return parameters.empty() ? 0 : static_cast<size_t>(std::ranges::count(parameters, ',')) + 1;
}

std::string_view x64_syscall_argument(std::string_view name, size_t index) {
  if (index >= x64_syscall_arguments(name).value_or(0)) return {};
  std::string_view parameter = std::ranges::find(kX64, name, &Syscall::name)->parameters;
  for (; index > 0; --index) parameter.remove_prefix(parameter.find(',') + 2);
  return parameter.substr(0, parameter.find(','));
}

std::optional<uint32_t> x64_syscall_argument_size(std::string_view name, size_t index) {
  const std::string_view parameter = x64_syscall_argument(name, index);
  if (parameter.empty()) return std::nullopt;
  if (parameter.contains('*')) return 8;
  std::string_view type = parameter.substr(0, parameter.rfind(' '));
  if (type.starts_with("const ")) type.remove_prefix(6);
  if (std::ranges::find(kHalves, type) != std::end(kHalves)) return 4;
  return type == "umode_t" ? 2 : 8;
}

std::string_view x64_syscall_function(std::string_view name) {
  const Renamed* found = std::ranges::find(kRenamed, name, &Renamed::name);
  return found == std::end(kRenamed) ? name : found->function;
}

std::vector<std::string_view> i386_syscall_functions(std::string_view name) {
  std::vector<std::string_view> out;
  const Syscall* found = std::ranges::find(kI386, name, &Syscall::name);
  std::string_view rest = found == std::end(kI386) ? std::string_view() : found->parameters;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(' '), rest.size());
    out.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::vector<std::string_view> i386_syscall_names() {
  std::vector<std::string_view> out;
  for (const Syscall& call : kI386) out.push_back(call.name);
  return out;
}

std::vector<std::string_view> x64_syscall_names() {
  std::vector<std::string_view> out;
  for (const Syscall& call : kX64) out.push_back(call.name);
  return out;
}

}  // namespace tripline
