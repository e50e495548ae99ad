// SPDX-License-Identifier: Apache-2.0
#include "serve/shape.h"

#include "serve/message_json.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

tetragon::GetEventsResponse shaped(const std::string& bytes, const FieldFilters& fields) {
  tetragon::GetEventsResponse message;
  // Rather nothing than what was not to be shown.
  if (!message.ParseFromString(bytes)) message.Clear();
  fields.apply(message);
  return message;
}

}  // namespace

std::string shaped_bytes(const std::string& bytes, const FieldFilters& fields) {
  return shaped(bytes, fields).SerializeAsString();
}

std::string shaped_json(const std::string& bytes, const FieldFilters& fields) {
  return message_to_json(shaped(bytes, fields));
}

}  // namespace tripline
