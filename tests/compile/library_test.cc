// SPDX-License-Identifier: Apache-2.0
#include "compile/library.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "abi/maps.h"
#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(Library, FitsTheAttachmentAndTheKernel) {
  EXPECT_EQ(library_for(Attachment::kFentry, saved_kernel("debian-6.12")).name, "lib_typed");
  EXPECT_EQ(library_for(Attachment::kKprobe, saved_kernel("debian-6.12")).name, "lib_plain");
  EXPECT_EQ(library_for(Attachment::kFentry, saved_kernel("debian-5.10")).name, "lib_typed_old");
  EXPECT_EQ(library_for(Attachment::kKprobe, saved_kernel("debian-5.10")).name, "lib_plain_old");
  EXPECT_FALSE(library_for(Attachment::kFentry, saved_kernel("debian-5.10")).bytes.empty());
}

TEST(Library, NamesFitTheKernel) {
  HookPlan hook;
  hook.target = target::Function{"a.very.long_name_of_a_function"};
  EXPECT_EQ(program_name(hook), "tl_a_very_long_");
  EXPECT_EQ(section_name(hook), "fentry/a.very.long_name_of_a_function");
  hook.attachment = Attachment::kKprobe;
  EXPECT_EQ(section_name(hook), "kprobe/a.very.long_name_of_a_function");
  hook.attachment = Attachment::kFexit;
  hook.target = target::Function{"xfs_file_open", "xfs"};
  EXPECT_EQ(program_name(hook), "tlr_xfs_file_op");
  EXPECT_EQ(section_name(hook), "fexit/xfs:xfs_file_open");
  hook = {target::Tracepoint{"sched", "sched_switch"}, Attachment::kTracepoint, {}};
  EXPECT_EQ(program_name(hook), "tl_sched_switch");
  EXPECT_EQ(section_name(hook), "tracepoint/sched/sched_switch");
}

TEST(Library, NamesOfUserCode) {
  HookPlan hook{target::UserCode{{.path = "/usr/lib/libc.so.6"}, {{0x10, 0, "puts+4"}, {0x20, 0, {}}}},
                Attachment::kUprobeMulti,
                {}};
  EXPECT_EQ(program_name(hook), "tl_libc_so_6_pu");
  EXPECT_EQ(section_name(hook), "uprobe/libc.so.6:puts+4");
  EXPECT_EQ(section_name(hook, true), "uprobe.s/libc.so.6:puts+4");
  hook.attachment = Attachment::kUretprobe;
  EXPECT_EQ(program_name(hook), "tlr_libc_so_6_p");
  EXPECT_EQ(section_name(hook), "uretprobe/libc.so.6:puts+4");
}

bool is_unused(const Object& object, std::string_view map) {
  return std::ranges::find(object.unused_maps, map) != object.unused_maps.end();
}

TEST(Library, TheMapOfRatesIsThereForThoseWithLimits) {
  const Kernel& kernel = saved_kernel("debian-6.12");
  CheckedSelector limited = selector(Op::kEqual, {"/a"});
  limited.actions[0].rate_limit = RateLimit{5'000, RateLimit::Scope::kThread};
  const auto with = compile(plan({policy_of("p", {fd_install({limited})})}), kernel, {});
  const auto without =
      compile(plan({policy_of("p", {fd_install({selector(Op::kEqual, {"/a"})})})}), kernel, {});
  ASSERT_TRUE(with && without);
  EXPECT_FALSE(is_unused(*with, TL_MAP_RATES));
  EXPECT_TRUE(is_unused(*without, TL_MAP_RATES));
}

// A policy with a hook on a function that gets a struct sock, and another on one that returns it.
std::shared_ptr<const CheckedPolicy> sock_policy(std::optional<CheckedAction::Kind> action) {
  CheckedHook hook;
  hook.call = "tcp_connect";
  hook.target = target::Function{hook.call};
  hook.parameters = 1;
  hook.args = {{.type = ArgType::kSock, .source = {.index = 0}, .label = "", .span = {}}};
  CheckedSelector selector;
  selector.actions = {{.span = {}}};
  if (action) selector.actions.push_back({.kind = *action, .span = {}, .sock = 0});
  hook.selectors = {selector};
  return policy_of("p", {hook});
}

TEST(Library, WhoseASocketIs) {
  const Kernel& kernel = saved_kernel("debian-6.12");
  const auto tracking = compile(plan({sock_policy(CheckedAction::Kind::kTrackSock)}), kernel, {});
  const auto plain = compile(plan({sock_policy({})}), kernel, {});
  ASSERT_TRUE(tracking && plain);
  EXPECT_FALSE(is_unused(*tracking, TL_MAP_SOCKS));
  EXPECT_TRUE(is_unused(*plain, TL_MAP_SOCKS));
  const auto has_owner = [](const Object& object) {
    return std::ranges::any_of(object.schemas.at(0).fields,
                               [](const Field& field) { return field.type == FieldType::kOwner; });
  };
  EXPECT_TRUE(has_owner(*tracking));
  EXPECT_FALSE(has_owner(*plain));
  EXPECT_EQ(tracking->schemas.at(0).selectors.at(0).action, ActionName::kTrackSock);
}

}  // namespace
}  // namespace tripline
