// SPDX-License-Identifier: Apache-2.0
// A change that fails at any step leaves the set in force as it was, and nothing behind.
#include "agent/prepare.h"

#include <gtest/gtest.h>

#include "agent/made_up.h"
#include "load/privileges.h"

namespace tripline {
namespace {

// All that a change could have left behind.
struct Traces {
  uint32_t epoch = 0;
  std::vector<Generation> members;
  std::vector<bool> enforce;
  uint32_t slots = 0, counters = 0, modes = 0;
  size_t pairs = 0;
  Generation owner_of_first = 0, owner_of_last = 0;
  bool operator==(const Traces&) const = default;
};

Traces traces_of(const PolicySet& set, const Host& host) {
  Traces out{.epoch = host.epoch()};
  for (const Member& member : set.members()) {
    out.members.push_back(member.id.generation);
    out.enforce.push_back(set.enforces(member));
  }
  const Book& book = set.book();
  out.slots = book.slots.taken();
  out.counters = book.counters.taken();
  out.modes = book.modes.taken();
  out.pairs = book.pairs.size();
  out.owner_of_first = set.owner(1);
  out.owner_of_last = set.owner(book.next_schema - 1);
  return out;
}

std::unexpected<Error> no_memory() { return fail("try", "it", ENOMEM); }

class Prepare : public testing::Test {
 protected:
  void SetUp() override {
    host_ = open_host({}, {.counters = 8});
    TRIPLINE_NEED_HOST(host_);
    steps_ = made_up_steps();
    const auto call = [this](const std::string& step) { return ++calls_[step] == fails_[step]; };
    steps_.admit = [=](Document document, const Kernel&, const AdmissionOptions&) {
      Admission out{.source = document.source, .diagnostics = {}, .policy = watch(document.source.name)};
      if (call("admit")) {
        out.policy = nullptr;
        out.diagnostics.error({1, 1, 1}, "it is wrong");
      }
      return out;
    };
    steps_.compile = [=](const HookPlan& plan, const Kernel&, const Numbering& numbering) -> Result<Object> {
      if (call("compile")) return no_memory();
      return made_up_object(plan, numbering);
    };
    steps_.facts = [=](const FactNeeds&, const FactsPtr&, uint32_t&, const Kernel&,
                       Host&) -> Result<FactsPtr> {
      if (call("facts")) return no_memory();
      return nullptr;
    };
    steps_.load = [=](Host&, const Object&, const SetMaps&) -> Result<Programs> {
      if (call("load")) return no_memory();
      return Programs{};
    };
    steps_.attach = [=](Programs&) -> Result<void> {
      if (call("attach")) return no_memory();
      return {};
    };
    set_ = std::make_unique<PolicySet>(KnownKernel{std::make_shared<const Kernel>(), {}}, *host_,
                                       AdmissionOptions{}, steps_);
    ASSERT_TRUE(carry_out(*set_, haste_, adding({watch("there", "f"), watch("too", "g")})).status);
    ASSERT_TRUE(set_->set_enforces(named("too"), false));
  }

  // From the next change on.
  void fail_at(const std::string& step, int nth) {
    calls_.clear();
    fails_.clear();
    fails_[step] = nth;
  }

  // The policy on f is replaced and the one on g joined by another, by one document and one checked policy.
  static Change both() {
    Change out = adding({watch("new", "g")});
    out.out.push_back(named("there"));
    out.in.push_back({.document = Source{"document", ""}});
    return out;
  }

