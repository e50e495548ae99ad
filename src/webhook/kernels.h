// SPDX-License-Identifier: Apache-2.0
// Kernels: the saved kernels that policies are checked against, read anew when their files change. A file that cannot be
// read is said once and left out; the others count.
//
// The surprise: without any readable kernel nothing is known, and then no policy is refused for one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log_line.h"
#include "kernel/kernel.h"

namespace tripline::webhook {

struct NamedKernel {
  std::string name;  // of the file, without .kernel
  std::shared_ptr<const Kernel> kernel;
};

class Kernels {
 public:
  static constexpr size_t kMost = 64;  // each is some 10 MB of memory
  using Say = std::function<void(const LogLine&)>;

  // `paths`: files, and folders of which every file counts whose name does not begin with a dot.
  Kernels(std::vector<std::string> paths, Say say) : paths_(std::move(paths)), say_(std::move(say)) {}

  // By name. From any thread.
  [[nodiscard]] std::vector<NamedKernel> all();

 private:
  struct File {
    std::string stamp;  // changes with the file
    std::shared_ptr<const Kernel> kernel;
  };

  std::vector<std::string> paths_;
  Say say_;
  std::mutex mutex_;
  std::map<std::string, File> files_;
};

// Something that is another after the file at `path` was changed or replaced; empty: there is none.
[[nodiscard]] std::string stamp_of(const std::string& path);

}  // namespace tripline::webhook
