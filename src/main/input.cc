// SPDX-License-Identifier: Apache-2.0
#include "main/input.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>
#include <vector>

#include "base/fd.h"

namespace tripline {

Result<std::string> read_file(const std::string& path, size_t most) {
  const bool standard_input = path == "-";
  const Fd owned(standard_input ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = standard_input ? STDIN_FILENO : owned.get();
  if (fd < 0) return fail("read", path, errno);
  std::string text;
  std::vector<char> piece(size_t{1} << 16);
  while (text.size() < most) {
    const ssize_t got = read(fd, piece.data(), std::min(piece.size(), most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("read", path, errno);
    if (got == 0) break;
    text.append(piece.data(), static_cast<size_t>(got));
  }
  return text;
}

Result<Kernel> load_kernel(const std::string& path) {
  if (path.empty()) {
    Result<ProbeReport> report = probe_kernel();
    if (!report) return std::unexpected(report.error());
    for (const std::string& fact : report->unreadable)
      fmt::print(stderr, "tripline: could not read {}\n", fact);
    return std::move(report->kernel);
  }
  const Result<std::string> file = read_file(path, size_t{1} << 30);
  if (!file) return std::unexpected(file.error());
  Result<Kernel> kernel = read_kernel(std::as_bytes(std::span(*file)));
  if (!kernel) kernel.error().object = path;
  return kernel;
}

}  // namespace tripline
