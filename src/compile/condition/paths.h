// SPDX-License-Identifier: Apache-2.0
// The exact tests of paths, on the whole path in its buffer.
#pragma once

#include "compile/builder.h"
#include "compile/values.h"
#include "policy/checked.h"

namespace tripline {

// On when `filter` holds for the path that is held in `slot`, else to `no`.
void test_path(Builder& builder, const PathFilter& filter, ir::Value slot, const Held& path, Label no);

// On when the type of the file that is held in `slot` fits, else to `no`.
void test_file_type(Builder& builder, const FileTypeFilter& filter, ir::Value slot, const Held& path,
                    Label no);

}  // namespace tripline
