// SPDX-License-Identifier: Apache-2.0
// Text and bytes in the memory of the calling process and of the kernel: what is read of them, and every filter on it.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using oracle::Random;

constexpr size_t kLongestText = 4096;
constexpr size_t kLongestBuffer = 4095;
constexpr uint64_t kNowhereInKernel = 0xffff'0000'0000'1000;
// A raw tracepoint whose first four parameters are numbers, and one for programs without types.
constexpr std::string_view kTyped = "percpu_alloc_percpu";

// Where a text is put.
enum class Where { kProcess, kEdge, kKernel, kNowhere };

class AgreeText : public OnThisKernel {
 protected:
  static void SetUpTestSuite() {
    OnThisKernel::SetUpTestSuite();
    if (HasFatalFailure()) return;
    // Pages of this process, and behind them one that is not there.
    void* pages = mmap(nullptr, kPages + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(pages, MAP_FAILED);
    process = static_cast<uint8_t*>(pages);
    std::memset(process, 'x', kPages);
    ASSERT_EQ(mprotect(process + kPages, 4096, PROT_NONE), 0);
  }

  // The address of `bytes`; at most one of each place is there at a time.
  static uint64_t put(const std::string& bytes, Where where, bool second) {
    switch (where) {
      case Where::kProcess: {
        uint8_t* at = process + (second ? kPages / 2 : 8);
        std::memcpy(at, bytes.data(), bytes.size());
        return reinterpret_cast<uint64_t>(at);
      }
      case Where::kEdge: {
        uint8_t* at = process + kPages - bytes.size();
        std::memcpy(at, bytes.data(), bytes.size());
        return reinterpret_cast<uint64_t>(at);
      }
      case Where::kKernel: {
        const uint64_t at = memory->memory().take(bytes.size());
        EXPECT_NE(at, 0u);
        std::memcpy(memory->memory().at(at), bytes.data(), bytes.size());
        return at;
      }
      case Where::kNowhere:
        return second ? kNowhereInKernel : reinterpret_cast<uint64_t>(process + kPages);
    }
    return 0;
  }

  // Is it where the hooked call may have it? What a process passes is nothing of the kernel.
  static bool can_be_read(const Trial& trial, Where where) {
    const bool of_process = is_user(trial.shape().attachment) || trial.shape().of_syscall;
    return where != Where::kNowhere && !(of_process && where == Where::kKernel);
  }

  // One call with this text and this buffer; how it disagrees with the oracle.
  static std::string call(Trial& trial, const std::string& text, Where text_at, const std::string& buffer,
                          Where buffer_at, int32_t number) {
    memory->memory().reset();
    std::string shown = text.substr(0, text.find('\0'));
    std::vector<uint64_t> arguments = {put(shown + '\0', text_at, false), put(buffer, buffer_at, true),
                                       buffer.size(), static_cast<uint64_t>(number)};
    if (trial.shape().of_syscall) arguments = {registers_with(arguments), 0};
    oracle::Text string;
    if (can_be_read(trial, text_at)) string.bytes = shown.substr(0, kLongestText);
    oracle::Text bytes{.bytes = std::nullopt, .whole = buffer.size()};
    if (can_be_read(trial, buffer_at) || buffer.empty()) bytes.bytes = buffer.substr(0, kLongestBuffer);
    return trial.call({string, bytes, static_cast<int64_t>(buffer.size()), static_cast<int64_t>(number)},
                      arguments);
  }

  // The address of struct pt_regs with the arguments of a system call.
  static uint64_t registers_with(const std::vector<uint64_t>& arguments) {
    const auto size = kernel->btf->structure("pt_regs");
    const uint64_t at = memory->memory().take(size ? size->size : 0);
    EXPECT_NE(at, 0U);
    size_t next = 0;
    for (const char* name : {"di", "si", "dx", "r10"}) {
      const auto member = kernel->btf->member("pt_regs", name);
      EXPECT_TRUE(member);
      if (member) memory->memory().write(at + member->offset, arguments[next++]);
    }
    return at;
  }

  static Where random_place(Random& random, bool edge) {
    if (random.chance(5)) return Where::kNowhere;
    if (edge && random.chance(20)) return Where::kEdge;
    return random.chance(50) ? Where::kProcess : Where::kKernel;
  }

  static constexpr size_t kPages = 64 * 4096;
  static inline uint8_t* process = nullptr;
};

struct Variant {
  bool plain = false;
  bool old = false;
  bool user = false;
  bool of_syscall = false;
};

oracle::Shape shape_of(Variant variant) {
  return {variant.of_syscall ? "sys_enter" : std::string(kTyped),
          variant.user    ? Attachment::kUprobe
          : variant.plain ? Attachment::kKprobe
                          : Attachment::kTracingRaw,
          {ArgType::kString, ArgType::kCharBuf, ArgType::kSizeT, ArgType::kInt32},
          2,
          variant.of_syscall};
}

Kernel kernel_of(Variant variant, const Kernel& kernel) {
  Kernel out = kernel;
  if (variant.old) out.features.bpf_loop = false;
  out.features.uprobe_sleeps = false;  // one that sleeps cannot be called by another program (user_test.cc)
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

// What is written at a call: a text of the pool, or something near it.
std::string random_text(Random& random, const oracle::Pool& pool) {
  std::string text = random.pick(pool.paths);
  if (random.chance(5)) return "";
  if (random.chance(10)) text = text.substr(random.below(text.size()));
  if (random.chance(10)) text += std::string(1 + random.below(3), '\0');
  if (random.chance(5)) text.insert(random.below(text.size()), 1, '\0');
  if (random.chance(10)) text[random.below(text.size())] ^= 32;
  if (random.chance(3)) text.append(4090 + random.below(20), 'y');
  return text;
}

TEST_F(AgreeText, Random) {
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(100); ++seed) {
    Random random(seed);
    Variant variant{.plain = random.chance(30), .old = random.chance(20)};
    variant.user = random.chance(25);
    variant.of_syscall = !variant.user && random.chance(25);
    const oracle::Shape shape = shape_of(variant);
    const oracle::Pool pool = oracle::random_pool(random, random.chance(90) ? 300 : 4300);
    std::vector<CheckedPolicy> policies;
    for (uint32_t i = 0; i < 1 + random.below(3); ++i) {
      policies.push_back(oracle::random_policy(
          random, shape, pool, {.sections = 1, .selectors = 3, .filters = 2, .unfiltered = 2}));
    }
    Result<std::unique_ptr<Trial>> trial =
        Trial::create(std::move(policies), shape, kernel_of(variant, *kernel));
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int i = 0; i < 40; ++i) {
      const std::string wrong =
          call(**trial, random_text(random, pool), random_place(random, true), random_text(random, pool),
               random_place(random, false), random.pick(pool.numbers));
      ASSERT_EQ(wrong, "") << "seed " << seed << '\n' << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
    matches += (*trial)->matches();
  }
  RecordProperty("calls", std::to_string(calls));
  RecordProperty("matches", std::to_string(matches));
  EXPECT_GT(matches, calls / 10) << "hardly anything matches";
}

// Every filter of one operator and one value against every text of up to three of two letters.
TEST_F(AgreeText, EverySingleFilter) {
  std::vector<std::string> texts = {""};
  for (size_t at = 0; at < texts.size(); ++at) {
    if (texts[at].size() == 3) continue;
    for (const char letter : {'a', 'B'}) texts.push_back(texts[at] + letter);
  }
  std::vector<std::string> values = texts;
  for (const char* small : {"b", "ab", "ba", "bb", "aab", "bab", "abab"}) values.emplace_back(small);
  const oracle::Shape shape = shape_of({});
  std::vector<CheckedArg> args = oracle::plain_section(shape, {}).args;
  std::vector<CheckedSelector> all;
  for (CheckedSelector& selector : oracle::single_filters({args.begin(), args.begin() + 2}, values, {})) {
    auto& filter = std::get<TextFilter>(selector.filters[0]);
    const bool has_large = filter.values[0].find('B') != std::string::npos;
    if (filter.op == TextOp::kSubStringIgnCase && has_large) continue;
    all.push_back(std::move(selector));
  }
  for (size_t from = 0; from < all.size(); from += 40) {
    std::vector<CheckedPolicy> policies;
    for (size_t i = from; i < std::min(from + 40, all.size()); ++i) {
      policies.push_back(policy_of(oracle::plain_section(shape, {all[i]})));
    }
    Result<std::unique_ptr<Trial>> trial = Trial::create(std::move(policies), shape, *kernel);
    ASSERT_TRUE(trial) << trial.error().text();
    for (size_t i = 0; i < texts.size(); ++i) {
      const Where where = i % 2 == 0 ? Where::kProcess : Where::kKernel;
      ASSERT_EQ(call(**trial, texts[i], where, texts[texts.size() - 1 - i], where, 0), "")
          << (*trial)->describe();
    }
    ASSERT_EQ(call(**trial, "a", Where::kNowhere, "a", Where::kNowhere, 0), "");
    ASSERT_EQ((*trial)->counters(), "");
  }
}

// Texts whose first eight bytes the filter compares as one number before anything is read whole: shorter ones, longer
// ones, those that differ behind the eighth byte alone, and the largest number there is.
std::vector<std::string> heads() {
  const std::string all = "abcdefghij";
  std::vector<std::string> out = {"", "b", "\x7f", "\x80", "abcdefgi", "abcdefg\x80", "abcdefg\xff"};
  for (const size_t size : {1, 2, 7, 8, 9, 10}) out.push_back(all.substr(0, size));
  for (const size_t size : {1, 7, 8, 9, 16}) out.emplace_back(size, '\xff');
  out.push_back(std::string(7, '\xff') + '\xfe');
  return out;
}

CheckedSelector selector_on(TextOp op, std::vector<std::string> values) {
  CheckedSelector out;
  out.filters = {TextFilter{.arg = 0, .op = op, .values = std::move(values), .span = {}}};
  out.actions = {{}};
  return out;
}

class AgreeHeads : public AgreeText {
 protected:
  // Calls with every text, each near and far of what filters have, and with one that cannot be read.
  static void call_with_all(Trial& trial) {
    for (const std::string& text : heads()) {
      for (const std::string& further : {std::string(), std::string("x"), std::string("\xff")}) {
        const Where where = (text.size() + further.size()) % 2 == 0 ? Where::kProcess : Where::kKernel;
        ASSERT_EQ(call(trial, text + further, where, "", where, 7), "") << trial.describe();
      }
    }
    for (const Where where : {Where::kEdge, Where::kNowhere})
      ASSERT_EQ(call(trial, "abc", where, "", Where::kProcess, 7), "") << trial.describe();
    ASSERT_EQ(trial.counters(), "") << trial.describe();
  }

