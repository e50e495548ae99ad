// SPDX-License-Identifier: Apache-2.0
#include "compile/compile.h"

#include <gtest/gtest.h>

#include "compile/saved.h"

namespace tripline {
namespace {

using Op = PathFilter::Op;

TEST(Explain, SaysWhatHappensAndWhereItComesFrom) {
  const Result<std::string> text = explain(
      plan({policy("p", {fd_install({selector(Op::kPostfix, {"/a"}, CheckedAction::Kind::kSigkill)})})}),
      saved_kernel("debian-6.12"));
  ASSERT_TRUE(text);
  for (const char* part :
       {"hook fd_install", "attached by fentry: for a test", "Postfix \"/a\"  ; line 7", "then Sigkill",
        "args[1] file at 36", "filter program", "judge program", "; p.yaml:12"}) {
    EXPECT_NE(text->find(part), std::string::npos) << part << "\n" << *text;
  }
}

}  // namespace
}  // namespace tripline
