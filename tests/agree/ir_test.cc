// SPDX-License-Identifier: Apache-2.0
// The programs before they become instructions, interpreted: for the types of every saved kernel, before and after
// simplification, with the root of the calling process anywhere. Needs no kernel and no privileges.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "agree/expectation.h"
#include "agree/fake_file.h"
#include "agree/machine.h"
#include "agree/memory.h"
#include "agree/trial.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using oracle::Random;

constexpr uint64_t kAddress = 0xffff'8880'0000'0000;

struct SavedKernel {
  Kernel kernel;
  Layout layout;
};

const std::vector<SavedKernel>& targets() {
  static const std::vector<SavedKernel> kTargets = [] {
    std::vector<SavedKernel> out;
    for (const char* name : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3"}) {
      Result<Kernel> kernel =
          read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/" + name + ".kernel");
      if (!kernel || !kernel->btf) continue;
      const std::optional<Layout> layout = layout_of(*kernel->btf);
      if (layout) out.push_back({std::move(*kernel), *layout});
    }
    return out;
  }();
  return kTargets;
}

// The programs of one plan, as they are written and simplified, and what is expected of each.
struct Both {
  std::vector<Machine> machines;
  std::vector<Expectation> expectations;
  FilterForm form = FilterForm::kNone;
};

Both machines_of(const HookPlan& plan, const Kernel& kernel, const Numbering& numbering,
                 const Memory& memory) {
  Both out;
  for (const bool simplified : {false, true}) {
    Lowered lowered = lower(plan, kernel, numbering);
    out.form = lowered.filter_plan.form;
    if (simplified) {
      ir::simplify(lowered.filter);
      ir::simplify(lowered.judge);
    }
    EXPECT_EQ(ir::verify(lowered.filter), "");
    EXPECT_EQ(ir::verify(lowered.judge), "");
    out.expectations.emplace_back(plan, lowered.schemas, numbering);
    out.machines.emplace_back(std::move(lowered), plan, numbering,
                              numbering.first_counter + counters_of(plan), memory);
  }
  return out;
}

// How one call disagrees with the oracle, with the program.
std::string call(Both& both, Memory& memory, const Layout& layout, Random& random, const FakeFile& file,
                 int32_t number) {
  memory.reset();
  const std::optional<Placed> placed = place(memory, layout, random, file);
  if (!placed) return "the test's memory is too small";
  const uint64_t arguments[] = {placed->file, ~uint64_t{0} << 32 | static_cast<uint32_t>(number)};
  for (size_t i = 0; i < both.machines.size(); ++i) {
    std::string broken;
    Records records = both.machines[i].call(arguments, placed->task, seen(file), broken);
    if (broken.empty())
      broken =
          both.expectations[i].call({seen(file), static_cast<int64_t>(arguments[1])}, std::move(records));
    if (broken.empty() && both.machines[i].overridden() != both.expectations[i].overridden())
      broken = "another value is returned";
    if (!broken.empty())
      return broken + "\nfile " + describe(file) + (i == 0 ? " as written" : " simplified");
  }
  return {};
}

std::string describe(const HookPlan& plan, const Kernel& kernel) {
  std::string out = kernel.release + '\n';
  for (const HookSection& section : plan.sections) out += oracle::describe(*section.policy);
  const Result<std::string> explained = explain(plan, kernel);
  out += explained ? *explained : explained.error().text();
  return out.size() > 20000 ? out.substr(0, 20000) + "\n..." : out;
}

// Those whose programs see arguments, and the three ways to override.
const std::vector<Attachment> kAttachments = {Attachment::kFentry, Attachment::kFentry,  Attachment::kFentry,
                                              Attachment::kLsm,    Attachment::kFmodRet, Attachment::kKprobe};

// Attached as the shape says, a hook can be of kprobes or, where only those are overridden so, of lsmhooks.
void make_enforcing(Random& random, const oracle::Shape& shape, CheckedPolicy& policy) {
  policy.enforce = random.chance(60);
  policy.monitor_only = false;
  const bool overrides = shape.attachment != Attachment::kFentry;
  for (CheckedHook& hook : policy.hooks) {
    if (shape.attachment == Attachment::kLsm) hook.kind = HookKind::kLsm;
    for (CheckedSelector& selector : hook.selectors) {
      for (CheckedAction& action : selector.actions) action.has_effect = action.has_effect && overrides;
    }
  }
}

