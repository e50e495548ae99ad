// SPDX-License-Identifier: Apache-2.0
#include "export/stream_target.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "export/lines.h"

namespace tripline {
namespace {

constexpr int kPatience = 100;  // ms between two looks at `stop`
constexpr size_t kLarge = 64 << 10;

}  // namespace

Result<void> StreamTarget::open() {
  // Standard output is shared with others, who expect it to wait; a description of our own need not.
  file_ = Fd(path_ == "-" ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                          : ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_APPEND));
  if (!file_) return fail("open", path_, errno);
  struct stat facts{};
  fstat(file_.get(), &facts);
  // So much is taken whole or not at all, so that a line is not torn when we are killed.
  piece_ = S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode) ? PIPE_BUF : kLarge;
  is_fresh_ = true;
  begun_.clear();  // whoever reads now has not seen its start
  return {};
}

Result<bool> StreamTarget::prepare(size_t /*size*/) {
  if (!file_) {
    if (const auto opened = open(); !opened) return std::unexpected(opened.error());
  }
  return is_fresh_;
}

void StreamTarget::reopen() {
  if (path_ != "-") file_.reset();
}

int StreamTarget::put(std::string_view& bytes, const std::atomic<bool>& stop) {
  while (!bytes.empty()) {
    pollfd ready{.fd = file_.get(), .events = POLLOUT, .revents = 0};
    const int count = poll(&ready, 1, kPatience);
    if (count <= 0) {
      if (stop) return EAGAIN;
      continue;
    }
    size_t size = std::min(bytes.size(), piece_);
    if (const size_t whole = whole_lines(bytes, size); whole > 0) size = whole;
    const ssize_t took = ::write(file_.get(), bytes.data(), size);
    if (took >= 0) {
      is_fresh_ = false;
      bytes.remove_prefix(static_cast<size_t>(took));
    } else if (errno == EAGAIN) {
      // A pipe with less room than the piece, which poll takes for room: it must become larger first.
      if (stop) return EAGAIN;
      poll(nullptr, 0, 1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

Written StreamTarget::write(std::string_view lines, const std::atomic<bool>& stop) {
  Written out;
  const auto lose = [&](int problem) {
    out.lost += count_lines(lines);
    out.problem = problem;
    return out;
  };
  if (!file_) {
    if (const auto opened = open(); !opened) return lose(opened.error().errnum);
  }
  std::string_view begun = begun_;
  if (const int problem = put(begun, stop); problem != 0) {
    begun_.erase(0, begun_.size() - begun.size());
    if (problem == EPIPE) reopen();
    return lose(problem);
  }
  begun_.clear();
  std::string_view rest = lines;
  const int problem = put(rest, stop);
  const std::string_view done = lines.substr(0, lines.size() - rest.size());
  out.bytes = done.size();
  out.lines = count_lines(done);
  lines = rest;
  if (problem == 0) return out;
  if (!done.empty() && !done.ends_with('\n')) begun_ = rest.substr(0, first_line(rest));
  if (problem == EPIPE) reopen();
  return lose(problem);
}

}  // namespace tripline
