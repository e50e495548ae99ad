// SPDX-License-Identifier: Apache-2.0
#include "daemon/policy_folder.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "admission/admission.h"
#include "agent/refusal.h"

namespace tripline {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                             IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB | IN_ONLYDIR;

}  // namespace

std::expected<FolderChange, std::string> folder_change(const KnownPolicies& known,
                                                       std::vector<Source> documents,
                                                       const std::string& domain) {
  FolderChange out;
  std::map<PolicyName, std::string> files;
  for (Source& document : documents) {
    const Document parsed = parse_document(document);
    if (!parsed.policy || parsed.diagnostics.has_errors())
      return std::unexpected(first_mistake(document, parsed.diagnostics));
    PolicyName name{domain, parsed.policy->namespace_name.value, parsed.policy->name.value};
    const auto [at, is_new] = files.try_emplace(name, document.name);
    if (!is_new)
      return std::unexpected(document.name + ": its policy \"" + name.name + "\" is also in " + at->second);
    const auto before = known.find(name);
    const bool changed = before == known.end() || before->second != document.text;
    if (changed && before != known.end()) out.out.push_back(name);
    out.after.emplace(std::move(name), document.text);
    if (changed) out.in.push_back(std::move(document));
  }
  for (const auto& [name, text] : known) {
    if (!out.after.contains(name)) out.out.push_back(name);
  }
  return out;
}

Result<FolderWatch> FolderWatch::open(std::string folder) {
  Fd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify) return fail("watch", folder, errno);
  FolderWatch watch(std::move(folder), std::move(inotify));
  if (const auto watched = watch.watch_all(); !watched) return std::unexpected(watched.error());
  return watch;
}

Result<void> FolderWatch::watch_all() {
  const auto add = [this](const fs::path& path) {
    return inotify_add_watch(inotify_.get(), path.c_str(), kEvents) >= 0;
  };
  // The parent says when the folder comes, also in the place of one that went.
  const fs::path folder = fs::path(folder_).lexically_normal();
  const fs::path itself = folder.has_filename() ? folder : folder.parent_path();
  const bool parent = add(itself.parent_path());
  if (!add(itself) && !parent) return fail("watch", folder_, errno);
  std::error_code problem;
  for (fs::directory_iterator at(itself, problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code unknown;
    if (fs::is_directory(at->path(), unknown)) add(at->path());
  }
  return {};
}

void FolderWatch::hear(Clock::time_point now) {
  alignas(inotify_event) std::array<char, 4096> block;
  bool heard = false;
  while (read(inotify_.get(), block.data(), block.size()) > 0) heard = true;
  if (!heard) return;
  if (!first_) first_ = now;
  last_ = now;
  (void)watch_all();
}

std::optional<FolderWatch::Clock::duration> FolderWatch::rest(Clock::time_point now) const {
  if (!first_) return {};
  return std::max(std::min(last_ + kQuiet, *first_ + kLongest) - now, Clock::duration::zero());
}

bool FolderWatch::due(Clock::time_point now) {
  const auto left = rest(now);
  if (!left || *left > Clock::duration::zero()) return false;
  first_.reset();
  return true;
}

}  // namespace tripline
