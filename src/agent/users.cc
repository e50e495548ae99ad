// SPDX-License-Identifier: Apache-2.0
#include "agent/users.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

#include "event/text.h"

namespace tripline {
namespace {

// Takes what is before the next `end` off the front of `text`.
std::string_view take(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

std::string read_own_cgroups() {
  std::ifstream in("/proc/self/cgroup");
  return {std::istreambuf_iterator<char>(in), {}};
}

bool is_of_host(std::string_view cgroups) {
  static constexpr std::array<std::string_view, 6> kContainers = {"kubepods", "docker", "podman",
                                                                  "libpod",   "lxc",    "containerd"};
  bool found = false;
  while (!cgroups.empty()) {
    const std::string_view path = take(cgroups, '\n');
    if (std::ranges::any_of(kContainers, [&](std::string_view name) { return path.contains(name); }))
      return false;
    found = found || path.ends_with(".service") || path.contains("/user.slice");
  }
  return found;
}

void UserNames::read_again() {
  names_.clear();
  std::ifstream in(path_);
  for (std::string line; std::getline(in, line);) {
    std::string_view rest = line;
    const std::string_view name = take(rest, ':');
    take(rest, ':');
    const std::string_view digits = take(rest, ':');
    uint32_t uid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), uid);
    if (error != std::errc() || end != digits.data() + digits.size() || name.empty()) continue;
    names_.try_emplace(uid, to_valid_utf8(name));
  }
}

std::optional<std::string> UserNames::find(uint32_t uid) {
  struct stat now{};
  if (stat(path_.c_str(), &now) != 0) return {};
  if (!is_same(now, read_)) {
    read_again();
    read_ = now;
  }
  const auto found = names_.find(uid);
  if (found == names_.end()) return {};
  return found->second;
}

}  // namespace tripline
