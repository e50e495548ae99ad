// SPDX-License-Identifier: Apache-2.0
// Which files each process has mapped code of, so that it is told once of each. Of the pairs that were told the latest
// are known; an older one is told again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tripline {

class LoadedFiles {
 public:
  explicit LoadedFiles(size_t capacity = 1024) : capacity_(capacity) {}

  // False when process `tgid` is known to have mapped code of `path` before.
  bool add(uint32_t tgid, std::string_view path);
  // The process is gone: the next one with that number is another.
  void forget(uint32_t tgid);

  [[nodiscard]] size_t size() const { return order_.size(); }

 private:
  struct Pair {
    uint32_t tgid = 0;
    std::string path;
  };
  using Place = std::list<Pair>::iterator;

  size_t capacity_;
  std::list<Pair> order_;  // the one that was told longest ago first
  std::unordered_map<uint32_t, std::map<std::string_view, Place>>
      places_;  // by process and path, which is in order_
};

}  // namespace tripline
