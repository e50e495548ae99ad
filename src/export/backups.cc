// SPDX-License-Identifier: Apache-2.0
#include "export/backups.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "export/compress.h"

namespace tripline {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kSecond = 1000 * kMillisecond;
constexpr std::string_view kStampForm = "dddd-dd-ddTdd-dd-dd.ddd";  // d: a digit
constexpr int kNice = 19;

std::string stamp_of(int64_t time) {
  const time_t second = time / kSecond;
  tm parts{};
  gmtime_r(&second, &parts);
  char text[40];
  const size_t size = strftime(text, sizeof(text), "%Y-%m-%dT%H-%M-%S", &parts);
  std::snprintf(text + size, sizeof(text) - size, ".%03d", static_cast<int>(time % kSecond / kMillisecond));
  return text;
}

bool is_stamp(std::string_view text) {
  return std::ranges::equal(text, kStampForm, [](char byte, char form) {
    return form == 'd' ? byte >= '0' && byte <= '9' : byte == form;
  });
}

// ns since 1970; a stamp that is no time counts as what the calendar makes of it.
int64_t time_of(const std::string& stamp) {
  tm parts{};
  int millisecond = 0;
  std::sscanf(stamp.c_str(), "%4d-%2d-%2dT%2d-%2d-%2d.%3d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
              &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &millisecond);
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return timegm(&parts) * kSecond + millisecond * kMillisecond;
}

// The parts of a path: what is before the stamp in the name of a backup, and what is behind it.
struct Names {
  fs::path folder;
  std::string before;
  std::string behind;
};

Names names_of(const std::string& path) {
  const fs::path whole(path);
  const std::string name = whole.filename();
  // As in `.log`: a name that is nothing but an extension.
  const size_t dot = std::min(name.rfind('.'), name.size());
  return {whole.has_parent_path() ? whole.parent_path() : ".", name.substr(0, dot) + '-', name.substr(dot)};
}

// The stamp in the name of a backup, when it is one with `suffix` at its end.
std::optional<std::string> stamp_in(std::string_view name, const Names& names, std::string_view suffix) {
  if (!name.starts_with(names.before) || !name.ends_with(suffix)) return std::nullopt;
  name.remove_prefix(names.before.size());
  if (name.size() < suffix.size()) return std::nullopt;
  name.remove_suffix(suffix.size());
  if (!name.ends_with(names.behind)) return std::nullopt;
  name.remove_suffix(names.behind.size());
  if (!is_stamp(name)) return std::nullopt;
  return std::string(name);
}

// Parts that someone who was killed left behind.
void remove_parts(const Names& names) {
  const std::string suffix = std::string(kGzipSuffix) + kPartSuffix;
  std::error_code problem;
  for (fs::directory_iterator at(names.folder, problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code ignored;
    if (stamp_in(at->path().filename().string(), names, suffix)) fs::remove(at->path(), ignored);
  }
}

}  // namespace

std::vector<Backup> list_backups(const std::string& path) {
  const Names names = names_of(path);
  std::map<std::string, Backup, std::greater<>> found;  // by stamp
  std::error_code problem;
  for (fs::directory_iterator at(names.folder, problem), end; !problem && at != end; at.increment(problem)) {
    const std::string name = at->path().filename();
    const auto plain = stamp_in(name, names, "");
    const auto compressed = stamp_in(name, names, kGzipSuffix);
    if (!plain && !compressed) continue;
    const std::string& stamp = plain ? *plain : *compressed;
    Backup& backup = found[stamp];
    backup.stamp = stamp;
    backup.path = names.folder / (names.before + stamp + names.behind);
    (plain ? backup.plain : backup.compressed) = true;
  }
  std::vector<Backup> out;
  for (auto& [stamp, backup] : found) out.push_back(std::move(backup));
  return out;
}

std::string next_backup(const std::string& path, int64_t now) {
  const Names names = names_of(path);
  const std::vector<Backup> there = list_backups(path);
  if (!there.empty()) now = std::max(now, time_of(there.front().stamp) + kMillisecond);
  return names.folder / (names.before + stamp_of(now) + names.behind);
}

Result<void> rename_anew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  // Some file systems cannot be asked that.
  if (errno == EINVAL && access(to.c_str(), F_OK) != 0 && rename(from.c_str(), to.c_str()) == 0) return {};
  return fail("rename", from, errno);
}

struct BackupKeeper::Work {
  std::string path;
  bool compress = false;
  std::atomic<bool> stop = false;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::optional<int64_t> keep;  // asked for, and not begun
  bool busy = false;
  std::string problem;

  void run() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || keep; });
      if (stop) return;
      const int64_t most = *std::exchange(keep, std::nullopt);
      busy = true;
      lock.unlock();
      std::string said = tidy(most);
      lock.lock();
      busy = false;
      if (!said.empty()) problem = std::move(said);
    }
  }

  [[nodiscard]] std::string tidy(int64_t most) const {
    std::string said;
    remove_parts(names_of(path));
    int64_t count = 0;
    for (const Backup& backup : list_backups(path)) {
      const std::string gzip = backup.path + kGzipSuffix;
      if (most > 0 && ++count > most) {
        if (backup.plain && unlink(backup.path.c_str()) != 0)
          said = fail("remove", backup.path, errno).error().text();
        if (backup.compressed && unlink(gzip.c_str()) != 0) said = fail("remove", gzip, errno).error().text();
        continue;
      }
      if (!compress || !backup.plain) continue;
      if (const auto done = compress_file(backup.path, stop); !done) said = done.error().text();
      if (stop) break;
    }
    return said;
  }
};

BackupKeeper::BackupKeeper(std::string path, bool compress) : work_(std::make_shared<Work>()) {
  work_->path = std::move(path);
  work_->compress = compress;
  // Not waited for at the end: a file system that hangs would hold up the end as well.
  std::thread([work = work_] { work->run(); }).detach();
}

BackupKeeper::~BackupKeeper() {
  const std::lock_guard lock(work_->mutex);
  work_->stop = true;
  work_->wake.notify_all();
}

void BackupKeeper::tidy(int64_t keep) {
  const std::lock_guard lock(work_->mutex);
  work_->keep = keep;
  work_->wake.notify_all();
}

bool BackupKeeper::idle() const {
  const std::lock_guard lock(work_->mutex);
  return !work_->keep && !work_->busy;
}

std::string BackupKeeper::take_problem() {
  const std::lock_guard lock(work_->mutex);
  return std::exchange(work_->problem, {});
}

}  // namespace tripline
