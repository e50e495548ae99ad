// SPDX-License-Identifier: Apache-2.0
// That what is generated is worth running: legal, the same for the same seed, and often matched.
#include "oracle/generate.h"

#include <gtest/gtest.h>

namespace tripline::oracle {
namespace {

const Shape kShape{"f", Attachment::kTracingRaw, {ArgType::kFile, ArgType::kInt32}};

TEST(Generate, SameForTheSameSeed) {
  const auto text = [](uint64_t seed) {
    Random random(seed);
    const Pool pool = random_pool(random, 4095);
    return describe(random_policy(random, kShape, pool, {}));
  };
  EXPECT_EQ(text(7), text(7));
  EXPECT_NE(text(7), text(8));
}

// Functions of user space have their parameters in registers, those of system calls in a struct.
TEST(Generate, WhereParametersAre) {
  Shape shape{"f", Attachment::kUprobe, {ArgType::kInt32, ArgType::kCharBuf, ArgType::kSizeT}, 2};
  const CheckedHook user = plain_section(shape, {});
  EXPECT_TRUE(std::holds_alternative<target::UserCode>(user.target));
  EXPECT_EQ(user.args[1].source.kind, ArgSource::Kind::kRegister);
  EXPECT_EQ(user.args[1].source.offset, 104U);  // si
  EXPECT_EQ(user.args[1].size->offset, 96U);    // dx
  EXPECT_EQ(user.args[1].source.index, 1U) << "by which calls have them";
  shape.attachment = Attachment::kKprobe;
  shape.of_syscall = true;
  EXPECT_EQ(plain_section(shape, {}).args[2].source,
            (ArgSource{.kind = ArgSource::Kind::kSyscall, .index = 2}));
}

TEST(Generate, PoliciesAreLegal) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const Pool pool = random_pool(random, 1000);
    for (const std::string& path : pool.paths) {
      EXPECT_TRUE(path.starts_with('/') && path.size() <= 1000) << shown(path);
      EXPECT_EQ(path.find("//"), std::string::npos) << shown(path);
    }
    for (const CheckedHook& hook : random_policy(random, kShape, pool, {}).hooks) {
      ASSERT_FALSE(hook.selectors.empty());
      ASSERT_FALSE(hook.args.empty());
      for (const CheckedSelector& selector : hook.selectors) {
        EXPECT_FALSE(selector.actions.empty());
        for (const Filter& filter : selector.filters) {
          if (std::holds_alternative<CelFilter>(filter)) continue;
          uint32_t arg = 0;
          bool about_file = true;
          if (const auto* number = std::get_if<IntFilter>(&filter)) {
            arg = number->arg;
            about_file = false;
          } else if (const auto* type = std::get_if<FileTypeFilter>(&filter)) {
            arg = type->arg;
          } else {
            arg = std::get<PathFilter>(filter).arg;
          }
          ASSERT_LT(arg, hook.args.size());
          EXPECT_EQ(hook.args[arg].type == ArgType::kFile, about_file);
        }
      }
    }
  }
}

TEST(Generate, MatchesAreFrequentAndMissesToo) {
  size_t matched = 0;
  size_t last = 0;
  size_t all = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const Pool pool = random_pool(random, 1000);
    const CheckedPolicy policy = random_policy(random, kShape, pool, {});
    for (const std::string& path : pool.paths) {
      for (const CheckedHook& hook : policy.hooks) {
        const auto verdict = judge(hook, {File{.path = path}, random.pick(pool.numbers)});
        ++all;
        if (verdict) ++matched;
        if (verdict && verdict->selector > 0) ++last;
      }
    }
  }
  EXPECT_GT(matched, all / 4);
  EXPECT_GT(all - matched, all / 8);
  EXPECT_GT(last, all / 8);
}

TEST(Generate, SingleFilters) {
  const CheckedHook hook = plain_section(kShape, {});
  EXPECT_EQ(single_filters(hook.args, {"/a", "/b"}, {1, 2, 3}).size(), 2u * 8 + 3 * 7);
}

}  // namespace
}  // namespace tripline::oracle
