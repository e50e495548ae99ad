// SPDX-License-Identifier: Apache-2.0
// The settings of the daemon that are lists: JSON objects one after the other, on as many lines as one likes. An empty
// text is an empty list. Errors say the line and column, and the nearest name.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "filter/event_filter.h"
#include "filter/field_filter.h"
#include "filter/redact.h"

namespace tetragon {
class GetEventsRequest;
}

namespace tripline {

struct ListTexts {
  std::string_view allow;          // export-allowlist
  std::string_view deny;           // export-denylist
  std::string_view field_filters;  // field-filters
};

// What an export is asked for, in the form in which a reader asks for it. `out` is empty.
[[nodiscard]] std::expected<void, std::string> parse_export_lists(const ListTexts& texts,
                                                                  tetragon::GetEventsRequest& out);

struct ExportFilters {
  EventFilter events;
  FieldFilters fields;
};

// The same, ready for use; messages are those of a daemon that does not start.
[[nodiscard]] std::expected<ExportFilters, std::string> compile_export_lists(const ListTexts& texts,
                                                                             const FilterOptions& options);

// redaction-filters.
[[nodiscard]] std::expected<std::vector<RedactionRule>, std::string> parse_redaction_list(
    std::string_view text);

}  // namespace tripline
