// SPDX-License-Identifier: Apache-2.0
// From the fields of a record to the arguments of an event: numbers become texts, bytes valid UTF-8, and what could
// not be read an error_arg. A field is one argument, except that a list of numbers (kLongs) is one for each of them.
//
// Arguments of tracepoints have no labels, and name only the three common address families.
#pragma once

#include <vector>

#include "event/decode.h"
#include "event/event.h"

namespace tripline {

// Adds the arguments of `value`, which is of `field`, to `args`. Not for the types that are no argument: stacks,
// hashes, owners add nothing.
void append_arguments(std::vector<Argument>& args, const Field& field, const FieldValue& value,
                      EventKind kind);

// "sha256:0a1b", or empty when there is no hash.
[[nodiscard]] std::string ima_hash_text(const FieldValue& value);

}  // namespace tripline
