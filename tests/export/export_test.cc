// SPDX-License-Identifier: Apache-2.0
#include "daemon/export_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tripline {
namespace {

Event exec_of(const std::string& binary, const std::string& arguments) {
  auto process = std::make_shared<Process>();
  process->binary = SharedText(binary);
  process->arguments = SharedText(arguments);
  Event event;
  event.process.process = process;
  event.payload = ProcessExec{};
  return event;
}

TEST(ExportFile, WritesWhatPassesAndWhatIsLeftOfIt) {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("tripline-export-" + std::to_string(getpid()));
  auto filters = compile_export_lists({R"({"binary_regex":["/[abc]$"]})", R"({"arguments_regex":["^hide"]})",
                                       R"({"fields":"process.binary"})"},
                                      {});
  ASSERT_TRUE(filters) << filters.error();
  {
    auto file = ExportFile::open(path, 0600, {"n", ""}, *std::move(filters));
    ASSERT_TRUE(file) << file.error().text();
    file->add(exec_of("/bin/a", "x"));
    file->add(exec_of("/bin/b", "hide me"));
    file->add(exec_of("/bin/true", "x"));
    file->add(exec_of("/bin/c", "x"));
    file->flush();
    EXPECT_EQ(file->lost(), 0U);
  }
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::filesystem::remove(path);
  const auto line = [](const std::string& binary) {
    return R"({"process_exec":{"process":{"binary":")" + binary +
           R"("}},"node_name":"n","time":"1970-01-01T00:00:00Z"})" + "\n";
  };
  EXPECT_EQ(text, line("/bin/a") + line("/bin/c"));
}

}  // namespace
}  // namespace tripline
