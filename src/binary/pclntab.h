// SPDX-License-Identifier: Apache-2.0
// The functions of a Go program by the table that its runtime keeps for stack traces: it stays when the symbols are
// stripped. The forms of Go 1.2, 1.16, 1.18 and 1.20, which is that of today. Functions that were only ever inlined are
// in no table. Go 1.2 to 1.17, linked to a position-independent program by the C linker: not readable without the relocations.
#pragma once

#include "binary/layout.h"
#include "binary/read_at.h"
#include "binary/symbols.h"

namespace tripline::binary {

// `layout` with the names of its sections; what could not be read is added to its damage. False when there is no table.
bool add_go_functions(const ReadAt& read, Layout& layout, SymbolsBuilder& builder);

}  // namespace tripline::binary
