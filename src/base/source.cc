// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

namespace tripline {

std::string_view Source::line(int line) const {
  std::string_view rest = text;
  for (int n = 1; n < line; ++n) {
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  if (line < 1) return {};
  std::string_view out = rest.substr(0, rest.find('\n'));
  if (out.ends_with('\r')) out.remove_suffix(1);
  return out;
}

}  // namespace tripline
