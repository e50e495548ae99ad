// SPDX-License-Identifier: Apache-2.0
#include "policy/check/operators.h"

#include <gtest/gtest.h>

namespace tripline::policy {
namespace {

struct Case {
  Operator op;
  DeclaredType type;
  Use use;
};

TEST(Operators, TableSaysWhatCanBeUsedOnWhat) {
  const Case cases[] = {
      {Operator::kEqual, DeclaredType::kInt, Use::kWorks},
      {Operator::kMask, DeclaredType::kUint64, Use::kWorks},
      {Operator::kNotPrefix, DeclaredType::kInt, Use::kNever},
      {Operator::kFileType, DeclaredType::kInt, Use::kRefused},
      {Operator::kSAddr, DeclaredType::kInt, Use::kRefused},
      {Operator::kCelExpr, DeclaredType::kInt32, Use::kWorks},
      {Operator::kCelExpr, DeclaredType::kInt16, Use::kRefused},
      {Operator::kInRange, DeclaredType::kSizeT, Use::kWorks},
      {Operator::kInMap, DeclaredType::kCapEffective, Use::kRefused},
      {Operator::kCapabilitiesGained, DeclaredType::kCapEffective, Use::kWorks},
      {Operator::kGt, DeclaredType::kString, Use::kRefused},
      {Operator::kSubString, DeclaredType::kString, Use::kWorks},
      {Operator::kFileType, DeclaredType::kFile, Use::kWorks},
      {Operator::kFileType, DeclaredType::kFd, Use::kRefused},
      {Operator::kNotPostfix, DeclaredType::kPath, Use::kWorks},
      {Operator::kPostfix, DeclaredType::kSockaddrUn, Use::kNever},
      {Operator::kFamily, DeclaredType::kSockaddrUn, Use::kWorks},
      {Operator::kDPort, DeclaredType::kSock, Use::kWorks},
      {Operator::kDPort, DeclaredType::kSockaddr, Use::kRefused},
      {Operator::kSPort, DeclaredType::kSockaddr, Use::kWorks},
      {Operator::kState, DeclaredType::kSkb, Use::kNever},
      {Operator::kEqual, DeclaredType::kSock, Use::kRefused},
      {Operator::kEqual, DeclaredType::kBpfCmd, Use::kRefused},
      {Operator::kPrefix, DeclaredType::kNop, Use::kAlways},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(use_of(each.op, each.type), each.use) << word(each.op) << " on " << word(each.type);
  }
}

TEST(Operators, ListedForMessages) {
  EXPECT_EQ(operators_for(DeclaredType::kFd),
            "Equal, NotEqual, Prefix, NotPrefix, Postfix, NotPostfix, SubString, SubStringIgnCase");
  EXPECT_EQ(operators_for(DeclaredType::kNop), "");
}

}  // namespace
}  // namespace tripline::policy
