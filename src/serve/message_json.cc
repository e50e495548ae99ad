// SPDX-License-Identifier: Apache-2.0
#include "serve/message_json.h"

#include <google/protobuf/util/json_util.h>

namespace tripline {
namespace {

std::string printed(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.add_whitespace = indented;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return {};
  return json;
}

}  // namespace

std::string message_to_json(const google::protobuf::Message& message) { return printed(message, false); }

std::string message_to_indented_json(const google::protobuf::Message& message) {
  std::string json = printed(message, true);
  if (json.ends_with('\n')) json.pop_back();
  return json;
}

bool message_from_json(std::string_view json, google::protobuf::Message& out) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  return google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &out, options).ok();
}

}  // namespace tripline
