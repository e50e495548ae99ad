// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "admission/admission.h"

namespace tripline {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/files-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::copy_file("/proc/self/exe", folder_ / "program");
    std::ofstream(folder_ / "text") << "no program";
  }
  void TearDown() override { fs::remove_all(folder_); }

  static Files files_of(const std::string& spec, const std::string& root = {}) {
    const Document document =
        parse_document({"p", "kind: TracingPolicy\nmetadata: {name: p}\nspec:\n" + spec});
    EXPECT_TRUE(document.policy);
    return document.policy ? read_files(*document.policy, root) : Files();
  }
  [[nodiscard]] std::string uprobe(const std::string& path, const std::string& more = {}) const {
    return "  uprobes: [{path: " + path + ", symbols: [main]" + more + "}]\n";
  }

  fs::path folder_;
};

TEST_F(FilesTest, AProgramIsReadAndStaysOpen) {
  const std::string path = folder_ / "program";
  const Files files = files_of(uprobe(path));
  ASSERT_TRUE(files.contains(path));
  const KnownFile& file = *files.at(path);
  EXPECT_FALSE(file.refusal);
  EXPECT_FALSE(file.binary.symbols.find("main").empty());
  EXPECT_FALSE(file.types) << "nobody asked for types";
  EXPECT_TRUE(file.digests.empty());
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(file.file.inode, status.st_ino);
  EXPECT_EQ(file.file.path, path);
  ASSERT_NE(file.file.open, nullptr);
  fs::rename(folder_ / "text", path);  // another file has its name now
  struct stat open{};
  ASSERT_EQ(fstat(file.file.open->get(), &open), 0);
  EXPECT_EQ(open.st_ino, status.st_ino);
}

TEST_F(FilesTest, WhyAFileIsNotRead) {
  const Files files = files_of("  usdts: [{path: " + (folder_ / "text").string() +
                               ", provider: p, name: nn}, {path: " + (folder_ / "none").string() +
                               ", provider: p, name: nn}]\n");
  EXPECT_EQ(files.at(folder_ / "text")->refusal->fault, binary::Fault::kNotElf);
  EXPECT_EQ(files.at(folder_ / "none")->refusal->fault, binary::Fault::kNoFile);
}

TEST_F(FilesTest, DigestsThatAreAskedFor) {
  const std::string path = folder_ / "program";
  const Files files =
      files_of(uprobe(path, ", binaryDigests: [' SHA1 :00', 'sha256:00', 'md5:00', 'sha1:11']"));
  const auto& digests = files.at(path)->digests;
  ASSERT_EQ(digests.size(), 2U);
  EXPECT_EQ(digests.at("sha1").size(), 40U);
  EXPECT_EQ(digests.at("sha256").size(), 64U);
}

TEST_F(FilesTest, TypesThatAreAskedFor) {
  const std::string path = folder_ / "text";
  const Files files = files_of(uprobe(folder_ / "program", ", btfPath: " + path));
  EXPECT_FALSE(files.at(path)->types);
  EXPECT_EQ(files.at(path)->no_types, "is neither BTF nor an ELF file");
}

TEST_F(FilesTest, ARelativePathBeginsAtTheWorkingDirectory) {
  const fs::path before = fs::current_path();
  fs::create_directory(folder_ / "below");
  fs::current_path(folder_ / "below");
  const Files files = files_of(uprobe("../program"));
  fs::current_path(before);
  EXPECT_EQ(files.at("../program")->file.path, (folder_ / "program").string());
}

TEST_F(FilesTest, AnotherRoot) {
  const Files files = files_of(uprobe("/program"), folder_);
  const KnownFile& file = *files.at("/program");
  EXPECT_FALSE(file.refusal);
  EXPECT_EQ(file.file.path, "/program");
  EXPECT_EQ(file.file.open, nullptr) << "it is not the file of that name here";
}

}  // namespace
}  // namespace tripline
