// SPDX-License-Identifier: Apache-2.0
// The programs of one object in the kernel. They are attached by attach() and removed from the kernel when this value
// is destroyed, whatever happened in between. Unless they are given names in the BPF file system (LoadPlan::pins),
// our process leaves nothing behind, even when it is killed. With names, what was attached stays so when it is killed;
// this value then removes the names first.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "kernel/kernel.h"
#include "load/pins.h"
#include "object/object.h"

struct bpf_link;
struct bpf_map;
struct bpf_object;

namespace tripline {

// What the kernel tells of a loaded program.
struct ProgramFacts {
  std::string name;
  std::string target;  // where it is attached
  Attachment attach = Attachment::kFentry;
  uint32_t id = 0;
  uint32_t instructions = 0;  // after verification, before the JIT
  uint32_t verified = 0;      // instructions the verifier walked; 0 before 5.16
  // Calls not seen because another program was running there (D13), which the kernel tells since 5.12; for a kprobe or
  // kretprobe, which the kernel can pass over before any program, since 6.7.
  uint64_t skipped = 0;
  // The module that the target is of was unloaded since: a kprobe does not keep it, and is not there for the next one.
  bool module_gone = false;
  uint64_t passed_over = 0;       // those of `skipped` that no program was asked about
  std::string_view section = {};  // how it is attached, as ELF files name it
  // While kernel.bpf_stats_enabled is on.
  uint64_t runs = 0;
  uint64_t run_time = 0;  // ns
};

// How to load one object.
struct LoadPlan {
  std::string name;                // for messages
  std::span<const std::byte> elf;  // copied by the kernel and libbpf
  std::span<const ProgramInfo>
      programs;  // those to load and attach, in the order of attaching; others are left out
  bool by_section =
      false;  // where to attach a program is in the name of its section, whatever ProgramInfo says
  std::span<const LineInfo> lines;  // for messages
  // The one that runs, with its types; null: libbpf reads those for itself, at ten times the cost, and nothing attaches
  // to functions of modules.
  const Kernel* kernel = nullptr;
  // The map of that name that the object is to use, or a negative number: the object makes its own.
  std::function<Result<int>(std::string_view map)> map;
  // What the constants of the object are to be instead of 0; empty: it has none, or they stay.
  std::span<const std::byte> constants;
  // How many elements a map of the object's own is to have, 0 when no program that is loaded uses it; absent: as
  // many as the object says.
  std::function<std::optional<uint32_t>(std::string_view map)> entries;
  // What the name of each link begins with; empty: they have none. A kernel that cannot give a link a name leaves it
  // without (before 5.15 those of kprobes and tracepoints).
  std::string pins;
};

class Programs {
 public:
  // Loads, attaches nothing.
  static Result<Programs> load(const LoadPlan& plan);
  // Programs that somebody else attached: what has these names, as far as it is there. They go as if they were ours.
  static Programs found(std::span<const std::string> pins);
  // Attaches all programs but iterators, in order; on failure some may be attached until this value goes.
  Result<void> attach();
  // Runs a program of type kIterator once over everything; how many bytes it wrote.
  [[nodiscard]] Result<size_t> iterate(const std::string& name) const;
  [[nodiscard]] Result<std::vector<ProgramFacts>> facts() const;
  // Bytes that the kernel has for them and for maps that are theirs alone.
  [[nodiscard]] uint64_t memory() const;
  // The names of its links.
  [[nodiscard]] const std::vector<std::string>& pins() const { return pins_->paths(); }
  // How many links have none although they were to have one.
  [[nodiscard]] size_t unpinned() const { return unpinned_; }
  // What has a name stays attached from here on, whatever becomes of this value and this process.
  void leave() const;

 private:
  struct Close {
    void operator()(bpf_object* object) const;
    void operator()(bpf_link* link) const;
  };
  std::string name_;
  bool by_section_ = false;
  std::vector<ProgramInfo> programs_;
  std::vector<std::string> own_maps_;
  std::map<std::string, uint32_t> modules_;  // id of the types of each module that a target is of
  std::unique_ptr<bpf_object, Close> object_;
  struct Attached {
    size_t program = 0;  // in programs_
    std::unique_ptr<bpf_link, Close> link;
    Fd plain = {};  // of a kind of link that libbpf does not know; then `link` is null
    [[nodiscard]] int fd() const;
  };
  std::vector<Attached> links_;  // destroyed before the object
  std::vector<Fd> found_;        // links that somebody else made
  std::string pin_prefix_;
  size_t unpinned_ = 0;
  std::unique_ptr<Pins> pins_ = std::make_unique<Pins>();  // goes first
};

}  // namespace tripline
