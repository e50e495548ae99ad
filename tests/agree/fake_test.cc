// SPDX-License-Identifier: Apache-2.0
// Files that exist only in memory: any tree of mounts, any length and depth, and noise where the kernel has noise.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "agree/fake_file.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using oracle::Random;

constexpr std::string_view kFunction = "file_check_and_advance_wb_err";

class AgreeFake : public OnThisKernel {
 protected:
  static void SetUpTestSuite() {
    OnThisKernel::SetUpTestSuite();
    if (HasFatalFailure()) return;
    layout = layout_of(*kernel->btf);
    ASSERT_TRUE(layout);
  }

  // How one call of `trial` disagrees with the oracle; empty when it does not.
  static std::string call(Trial& trial, Random& random, const FakeFile& file, int32_t number) {
    memory->memory().reset();
    const std::optional<Placed> placed = place(memory->memory(), *layout, random, file);
    if (!placed) return "the test's memory is too small";
    // The upper half of a register that holds an int means nothing.
    const uint64_t upper = random.chance(50) ? uint64_t{random.below(1000)} << 32 : ~uint64_t{0} << 32;
    const uint64_t content = upper | static_cast<uint32_t>(number);
    const uint64_t arguments[] = {placed->file, content};
    const std::string disagreement = trial.call({seen(file), static_cast<int64_t>(content)}, arguments);
    return disagreement.empty() ? "" : disagreement + "\nfile " + describe(file);
  }

  static inline std::optional<Layout> layout;
};

// Typed or plain arguments, the library for new kernels or for old ones: all four are held to the same answers.
struct Variant {
  bool plain = false;
  bool old = false;
};

oracle::Shape shape_of(Variant variant) {
  return {std::string(kFunction),
          variant.plain ? Attachment::kKprobe : Attachment::kTracingRaw,
          {ArgType::kFile, ArgType::kInt32}};
}

Kernel kernel_of(Variant variant, const Kernel& kernel) {
  Kernel out = kernel;
  if (variant.old) out.features.bpf_loop = false;
  return out;
}

CheckedPolicy policy_of(CheckedHook hook) {
  CheckedPolicy policy;
  policy.name = "p";
  policy.source_name = "p.yaml";
  policy.enforce = false;
  policy.hooks.push_back(std::move(hook));
  return policy;
}

// A few selectors or many, in few policies or in very many; half of them such that a look at names can refute all.
std::vector<CheckedPolicy> random_policies(Random& random, const oracle::Shape& shape,
                                           const oracle::Pool& pool) {
  uint32_t count = 1;
  oracle::Size size;
  const uint32_t kind = random.below(100);
  if (kind < 40) {
    size = {.sections = 1, .selectors = 3, .filters = 2};
  } else if (kind < 60) {
    count = 1 + random.below(2);
  } else if (kind < 95) {
    count = 2 + random.below(6);
  } else {
    count = 50 + random.below(100);
    size = {.sections = 1, .selectors = 1, .filters = 1, .values = 2, .unfiltered = 1};
  }
  size.sharp = random.chance(70);
  if (size.sharp) size.unfiltered = 0;
  std::vector<CheckedPolicy> out;
  out.reserve(count);
  for (uint32_t i = 0; i < count; ++i) out.push_back(oracle::random_policy(random, shape, pool, size));
  return out;
}

