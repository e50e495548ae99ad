// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "base/go_text.h"

namespace tripline {
namespace {

// Where a record is written before it is moved to its place.
constexpr const char* kFresh = ".new";
constexpr std::string_view kSuffix = ".json";
// Bytes of a record that are read: a text of the largest size there may be, every byte of it escaped.
constexpr size_t kMost = size_t{128} << 20;

Result<std::vector<std::string>> names_in(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.c_str()), closedir);
  if (!open) return fail("open", folder, errno);
  std::vector<std::string> out;
  errno = 0;
  while (const dirent* entry = readdir(open.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") out.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return fail("read", folder, errno);
  std::ranges::sort(out);
  return out;
}

std::expected<std::string, int> text_of(int folder, const std::string& name) {
  const Fd file(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return std::unexpected(errno);
  std::string text;
  std::array<char, 65536> piece;
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<size_t>(got));
    if (text.size() > kMost) return std::unexpected(EFBIG);
  }
}

// "": it can be the name of a file of the folder.
std::string_view unusable(const PolicyName& name) {
  for (const std::string* part : {&name.name, &name.namespace_name, &name.domain})
    if (part->find_first_of(std::string_view("/\0", 2)) != std::string::npos)
      return "its name or its domain has a slash or a zero byte";
  if (name.name.contains(':') || name.namespace_name.contains(':')) return "its name has a colon";
  return {};
}

}  // namespace

PolicyStore::Calls::Calls() : write(::write), sync(::fsync) {}

Result<PolicyStore> PolicyStore::open(std::string folder, Calls calls) {
  constexpr mode_t kMode = 0700;
  std::error_code problem;
  const std::filesystem::path above = std::filesystem::path(folder).parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, problem);
  if (mkdir(folder.c_str(), kMode) != 0 && errno != EEXIST) return fail("make", folder, errno);
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail("open", folder, errno);
  unlinkat(fd.get(), kFresh, 0);
  return PolicyStore(std::move(folder), std::move(fd), std::move(calls));
}

Result<PolicyStore::Contents> PolicyStore::read() const {
  const auto names = names_in(folder_);
  if (!names) return std::unexpected(names.error());
  Contents out;
  for (const std::string& name : *names) {
    const std::string path = folder_ + "/" + name;
    if (!name.ends_with(kSuffix)) {
      out.strangers.push_back(
          {LogLevel::kWarning, "unrecognized file in policy store", {{"filename", name}}});
      continue;
    }
    struct stat kind{};
    if (fstatat(fd_.get(), name.c_str(), &kind, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(kind.st_mode)) {
      out.strangers.push_back({LogLevel::kWarning, "policy record is not a regular file", {{"path", path}}});
      continue;
    }
    auto policy = named_by(name);
    if (!policy) {
      out.broken.push_back("policy record " + path + " has unexpected filename");
      continue;
    }
    const auto text = text_of(fd_.get(), name);
    if (!text) {
      out.broken.push_back("read policy record " + path + ": " + go_error(text.error()));
      continue;
    }
    auto record = read_record(*text);
    if (!record) {
      out.broken.push_back("decode policy record " + path + ": " + record.error());
      continue;
    }
    out.policies.emplace_back(*std::move(policy), *std::move(record));
  }
  return out;
}

Result<void> PolicyStore::put(const PolicyName& name, const PolicyRecord& record) const {
  const std::string file = record_file(name);
  const std::string path = folder_ + "/" + file;
  if (const std::string_view why = unusable(name); !why.empty())
    return fail("keep policy", name.name, 0, std::string(why));
  const std::string text = record_text(record);
  {
    const Fd fresh(openat(fd_.get(), kFresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fresh) return fail("write", path, errno);
    const auto undo = [&](std::string operation) -> Result<void> {
      const int error = errno;
      unlinkat(fd_.get(), kFresh, 0);
      return fail(std::move(operation), path, error);
    };
    for (size_t done = 0; done < text.size();) {
      const ssize_t wrote = calls_.write(fresh.get(), text.data() + done, text.size() - done);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote == 0) errno = ENOSPC;
      if (wrote <= 0) return undo("write");
      done += static_cast<size_t>(wrote);
    }
    if (calls_.sync(fresh.get()) != 0) return undo("sync");
    if (renameat(fd_.get(), kFresh, fd_.get(), file.c_str()) != 0) return undo("write");
  }
  return sync_folder();
}

Result<void> PolicyStore::remove(const PolicyName& name) const {
  if (!unusable(name).empty()) return {};  // there never was one
  const std::string file = record_file(name);
  if (unlinkat(fd_.get(), file.c_str(), 0) != 0 && errno != ENOENT)
    return fail("remove", folder_ + "/" + file, errno);
  return sync_folder();
}

Result<void> PolicyStore::sync_folder() const {
  if (calls_.sync(fd_.get()) != 0) return fail("sync", folder_, errno);
  return {};
}

}  // namespace tripline
