// SPDX-License-Identifier: Apache-2.0
// Types, as the checker knows them. Run-time values have less information: a list, for example, only that it is one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tripline::cel {

struct Type {
  enum class Kind : uint8_t {
    kError,  // of what is wrong and has been reported; goes with everything
    kDyn,
    kNull,
    kBool,
    kInt,
    kUint,
    kDouble,
    kString,
    kBytes,
    kTimestamp,
    kDuration,
    kList,      // of[0]: of its elements
    kMap,       // of[0], of[1]: of its keys and values
    kWrapper,   // of[0], or null
    kMessage,   // `name`
    kOptional,  // of[0]
    kIp,
    kCidr,
    kType,       // of[0]
    kParameter,  // `name`: a variable that stands for a type
  };
  Kind kind = Kind::kDyn;
  std::string name;
  std::vector<Type> of;

  bool operator==(const Type&) const = default;
};

[[nodiscard]] Type list_of(Type element);
[[nodiscard]] Type map_of(Type key, Type value);
[[nodiscard]] Type optional_of(Type value);
[[nodiscard]] Type type_of(Type instance);

// As messages show it: "list(int)".
[[nodiscard]] std::string to_text(const Type& type);

// A function's signature: "(A, list(A)) -> bool", or "string.(int) -> string" of one that is called on its first
// parameter. Capital letters are parameters.
struct Signature {
  bool member = false;
  std::vector<Type> parameters;
  Type result;
};

// Of texts in our tables only: they are right.
[[nodiscard]] Signature parse_signature(std::string_view text);

}  // namespace tripline::cel
