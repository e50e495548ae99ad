// SPDX-License-Identifier: Apache-2.0
#include "hook/attachment.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace tripline {
namespace {

TEST(Attachment, RowsAgreeWithThemselves) {
  std::set<std::string_view> names, sections;
  for (unsigned n = 0; n < kAttachments; ++n) {
    const AttachmentInfo& info = attachment_info(static_cast<Attachment>(n));
    const bool typed = info.entry == Entry::kTyped;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    // A link on many places is a kind of link, not of program.
    const bool on_places = is_user(info.attachment) && info.attach_type != 0;
    EXPECT_NE(sections.insert(info.section).second, on_places) << info.name;
    EXPECT_EQ(info.library.current, typed ? "lib_typed" : "lib_plain") << info.name;
    EXPECT_EQ(info.attach_type != 0, typed || on_places)
        << info.name << ": only these programs tell the kernel how they attach";
    EXPECT_EQ(info.floor_price == 0, info.attachment == Attachment::kIterator) << info.name;
    EXPECT_TRUE(typed || (!info.trusts_arguments && !info.has_argument_helper)) << info.name;
    EXPECT_TRUE(typed || info.hold == (is_user(info.attachment) ? Hold::kJudge : Hold::kNone)) << info.name;
  }
}

TEST(Attachment, Names) {
  EXPECT_EQ(attachment_name(Attachment::kFentry), "fentry");
  EXPECT_EQ(attachment_name(Attachment::kKprobeMulti), "kprobe_multi");
  EXPECT_EQ(attachment_name(Attachment::kTracingRaw), "tp_btf");
}

TEST(Attachment, Returns) {
  for (unsigned n = 0; n < kAttachments; ++n) {
    const auto attachment = static_cast<Attachment>(n);
    using enum Attachment;
    const bool returns = attachment == kFexit || attachment == kKretprobe || attachment == kUretprobe ||
                         attachment == kUretprobeMulti;
    EXPECT_EQ(is_return(attachment), returns) << attachment_name(attachment);
  }
}

}  // namespace
}  // namespace tripline
