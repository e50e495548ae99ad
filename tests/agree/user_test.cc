// SPDX-License-Identifier: Apache-2.0
// Programs of hooks on code of user space that sleep: memory of the process that is not present is brought in before
// anything is compared with it. And registers that become others.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "base/fd.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPages = 64 * kPage;

const oracle::Shape kShape{
    "f", Attachment::kUprobe, {ArgType::kString, ArgType::kCharBuf, ArgType::kSizeT, ArgType::kInt32}, 2};

class AgreeUser : public OnThisKernel {
 protected:
  static void SetUpTestSuite() {
    OnThisKernel::SetUpTestSuite();
    if (HasFatalFailure()) return;
    file = Fd(memfd_create("pages", 0));
    ASSERT_TRUE(file && ftruncate(file.get(), kPages) == 0);
    void* mapped = mmap(nullptr, kPages, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    ASSERT_NE(mapped, MAP_FAILED);
    pages = static_cast<uint8_t*>(mapped);
  }

  // The bytes are in the file then, and nowhere in the memory of the process until somebody looks at them.
  static uint64_t put_away(size_t offset, const std::string& bytes) {
    EXPECT_EQ(pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
    return reinterpret_cast<uint64_t>(pages + offset);
  }

  static Kernel kernel_that(bool sleeps) {
    Kernel out = *kernel;
    out.features.uprobe_sleeps = sleeps;
    return out;
  }

  static CheckedPolicy policy_of(std::vector<CheckedSelector> selectors) {
    CheckedPolicy policy;
    policy.name = "p";
    policy.source_name = "p.yaml";
    policy.enforce = false;
    policy.hooks.push_back(oracle::plain_section(kShape, std::move(selectors)));
    return policy;
  }

  static CheckedSelector selector_on(uint32_t arg, TextOp op, std::string value) {
    CheckedSelector out;
    out.filters = {TextFilter{.arg = arg, .op = op, .values = {std::move(value)}, .span = {}}};
    out.actions = {{}};
    return out;
  }

  static std::string call(Trial& trial, size_t text_at, const std::string& text, size_t buffer_at,
                          const std::string& buffer, bool present) {
    const std::vector<uint64_t> arguments = {put_away(text_at, text + '\0'), put_away(buffer_at, buffer),
                                             buffer.size(), 7};
    EXPECT_EQ(madvise(pages, kPages, MADV_DONTNEED), 0);
    if (present) {
      for (size_t at = 0; at < kPages; at += kPage)
        static_cast<void>(*static_cast<volatile uint8_t*>(pages + at));
    }
    oracle::Text string{.bytes = text, .whole = 0};
    oracle::Text bytes{.bytes = buffer, .whole = buffer.size()};
    const bool read = present || trial.sleeps();
    if (!read) string.bytes.reset();
    if (!read && !buffer.empty()) bytes.bytes.reset();
    return trial.call({string, bytes, static_cast<int64_t>(buffer.size()), int64_t{7}}, arguments);
  }

  static inline Fd file;
  static inline uint8_t* pages = nullptr;
};

// Calls with what is in the middle of pages, and over the end of one; `matches` of them match where memory is brought in.
struct Wanted {
  std::vector<CheckedSelector> selectors;
  FilterForm form = FilterForm::kNone;
  uint64_t matches = 0;
};

TEST_F(AgreeUser, MemoryThatIsNotPresentIsBroughtIn) {
  const std::vector<Wanted> all = {
      // Decided by the first bytes, which may not be there to be looked at.
      {{selector_on(0, TextOp::kEqual, "some text"), selector_on(0, TextOp::kPrefix, std::string(100, 'l'))},
       FilterForm::kMerged,
       8},
      {{selector_on(1, TextOp::kPostfix, "end")}, FilterForm::kNone, 8},
      {{selector_on(0, TextOp::kNotEqual, "other")}, FilterForm::kNone, 8}};
  for (const Wanted& wanted : all) {
    for (const bool sleeps : {true, false}) {
      auto trial = Trial::create({policy_of(wanted.selectors)}, kShape, kernel_that(sleeps));
      ASSERT_TRUE(trial) << trial.error().text();
      EXPECT_EQ((*trial)->sleeps(), sleeps);
      EXPECT_EQ((*trial)->form(), wanted.form);
      for (const bool present : {false, true}) {
        for (const size_t back : {size_t{100}, size_t{4}}) {
          const size_t text_at = 20 * kPage - back;
          const size_t buffer_at = 40 * kPage - back;
          ASSERT_EQ(call(**trial, text_at, "some text", buffer_at, "the end", present), "");
          ASSERT_EQ(call(**trial, text_at, std::string(200, 'l'), buffer_at, "", present), "");
          ASSERT_EQ(call(**trial, text_at, "other", buffer_at, std::string(4000, 'x') + "end", present), "");
        }
      }
      ASSERT_EQ((*trial)->counters(), "");
      EXPECT_EQ((*trial)->matches(), sleeps ? wanted.matches : wanted.matches / 2);
    }
  }
}

// A process can pass what it cannot read: addresses of the kernel. By each way to them there is nothing.
TEST_F(AgreeUser, NothingOfTheKernelIsSeen) {
  const std::string secret = "secret";
  memory->memory().reset();
  const uint64_t hidden = memory->memory().take(64);
  ASSERT_NE(hidden, 0U);
  std::memcpy(memory->memory().at(hidden), secret.c_str(), secret.size() + 1);
  const uint64_t shown = put_away(0, secret + '\0');
  const auto pointer_to = [](uint64_t address) {
    return put_away(kPage, std::string(reinterpret_cast<const char*>(&address), sizeof(address)));
  };
  struct Way {
    const char* what;
    std::vector<ResolveStep> steps;
    std::function<uint64_t(uint64_t)> passed;  // that leads to the text at an address
  };
  const std::vector<Way> ways = {
      {"the address itself", {}, [](uint64_t at) { return at; }},
      {"at the end of a path", {{0, true}}, pointer_to},
      {"the beginning of one", {{8, false}}, [](uint64_t at) { return at - 8; }},
      {"by way of a small number", {{INT32_MIN, false}}, [](uint64_t at) { return at - INT32_MIN; }},
  };
  for (const Way& way : ways) {
    for (const bool sleeps : {true, false}) {
      CheckedPolicy policy = policy_of({selector_on(0, TextOp::kEqual, secret)});
      policy.hooks[0].args[0].source.steps = way.steps;
      auto trial = Trial::create({policy}, kShape, kernel_that(sleeps));
      ASSERT_TRUE(trial) << trial.error().text();
      for (const uint64_t at : {shown, hidden}) {
        const auto got = (*trial)->runner().call(std::vector<uint64_t>{way.passed(at), 0, 0, 0});
        ASSERT_TRUE(got) << got.error().text();
        if (sleeps || at == hidden) EXPECT_EQ(got->size(), at == shown ? 1U : 0U) << way.what;
      }
    }
  }
}

// ---- registers

class AgreeRegisters : public AgreeUser {
 protected:
  static uint32_t offset(std::string_view name) {
    const auto member = kernel->btf->member("pt_regs", name);
    EXPECT_TRUE(member) << name;
    return member ? member->offset : 0;
  }

  // What struct pt_regs is after a call with these arguments, of policies that assign this each.
  static std::vector<uint64_t> after(const std::vector<std::vector<Assignment>>& assignments,
                                     const std::vector<uint64_t>& arguments, bool enforce = true) {
    std::vector<CheckedPolicy> policies;
    for (const std::vector<Assignment>& each : assignments) {
      CheckedSelector selector = selector_on(0, TextOp::kEqual, "text");
      selector.actions = {{.kind = CheckedAction::Kind::kOverride, .span = {}, .assignments = each}};
      policies.push_back(policy_of({selector}));
      policies.back().enforce = enforce;
    }
    auto trial = Trial::create(std::move(policies), kShape, kernel_that(true));
    EXPECT_TRUE(trial) << trial.error().text();
    if (!trial) return {};
    const auto called = (*trial)->runner().call(arguments);
    EXPECT_TRUE(called) << called.error().text();
    const auto registers = (*trial)->runner().registers();
    return {registers.begin(), registers.end()};
  }
};

TEST_F(AgreeRegisters, AreAssignedInOrder) {
  using From = Assignment::From;
  const uint64_t text = put_away(0, std::string("text\0", 5));
  const uint64_t number = put_away(kPage, std::string("\1\2\3\4\5\6\7\10", 8));
  const std::vector<uint64_t> arguments = {text, number, 0x1122'3344'5566'7788, 4};
  const auto at = [&](std::string_view name) { return offset(name) / sizeof(uint64_t); };
  const std::vector<Assignment> all = {
      {.to = offset("ax"), .from = From::kConstant, .constant = -7},
      {.to = offset("bx"), .from = From::kRegister, .reg = offset("ax"), .constant = 1},
      {.to = offset("r8"), .from = From::kMemory, .reg = offset("si")},
      {.to = offset("cx"),
       .to_size = 4,
       .from = From::kRegister,
       .reg = offset("dx"),
       .reg_size = 2,
       .constant = 8}};
  const std::vector<uint64_t> set = after({all}, arguments);
  ASSERT_FALSE(set.empty());
  EXPECT_EQ(static_cast<int64_t>(set[at("ax")]), -7);
  EXPECT_EQ(static_cast<int64_t>(set[at("bx")]), -6) << "what was assigned before it counts";
  EXPECT_EQ(set[at("r8")], 0x0807'0605'0403'0201U);
  EXPECT_EQ(set[at("cx")], 0x7790U);
  EXPECT_EQ(set[at("di")], text);
  // In monitor mode nothing happens.
  const std::vector<uint64_t> monitored = after({all}, arguments, false);
  ASSERT_FALSE(monitored.empty());
  EXPECT_EQ(monitored[at("ax")], 0U);
  EXPECT_EQ(monitored[at("cx")], 4U);
}

TEST_F(AgreeRegisters, TheLastPolicyDecides) {
  using From = Assignment::From;
  const std::vector<uint64_t> arguments = {put_away(0, std::string("text\0", 5)), 0, 0, 0};
  const std::vector<uint64_t> set = after(
      {{{.to = offset("ax"), .from = From::kConstant, .constant = 1}, {.to = offset("bx"), .constant = 1}},
       {{.to = offset("ax"), .from = From::kConstant, .constant = 2}}},
      arguments);
  ASSERT_FALSE(set.empty());
  EXPECT_EQ(set[offset("ax") / sizeof(uint64_t)], 2U);
  EXPECT_EQ(set[offset("bx") / sizeof(uint64_t)], 0U);
}

// The address comes from the process, and what is there goes to it.
TEST_F(AgreeRegisters, NothingOfTheKernelGoesToAProcess) {
  memory->memory().reset();
  const uint64_t secret = memory->memory().take(sizeof(uint64_t));
  memory->memory().write(secret, uint64_t{0x5ec4e7});
  const std::vector<uint64_t> arguments = {put_away(0, std::string("text\0", 5)), secret, 0, 0};
  const std::vector<uint64_t> set =
      after({{{.to = offset("ax"), .from = Assignment::From::kMemory, .reg = offset("si")},
              {.to = offset("bx"), .constant = 1}}},
            arguments);
  ASSERT_FALSE(set.empty());
  EXPECT_EQ(set[offset("ax") / sizeof(uint64_t)], 0U);
  EXPECT_EQ(set[offset("bx") / sizeof(uint64_t)], 1U) << "the assignments behind it are made";
}

}  // namespace
}  // namespace tripline::agree