  static inline const std::vector<Variant> kVariants = {{},
                                                        {.plain = true},
                                                        {.old = true},
                                                        {.user = true},
                                                        {.old = true, .user = true},
                                                        {.of_syscall = true},
                                                        {.plain = true, .of_syscall = true}};
};

// One value, of one selector.
TEST_F(AgreeHeads, Alone) {
  size_t n = 0;
  for (const std::string& value : heads()) {
    for (const TextOp op : {TextOp::kEqual, TextOp::kPrefix}) {
      const Variant variant = kVariants[n++ % kVariants.size()];
      const oracle::Shape shape = shape_of(variant);
      auto trial = Trial::create({policy_of(oracle::plain_section(shape, {selector_on(op, {value})}))}, shape,
                                 kernel_of(variant, *kernel));
      ASSERT_TRUE(trial) << trial.error().text();
      const bool any = op == TextOp::kPrefix && value.empty();
      EXPECT_EQ((*trial)->form(), any ? FilterForm::kNone : FilterForm::kStraight);
      call_with_all(**trial);
    }
  }
}

// Every value in a policy of its own: one decision for all of them.
TEST_F(AgreeHeads, OfSeveralPolicies) {
  for (const Variant variant : kVariants) {
    const oracle::Shape shape = shape_of(variant);
    std::vector<CheckedPolicy> policies;
    for (const std::string& value : heads()) {
      for (const TextOp op : {TextOp::kEqual, TextOp::kPrefix}) {
        if (!value.empty())
          policies.push_back(policy_of(oracle::plain_section(shape, {selector_on(op, {value})})));
      }
    }
    auto trial = Trial::create(std::move(policies), shape, kernel_of(variant, *kernel));
    ASSERT_TRUE(trial) << trial.error().text();
    EXPECT_EQ((*trial)->form(), FilterForm::kMerged);
    call_with_all(**trial);
    EXPECT_GT((*trial)->matches(), variant.user || variant.of_syscall ? 80U : 100U);
  }
}

// Several values and selectors, with a filter on a number beside them and another on the same text.
TEST_F(AgreeHeads, Random) {
  const std::vector<std::string> values = heads();
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(40); ++seed) {
    Random random(seed);
    const Variant variant = random.pick(kVariants);
    const oracle::Shape shape = shape_of(variant);
    std::vector<CheckedPolicy> policies;
    for (uint32_t policy = 0; policy < 1 + random.below(3); ++policy) {
      std::vector<CheckedSelector> selectors;
      for (uint32_t n = 0; n < 1 + random.below(4); ++n) {
        CheckedSelector& selector = selectors.emplace_back();
        selector.actions = {{}};
        for (uint32_t filters = 1 + random.below(2); filters > 0; --filters) {
          std::vector<std::string> some;
          for (uint32_t count = 1 + random.below(4); count > 0; --count) some.push_back(random.pick(values));
          selector.filters.emplace_back(TextFilter{.arg = 0,
                                                   .op = random.chance(50) ? TextOp::kEqual : TextOp::kPrefix,
                                                   .values = std::move(some),
                                                   .span = {}});
        }
        if (random.chance(30))
          selector.filters.emplace_back(
              IntFilter{.arg = 3,
                        .op = IntFilter::Op::kEqual,
                        .values = {random.chance(70) ? IntRange{7, 7} : IntRange{8, 8}},
                        .span = {}});
      }
      policies.push_back(policy_of(oracle::plain_section(shape, std::move(selectors))));
    }
    auto trial = Trial::create(std::move(policies), shape, kernel_of(variant, *kernel));
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    call_with_all(**trial);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

// A buffer of which all is asked for: what the record has no room for comes before it, and is what was there.
TEST_F(AgreeText, AllOfABuffer) {
  for (const Variant variant : {Variant{}, Variant{.plain = true}, Variant{.old = true}, Variant{true, true},
                                Variant{.user = true}}) {
    const oracle::Shape shape = shape_of(variant);
    CheckedSelector all;
    all.actions = {{}};
    CheckedHook hook = oracle::plain_section(shape, {all});
    hook.args[1].max_data = true;
    Result<std::unique_ptr<Trial>> trial =
        Trial::create({policy_of(std::move(hook))}, shape, kernel_of(variant, *kernel));
    ASSERT_TRUE(trial) << trial.error().text();
    for (const size_t size :
         {size_t{0}, size_t{4095}, size_t{4096}, size_t{4095 + 8191}, size_t{4096 + 8191}, size_t{200000}}) {
      std::string buffer(size, '\0');
      for (size_t at = 0; at < size; ++at) buffer[at] = static_cast<char>(at * 7 + at / 251);
      ASSERT_EQ(call(**trial, "t", Where::kProcess, buffer, Where::kEdge, 0), "") << size;
      const std::string more = (*trial)->data();
      ASSERT_EQ(more.size(), size > kLongestBuffer ? size - kLongestBuffer : 0);
      ASSERT_TRUE(buffer.ends_with(more)) << size;
    }
    ASSERT_EQ((*trial)->counters(), "");
    EXPECT_EQ((*trial)->matches(), 6u);
  }
}

// Texts and needles that take a search the most steps, at the limits of their lengths.
TEST_F(AgreeText, LongSearches) {
  const std::string text = std::string(4000, 'a') + std::string(95, 'b') + "c";
  std::vector<std::string> needles = {"c",
                                      "bc",
                                      std::string(4096, 'a'),
                                      std::string(4000, 'a') + "b",
                                      std::string(4001, 'a'),
                                      std::string(2000, 'a') + std::string(95, 'b') + "c",
                                      std::string(2000, 'a') + "ba",
                                      text,
                                      text.substr(1) + "c",
                                      std::string(5000, 'a')};
  for (const Variant variant : {Variant{}, Variant{.plain = true}, Variant{.old = true}, Variant{true, true},
                                Variant{.user = true}}) {
    const oracle::Shape shape = shape_of(variant);
    std::vector<CheckedPolicy> policies;
    for (const std::string& needle : needles) {
      for (const uint32_t arg : {0u, 1u}) {
        CheckedSelector selector;
        selector.filters = {TextFilter{.arg = arg, .op = TextOp::kSubString, .values = {needle}, .span = {}}};
        selector.actions = {{}};
        policies.push_back(policy_of(oracle::plain_section(shape, {selector})));
      }
    }
    Result<std::unique_ptr<Trial>> trial =
        Trial::create(std::move(policies), shape, kernel_of(variant, *kernel));
    ASSERT_TRUE(trial) << trial.error().text();
    for (const Where where : {Where::kProcess, Where::kKernel}) {
      ASSERT_EQ(call(**trial, text, where, text, where, 0), "");
      ASSERT_EQ(call(**trial, text + "cc", where, text.substr(1), where, 0), "");
      ASSERT_EQ(call(**trial, "", where, "bc", where, 0), "");
    }
    ASSERT_EQ((*trial)->counters(), "");
    EXPECT_GT((*trial)->matches(), variant.user ? 15U : 20U);
  }
}

}  // namespace
}  // namespace tripline::agree
