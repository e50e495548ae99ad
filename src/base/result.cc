// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cstring>
#include <utility>

namespace tripline {

std::string Error::text() const {
  std::string out = operation;
  if (!object.empty()) out += " " + object;
  if (!detail.empty()) out += ": " + detail;
  if (errnum != 0) {
    out += detail.empty() ? ": " : " (";
    out += std::strerror(errnum);
    if (!detail.empty()) out += ")";
  }
  return out;
}

std::unexpected<Error> fail(std::string operation, std::string object, int errnum, std::string detail) {
  return std::unexpected(Error{std::move(operation), std::move(object), errnum, std::move(detail)});
}

}  // namespace tripline
