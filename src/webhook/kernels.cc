// SPDX-License-Identifier: Apache-2.0
#include "webhook/kernels.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <utility>

namespace tripline::webhook {
namespace {

std::set<std::string> files_of(const std::vector<std::string>& paths) {
  std::set<std::string> out;
  for (const std::string& path : paths) {
    std::error_code problem;
    if (!std::filesystem::is_directory(path, problem)) {
      out.insert(path);
      continue;
    }
    for (std::filesystem::directory_iterator at(path, problem), end; !problem && at != end;
         at.increment(problem)) {
      // "..data" and the like are how Kubernetes replaces all files of a folder at once.
      if (!at->path().filename().string().starts_with('.') && at->is_regular_file(problem))
        out.insert(at->path());
    }
  }
  return out;
}

std::string name_of(const std::string& path) {
  const std::filesystem::path file(path);
  return file.extension() == ".kernel" ? file.stem().string() : file.filename().string();
}

}  // namespace

std::string stamp_of(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  return fmt::format("{}:{}:{}:{}.{}", found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec,
                     found.st_mtim.tv_nsec);
}

std::vector<NamedKernel> Kernels::all() {
  const std::lock_guard lock(mutex_);
  const std::set<std::string> paths = files_of(paths_);
  std::erase_if(files_, [&](const auto& each) { return !paths.contains(each.first); });
  for (const std::string& path : paths) {
    std::string stamp = stamp_of(path);
    const auto known = files_.find(path);
    if (known != files_.end() && known->second.stamp == stamp) continue;
    if (known == files_.end() && files_.size() >= kMost) {
      say_({LogLevel::kWarning, "There are too many kernels: this one is left out", {{"file", path}}});
      continue;
    }
    Result<Kernel> read = read_kernel_file(path);
    if (read) {
      say_({LogLevel::kInfo,
            "Policies are checked against a kernel",
            {{"file", path}, {"release", read->release}}});
    } else {
      say_({LogLevel::kError, "A kernel cannot be read: it is left out", {{"error", read.error().text()}}});
    }
    files_[path] = {std::move(stamp), read ? std::make_shared<const Kernel>(*std::move(read)) : nullptr};
  }
  std::vector<NamedKernel> out;
  for (const auto& [path, file] : files_)
    if (file.kernel) out.push_back({name_of(path), file.kernel});
  return out;
}

}  // namespace tripline::webhook
