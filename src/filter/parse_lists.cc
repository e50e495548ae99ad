// SPDX-License-Identifier: Apache-2.0
#include "filter/parse_lists.h"

#include <utility>

#include "filter/json_message.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

using Read = std::expected<void, std::string>;
using google::protobuf::Message;

Read named(std::string_view list, Read read) {
  if (read) return read;
  return std::unexpected("failed to parse " + std::string(list) + ": " + read.error());
}

}  // namespace

std::expected<void, std::string> parse_export_lists(const ListTexts& texts, tetragon::GetEventsRequest& out) {
  Read read = named("export allowlist",
                    read_objects(texts.allow, [&]() -> Message& { return *out.add_allow_list(); }));
  if (read)
    read = named("export denylist",
                 read_objects(texts.deny, [&]() -> Message& { return *out.add_deny_list(); }));
  if (read)
    read = named("field filters",
                 read_objects(texts.field_filters, [&]() -> Message& { return *out.add_field_filters(); }));
  return read;
}

std::expected<ExportFilters, std::string> compile_export_lists(const ListTexts& texts,
                                                               const FilterOptions& options) {
  tetragon::GetEventsRequest request;
  if (const auto parsed = parse_export_lists(texts, request); !parsed)
    return std::unexpected("failed to fetch json exporter: " + parsed.error());
  auto events = EventFilter::compile(request, options);
  if (!events) return std::unexpected("error starting JSON exporter: " + events.error());
  return ExportFilters{*std::move(events), FieldFilters(request)};
}

std::expected<std::vector<RedactionRule>, std::string> parse_redaction_list(std::string_view text) {
  google::protobuf::RepeatedPtrField<tetragon::RedactionFilter> filters;
  const Read read =
      named("redaction filter list", read_objects(text, [&]() -> Message& { return *filters.Add(); }));
  if (!read) return std::unexpected(read.error());
  std::vector<RedactionRule> out;
  for (const tetragon::RedactionFilter& filter : filters)
    out.push_back({{filter.binary_regex().begin(), filter.binary_regex().end()},
                   {filter.redact().begin(), filter.redact().end()}});
  return out;
}

}  // namespace tripline
