// SPDX-License-Identifier: Apache-2.0
// The daemon's filters as they are written in its settings, in four parts divided by NULs: the lists that allow and deny
// events, the fields that events keep, and what is redacted. What is accepted means the same when protobuf has written it;
// an event passes as an Event when it passes as a message; and cutting its line leaves what cutting its message leaves.
#include <functional>
#include <string>

#include "filter/parse_lists.h"
#include "fuzz/input.h"
#include "render/json.h"
#include "serve/encode.h"
#include "serve/expression.h"
#include "serve/message_json.h"
#include "serve/random_event.h"
#include "serve/shape.h"
#include "serve/stable_bytes.h"
#include "tetragon/events.pb.h"

namespace {

using namespace tripline;
using fuzz::require;

void write_again(const google::protobuf::RepeatedPtrField<tetragon::Filter>& list) {
  std::string text;
  for (const tetragon::Filter& filter : list) text += message_to_json(filter) + "\n";
  tetragon::GetEventsRequest again;
  require(parse_export_lists({.allow = text}, again).has_value());
  require(again.allow_list_size() == list.size());
  for (int at = 0; at < list.size(); ++at)
    require(stable_bytes(again.allow_list(at)) == stable_bytes(list.at(at)));
}

void filter_events(const ListTexts& texts, uint64_t seed) {
  const FilterOptions options{.compile_cel = cel_compiler({"n", ""})};
  auto filters = compile_export_lists(texts, options);
  auto of_messages = compile_export_lists(texts, options);
  require(filters.has_value() == of_messages.has_value());
  if (!filters) return require(!filters.error().empty());
  test::RandomEvents random(seed);
  EventEncoder encoder(Node{"n", ""});
  for (int round = 0; round < 9; ++round) {
    const Event event = random.event();
    const std::string bytes = encoder.encode(event);
    tetragon::GetEventsResponse message;
    require(message.ParseFromString(bytes));
    require(filters->events.passes(event) == of_messages->events.passes(message));
    std::string left;
    if (!filters->fields.cut(to_json(event, {"n", ""}), left)) continue;
    // Printers escape different characters, so the messages are compared.
    tetragon::GetEventsResponse got, wanted;
    require(message_from_json(left, got) && wanted.ParseFromString(shaped_bytes(bytes, of_messages->fields)));
    require(stable_bytes(got) == stable_bytes(wanted));
  }
}

void redact(std::string_view text, uint64_t seed) {
  const auto rules = parse_redaction_list(text);
  if (!rules) return require(!rules.error().empty());
  const auto redactor = Redactor::compile(*rules);
  if (!redactor) return require(!redactor.error().empty());
  std::string arguments = "--token=abc -p x --password 'y z' " + std::to_string(seed);
  std::string environment("HOME=/root\0TOKEN=abcdef\0X=", 26);
  redactor->redact("/usr/bin/curl", arguments, environment);
  if (redactor->empty()) require(environment.size() == 26);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto parts = fuzz::parts_of(fuzz::text_of(data, size), '\0', 4);
  parts.resize(4);
  const ListTexts texts{.allow = parts[0], .deny = parts[1], .field_filters = parts[2]};
  const uint64_t seed = std::hash<std::string_view>{}(parts[0]);
  tetragon::GetEventsRequest request;
  if (const auto read = parse_export_lists(texts, request); read) {
    write_again(request.allow_list());
    filter_events(texts, seed);
  } else {
    require(!read.error().empty());
  }
  redact(parts[3], seed);
  return 0;
}
