// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/entry.h"

#include <algorithm>
#include <cstdint>

#include "abi/scratch.h"

namespace tripline {

using enum ir::Compare;
using ir::Callee;
using ir::Value;
using ir::Width;

bool notes_calls(const Judging& judging) {
  return is_return(judging.plan.attachment) || std::ranges::any_of(judging.schemas, [](const Schema& schema) {
           return schema.half == Half::kEntry;
         });
}

void find_frame(const Judging& judging) {
  const Attachment attachment = judging.plan.attachment;
  const int64_t what = is_return(attachment) ? TL_FRAME_RETURNED
                       : is_user(attachment) ? TL_FRAME_FOLLOWED
                                             : 0;
  judging.builder.call(Callee::tl_entry_frame, {judging.slot, what});
}

void save_entry(const Judging& judging, size_t section, size_t selector) {
  Builder& builder = judging.builder;
  builder.add(ir::Store{judging.slot, static_cast<int32_t>(offsetof(tl_slot, entry.selector)), Width::k8,
                        static_cast<int64_t>(selector)});
  for (const CheckedArg& arg : judging.hook(section).args) {
    if (!arg.return_copy) continue;
    const auto saved = static_cast<int32_t>(offsetof(tl_slot, entry.saved));
    builder.add(ir::Store{judging.slot, saved, Width::k8, judging.values.plain(arg.source)});
    if (arg.size) builder.add(ir::Store{judging.slot, saved + 8, Width::k8, judging.values.plain(*arg.size)});
  }
}

void note_entry(const Judging& judging, size_t section) {
  judging.builder.call(Callee::tl_entry_note, {judging.slot, int64_t{judging.schemas[section].pair}});
}

void take_entry(const Judging& judging, size_t section, Label no) {
  const Value found = judging.builder.value();
  const Schema& schema = judging.schemas[section];
  judging.builder.call(found, Callee::tl_entry_take,
                       {judging.slot, int64_t{schema.pair}, int64_t{schema.selectors.front().counter}});
  judging.builder.branch_if(kEqual, Width::k8, found, 0, no);
  judging.values.forget();
  judging.values.extract(judging.slot, judging.hook(section));
}

void test_entry(const Judging& judging, size_t selector, Label next) {
  const Value matched =
      judging.builder.load(judging.slot, offsetof(tl_slot, entry.selector), Width::k8, "entry selector");
  judging.builder.branch_if(kGreater, Width::k8, matched, static_cast<int64_t>(selector), next);
}

void test_other_entry(const Judging& judging, size_t selector, Label same) {
  const Value matched =
      judging.builder.load(judging.slot, offsetof(tl_slot, entry.selector), Width::k8, "entry selector");
  judging.builder.branch_if(kEqual, Width::k8, matched, static_cast<int64_t>(selector), same);
}

}  // namespace tripline
