// SPDX-License-Identifier: Apache-2.0
#include "agent/manifest.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

Manifest example() {
  Manifest out{.version = "v1 (a)", .next_pair = 7, .alone_from = 12};
  tl_counter counter{};
  counter.posted = 1;
  counter.returned = ~0ULL;
  out.policies.push_back({{"grpc", "", "a\tb%\n"}, ~0ULL, 3, {{{HookKind::kLsm, 1, 2, true}, counter}}});
  out.policies.push_back({{"static", "ns", "c"}, 0, 0, {}});
  const std::vector<Target> targets = {target::Function{"f", ""},
                                       target::Function{"f", "xfs"},
                                       target::Functions{{"f", "xfs:g"}},
                                       target::Tracepoint{"", "sched_switch"},
                                       target::LsmHook{"file_open"},
                                       target::UserCode{{.path = "/a b", .device = 1, .inode = ~0ULL},
                                                        {{0x10, 0, "f+4\tx"}, {0x20, ~0ULL, {}}}}};
  uint32_t slot = 0;
  for (const Target& target : targets) {
    out.hooks.push_back({.attachment = Attachment::kKprobe,
                         .target = target,
                         .slot = slot++,
                         .born = 4,
                         .first_counter = 5,
                         .counters = 2,
                         .owned = {{1, {HookKind::kTracepoint, 0, 1, false}, 6}},
                         .pins = {"1_1", "1_2"}});
  }
  out.hooks.push_back({.target = target::Function{"none", ""}});
  out.resting.push_back({0, {}, 9});
  out.facts = {"2_1"};
  return out;
}

TEST(Manifest, WhatIsWrittenIsReadBack) {
  const std::string text = manifest_text(example());
  const auto read = read_manifest(text);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(manifest_text(*read), text);
  EXPECT_EQ(read->version, "v1 (a)");
  EXPECT_EQ(read->policies[0].name, (PolicyName{"grpc", "", "a\tb%\n"}));
  EXPECT_EQ(read->policies[0].counts[0].second.returned, ~0ULL);
  ASSERT_EQ(read->hooks.size(), 7U);
  for (size_t n = 0; n < 7; ++n) EXPECT_EQ(read->hooks[n].target, example().hooks[n].target);
  const auto& code = std::get<target::UserCode>(read->hooks[5].target);
  EXPECT_EQ(code.file.path, "/a b");
  EXPECT_EQ(code.places.at(0).name, "f+4\tx");
  EXPECT_EQ(read->hooks[4].pins, (std::vector<std::string>{"1_1", "1_2"}));
}

TEST(Manifest, EveryTruncationIsRefused) {
  const std::string text = manifest_text(example());
  for (size_t size = 0; size + 1 < text.size(); ++size)
    EXPECT_FALSE(read_manifest(text.substr(0, size))) << size;
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Manifest, AnotherLayoutIsRefusedByItsVersion) {
  const auto other = read_manifest(with(manifest_text(example()), manifest_abi(), "0123"));
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().text().contains("version v1 (a) lays out its maps in another way"));
  EXPECT_FALSE(read_manifest(with(manifest_text(example()), "manifest 1", "manifest 2")));
}

TEST(Manifest, ALaterVersionCanSayMore) {
  EXPECT_TRUE(read_manifest(with(manifest_text(example()), "pair\t7", "pair\t7\ncolour\tred\t%zz")));
}

TEST(Manifest, DamageIsRefused) {
  const std::string text = manifest_text(example());
  EXPECT_FALSE(read_manifest(with(text, "pair\t7", "pair\tx")));
  EXPECT_FALSE(read_manifest(with(text, "pair\t7", "pair")));
  EXPECT_FALSE(read_manifest(with(text, "pair\t7", "pair\t7\t8")));
  EXPECT_FALSE(read_manifest(with(text, "hook\tkprobe\t0", "hook\tkprobe\t4096"))) << "slots end there";
  EXPECT_FALSE(read_manifest(with(text, "hook\tkprobe", "hook\tprobe")));
  EXPECT_FALSE(read_manifest(with(text, "counter\t1", "counter\t2"))) << "there are two policies";
  EXPECT_FALSE(read_manifest(with(text, "a%09b", "a%0")));
  EXPECT_FALSE(read_manifest(with(text, "place\t16\t0", "place\t16")));
  EXPECT_FALSE(read_manifest(with(text, "place\t16", "place\tx")));
  EXPECT_FALSE(read_manifest(with(text, "code\t", "lsm\t"))) << "only code has places";
}

}  // namespace
}  // namespace tripline
