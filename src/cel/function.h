// SPDX-License-Identifier: Apache-2.0
// What expressions can call. Each file of functions has a table; a row is one overload: its name, its signature and
// what does it, which is called only with arguments of these types.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/frame.h"
#include "cel/type.h"
#include "cel/value.h"

namespace tripline::cel {

using Arguments = std::span<const Value>;
using Run = Outcome (*)(Frame& frame, Arguments arguments);

struct FunctionRow {
  std::string_view name;
  std::string_view signature;
  Run run;
};
using FunctionTable = std::span<const FunctionRow>;

[[nodiscard]] FunctionTable arithmetic_functions();  // and comparisons
[[nodiscard]] FunctionTable conversion_functions();
[[nodiscard]] FunctionTable text_functions();
[[nodiscard]] FunctionTable collection_functions();
[[nodiscard]] FunctionTable time_functions();
[[nodiscard]] FunctionTable string_extension();
[[nodiscard]] FunctionTable math_extension();
[[nodiscard]] FunctionTable list_extension();
[[nodiscard]] FunctionTable optional_extension();
[[nodiscard]] FunctionTable network_extension();
[[nodiscard]] FunctionTable encoder_extension();

// A row, read.
struct Function {
  std::string name;
  Signature signature;
  std::vector<std::optional<Kind>> kinds;  // of the arguments at run time; absent: any
  Run run = nullptr;
};

[[nodiscard]] Function read_row(const FunctionRow& row);

[[nodiscard]] bool takes(const Function& function, Arguments arguments);

}  // namespace tripline::cel
