// SPDX-License-Identifier: Apache-2.0
#include "client/document.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/fd.h"
#include "base/go_text.h"

namespace tripline {

std::expected<std::string, std::string> read_document(const std::string& path) {
  const auto fail = [&path](std::string_view step, int number) {
    return std::unexpected(
        fmt::format("failed to read yaml file {}: {} {}: {}", path, step, path, go_error(number)));
  };
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail("open", errno);
  std::string text;
  std::array<char, size_t{1} << 16> piece{};
  for (;;) {
    const ssize_t got = read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("read", errno);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<size_t>(got));
  }
}

std::string mode_error(std::string_view mode, std::string_view path, std::string_view why) {
  return fmt::format("failed to apply mode {} to yaml file {}: {}", go_quoted(mode), path, why);
}

}  // namespace tripline
