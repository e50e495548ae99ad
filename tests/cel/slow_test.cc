// SPDX-License-Identifier: Apache-2.0
// Random expressions: the engine and the slow evaluator say the same.
#include "cel/slow.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "cel/print.h"
#include "cel/program.h"

namespace tripline::cel {
namespace {

TEST(Slow, AgreesWithTheEngine) {
  const auto environment = std::make_shared<const Environment>("", std::vector<Declared>{}, true);
  std::mt19937 random(20);
  size_t values = 0;
  for (int count = 0; count < 5000; ++count) {
    std::vector<uint8_t> bytes(200);
    for (uint8_t& each : bytes) each = static_cast<uint8_t>(random());
    const slow::Sample sample = slow::sample(bytes);
    const auto program = Program::compile(environment, sample.text);
    ASSERT_TRUE(program) << to_text(program.error(), sample.text);
    const Outcome value = program->evaluate({});
    if (!value && value.error().find("too m") != std::string::npos) continue;
    ASSERT_EQ(value ? printed(*value) : "error", sample.worth) << sample.text;
    values += value ? 1 : 0;
  }
  EXPECT_GT(values, 2000U);
}

}  // namespace
}  // namespace tripline::cel
