// SPDX-License-Identifier: Apache-2.0
// Compares scratch memory with bytes known when a policy is compiled, by loads of whole words.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "compile/builder.h"

namespace tripline {

// On when the scratch memory at `base` + `offset` holds `text`, else to `other`.
void test_bytes(Builder& builder, ir::Value base, uint32_t offset, std::string_view text, Label other);

// Searches `value` among the keys of `choices` and goes to the label of the equal one, else to `no`.
void search_value(Builder& builder, ir::Width width, ir::Value value,
                  const std::map<uint64_t, Label>& choices, Label no);

}  // namespace tripline