HookPlan random_plan(Random& random, const oracle::Shape& shape, const oracle::Pool& pool) {
  oracle::Size size = {.sections = 1, .selectors = 2, .filters = 2, .values = 3};
  size.sharp = random.chance(75);
  if (size.sharp) size.unfiltered = 0;
  const uint32_t count = random.chance(40) ? 1 : 1 + random.below(10);
  std::vector<std::shared_ptr<const CheckedPolicy>> policies;
  policies.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    CheckedPolicy policy = oracle::random_policy(random, shape, pool, size);
    make_enforcing(random, shape, policy);
    policies.push_back(std::make_shared<CheckedPolicy>(std::move(policy)));
  }
  return plan_hooks(policies).at(0);
}

TEST(AgreeIr, Random) {
  ASSERT_GE(targets().size(), 4u) << "the saved kernels cannot be read";
  std::vector<uint8_t> bytes(1 << 20);
  Memory memory(bytes, kAddress);
  std::map<FilterForm, uint64_t> forms;
  uint64_t calls = 0;
  uint64_t judged = 0;
  uint64_t matches = 0;
  const uint64_t first = first_seed();
  const uint64_t programs = cases(1500);
  for (uint64_t seed = first; seed < first + programs; ++seed) {
    Random random(seed);
    const SavedKernel& target = random.pick(targets());
    const oracle::Shape shape{"fd_install", random.pick(kAttachments), {ArgType::kFile, ArgType::kInt32}};
    const oracle::Pool pool = oracle::random_pool(random, 600);
    const HookPlan plan = random_plan(random, shape, pool);
    const Numbering numbering{.slot = random.below(TL_PROGRAMS_MAX), .born = random.below(9)};
    Both both = machines_of(plan, target.kernel, numbering, memory);
    for (const std::string& path : pool.paths) {
      FakeFile file = random_fake(random, path);
      if (random.chance(85)) file.root = random_root(random, file);
      const std::string wrong = call(both, memory, target.layout, random, file, random.pick(pool.numbers));
      ASSERT_EQ(wrong, "") << "seed " << seed << '\n' << describe(plan, target.kernel);
      ++calls;
    }
    for (size_t i = 0; i < both.machines.size(); ++i) {
      ASSERT_EQ(both.expectations[i].counters(both.machines[i].counters()), "") << "seed " << seed;
    }
    if (both.form != FilterForm::kNone) judged += both.machines[0].judged();
    matches += both.expectations[0].matches();
    ++forms[both.form];
  }
  RecordProperty("calls", std::to_string(calls));
  RecordProperty("judged", std::to_string(judged));
  RecordProperty("matches", std::to_string(matches));
  if (programs < 100) return;
  EXPECT_LT(judged, calls / 2) << "filters hardly refuse anything";
  for (const FilterForm form : {FilterForm::kNone, FilterForm::kStraight, FilterForm::kMerged}) {
    EXPECT_GT(forms[form], programs / 20)
        << "too few programs decide in this way: " << static_cast<int>(form);
  }
}

// The root of a process has no name in a path, whatever its dentry is called, even when its directory is gone.
TEST(AgreeIr, RootThatIsGone) {
  std::vector<uint8_t> bytes(1 << 16);
  Memory memory(bytes, kAddress);
  const oracle::Shape shape{"fd_install", Attachment::kFentry, {ArgType::kFile, ArgType::kInt32}};
  FakeFile file;
  file.mounts = {{{}, {"jail"}}};
  file.unhashed = true;
  file.root = FakeRoot{.mount = 0, .depth = 1};
  ASSERT_EQ(seen(file).path, "/ (deleted)");
  const CheckedHook section = oracle::plain_section(shape, {});
  for (const SavedKernel& target : targets()) {
    for (const CheckedSelector& selector :
         oracle::single_filters(section.args, {"/ (deleted)", "/", "/jail (deleted)", "/jail"}, {})) {
      CheckedPolicy policy;
      policy.source_name = policy.name = "p";
      policy.hooks.push_back(oracle::plain_section(shape, {selector}));
      const std::vector<std::shared_ptr<const CheckedPolicy>> policies = {
          std::make_shared<CheckedPolicy>(std::move(policy))};
      const HookPlan plan = plan_hooks(policies).at(0);
      Both both = machines_of(plan, target.kernel, {}, memory);
      Random random(1);
      EXPECT_EQ(call(both, memory, target.layout, random, file, 0), "") << describe(plan, target.kernel);
    }
  }
}

}  // namespace
}  // namespace tripline::agree
