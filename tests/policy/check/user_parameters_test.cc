// SPDX-License-Identifier: Apache-2.0
#include "policy/check/user_parameters.h"

#include <gtest/gtest.h>

namespace tripline::policy {
namespace {

Btf::Parameter pointer(std::string name) {
  return {.name = std::move(name), .type = {.kind = Btf::Kind::kPointer}, .spelling = {}};
}

TEST(UserParameters, ByNameOfTheFunctionAndTheParameter) {
  EXPECT_TRUE(is_user_parameter("ksys_write", pointer("buf")));
  EXPECT_TRUE(is_user_parameter("vfs_write", pointer("buf")));
  EXPECT_TRUE(is_user_parameter("do_sys_openat2", pointer("filename")));
  EXPECT_TRUE(is_user_parameter("import_iovec", pointer("uvec")));
  EXPECT_FALSE(is_user_parameter("do_sys_openat2", pointer("how")));
  EXPECT_FALSE(is_user_parameter("vfs_write", pointer("pos")));
  EXPECT_FALSE(is_user_parameter("kernel_write", pointer("buf")));
  EXPECT_FALSE(is_user_parameter("write", pointer("buf")));  // a part of a name is none
}

TEST(UserParameters, NumbersAreNoAddressesButInSystemCalls) {
  Btf::Parameter number = pointer("buf");
  number.type.kind = Btf::Kind::kInt;
  EXPECT_FALSE(is_user_parameter("ksys_write", number));
  EXPECT_TRUE(is_user_parameter("__se_sys_write", number));
}

TEST(UserParameters, WhatTheKernelSaysComesFirst) {
  Btf::Parameter tagged = pointer("unheard_of");
  EXPECT_FALSE(is_user_parameter("made_up", tagged));
  tagged.type.is_user = true;
  EXPECT_TRUE(is_user_parameter("made_up", tagged));
}

}  // namespace
}  // namespace tripline::policy
