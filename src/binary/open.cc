// SPDX-License-Identifier: Apache-2.0
#include "binary/open.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace tripline::binary {
namespace {

// A FIFO would make us wait for its other end, and a terminal become ours.
constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::unexpected<Refusal> refuse(int errnum) {
  const bool none = errnum == ENOENT || errnum == ENOTDIR;
  return std::unexpected(Refusal{none ? Fault::kNoFile : Fault::kUnreadable,
                                 none ? "does not exist" : "cannot be opened", errnum});
}

int open_in_root(const std::string& path, const std::string& root) {
  const Fd folder(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return -1;
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: something was renamed meanwhile.
  constexpr int kTries = 16;
  for (int n = 0; n < kTries; ++n) {
    const auto file = static_cast<int>(syscall(SYS_openat2, folder.get(), path.c_str(), &how, sizeof(how)));
    if (file >= 0) return file;
    if (errno == ENOSYS || errno == EPERM) return open_below(folder.get(), path, kFlags);
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return -1;
}

void push_names(std::vector<std::string>& left, std::string_view path) {
  std::vector<std::string> names;
  const bool is_folder = path.ends_with('/');
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    if (end > 0) names.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  if (is_folder) names.emplace_back(".");
  left.insert(left.end(), names.rbegin(), names.rend());
}

}  // namespace

int open_below(int root, const std::string& path, int flags) {
  constexpr int kLinksMost = 40;  // as the kernel
  std::vector<Fd> folders;        // from the root, which is not among them, to where we are
  std::vector<std::string> left;  // names that are to come, the next one last
  push_names(left, path);
  int links = 0;
  if (path.empty()) {
    errno = ENOENT;
    return -1;
  }
  while (!left.empty()) {
    const std::string name = std::move(left.back());
    left.pop_back();
    if (name == ".") continue;
    if (name == "..") {
      if (!folders.empty()) folders.pop_back();
      continue;
    }
    const int here = folders.empty() ? root : folders.back().get();
    std::array<char, PATH_MAX> target{};
    const ssize_t size = readlinkat(here, name.c_str(), target.data(), target.size());
    if (size >= 0) {
      if (++links > kLinksMost) {
        errno = ELOOP;
        return -1;
      }
      const std::string_view text(target.data(), static_cast<size_t>(size));
      if (text.starts_with('/')) folders.clear();
      push_names(left, text);
      continue;
    }
    if (errno != EINVAL) return -1;
    if (left.empty()) return openat(here, name.c_str(), flags | O_NOFOLLOW);
    Fd folder(openat(here, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) return -1;
    folders.push_back(std::move(folder));
  }
  return openat(folders.empty() ? root : folders.back().get(), ".", flags);
}

Read<OpenFile> open_file(const std::string& path, const std::string& root) {
  // A path can hold no NUL, and what is before one is another path.
  if (path.contains('\0')) return refuse(ENOENT);
  OpenFile out{.fd = Fd(root.empty() ? open(path.c_str(), kFlags) : open_in_root(path, root))};
  if (!out.fd) return refuse(errno);
  struct stat status{};
  if (fstat(out.fd.get(), &status) != 0) return refuse(errno);
  if (S_ISDIR(status.st_mode)) return std::unexpected(Refusal{Fault::kUnreadable, "is a folder", EISDIR});
  if (!S_ISREG(status.st_mode)) return std::unexpected(Refusal{Fault::kUnreadable, "is not a regular file"});
  out.device = status.st_dev;
  out.inode = status.st_ino;
  out.size = static_cast<uint64_t>(status.st_size);
  return out;
}

}  // namespace tripline::binary