  std::optional<Host> host_;
  Steps steps_;
  std::map<std::string, int> calls_, fails_;
  std::unique_ptr<PolicySet> set_;
  Haste haste_;
};

TEST_F(Prepare, AFailureOfAnyStepChangesNothing) {
  const std::vector<std::pair<std::string, int>> steps = {{"admit", 1},   {"facts", 1}, {"compile", 1},
                                                          {"compile", 2}, {"load", 1},  {"load", 2},
                                                          {"attach", 1},  {"attach", 2}};
  for (const auto& [step, nth] : steps) {
    const Traces before = traces_of(*set_, *host_);
    fail_at(step, nth);
    const ChangeResult result = carry_out(*set_, haste_, both());
    ASSERT_FALSE(result.status) << step;
    EXPECT_EQ(calls_[step], nth);
    EXPECT_EQ(result.documents.size(), 1U);
    // The numbers of what was attached rest for a while.
    haste_.pass(PolicySet::kQuarantine);
    set_->advance(haste_.now());
    Traces after = traces_of(*set_, *host_);
    after.owner_of_last = before.owner_of_last;  // of ids that were never used
    EXPECT_EQ(after, before) << step << ' ' << nth;
    EXPECT_TRUE(set_->counts(2));
  }
  fail_at("", 0);
  EXPECT_TRUE(carry_out(*set_, haste_, both()).status);
  EXPECT_EQ(set_->members().size(), 3U);
}

TEST_F(Prepare, StacksOfTheKernelAreExpectedBeforeTheFirst) {
  Steps steps = made_up_steps();
  steps.compile = [](const HookPlan& plan, const Kernel&, const Numbering& numbering) {
    Object out = made_up_object(plan, numbering);
    if (short_name(plan.target) == "stacks")
      out.schemas.at(0).fields.push_back({FieldType::kKernelStack, 0, ""});
    return Result<Object>(std::move(out));
  };
  std::vector<uint32_t> expected;  // the epochs in which they were
  steps.expect_kernel_stacks = [&] { expected.push_back(host_->epoch()); };
  PolicySet set({std::make_shared<const Kernel>(), {}}, *host_, {}, steps);
  ASSERT_TRUE(carry_out(set, haste_, adding({watch("a", "f")})).status);
  EXPECT_TRUE(expected.empty());
  const uint32_t epoch = host_->epoch();
  ASSERT_TRUE(carry_out(set, haste_, adding({watch("b", "stacks"), watch("c", "g")})).status);
  EXPECT_EQ(expected, std::vector<uint32_t>{epoch});
  ASSERT_TRUE(carry_out(set, haste_, adding({watch("d", "h")})).status);
  EXPECT_EQ(expected.size(), 1U);
}

TEST_F(Prepare, NumbersOfWhatWasAttachedRest) {
  const uint32_t slots = set_->book().slots.taken();
  fail_at("attach", 2);
  ASSERT_FALSE(carry_out(*set_, haste_, both()).status);
  EXPECT_EQ(set_->book().slots.taken(), slots + 2);
  fail_at("load", 1);
  ASSERT_FALSE(carry_out(*set_, haste_, both()).status);
  EXPECT_EQ(set_->book().slots.taken(), slots + 2) << "what was only loaded need not";
}

TEST_F(Prepare, AChangeThatMakesNoSenseChangesNothing) {
  const Traces before = traces_of(*set_, *host_);
  const auto refused = [&](Change change) {
    return carry_out(*set_, haste_, std::move(change)).status.error().errnum;
  };
  EXPECT_EQ(refused(adding({watch("new"), watch("there")})), EEXIST);
  EXPECT_EQ(refused(adding({watch("twice"), watch("twice")})), EEXIST);
  EXPECT_EQ(refused({.out = {named("there"), named("none")}}), ENOENT);
  EXPECT_EQ(refused({.off = {named("there"), named("none")}}), ENOENT);
  EXPECT_EQ(refused({.on = {named("there")}}), EALREADY);
  EXPECT_EQ(traces_of(*set_, *host_), before);
}

TEST_F(Prepare, ThereAreNoMoreNumbersThanThereAre) {
  const Traces before = traces_of(*set_, *host_);
  Change many;
  for (int n = 0; n < 7; ++n) many.in.push_back({.document = watch("p" + std::to_string(n), "h")});
  EXPECT_EQ(carry_out(*set_, haste_, std::move(many)).status.error().detail, "too many selectors at once");
  EXPECT_EQ(traces_of(*set_, *host_), before);
}

TEST_F(Prepare, DomainsKeepPoliciesOfOneNameApart) {
  Change change = adding({});
  change.in.push_back({.document = watch("there", "f"), .domain = "other", .enabled = false});
  const ChangeResult result = carry_out(*set_, haste_, std::move(change));
  ASSERT_TRUE(result.status);
  EXPECT_EQ(result.ids[0].name, (PolicyName{"other", "", "there"}));
  EXPECT_FALSE(set_->find(result.ids[0].name)->enabled);
}

// Generations tell how often something was tried, as ids that users see do.
TEST_F(Prepare, AGenerationIsNeverUsedTwice) {
  fail_at("load", 1);
  const ChangeResult failed = carry_out(*set_, haste_, adding({watch("x")}));
  ASSERT_FALSE(failed.status);
  ASSERT_EQ(failed.ids.size(), 1U);
  fail_at("", 0);
  const ChangeResult done = carry_out(*set_, haste_, adding({watch("x")}));
  ASSERT_TRUE(done.status);
  EXPECT_EQ(done.ids[0].generation, failed.ids[0].generation + 1);
}

}  // namespace
}  // namespace tripline
