// SPDX-License-Identifier: Apache-2.0
// Everything with a path that is no typed struct file, several of them in one call: random filters on random ones that
// exist only in memory.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agree/fake_file.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using oracle::Random;

// A raw tracepoint whose first parameters are numbers, which is all that addresses are to these readers.
constexpr std::string_view kFunction = "percpu_alloc_percpu";

class AgreePlace : public OnThisKernel {
 protected:
  static void SetUpTestSuite() {
    OnThisKernel::SetUpTestSuite();
    if (HasFatalFailure()) return;
    layout = layout_of(*kernel->btf);
    ASSERT_TRUE(layout);
  }

  // A struct of zeros that holds the file.
  static uint64_t holder(std::string_view type, std::string_view member, uint64_t file) {
    const auto found = kernel->btf->structure(type);
    const auto place = kernel->btf->member(type, member);
    const uint64_t at = found && place ? memory->memory().take(found->size) : 0;
    EXPECT_NE(at, 0u) << type;
    if (at == 0) return 0;
    std::memset(memory->memory().at(at), 0, found->size);
    memory->memory().write(at + place->offset, file);
    return at;
  }

  // What is passed for the file as an argument of this type.
  static uint64_t pass(ArgType type, const Placed& placed) {
    switch (type) {
      case ArgType::kPath:
        return placed.file != 0 ? placed.file + layout->file_mnt : 0;
      case ArgType::kDentry:
        return placed.dentry;
      case ArgType::kKiocb:
        return holder("kiocb", "ki_filp", placed.file);
      case ArgType::kLinuxBinprm:
        return holder("linux_binprm", "file", placed.file);
      default:
        return placed.file;
    }
  }

  // One call with a file for each parameter; how it disagrees with the oracle.
  static std::string call(Trial& trial, Random& random, const oracle::Shape& shape,
                          const oracle::Pool& pool) {
    memory->memory().reset();
    oracle::Call told;
    std::vector<uint64_t> given;
    std::string files;
    for (const ArgType type : shape.parameters) {
      const FakeFile file = random_fake(random, random.pick(pool.paths));
      const std::optional<Placed> placed = place(memory->memory(), *layout, random, file);
      if (!placed) return "the test's memory is too small";
      given.push_back(pass(type, *placed));
      told.emplace_back(type == ArgType::kDentry ? seen_dentry(file) : seen(file));
      files += "\nfile " + describe(file);
    }
    const std::string wrong = trial.call(told, given);
    return wrong.empty() ? "" : wrong + files;
  }

  static inline std::optional<Layout> layout;
};

oracle::Shape random_shape(Random& random) {
  static const std::vector<ArgType> kTypes = {ArgType::kPath,   ArgType::kPath,  ArgType::kDentry,
                                              ArgType::kDentry, ArgType::kKiocb, ArgType::kLinuxBinprm};
  oracle::Shape out{
      .function = std::string(kFunction), .attachment = Attachment::kTracingRaw, .parameters = {}};
  if (random.chance(50)) out.attachment = Attachment::kKprobe;
  const uint32_t parameters = 1 + random.below(4);
  for (uint32_t n = 0; n < parameters; ++n) {
    out.parameters.push_back(random.pick(kTypes));
    // In a plain program a file is read in the same way.
    if (out.attachment == Attachment::kKprobe && random.chance(20)) out.parameters.back() = ArgType::kFile;
  }
  return out;
}

TEST_F(AgreePlace, Random) {
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  const uint64_t programs = cases(60);
  for (uint64_t seed = first; seed < first + programs; ++seed) {
    Random random(seed);
    const oracle::Shape shape = random_shape(random);
    Kernel variant = *kernel;
    if (random.chance(20)) variant.features.bpf_loop = false;
    const oracle::Pool pool = oracle::random_pool(random, random.chance(80) ? 300 : 4300);
    std::vector<CheckedPolicy> policies;
    const uint32_t count = 1 + random.below(3);
    for (uint32_t n = 0; n < count; ++n) {
      policies.push_back(oracle::random_policy(
          random, shape, pool, {.sections = 1, .selectors = 3, .filters = 3, .unfiltered = 3}));
    }
    Result<std::unique_ptr<Trial>> trial = Trial::create(std::move(policies), shape, variant);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int n = 0; n < 40; ++n) {
      ASSERT_EQ(call(**trial, random, shape, pool), "") << "seed " << seed << '\n' << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, calls / 10) << "hardly anything matches";
  RecordProperty("calls", std::to_string(calls));
  RecordProperty("matches", std::to_string(matches));
}

// Two paths of one call, each with a filter, wherever they stand: all pairs.
TEST_F(AgreePlace, EveryPair) {
  constexpr uint32_t kParameters = 4;
  const oracle::Pool pool{.paths = {"/a", "/b/a", "/a/b"}, .numbers = {0}};
  const std::vector<ArgType> mixed = {ArgType::kPath, ArgType::kDentry, ArgType::kPath, ArgType::kDentry};
  const std::vector<ArgType> files(kParameters, ArgType::kFile);
  using Case = std::pair<Attachment, std::vector<ArgType>>;
  for (const auto& [attachment, parameters] :
       {Case{Attachment::kTracingRaw, mixed}, Case{Attachment::kKprobe, mixed},
        Case{Attachment::kKprobe, files}}) {
    const oracle::Shape shape{
        .function = std::string(kFunction), .attachment = attachment, .parameters = parameters};
    for (uint32_t one = 0; one < kParameters; ++one) {
      for (uint32_t other = one + 1; other < kParameters; ++other) {
        CheckedSelector selector;
        selector.filters = {
            PathFilter{.arg = one, .op = PathFilter::Op::kPostfix, .values = {"/a"}, .span = {}},
            PathFilter{.arg = other, .op = PathFilter::Op::kPrefix, .values = {"/a"}, .span = {}}};
        selector.actions = {{}};
        CheckedPolicy policy{.name = "p", .source_name = "p.yaml", .hooks = {}};
        policy.hooks.push_back(oracle::plain_section(shape, {selector}));
        Result<std::unique_ptr<Trial>> trial = Trial::create({std::move(policy)}, shape, *kernel);
        ASSERT_TRUE(trial) << trial.error().text();
        Random random(one * kParameters + other);
        for (int n = 0; n < 40; ++n) ASSERT_EQ(call(**trial, random, shape, pool), "") << one << ' ' << other;
        EXPECT_GT((*trial)->matches(), 0u) << one << ' ' << other;
      }
    }
  }
}

}  // namespace
}  // namespace tripline::agree
