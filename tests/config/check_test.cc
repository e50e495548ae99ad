// SPDX-License-Identifier: Apache-2.0
#include "config/check.h"

#include <gtest/gtest.h>

#include "config/folder.h"

namespace tripline::config {
namespace {

TEST(Check, SaysWhatHoldsAndWhereItComesFrom) {
  const Folder root;
  root.write("/etc/tetragon/tetragon.yaml", "rb-size: 1M\nrb-sise: 1\n");
  const std::string text = check_config(*root.load({"--kernel", "6.1"}, {"TETRAGON_VERBOSE=2"}));
  EXPECT_TRUE(
      text.starts_with("level=warn msg=\"Unknown configuration key, it is ignored\" key=rb-sise "
                       "source=/etc/tetragon/tetragon.yaml:2 nearest=rb-size\n\nbpf-dir "));
  const auto line = [&](std::string_view key) {
    const size_t at = text.find("\n" + std::string(key) + " ");
    std::string found =
        at == std::string::npos ? "none" : text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    std::erase(found, ' ');
    return found;
  };
  EXPECT_EQ(line("rb-size"), "rb-size\"1M\"/etc/tetragon/tetragon.yaml:1");
  EXPECT_EQ(line("verbose"), "verbose2TETRAGON_VERBOSE");
  EXPECT_EQ(line("process-cache-gc-interval"), "process-cache-gc-interval30sdefault");
  EXPECT_EQ(line("kernel"), "kernel\"6.1\"--kernel");
  EXPECT_TRUE(
      text.ends_with("\nThese settings have no effect:\n"
                     "kernel                                features of the running kernel are probed\n"
                     "verbose                               it is not built yet\n"))
      << text;
}

}  // namespace
}  // namespace tripline::config
