// SPDX-License-Identifier: Apache-2.0
#include "daemon/static_policies.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace tripline {
namespace {

namespace fs = std::filesystem;

// Bytes of a document that are read at most: one more than it may have, so that its size is refused where it is parsed.
constexpr std::streamsize kMost = (16 << 20) + 1;

Result<Source> read_document(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("open", path.string(), errno);
  std::string text;
  std::array<char, 65536> block{};
  while (static_cast<std::streamsize>(text.size()) < kMost &&
         (file.read(block.data(), block.size()), file.gcount() > 0))
    text.append(block.data(), static_cast<size_t>(file.gcount()));
  if (file.bad()) return fail("read", path.string(), EIO);
  return Source{path.string(), std::move(text)};
}

Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
  std::error_code problem;
  std::vector<fs::path> out;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem))
    out.push_back(at->path());
  if (problem) return fail("read", folder.string(), problem.value());
  std::ranges::sort(out);
  return out;
}

Result<void> add_folder(const fs::path& folder, bool with_folders, std::vector<fs::path>& files) {
  const auto entries = entries_of(folder);
  if (!entries) return std::unexpected(entries.error());
  for (const fs::path& entry : *entries) {
    std::error_code problem;
    if (fs::is_directory(entry, problem)) {
      if (!with_folders) continue;
      if (const auto added = add_folder(entry, false, files); !added) return added;
    } else if (fs::is_regular_file(entry, problem)) {
      files.push_back(entry);
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Source>> read_static_policies(const StaticPolicies& from) {
  std::vector<fs::path> files;
  std::error_code problem;
  if (!from.folder.empty() && (!from.may_be_missing || fs::exists(from.folder, problem))) {
    if (!fs::path(from.folder).is_absolute())
      return fail("read policies of", from.folder, 0, "the folder's path must be absolute");
    if (const auto added = add_folder(from.folder, true, files); !added)
      return std::unexpected(added.error());
  }
  if (!from.file.empty()) files.emplace_back(from.file);
  std::vector<Source> out;
  for (const fs::path& file : files) {
    Result<Source> document = read_document(file);
    if (!document) return std::unexpected(document.error());
    out.push_back(*std::move(document));
  }
  return out;
}

}  // namespace tripline
