// SPDX-License-Identifier: Apache-2.0
// `tripline compile`: policies to objects in files, for those who want to look at them or load them elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compile/compile.h"
#include "main/commands.h"
#include "main/input.h"
#include "main/policies.h"

namespace tripline {
namespace {

Result<void> write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) return fail("write", path, errno);
  return {};
}

// Of the objects of several hooks: OUTPUT.ATTACHMENT.TARGET, with a number when that is taken.
class Names {
 public:
  explicit Names(std::string output) : output_(std::move(output)) {}

  std::string next(const HookPlan& plan) {
    std::string target = section_target(plan.target);
    std::ranges::replace_if(target, [](char c) { return c == ':' || c == '/'; }, '.');
    const std::string name = output_ + "." + std::string(attachment_name(plan.attachment)) + "." + target;
    const size_t before = given_[name]++;
    return before == 0 ? name : name + "." + std::to_string(before + 1);
  }

 private:
  std::string output_;
  std::map<std::string, size_t> given_;
};

// OBJ for one hook; with several, one for each.
Result<void> compile_policies(const CompileFlags& flags, bool& refused) {
  const Result<Kernel> kernel = load_kernel(flags.kernel);
  if (!kernel) return std::unexpected(kernel.error());
  const auto policies =
      load_policies(flags.files, *kernel, {.check = {.parents_map = true}, .root = flags.root, .lint = true});
  refused = !policies;
  if (refused) return {};
  const std::vector<HookPlan> plans = plan_hooks(*policies);
  if (plans.empty())
    return fail("compile", flags.files.front(), 0, "no hook is left: there is nothing to compile");
  Numbering numbering;
  Names names(flags.output);
  for (const HookPlan& plan : plans) {
    const Result<Object> object = compile(plan, *kernel, numbering);
    if (!object) return std::unexpected(object.error());
    const std::string path = plans.size() == 1 ? flags.output : names.next(plan);
    if (auto written = write_file(path, object->elf); !written) return written;
    fmt::print("{}: program {}, {} bytes\n", path, object->programs.front().name, object->elf.size());
    numbering.first_schema += static_cast<uint32_t>(plan.sections.size()) * schemas_of_section(plan);
    numbering.first_counter += counters_of(plan);
    ++numbering.slot;
  }
  return {};
}

}  // namespace

int compile_command(const CompileFlags& flags) {
  bool refused = false;
  if (auto done = compile_policies(flags, refused); !done) {
    fmt::print(stderr, "tripline: {}\n", done.error().text());
    return 1;
  }
  return refused ? 1 : 0;
}

}  // namespace tripline
