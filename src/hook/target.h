// SPDX-License-Identifier: Apache-2.0
// Target: what is hooked. A value; whether a kernel has it is asked elsewhere, how a program is attached to it says an
// Attachment. The alternatives are in a namespace of their own, because the policy language and BTF use the same words.
//
// Adding an alternative breaks the build wherever it must be handled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tripline {

namespace target {

// A function of the kernel, or of a module.
struct Function {
  std::string name;
  std::string module = {};  // empty: it is of the kernel itself
  bool operator==(const Function&) const = default;
};

// Functions that share one program; never empty. The kernel tells the program which one was called by its position here.
struct Functions {
  std::vector<std::string> names;  // "MODULE:FUNCTION" for one of a module
  bool operator==(const Functions&) const = default;
};

struct Tracepoint {
  std::string subsystem;  // empty: any. A raw tracepoint is found by its event alone
  std::string event;
  bool operator==(const Tracepoint&) const = default;
};

// A hook of security modules, "file_open".
struct LsmHook {
  std::string name;
  bool operator==(const LsmHook&) const = default;
};

// Objects of the kernel that a program is run over when asked to, "task".
struct Iterator {
  std::string objects;
  bool operator==(const Iterator&) const = default;
};

}  // namespace target

using Target =
    std::variant<target::Function, target::Functions, target::Tracepoint, target::LsmHook, target::Iterator>;

// "MODULE:FUNCTION", or "FUNCTION" where there is no module; and the parts of such a name.
[[nodiscard]] std::string full_name(const target::Function& function);
[[nodiscard]] target::Function function_named(std::string_view full_name);

// "fd_install", "sched_switch", "file_open"; of several functions the first.
[[nodiscard]] std::string short_name(const Target& target);
// The same with the module, "xfs:xfs_file_open".
[[nodiscard]] std::string full_name(const Target& target);
// As sections of ELF files and the loader's messages name it: also with the subsystem, "sched/sched_switch".
[[nodiscard]] std::string section_target(const Target& target);

// How many functions share the program; 1 for any other target.
[[nodiscard]] uint32_t functions_of(const Target& target);

}  // namespace tripline
