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
    EXPECT_TRUE(names.insert(info.name).second && sections.insert(info.section).second) << info.name;
    EXPECT_EQ(info.library.current, typed ? "lib_typed" : "lib_plain") << info.name;
    EXPECT_EQ(info.attach_type != 0, typed)
        << info.name << ": only typed programs tell the kernel how they attach";
    EXPECT_EQ(info.floor_price == 0, info.attachment == Attachment::kIterator) << info.name;
    EXPECT_TRUE(typed || (!info.trusts_arguments && !info.has_argument_helper && info.hold == Hold::kNone))
        << info.name;
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
    EXPECT_EQ(is_return(attachment),
              attachment == Attachment::kFexit || attachment == Attachment::kKretprobe);
  }
}

}  // namespace
}  // namespace tripline
