// SPDX-License-Identifier: Apache-2.0
#include "compile/leftovers.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "compile/builder.h"
#include "ir/program.h"

namespace tripline {
namespace {

// What is written at the entry of a hook, which waits for its return or not.
std::string written(Attachment attachment, bool waits) {
  auto policy = std::make_shared<CheckedPolicy>();
  policy->name = "p";
  CheckedHook hook;
  hook.kind = is_user(attachment) ? HookKind::kUprobe : HookKind::kKprobe;
  hook.target = target::UserCode{{.path = "/program", .inode = 7}, {{16}}};
  hook.attachment = attachment;
  if (waits) hook.result = CheckedArg{.type = ArgType::kInt64, .source = {.kind = ArgSource::Kind::kResult}};
  hook.selectors.emplace_back();
  policy->hooks = {hook};
  const HookPlan plan{hook.target, attachment, {{policy, 0, nullptr, 1}}, {}};
  Builder builder("hook", entry_of(attachment), {});
  write_leftovers(builder, plan,
                  {.slot = 3, .born = 5, .first_counter = 9, .pairs = {42}, .modes = {}, .facts = {}});
  builder.finish_block();
  return ir::print(builder.finish());
}

TEST(Leftovers, AreRemovedWhereSomebodyWaitsForTheReturn) {
  for (const Attachment attachment : {Attachment::kUprobe, Attachment::kUprobeMulti}) {
    const std::string program = written(attachment, true);
    EXPECT_NE(program.find("call tl_entry_forget(42, 9)"), std::string::npos) << program;
    EXPECT_EQ(written(attachment, false).find("tl_entry_forget"), std::string::npos);
  }
  EXPECT_EQ(written(Attachment::kKprobe, true).find("tl_entry_forget"), std::string::npos)
      << "functions of the kernel return";
}

}  // namespace
}  // namespace tripline
