// SPDX-License-Identifier: Apache-2.0
// An event reduced to some of its fields, for a reader or export that requested that (field_filter.h). Both start
// from the event's bytes; a reader without field filters gets them unchanged.
#pragma once

#include <string>

#include "filter/field_filter.h"

namespace tripline {

// The bytes of the message that is left.
[[nodiscard]] std::string shaped_bytes(const std::string& bytes, const FieldFilters& fields);

// Its line of JSON, without its end.
[[nodiscard]] std::string shaped_json(const std::string& bytes, const FieldFilters& fields);

}  // namespace tripline
