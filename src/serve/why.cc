// SPDX-License-Identifier: Apache-2.0
#include "serve/why.h"

#include <google/protobuf/unknown_field_set.h>

#include <memory>
#include <utility>

#include "serve/message_json.h"
#include "serve/wire.h"
#include "tetragon/events.pb.h"
#include "tripline/why.pb.h"

namespace tripline {
namespace {

void fill(api::Why& out, const Reason& reason) {
  out.set_file(reason.file);
  out.set_line(reason.line);
  out.set_selector(reason.selector);
  out.set_label(reason.label);
  out.set_implied(reason.implied);
  for (const HeldFilter& filter : reason.held) {
    api::HeldFilter& held = *out.add_filters();
    held.set_text(filter.text);
    held.set_line(filter.line);
  }
}

std::shared_ptr<const Reason> reason_of(const api::Why& from) {
  Reason out{.file = from.file(),
             .line = from.line(),
             .selector = from.selector(),
             .label = from.label(),
             .implied = from.implied(),
             .held = {}};
  for (const api::HeldFilter& filter : from.filters()) out.held.push_back({filter.text(), filter.line()});
  return std::make_shared<const Reason>(std::move(out));
}

Why why_from(const api::Why& from) {
  return {.entered = reason_of(from), .returned = from.has_return_() ? reason_of(from.return_()) : nullptr};
}

}  // namespace

std::string with_why(std::string bytes, const Why& why) {
  if (!why.entered) return bytes;
  api::Why message;
  fill(message, *why.entered);
  if (why.returned) fill(*message.mutable_return_(), *why.returned);
  WireOut out;
  out.set_text(kWhyField, message.SerializeAsString());
  bytes += out.view();
  return bytes;
}

Why why_of(const tetragon::GetEventsResponse& message) {
  using google::protobuf::UnknownField;
  const google::protobuf::UnknownFieldSet& fields = message.GetReflection()->GetUnknownFields(message);
  for (int n = 0; n < fields.field_count(); ++n) {
    const UnknownField& field = fields.field(n);
    if (field.number() != kWhyField || field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    api::Why why;
    return why.ParseFromString(field.length_delimited()) ? why_from(why) : Why{};
  }
  return {};
}

Why why_of_line(std::string_view json) {
  api::ExplainedLine line;
  return message_from_json(json, line) && line.has_why() ? why_from(line.why()) : Why{};
}

}  // namespace tripline
