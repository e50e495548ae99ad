// SPDX-License-Identifier: Apache-2.0
#include "binary/workshop.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace tripline {

Workshop::Workshop() {
  std::string name = "/tmp/tripline_binary_XXXXXX";
  if (mkdtemp(name.data())) folder_ = name;
}

Workshop::~Workshop() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void Workshop::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
}

bool Workshop::run(const std::string& command) const {
  return std::system(("cd " + folder_ + " && " + command).c_str()) == 0;
}

std::string Workshop::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tripline
