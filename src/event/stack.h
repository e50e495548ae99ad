// SPDX-License-Identifier: Apache-2.0
// Names for the addresses of stacks. A kernel address is a function and an offset in it, a user address a file, an
// offset in it and, if its symbols say so, a function. What has no name is no frame of the event, and
// neither are the BPF programs a kernel stack begins with: the hook's own.
//
// Nothing is read here: StackSources does. The kernel's symbols are asked for by learn_kernel(), which takes seconds on a
// busy machine, or else with the first stack, and again when an address has no name, though not often; the maps of a process
// with every one of its stacks, so a process that has gone, or runs another file by then, has no names or wrong ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "binary/symbol_tables.h"
#include "event/event.h"

namespace tripline {

// The functions of the kernel, from the text of /proc/kallsyms. Modules and BPF programs that came later are missing.
class KernelSymbols {
 public:
  KernelSymbols() = default;
  explicit KernelSymbols(std::string_view kallsyms);

  // Symbol and offset; absent when no function is near below.
  [[nodiscard]] std::optional<StackFrame> find(uint64_t address) const;
  [[nodiscard]] size_t size() const { return functions_.size(); }

 private:
  struct Function {
    uint64_t address = 0;
    uint32_t name = 0;  // where in names_ it starts
    uint32_t size = 0;  // of the name
  };
  std::vector<Function> functions_;  // by address
  std::string names_;
};

// One line of /proc/PID/maps that names a file.
struct Mapping {
  uint64_t start = 0, end = 0;  // of the memory
  uint64_t offset = 0;          // in the file
  std::string file;             // device and inode, as text
  std::string path;
};

// The mappings of the text of /proc/PID/maps, by address.
[[nodiscard]] std::vector<Mapping> read_mappings(std::string_view maps);

struct StackSources {
  std::function<std::string()> kernel_symbols;     // text of /proc/kallsyms
  std::function<std::string(uint32_t tgid)> maps;  // text of /proc/TGID/maps; empty when there is none
  // Up to `size` bytes from `offset` of the file that process `tgid` has mapped.
  std::function<std::string(uint32_t tgid, const Mapping& mapping, uint64_t offset, size_t size)> file;
};

class StackNamer {
 public:
  // With `addresses` frames show them, else only names.
  explicit StackNamer(StackSources sources, bool addresses = false);

  // Reads the kernel's symbols, if that was not done just before. From any thread, while another one names stacks.
  void learn_kernel(uint64_t time);

  // `stack` is a list of addresses of 8 bytes, innermost first; `time` that of the record.
  std::vector<StackFrame> kernel(std::string_view stack, uint64_t time);
  std::vector<StackFrame> user(std::string_view stack, uint32_t tgid);

 private:
  struct Module {
    std::string file;
    binary::Functions functions;
  };

  [[nodiscard]] std::shared_ptr<const KernelSymbols> known();
  std::string_view symbol(uint32_t tgid, const Mapping& mapping, uint64_t offset);

  StackSources sources_;
  bool addresses_;
  std::mutex kernel_mutex_;
  std::shared_ptr<const KernelSymbols> kernel_ = std::make_shared<KernelSymbols>();
  std::optional<uint64_t> kernel_loaded_;  // when
  std::list<Module> modules_;              // the one used last first
  size_t modules_size_ = 0;                // bytes of all their symbols
};

}  // namespace tripline
