// SPDX-License-Identifier: Apache-2.0
// The numbers that identify programs, selectors and policies in the kernel. A change of the set takes the book with
// it while it is prepared and returns it afterwards; numbers that a failed change took are released.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/policy_id.h"
#include "base/result.h"
#include "compile/plan.h"
#include "policy/checked.h"

namespace tripline {

// Numbers from a fixed range, in runs; hands out the run that has been free for longest.
class Numbers {
 public:
  explicit Numbers(uint32_t size) : used_(size) {}
  // The first of `count` free neighbours, looking from where the last search ended; absent when there are none.
  std::optional<uint32_t> take(uint32_t count);
  void put(uint32_t first, uint32_t count);
  // Those, which are free.
  void retake(uint32_t first, uint32_t count);
  [[nodiscard]] uint32_t taken() const;

 private:
  std::vector<bool> used_;
  uint32_t next_ = 0;
};

// What of a policy something was counted for: a selector of a section, at the entry or at the return of its functions.
// A section that names a list is one, whatever the number of functions.
struct PolicyPart {
  HookKind kind = HookKind::kKprobe;
  uint32_t section = 0;  // its position in its list
  uint32_t selector = 0;
  bool at_return = false;
  auto operator<=>(const PolicyPart&) const = default;
};

// A counter and what is counted with it.
struct OwnedCounter {
  Generation policy = 0;
  PolicyPart part;
  uint32_t counter = 0;
};

// What a program holds of things that must not be used twice at the same time.
struct Claim {
  Numbering numbers;
  uint32_t counters = 0;  // how many from numbers.first_counter
  std::vector<OwnedCounter> owned;
  std::vector<uint32_t> schemas;
};

struct Book {
  explicit Book(uint32_t counters_at_most);

  Numbers slots;
  Numbers counters;
  Numbers modes;
  // What entries and returns of a hook of a policy share.
  std::map<std::pair<Generation, uint32_t>, uint32_t> pairs;
  // These never go back.
  uint32_t next_schema = 1;
  uint32_t next_pair = 1;
  uint32_t fact_versions = 0;
  Generation next_generation = kFirstGeneration;

  static constexpr Generation kFirstGeneration = 2;  // 1 is the agent's own programs
};

// For a program that is born in epoch `born`; `modes`: where each section's policy has its mode.
[[nodiscard]] Result<Claim> make_claim(Book& book, const HookPlan& plan, std::vector<uint32_t> modes,
                                       uint32_t born);
void drop_claim(Book& book, const Claim& claim);

}  // namespace tripline
