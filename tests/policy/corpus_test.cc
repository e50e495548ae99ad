// SPDX-License-Identifier: Apache-2.0
// The documents of tests/corpus: what is right stays right, and what is wrong is said in the same words.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <span>

#include "kernel/kernel.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

// Run with TRIPLINE_UPDATE=1 to write what is said now into the .expected files; then read the difference.
bool updating() { return std::getenv("TRIPLINE_UPDATE") != nullptr; }

TEST(Corpus, GoodPoliciesHaveNothingToSayAbout) {
  for (const std::string& path : documents_in("good")) {
    const Verdict verdict = judge(read_document(path));
    EXPECT_TRUE(verdict.checked) << path;
    EXPECT_EQ(verdict.text, "") << path;
  }
}

TEST(Corpus, BadPoliciesAreToldWhatIsWrong) {
  for (const std::string& path : documents_in("bad")) {
    const Verdict verdict = judge(read_document(path));
    const std::string expected =
        std::string(TRIPLINE_TEST_DATA) + "/" + path.substr(0, path.size() - 5) + ".expected";
    if (updating()) std::ofstream(expected, std::ios::binary) << verdict.text;
    std::ifstream file(expected, std::ios::binary);
    EXPECT_TRUE(file) << expected;
    EXPECT_EQ(verdict.text, std::string(std::istreambuf_iterator<char>(file), {})) << path;
    EXPECT_NE(verdict.text, "") << path;
  }
}

// name -> the verdict of ours that differs from the recorded one.
std::map<std::string, std::string> differences(const std::string& path) {
  std::map<std::string, std::string> out;
  for (const auto& row : read_table(path)) out[row.at(0)] = row.at(1);
  return out;
}

TEST(Corpus, DocumentsAreReadAsRecorded) {
  const auto differ = differences("documents/differences.tsv");
  const auto table = read_table("documents/verdicts.tsv");
  EXPECT_GT(table.size(), 150U);
  for (const auto& row : table) {
    const bool refused = row.at(2) == "parse";
    const auto ours = differ.find(row[0]);
    Diagnostics diagnostics;
    const bool accepted = parse(read_document("documents/" + row[0] + ".yaml"), diagnostics).has_value();
    EXPECT_EQ(accepted, ours != differ.end() ? ours->second == "accepted" : !refused)
        << row[0] << "\n"
        << messages(diagnostics);
    EXPECT_EQ(accepted, !diagnostics.has_errors()) << row[0];
  }
}

// What the recorded agent refused when it loaded a policy, check() must not let through.
TEST(Corpus, DocumentsRefusedWhenLoadedAreRefused) {
  const auto differ = differences("documents/differences.tsv");
  for (const auto& row : read_table("documents/verdicts.tsv")) {
    if (row.at(2) != "check" || differ.contains(row[0])) continue;
    EXPECT_FALSE(judge(read_document("documents/" + row[0] + ".yaml")).checked) << row[0];
  }
}

TEST(Corpus, PoliciesAreReadAsTheirManifestSays) {
  const auto differ = differences("policies/differences.tsv");
  const auto table = read_table("policies/manifest.tsv");
  EXPECT_GT(table.size(), 170U);
  for (const auto& row : table) {
    Diagnostics diagnostics;
    const std::optional<Policy> policy = parse(read_document("policies/" + row[0]), diagnostics);
    EXPECT_EQ(policy.has_value(), !diagnostics.has_errors()) << row[0];
    const auto ours = differ.find(row[0]);
    const std::string& expect = ours != differ.end() ? ours->second : row.at(2);
    EXPECT_NE(expect, "unknown") << row[0] << " needs a line in differences.tsv";
    EXPECT_EQ(policy.has_value(), expect == "valid") << row[0] << "\n" << messages(diagnostics);
  }
}

// The printed form of every document that can be read parses to the same policy, and prints to itself.
TEST(Corpus, PrintedPoliciesParseBack) {
  size_t count = 0;
  for (const std::string folder : {"good", "documents", "policies", "bad"}) {
    for (const std::string& path : documents_in(folder)) {
      Diagnostics diagnostics;
      const std::optional<Policy> policy = parse(read_document(path), diagnostics);
      if (!policy) continue;
      ++count;
      const std::string text = print(*policy);
      const std::optional<Policy> again = parse({path, text}, diagnostics);
      ASSERT_TRUE(again) << path << "\n" << messages(diagnostics) << text;
      EXPECT_TRUE(*again == *policy) << path << "\n" << text;
      EXPECT_EQ(print(*again), text) << path;
    }
  }
  EXPECT_GT(count, 250U);
}

// ---- the policies that are shipped, on the kernels that were saved

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                            const std::string& extension) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == extension) out.push_back(entry.path());
  }
  EXPECT_FALSE(out.empty()) << folder;
  return out;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Corpus, ShippedPoliciesAreRightForEverySavedKernel) {
  const std::filesystem::path corpus = TRIPLINE_TEST_DATA;
  for (const auto& kernel_path : files_in(corpus / "kernels", ".kernel")) {
    const std::string bytes = content(kernel_path);
    const Result<Kernel> kernel = read_kernel(std::as_bytes(std::span(bytes)));
    ASSERT_TRUE(kernel) << kernel.error().text();
    const bool restricted = kernel_path.stem().string().starts_with("restricted");
    for (const auto& path : files_in(corpus / "../../policies", ".yaml")) {
      const Source source{path.filename().string(), content(path)};
      EXPECT_TRUE(source.text.starts_with("# ")) << path << " does not say what it catches";
      Diagnostics diagnostics;
      const auto policy = parse(source, diagnostics);
      ASSERT_TRUE(policy) << messages(diagnostics);
      EXPECT_EQ(check(*policy, *kernel, diagnostics).has_value(), !restricted)
          << kernel_path << messages(diagnostics);
      EXPECT_EQ(messages(diagnostics).find("cannot be hooked") != std::string::npos, restricted);
    }
  }
}

}  // namespace
}  // namespace tripline
