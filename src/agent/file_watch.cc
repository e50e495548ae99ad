// SPDX-License-Identifier: Apache-2.0
#include "agent/file_watch.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

namespace tripline {
namespace {

// File systems do not agree on what a device is, so the inode or the path is enough: rather a file too many than one too few.
bool maps(std::string_view line, const HookedFile& file, const HookedFile& now) {
  std::istringstream words{std::string(line)};
  std::string range, mode, offset, device;
  uint64_t inode = 0;
  if (!(words >> range >> mode >> offset >> device >> inode) || inode == 0) return false;
  if (inode == file.inode) return true;
  std::string path;
  std::getline(words >> std::ws, path);
  return inode != now.inode && path.starts_with(file.path);
}

std::optional<HookedFile> file_at(const std::string& path, struct stat& status) {
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return HookedFile{path, status.st_dev, status.st_ino};
}

}  // namespace

bool is_mapped(const HookedFile& file, const HookedFile& now, const std::string& proc) {
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(proc, problem)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream lines(entry.path() / "maps");
    std::string line;
    while (std::getline(lines, line))
      if (maps(line, file, now)) return true;
  }
  return problem != std::error_code();  // not known
}

std::vector<Renewal> FileComparison::compare(const std::vector<WatchedPolicy>& policies, bool ask,
                                             const IsRun& is_run) {
  std::vector<Renewal> out;
  for (const WatchedPolicy& policy : policies) {
    Renewal renewal{policy.name, {}, {}};
    for (const HookedFile& file : policy.files) {
      struct stat status = {};
      const std::optional<HookedFile> now = file_at(file.path, status);
      if (!now || *now == file) continue;
      if (std::ranges::find(policy.files, *now) != policy.files.end()) {
        if (ask && !is_run(file, *now)) renewal.gone.push_back(file);
        continue;
      }
      const State state{now->device, now->inode, status.st_size,
                        status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
      if (std::exchange(told_[{policy.name, file.path}], state) != state) renewal.path = file.path;
    }
    if (!renewal.path.empty() || !renewal.gone.empty()) out.push_back(std::move(renewal));
  }
  std::erase_if(told_, [&](const auto& told) {
    return std::ranges::find(policies, told.first.first, &WatchedPolicy::name) == policies.end();
  });
  return out;
}

void FileWatch::look(std::vector<WatchedPolicy> policies, std::chrono::steady_clock::time_point now) {
  looked_ = now;
  if (policies.empty()) return;
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  const std::scoped_lock lock(mutex_);
  wanted_ = std::move(policies);
  wake_.notify_one();
}

void FileWatch::watch(const std::stop_token& stop) {
  FileComparison comparison;
  std::chrono::steady_clock::time_point asked = std::chrono::steady_clock::now();
  while (true) {
    std::vector<WatchedPolicy> policies;
    {
      std::unique_lock lock(mutex_);
      if (!wake_.wait(lock, stop, [this] { return wanted_.has_value(); })) return;
      policies = *std::exchange(wanted_, std::nullopt);
    }
    const auto now = std::chrono::steady_clock::now();
    const bool ask = now - asked >= kAsk;
    if (ask) asked = now;
    const auto is_run = [this](const HookedFile& file, const HookedFile& next) {
      return is_mapped(file, next, proc_);
    };
    if (auto renewals = comparison.compare(policies, ask, is_run); !renewals.empty())
      tell_(std::move(renewals));
  }
}

}  // namespace tripline
