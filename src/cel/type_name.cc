// SPDX-License-Identifier: Apache-2.0
#include "cel/type_name.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace tripline::cel {

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return "null_type";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kType:
      return "type";
    case Kind::kMessage:
      return value.as<MessageRef>().message->GetDescriptor()->full_name();
    case Kind::kOptional:
      return "optional_type";
    case Kind::kIp:
      return "net.IP";
    case Kind::kCidr:
      return "net.CIDR";
  }
  return {};
}

}  // namespace tripline::cel
