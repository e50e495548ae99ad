// SPDX-License-Identifier: Apache-2.0
// A row's prototype is read by the compiler itself, as a type of function: its parts become values here.
#include "ir/callee.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

namespace tripline::ir {
namespace {

// What rows name.
using u32 = uint32_t;
using u64 = uint64_t;
struct file;
struct tl_slot;

template <typename T>
constexpr CType kTypeOf = [] {
  if constexpr (std::is_same_v<T, int>) return CType::kInt;
  if constexpr (std::is_same_v<T, u32>) return CType::kU32;
  if constexpr (std::is_same_v<T, u64>) return CType::kU64;
  if constexpr (std::is_same_v<T, struct tl_slot*>) return CType::kSlot;
  if constexpr (std::is_same_v<T, struct file*>) return CType::kFile;
  if constexpr (std::is_same_v<T, u64*>) return CType::kContext;
}();

template <typename Function>
struct Prototype;
template <typename Result, typename... Parameters>
struct Prototype<Result(Parameters...)> {
  static constexpr CType result = kTypeOf<Result>;
  static constexpr std::array<CType, sizeof...(Parameters)> parameters = {kTypeOf<Parameters>...};
};

template <typename Function>
constexpr CalleeInfo row(std::string_view name, CalleeKind kind, int how) {
  using Of = Prototype<Function>;
  const bool context = (how & TL_CALL_CONTEXT) != 0;
  return {.name = name,
          .kind = kind,
          .result = Of::result,
          .types = Of::parameters,
          .parameters = static_cast<uint32_t>(Of::parameters.size()) - (context ? 1 : 0),
          .has_result = Of::result != CType::kInt || (how & TL_CALL_ANSWERS) != 0,
          .pure = (how & TL_CALL_PURE) != 0,
          .context = context};
}

constexpr auto kCallees = std::to_array<CalleeInfo>({
#define TRIPLINE_LIBRARY_ROW(result, name, parameters, how) \
  row<result parameters>(#name, CalleeKind::kLibrary, how),
#define TRIPLINE_HELPER_ROW(result, name, parameters, how) \
  row<result parameters>(#name, CalleeKind::kHelper, how),
#define TRIPLINE_KERNEL_ROW(result, name, parameters, how) \
  row<result parameters>(#name, CalleeKind::kKernelFunction, how),
#define TRIPLINE_GENERATED_ROW(result, name, parameters, how) \
  row<result parameters>(#name, CalleeKind::kGenerated, how),
    TL_LIBRARY_FUNCTIONS(TRIPLINE_LIBRARY_ROW) TRIPLINE_HELPERS(TRIPLINE_HELPER_ROW)
        TRIPLINE_KERNEL_FUNCTIONS(TRIPLINE_KERNEL_ROW) TRIPLINE_GENERATED_FUNCTIONS(TRIPLINE_GENERATED_ROW)
#undef TRIPLINE_GENERATED_ROW
#undef TRIPLINE_KERNEL_ROW
#undef TRIPLINE_HELPER_ROW
#undef TRIPLINE_LIBRARY_ROW
});

// BPF passes five.
static_assert(std::ranges::all_of(kCallees, [](const CalleeInfo& each) { return each.types.size() <= 5; }));

}  // namespace

const CalleeInfo& callee_info(Callee callee) { return kCallees[static_cast<size_t>(callee)]; }

std::optional<Callee> callee_named(std::string_view name) {
  const auto* found = std::ranges::find(kCallees, name, &CalleeInfo::name);
  if (found == kCallees.end()) return std::nullopt;
  return static_cast<Callee>(found - kCallees.begin());
}

}  // namespace tripline::ir
