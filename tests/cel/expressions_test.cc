// SPDX-License-Identifier: Apache-2.0
// Every expression of expressions.tsv gives what the table says.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "cel/print.h"
#include "cel/program.h"

namespace tripline::cel {
namespace {

std::string given(const std::shared_ptr<const Environment>& environment, const std::string& expression) {
  const auto program = Program::compile(environment, expression);
  if (!program) return "wrong " + to_text(program.error(), expression);
  const Outcome value = program->evaluate({});
  return value ? printed(*value) : "error " + value.error();
}

// The first word, and the rest somewhere after it.
bool fits(const std::string& given, const std::string& wanted) {
  for (const std::string_view kind : {"error ", "wrong "})
    if (wanted.starts_with(kind))
      return given.starts_with(kind) && given.find(wanted.substr(kind.size())) != std::string::npos;
  return given == wanted;
}

TEST(Expressions, GiveWhatTheTableSays) {
  const auto environment = std::make_shared<const Environment>("tetragon", std::vector<Declared>{}, true);
  std::ifstream table(std::string(TRIPLINE_TEST_DATA) + "/../cel/expressions.tsv");
  size_t count = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with("# ") || line.empty()) continue;
    const size_t tab = line.rfind('\t');
    ASSERT_NE(tab, std::string::npos) << line;
    const std::string expression = line.substr(0, tab);
    const std::string wanted = line.substr(tab + 1);
    const std::string found = given(environment, expression);
    EXPECT_TRUE(fits(found, wanted)) << expression << "\n  gives " << found << "\n  not   " << wanted;
    ++count;
  }
  EXPECT_GT(count, 400U);
}

}  // namespace
}  // namespace tripline::cel
