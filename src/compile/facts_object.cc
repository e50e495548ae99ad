// SPDX-License-Identifier: Apache-2.0
// The object of the programs that keep the entries of processes: compile() for them.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "abi/facts.h"
#include "compile/facts.h"
#include "compile/library.h"
#include "compile/translate.h"
#include "emit/emit.h"
#include "emit/link.h"

namespace tripline {
Result<Object> compile_facts(const FactTable& table, const Kernel& kernel) {
  if (table.words > TL_FACT_WORDS_MAX)
    return fail("compile", "process facts", 0, "too many filters on processes");
  FactPrograms programs = lower_facts(table);
  const Result<Code> shape = translate(programs.shape);
  const Result<Code> image = translate(programs.image);
  const Result<Code> pids = translate(programs.pids);
  for (const Result<Code>* code : {&shape, &image, &pids}) {
    if (!*code) return std::unexpected(code->error());
  }
  const std::vector<std::vector<ElfFunction>> units = {{{".text", "tl_fact_shape", true, &*shape}},
                                                       {{".text", "tl_fact_image", true, &*image}},
                                                       {{".text", "tl_fact_pids", true, &*pids}}};
  const std::array libraries = {facts_library(kernel), library_for(Attachment::kTracingRaw, kernel)};
  auto elf = link_units(units, {libraries[0].bytes, libraries[1].bytes}, "process facts");
  if (!elf) return std::unexpected(elf.error());
  Object object;
  object.elf = std::move(*elf);
  object.unused_maps = unused_maps(std::array{&*shape, &*image, &*pids});
  // In the order of attaching: an end that is missed costs more than one that is seen too early.
  for (const char* event : {"free", "exec", "fork"}) {
    object.programs.push_back({.name = std::string("facts_") + event,
                               .attach = Attachment::kTracingRaw,
                               .target = target::Tracepoint{"", std::string("sched_process_") + event}});
  }
  for (const char* pass : {"scan", "settle"}) {
    object.programs.push_back({.name = std::string("facts_") + pass,
                               .attach = Attachment::kIterator,
                               .target = target::Iterator{"task"}});
  }
  return object;
}

}  // namespace tripline
