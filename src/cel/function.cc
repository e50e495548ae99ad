// SPDX-License-Identifier: Apache-2.0
#include "cel/function.h"

namespace tripline::cel {
namespace {

std::optional<Kind> kind_of(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kNull:
      return Kind::kNull;
    case Type::Kind::kBool:
      return Kind::kBool;
    case Type::Kind::kInt:
      return Kind::kInt;
    case Type::Kind::kUint:
      return Kind::kUint;
    case Type::Kind::kDouble:
      return Kind::kDouble;
    case Type::Kind::kString:
      return Kind::kString;
    case Type::Kind::kBytes:
      return Kind::kBytes;
    case Type::Kind::kTimestamp:
      return Kind::kTimestamp;
    case Type::Kind::kDuration:
      return Kind::kDuration;
    case Type::Kind::kList:
      return Kind::kList;
    case Type::Kind::kMap:
      return Kind::kMap;
    case Type::Kind::kMessage:
      return Kind::kMessage;
    case Type::Kind::kOptional:
      return Kind::kOptional;
    case Type::Kind::kIp:
      return Kind::kIp;
    case Type::Kind::kCidr:
      return Kind::kCidr;
    case Type::Kind::kType:
      return Kind::kType;
    case Type::Kind::kError:
    case Type::Kind::kDyn:
    case Type::Kind::kWrapper:
    case Type::Kind::kParameter:
      break;
  }
  return std::nullopt;
}

}  // namespace

Function read_row(const FunctionRow& row) {
  Function out{.name = std::string(row.name), .signature = parse_signature(row.signature), .run = row.run};
  for (const Type& parameter : out.signature.parameters) out.kinds.push_back(kind_of(parameter));
  // What is known to be an int is an index; what is not may be another number that is whole.
  if (row.name.starts_with("_[")) out.kinds[1].reset();
  return out;
}

bool takes(const Function& function, Arguments arguments) {
  if (function.kinds.size() != arguments.size()) return false;
  for (size_t at = 0; at < arguments.size(); ++at)
    if (function.kinds[at] && *function.kinds[at] != arguments[at].kind()) return false;
  return true;
}

}  // namespace tripline::cel
