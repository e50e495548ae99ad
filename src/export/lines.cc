// SPDX-License-Identifier: Apache-2.0
#include "export/lines.h"

#include <algorithm>

#include "base/json_scan.h"

namespace tripline {

// By searching, which the C library does in large steps, rather than byte by byte.
uint64_t count_lines(std::string_view text) {
  uint64_t count = 0;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n', end + 1)) ++count;
  return count;
}

size_t whole_lines(std::string_view text, size_t most) {
  if (most == 0) return 0;
  const size_t end = text.rfind('\n', most - 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

size_t first_line(std::string_view text) { return std::min(text.find('\n'), text.size() - 1) + 1; }

bool is_whole_object(std::string_view text) {
  std::vector<JsonMember> members;
  return read_json_members(text, members);
}

}  // namespace tripline
