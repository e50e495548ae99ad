// SPDX-License-Identifier: Apache-2.0
#include "main/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tripline {
namespace {

constexpr size_t kPendingMost = 128 << 10;  // bytes collected before they are written without being asked

}  // namespace

Output::Output(std::string name, int fd, Fd owned, Format format)
    : name_(std::move(name)), fd_(fd), owned_(std::move(owned)), format_(std::move(format)) {}

Output Output::to_stdout(Format format) {
  return Output("standard output", STDOUT_FILENO, Fd(), std::move(format));
}

Output Output::to_stderr() { return Output("standard error", STDERR_FILENO, Fd(), {}); }

Result<Output> Output::to_file(const std::string& path, Format format) {
  Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) return fail("open", path, errno);
  const int fd = file.get();
  return Output(path, fd, std::move(file), std::move(format));
}

void Output::add(const Event& event) {
  if (given_up_) return;
  format_(pending_, event);
  if (pending_.size() >= kPendingMost) flush();
}

void Output::add_line(std::string_view text) {
  if (given_up_) return;
  pending_.add(text);
  pending_.add('\n');
}

void Output::flush() {
  std::string_view rest = pending_.view();
  while (!rest.empty() && !given_up_) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {  // someone made the stream non-blocking
      pollfd writable{fd_, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      given_up_ = true;
      if (errno != EPIPE) failure_ = Error{"write", name_, errno, {}};
    }
  }
  pending_.clear();
}

}  // namespace tripline
