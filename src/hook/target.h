// SPDX-License-Identifier: Apache-2.0
// Target: what is hooked. A value; whether a kernel has it is asked elsewhere, how a program is attached to it says an
// Attachment. The alternatives are in a namespace of their own, because the policy language and BTF use the same words.
//
// Adding an alternative breaks the build wherever it must be handled.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fd.h"

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

// An open file of user space. It is told from others by its inode, not by its path: what is hooked is the file that was
// looked at, whatever has its name since.
struct UserFile {
  std::string path;  // as the policy names it
  uint64_t device = 0;
  uint64_t inode = 0;
  std::shared_ptr<const Fd> open = {};  // null: of another machine; then the path is opened when it is hooked
  bool operator==(const UserFile& other) const {
    return device == other.device && inode == other.inode && (inode != 0 || path == other.path);
  }
};

// A place in a file whose code a process maps.
struct UserPlace {
  uint64_t offset = 0;  // bytes from the start of the file
  uint64_t semaphore =
      0;  // likewise, of the counter that the kernel keeps above 0 meanwhile; 0: there is none
  std::string name = {};                           // "SSL_read+4"; empty: it was not given by name
  bool operator==(const UserPlace& other) const {  // the kernel does not know names
    return offset == other.offset && semaphore == other.semaphore;
  }
};

// Places of one file that share one program; never empty. The kernel tells the program which one was reached by its
// position here.
struct UserCode {
  UserFile file;
  std::vector<UserPlace> places;
  bool operator==(const UserCode&) const = default;
};

// Objects of the kernel that a program is run over when asked to, "task".
struct Iterator {
  std::string objects;
  bool operator==(const Iterator&) const = default;
};

}  // namespace target

using Target = std::variant<target::Function, target::Functions, target::Tracepoint, target::LsmHook,
                            target::Iterator, target::UserCode>;

// "MODULE:FUNCTION", or "FUNCTION" where there is no module; and the parts of such a name.
[[nodiscard]] std::string full_name(const target::Function& function);
[[nodiscard]] target::Function function_named(std::string_view full_name);

// "fd_install", "sched_switch", "file_open"; of several functions the first, of code of user space the file's last name
// and the first place, "bash:readline".
[[nodiscard]] std::string short_name(const Target& target);
// The same with the module, "xfs:xfs_file_open", or the whole path, "/bin/bash:readline".
[[nodiscard]] std::string full_name(const Target& target);
// As sections of ELF files and the loader's messages name it: also with the subsystem, "sched/sched_switch".
[[nodiscard]] std::string section_target(const Target& target);

// How many functions or places share the program; 1 for any other target.
[[nodiscard]] uint32_t functions_of(const Target& target);
// Are there several, so that the program must ask which one it was called for?
[[nodiscard]] inline bool tells_functions(const Target& target) {
  const auto* code = std::get_if<target::UserCode>(&target);
  return std::holds_alternative<target::Functions>(target) || (code != nullptr && code->places.size() > 1);
}

}  // namespace tripline
