// SPDX-License-Identifier: Apache-2.0
#include "daemon/export_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "serve/shape.h"

namespace tripline {
namespace {

constexpr size_t kPendingMost = 128 << 10;  // bytes collected before they are written without being asked

}  // namespace

Result<ExportFile> ExportFile::open(const std::string& path, uint32_t mode, const Node& node,
                                    ExportFilters filters) {
  Fd file(path == "-" ? dup(STDOUT_FILENO)
                      : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode));
  if (!file) return fail("open", path, errno);
  return ExportFile(std::move(file), node, std::move(filters));
}

void ExportFile::add(const Event& event) {
  if (!filters_.events.passes(event)) return;
  if (filters_.fields.empty()) {
    writer_.write(pending_, event);
  } else {
    pending_.add(shaped_json(encoder_.encode(event), filters_.fields));
  }
  pending_.add('\n');
  ++events_;
  counts_.last = event.time;
  if (pending_.size() >= kPendingMost) flush();
}

void ExportFile::flush() {
  std::string_view rest = pending_.view();
  uint64_t lost = 0;
  while (!rest.empty()) {
    const ssize_t written = write(file_.get(), rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      lost = events_;  // at most: some of them may be there
      break;
    }
  }
  counts_.events += events_ - lost;
  counts_.lost += lost;
  counts_.bytes += pending_.size() - rest.size();
  pending_.clear();
  events_ = 0;
}

}  // namespace tripline
