// SPDX-License-Identifier: Apache-2.0
#include "export/file_target.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "export/lines.h"

namespace tripline {
namespace {

constexpr size_t kLongestTail = 16 << 20;  // bytes that are read to find the start of the last line

int64_t wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

// What is behind the last line end of a file of `size` bytes.
std::string tail_of(int file, uint64_t size) {
  constexpr uint64_t kStep = 64 << 10;
  std::string tail;
  while (size > 0 && tail.size() < kLongestTail) {
    const uint64_t step = std::min(size, kStep);
    std::string piece(step, '\0');
    const ssize_t got = pread(file, piece.data(), step, static_cast<off_t>(size - step));
    if (got != static_cast<ssize_t>(step)) return {};
    const size_t end = piece.rfind('\n');
    tail.insert(0, piece, end == std::string::npos ? 0 : end + 1, std::string::npos);
    if (end != std::string::npos) break;
    size -= step;
  }
  return tail;
}

}  // namespace

FileTarget::FileTarget(FileOptions options)
    : options_(std::move(options)), backups_(options_.path, options_.compress) {
  backups_.tidy(options_.rotation.backups);
  set_due();
}

void FileTarget::set_due() {
  const auto interval = options_.rotation.interval;
  const auto now = Clock::now();
  // Longer than the clock runs is never.
  const bool never = interval.count() <= 0 || interval >= Clock::time_point::max() - now;
  due_ = never ? Clock::time_point::max() : now + interval;
}

void FileTarget::set_rotation(const Rotation& rotation) {
  const Rotation before = std::exchange(options_.rotation, rotation);
  if (before.interval != rotation.interval) set_due();
  if (before.backups != rotation.backups) backups_.tidy(rotation.backups);
}

std::string FileTarget::take_trouble() {
  std::string trouble = std::exchange(trouble_, {});
  return trouble.empty() ? backups_.take_problem() : trouble;
}

Result<void> FileTarget::open() {
  const std::string& path = options_.path;
  const int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;  // it may have become a pipe
  file_ = Fd(::open(path.c_str(), flags));
  if (file_) return open_existing();
  if (errno != ENOENT) return fail("open", path, errno);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code problem;
  if (!folder.empty()) std::filesystem::create_directories(folder, problem);
  file_ = Fd(::open(path.c_str(), flags | O_CREAT | O_EXCL, options_.mode));
  if (!file_) return fail("open", path, errno);
  fchmod(file_.get(), options_.mode);  // whatever the mask of the daemon
  return open_existing();
}

Result<void> FileTarget::open_existing() {
  struct stat facts{};
  if (fstat(file_.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    file_.reset();
    return fail("open", options_.path, 0, "it is not a regular file any more");
  }
  device_ = facts.st_dev;
  inode_ = facts.st_ino;
  size_ = static_cast<uint64_t>(facts.st_size);
  is_fresh_ = true;
  repair();
  return {};
}

void FileTarget::repair() {
  const std::string tail = tail_of(file_.get(), size_);
  if (tail.empty()) return;
  // A piece of one of our lines goes; what someone else wrote without a line end is his.
  const bool is_ours = tail == "{" || tail.starts_with("{\"");
  if (is_ours && !is_whole_object(tail)) {
    if (ftruncate(file_.get(), static_cast<off_t>(size_ - tail.size())) == 0) size_ -= tail.size();
  } else if (::write(file_.get(), "\n", 1) == 1) {
    size_++;
  }
}

bool FileTarget::is_current() {
  struct stat facts{};
  if (!file_ || stat(options_.path.c_str(), &facts) != 0) return false;
  size_ = static_cast<uint64_t>(facts.st_size);
  return facts.st_dev == device_ && facts.st_ino == inode_;
}

Result<bool> FileTarget::prepare(size_t size) {
  if (!is_current()) {
    if (const auto opened = open(); !opened) return std::unexpected(opened.error());
  }
  const uint64_t most = options_.rotation.size;
  if (most > 0 && size_ > 0 && size_ + size > most) (void)rotate();
  return is_fresh_;
}

Written FileTarget::write(std::string_view lines) {
  Written out;
  const auto lose = [&](int problem) {
    out.lost += count_lines(lines);
    out.problem = problem;
    return out;
  };
  if (!is_current()) {
    if (const auto opened = open(); !opened)
      return lose(opened.error().errnum != 0 ? opened.error().errnum : EINVAL);
  }
  while (!lines.empty()) {
    size_t take = lines.size();
    if (const uint64_t most = options_.rotation.size; most > 0) {
      take = whole_lines(lines, std::min<uint64_t>(most - std::min(size_, most), lines.size()));
      if (take == 0 && size_ > 0) {
        // A file that cannot give way takes them all, rather than none.
        if (rotate()) continue;
        take = lines.size();
      }
      if (take == 0) take = first_line(lines);
    }
    if (const int problem = put(lines.substr(0, take), out); problem != 0) {
      lines.remove_prefix(take);
      return lose(problem);
    }
    lines.remove_prefix(take);
  }
  return out;
}

// errno of the failure, after which the lines of `lines` that are not there are lost.
int FileTarget::put(std::string_view lines, Written& written) {
  while (!lines.empty()) {
    const ssize_t took = ::write(file_.get(), lines.data(), lines.size());
    if (took < 0 && errno == EINTR) continue;
    if (took < 0) {
      const int problem = errno;
      written.lost += count_lines(lines);
      return problem;
    }
    size_ += static_cast<uint64_t>(took);
    is_fresh_ = false;
    const size_t whole = whole_lines(lines, static_cast<size_t>(took));
    const uint64_t torn = static_cast<uint64_t>(took) - whole;
    if (torn > 0 && ftruncate(file_.get(), static_cast<off_t>(size_ - torn)) == 0) size_ -= torn;
    written.lines += count_lines(lines.substr(0, whole));
    written.bytes += whole;
    lines.remove_prefix(whole);
    if (whole == 0 && !lines.empty()) {
      written.lost += count_lines(lines);
      return ENOSPC;  // not even one line
    }
  }
  return 0;
}

Result<void> FileTarget::rotate() {
  set_due();
  auto rotated = give_way();
  if (!rotated) trouble_ = rotated.error().text();
  return rotated;
}

Result<void> FileTarget::give_way() {
  if (!is_current()) return open();
  const std::string& path = options_.path;
  const std::string backup = next_backup(path, wall_clock());
  if (const auto renamed = rename_anew(path, backup); !renamed) return renamed;
  Fd old = std::move(file_);
  if (const auto opened = open(); !opened) {
    // Nothing has taken its place, or it would have been opened.
    if (rename_anew(backup, path)) file_ = std::move(old);
    return opened;
  }
  backups_.tidy(options_.rotation.backups);
  return {};
}

}  // namespace tripline
