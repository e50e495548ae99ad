// SPDX-License-Identifier: Apache-2.0
#include "pods/oci_path.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tripline {
namespace {

constexpr std::string_view kSlice = ".slice";

std::unexpected<Error> refuse(std::string_view text, std::string why) {
  return fail("read cgroupsPath", std::string(text), 0, std::move(why));
}

// `a-b.slice` is `a.slice/a-b.slice`; `-.slice` is the root. Absent: systemd has no such slice.
std::optional<std::string> expand_slice(std::string_view slice) {
  if (!slice.ends_with(kSlice) || slice.contains('/')) return std::nullopt;
  const std::string_view name = slice.substr(0, slice.size() - kSlice.size());
  std::string out;
  if (name == "-") return out;
  for (size_t from = 0; from <= name.size();) {
    const size_t end = std::min(name.find('-', from), name.size());
    if (end == from) return std::nullopt;
    out.append(name.substr(0, end)).append(kSlice).append("/");
    from = end + 1;
  }
  return out;
}

}  // namespace

Result<std::string> cgroup_of_oci_path(std::string_view text) {
  std::string path;
  const size_t first = text.find(':');
  const size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
  // A path can have colons of its own; those for systemd have two and no slash.
  if (second != text.npos && !text.contains('/')) {
    const auto slice = expand_slice(text.substr(0, first));
    if (!slice) return refuse(text, "is below a slice that systemd does not have");
    const std::string_view prefix = text.substr(first + 1, second - first - 1);
    const std::string_view name = text.substr(second + 1);
    if (name.empty()) return refuse(text, "has no name");
    path = *slice;
    if (name.ends_with(kSlice)) return path.append(name);
    if (!prefix.empty()) path.append(prefix).append("-");
    return path.append(name).append(".scope");
  }
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return refuse(text, "names no cgroup");
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view element = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(element.size() + 1, rest.size()));
    if (element == ".." || element == "." || element.empty())
      return refuse(text, "is not a valid cgroup path");
  }
  return path.append(text);
}

}  // namespace tripline
