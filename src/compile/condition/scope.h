// SPDX-License-Identifier: Apache-2.0
// Whom a call is made by: the row of its container, or of the host, and the bits of scopes in it (scopes.h).
#pragma once

#include "compile/builder.h"
#include "compile/scopes.h"
#include "kernel/kernel.h"

namespace tripline {

// The caller's row. To `none` when there is none, which never happens; the verifier asks.
[[nodiscard]] ir::Value scope_row(Builder& builder, const Kernel& kernel, Attachment attachment,
                                  const ScopeTable& table, Label none);
[[nodiscard]] ir::Value scope_word(Builder& builder, ir::Value row, uint32_t word);

// On when the caller is one of those, else to `no`.
void test_scope(Builder& builder, const ScopeTable& table, const Scope& scope, ir::Value row, Label no);

}  // namespace tripline
