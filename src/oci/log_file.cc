// SPDX-License-Identifier: Apache-2.0
#include "oci/log_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "kube/json.h"

namespace tripline::oci {
namespace {

namespace fs = std::filesystem;

std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                     millis % 1000);
}

Fd open_log(const std::string& path) {
  return Fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
}

}  // namespace

LogFile::LogFile(std::string path, LogLevel level, LogLimits limits)
    : path_(std::move(path)), level_(level), limits_(limits) {}

void LogFile::write(const LogLine& line) const {
  if (line.level < level_) return;
  std::string text = fmt::format(R"({{"time":"{}","level":"{}","msg":{})", now_text(), level_name(line.level),
                                 kube::json_quoted(line.message));
  for (const auto& [key, value] : line.fields)
    text += "," + kube::json_quoted(key) + ":" + kube::json_quoted(value);
  text += "}\n";
  const Fd file = open_log(path_);
  if (!file) return;
  (void)!::write(file.get(), text.data(), text.size());  // one write: lines of others do not get in between
  struct stat facts{};
  if (fstat(file.get(), &facts) == 0 && static_cast<uint64_t>(facts.st_size) > limits_.largest) rotate();
}

void LogFile::rotate() const {
  const fs::path path(path_);
  const std::string start = path.stem().string() + "-";
  std::error_code problem;
  {
    const Fd folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || flock(folder.get(), LOCK_EX) != 0) return;
    // Another may have been faster.
    if (fs::file_size(path, problem) <= limits_.largest || problem) return;
    fs::rename(path, path.parent_path() / (start + now_text() + path.extension().string()), problem);
  }
  std::vector<fs::path> old;
  for (fs::directory_iterator at(path.parent_path(), problem), end; !problem && at != end;
       at.increment(problem)) {
    const std::string name = at->path().filename();
    if (name.starts_with(start) && name.ends_with(path.extension().string())) old.push_back(at->path());
  }
  std::ranges::sort(old, std::greater());  // their names are their times
  const auto oldest = fs::file_time_type::clock::now() - limits_.age;
  for (size_t at = 0; at < old.size(); ++at)
    if (at >= limits_.kept || fs::last_write_time(old[at], problem) < oldest) fs::remove(old[at], problem);
}

}  // namespace tripline::oci
