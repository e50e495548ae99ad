// SPDX-License-Identifier: Apache-2.0
// CelExpr as instructions. Numbers are kept sign- or zero-extended to 64 bits, and signed ones are compared with
// their sign bit flipped.
#pragma once

#include <functional>

#include "compile/builder.h"
#include "policy/checked.h"

namespace tripline {

// On when the expression holds, else to `no`. `argument` gives the 8 bytes of an argument whose low bits are the
// number; it may go to `no` itself.
void test_cel(Builder& builder, const CelNode& expression,
              const std::function<ir::Value(uint32_t arg)>& argument, Label no);

// The arguments that an expression names.
void for_each_argument(const CelNode& expression, const std::function<void(uint32_t arg)>& visit);

}  // namespace tripline
