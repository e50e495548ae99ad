// SPDX-License-Identifier: Apache-2.0
// The pipeline on one screen: policies that were parsed and checked become programs, programs become instructions,
// instructions become an object that the run half can load. A newcomer starts here.
#include "compile/compile.h"

#include <array>
#include <span>
#include <utility>
#include <vector>

#include "compile/library.h"
#include "compile/lower.h"
#include "compile/translate.h"
#include "emit/emit.h"
#include "emit/link.h"
#include "ir/program.h"

namespace tripline {

Result<Code> translate(ir::Program& program) {
  ir::simplify(program);
  if (const std::string broken = ir::verify(program); !broken.empty())
    return fail("verify program", program.hook, 0, broken);
  return emit(program);  // -> instructions
}

Result<Translation> translate(const HookPlan& plan, const Kernel& kernel, const Numbering& numbering) {
  Lowered lowered = lower(plan, kernel, numbering);  // selectors -> a filter and a judge
  Result<Code> filter = translate(lowered.filter);
  if (!filter) return std::unexpected(filter.error());
  Result<Code> judge = translate(lowered.judge);
  if (!judge) return std::unexpected(judge.error());
  return Translation{std::move(lowered), std::move(*filter), std::move(*judge)};
}

Result<Object> compile(const HookPlan& plan, const Kernel& kernel, const Numbering& numbering) {
  const Result<Translation> translated = translate(plan, kernel, numbering);
  if (!translated) return std::unexpected(translated.error());
  const auto& [lowered, filter, judge] = *translated;

  const Library library = library_for(plan.attachment, kernel);  // -> ELF, with the part of bpf/lib it needs
  std::vector<std::span<const std::byte>> libraries = {library.bytes};
  for (const Library& each : more_libraries(std::array{&filter, &judge})) libraries.push_back(each.bytes);
  auto elf = link({section_name(plan, waits_for_memory(plan, kernel)), program_name(plan), &filter, &judge,
                   std::move(libraries)});
  if (!elf) return std::unexpected(elf.error());

  Object object;
  object.elf = std::move(*elf);
  object.programs = {program_info(plan, numbering, filter)};
  object.schemas = for_each_function(plan, lowered.schemas);
  object.lines = lines_of(plan, *translated);
  object.unused_maps = unused_maps(std::array{&filter, &judge});
  return object;
}

}  // namespace tripline
