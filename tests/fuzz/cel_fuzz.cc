// SPDX-License-Identifier: Apache-2.0
// Expressions: any text is refused or evaluated within its budget; and one that the slow evaluator makes of the bytes
// is worth the same to both.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "cel/print.h"
#include "cel/program.h"
#include "cel/slow.h"
#include "fuzz/input.h"

namespace {

using namespace tripline;
using fuzz::require;

bool is_spent(const cel::Outcome& value) {
  return !value && value.error().find("takes too m") != std::string::npos;
}

void evaluate_text(const std::shared_ptr<const cel::Environment>& environment, std::string_view text) {
  const auto program = cel::Program::compile(environment, text);
  if (!program) {
    require(!program.error().empty() && !cel::to_text(program.error(), text).empty());
    return;
  }
  const cel::Budget budget{.steps = 20'000, .bytes = int64_t{1} << 20};
  const cel::Outcome value = program->evaluate({}, budget);
  const cel::Outcome again = program->evaluate({}, budget);
  require(value.has_value() == again.has_value());
  if (value) require(cel::printed(*value) == cel::printed(*again));
}

void compare(const std::shared_ptr<const cel::Environment>& environment, std::span<const uint8_t> bytes) {
  const cel::slow::Sample sample = cel::slow::sample(bytes);
  const auto program = cel::Program::compile(environment, sample.text);
  require(program.has_value());
  const cel::Outcome value = program->evaluate({});
  if (is_spent(value)) return;
  require((value ? cel::printed(*value) : "error") == sample.worth);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto kEnvironment =
      std::make_shared<const cel::Environment>("", std::vector<cel::Declared>{}, true);
  if (size > 0 && data[0] == 0) {
    compare(kEnvironment, {data + 1, size - 1});
  } else {
    evaluate_text(kEnvironment, {reinterpret_cast<const char*>(data), size});
  }
  return 0;
}
