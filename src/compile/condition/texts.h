// SPDX-License-Identifier: Apache-2.0
// The exact tests of text and bytes, which start at the beginning of their buffer, and what they share with paths.
#pragma once

#include <string_view>

#include "compile/builder.h"
#include "compile/values.h"
#include "policy/checked.h"

namespace tripline {

// On when `filter` holds for the text that is held in `slot`, else to `no`.
void test_text(Builder& builder, const TextFilter& filter, ir::Value slot, const Held& text, Label no);

// On when there is a value at all, else to `no`.
void test_status(Builder& builder, ir::Value slot, const Held& value, Label no);

// On when `needle` is somewhere in the text or path that is held in `slot`, else to `other`. With `fold` letters of
// ASCII are compared as small ones; the needle must have no others.
void test_substring(Builder& builder, ir::Value slot, const Held& text, std::string_view needle, bool fold,
                    Label other);

// Must none of the values fit?
[[nodiscard]] bool is_negated(TextOp op);

}  // namespace tripline
