// SPDX-License-Identifier: Apache-2.0
// A folder that stands for the root of a machine, gone after the test.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace tripline::config {

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const std::string& path, std::string_view text) const;  // and the folders above it
  void link(const std::string& path,
            const std::string& to) const;  // `to` is below the folder too, when absolute
  void make(const std::string& path) const;
  [[nodiscard]] Surroundings here(std::vector<std::string> environment = {}) const;

  [[nodiscard]] std::expected<Config, LogLine> load(const std::vector<std::string_view>& args = {},
                                                    std::vector<std::string> environment = {}) const;
  // The line that ends the start, or "none".
  [[nodiscard]] std::string refusal(const std::vector<std::string_view>& args = {},
                                    std::vector<std::string> environment = {}) const;

 private:
  std::string path_;
};

}  // namespace tripline::config