TEST_F(AgreeFake, Random) {
  uint64_t calls = 0;
  uint64_t matches = 0;
  std::map<FilterForm, uint64_t> forms;
  const uint64_t first = first_seed();
  const uint64_t programs = cases(150);
  for (uint64_t seed = first; seed < first + programs; ++seed) {
    Random random(seed);
    const Variant variant{.plain = random.chance(10), .old = random.chance(20)};
    const oracle::Shape shape = shape_of(variant);
    const oracle::Pool pool = oracle::random_pool(random, random.chance(90) ? 1000 : 4300);
    const Numbering numbering{.slot = random.below(TL_PROGRAMS_MAX),
                              .born = random.below(100),
                              .first_schema = random.below(1000),
                              .first_counter = random.below(3)};
    Result<std::unique_ptr<Trial>> trial =
        Trial::create(random_policies(random, shape, pool), shape, kernel_of(variant, *kernel), numbering);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (const std::string& path : pool.paths) {
      for (int i = 0; i < 3; ++i) {
        const std::string wrong = call(**trial, random, random_fake(random, path), random.pick(pool.numbers));
        ASSERT_EQ(wrong, "") << "seed " << seed << '\n' << (*trial)->describe();
        ++calls;
      }
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
    matches += (*trial)->matches();
    ++forms[(*trial)->form()];
  }
  RecordProperty("calls", std::to_string(calls));
  RecordProperty("matches", std::to_string(matches));
  if (programs < 100) return;
  for (const FilterForm form : {FilterForm::kNone, FilterForm::kStraight, FilterForm::kMerged}) {
    EXPECT_GT(forms[form], programs / 10)
        << "too few programs decide in this way: " << static_cast<int>(form);
  }
}

// Every filter of one operator and one value, each in a section of its own, against every small path: as one program
// of many sections and as programs of a few.
TEST_F(AgreeFake, EverySingleFilter) {
  std::vector<std::string> paths = {"/", "/ (deleted)"};
  for (const std::string a : {"a", "b", "ab", "a (deleted)"}) {
    const std::string above = "/" + a;
    paths.push_back(above);
    for (const char* b : {"/a", "/b", "/ab"}) paths.push_back(above + b);
  }
  std::vector<std::string> values = paths;
  for (const std::string odd : {"", "a", "b/a", "/a/", "//", "a/", " (deleted)", ")", "/a/b/c"})
    values.push_back(odd);
  const std::vector<int32_t> numbers = {0, 1, -1};
  const oracle::Shape shape = shape_of({});
  const CheckedHook section = oracle::plain_section(shape, {});
  const std::vector<CheckedSelector> all = oracle::single_filters(section.args, values, numbers);
  for (const size_t at_once : {all.size(), size_t{4}}) {
    for (size_t from = 0; from < all.size(); from += at_once) {
      std::vector<CheckedPolicy> policies;
      for (size_t i = from; i < std::min(from + at_once, all.size()); ++i) {
        policies.push_back(policy_of(oracle::plain_section(shape, {all[i]})));
      }
      Result<std::unique_ptr<Trial>> trial = Trial::create(std::move(policies), shape, *kernel);
      ASSERT_TRUE(trial) << trial.error().text();
      Random random(from);
      for (const std::string& path : paths) {
        for (int i = 0; i < 2; ++i) {
          const std::string wrong = call(**trial, random, random_fake(random, path), random.pick(numbers));
          ASSERT_EQ(wrong, "") << (*trial)->describe();
        }
      }
      ASSERT_EQ((*trial)->counters(), "") << (*trial)->describe();
    }
  }
}

// Lengths and depths around every limit.
TEST_F(AgreeFake, LongAndDeep) {
  std::vector<FakeFile> files;
  const auto add = [&](std::vector<std::string> names) {
    FakeFile file;
    file.has_inode = true;
    file.mode = 0100644;
    file.mounts = {{{}, std::move(names)}};
    files.push_back(std::move(file));
  };
  for (const size_t depth : {1, 11, 12, 13, 40, 511, 512, 513, 600, 2047, 2048, 3000}) {
    add(std::vector<std::string>(depth, "a"));
  }
  // 4095 bytes are a path, 4096 are none.
  for (const size_t last : {253, 254, 255}) {
    std::vector<std::string> names(15, std::string(255, 'n'));
    names.emplace_back(last, 'z');
    add(std::move(names));
  }
  for (const size_t last : {1, 31, 32, 38, 39, 40, 41, 254, 255}) add({"tmp", std::string(last, 'x')});
  files.push_back(files.front());
  files.back().unhashed = true;
  std::vector<std::string> values = {"/", "/a/a", "/tmp/", "x", "/nnnnnnnn", "z", " (deleted)"};
  for (const FakeFile& file : files) {
    const std::string path = seen(file).path;
    values.push_back(path);
    if (path.size() > 300) values.push_back(path.substr(0, 300));
    if (path.size() > 300) values.push_back(path.substr(path.size() - 300));
  }
  for (const Variant variant :
       {Variant{}, Variant{.plain = true}, Variant{.old = true}, Variant{true, true}}) {
    const oracle::Shape shape = shape_of(variant);
    std::vector<CheckedPolicy> policies;
    for (const std::string& value : values) {
      for (const auto op : {PathFilter::Op::kEqual, PathFilter::Op::kPrefix, PathFilter::Op::kNotPostfix}) {
        if (value.size() > 500 && op != PathFilter::Op::kEqual) continue;
        CheckedSelector selector;
        selector.filters = {PathFilter{.arg = 0, .op = op, .values = {value}, .span = {}}};
        selector.actions = {{}};
        policies.push_back(policy_of(oracle::plain_section(shape, {selector})));
      }
    }
    Result<std::unique_ptr<Trial>> trial =
        Trial::create(std::move(policies), shape, kernel_of(variant, *kernel));
    ASSERT_TRUE(trial) << trial.error().text();
    Random random(1);
    for (const FakeFile& file : files) {
      // Kernels without bpf_loop are walked up 512 steps and no further.
      if (variant.old && file.mounts[0].below.size() >= 511) continue;
      ASSERT_EQ(call(**trial, random, file, 0), "");
    }
    ASSERT_EQ((*trial)->counters(), "");
  }
}

struct Moment {
  uint32_t epoch;
  uint32_t died;
  bool live;
};

// A program is live while born <= epoch <= died; this one is born in 7.
class AgreeLife : public AgreeFake {
 protected:
  static void expect(Attachment attachment, const std::vector<Moment>& moments);
};

void AgreeLife::expect(Attachment attachment, const std::vector<Moment>& moments) {
  oracle::Shape shape = shape_of({});
  shape.attachment = attachment;
  CheckedSelector always;
  always.actions = {{}};
  const Numbering numbering{.slot = TL_PROGRAMS_MAX - 1, .born = 7};
  Result<std::unique_ptr<Trial>> trial =
      Trial::create({policy_of(oracle::plain_section(shape, {always}))}, shape, *kernel, numbering);
  ASSERT_TRUE(trial) << trial.error().text();
  Random random(1);
  memory->memory().reset();
  const std::optional<Placed> placed = place(memory->memory(), *layout, random, random_fake(random, "/a"));
  ASSERT_TRUE(placed);
  const uint64_t arguments[] = {placed->file, 0};
  for (const auto& [epoch, died, live] : moments) {
    ASSERT_TRUE((*trial)->runner().set_life(epoch, died));
    const auto records = (*trial)->runner().call(arguments);
    ASSERT_TRUE(records);
    EXPECT_EQ(records->size(), live ? 1u : 0u) << epoch << ' ' << died;
  }
}

constexpr uint32_t kNever = 0xffffffff;

// Of two the one that is born runs first, and takes the thread; whoever dies then has lost it.
TEST_F(AgreeLife, WhereTheNewProgramRunsFirst) {
  expect(Attachment::kFentry, {{6, kNever, false},
                               {9, 9, true},
                               {10, 9, false},
                               {8, 9, true},
                               {kNever - 1, kNever, true},
                               {7, 7, true},
                               {7, kNever, true},
                               {7, 7, false},
                               {8, 8, true}});
}

// The one that dies runs first, and gives the thread away; until then, who is born has no say.
TEST_F(AgreeLife, WhereTheOldProgramRunsFirst) {
  expect(Attachment::kTracingRaw, {{6, kNever, false},
                                   {7, kNever, false},
                                   {9, 9, false},
                                   {10, 9, false},
                                   {8, 9, true},
                                   {kNever - 1, kNever, true},
                                   {7, kNever, false},
                                   {7, 7, false},
                                   {7, kNever, true},
                                   {8, kNever, true}});
}

}  // namespace
}  // namespace tripline::agree
