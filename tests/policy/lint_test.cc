// SPDX-License-Identifier: Apache-2.0
#include "policy/lint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "kernel/kernel.h"
#include "policy/corpus.h"

namespace tripline {
namespace {

// As in corpus_test.cc.
bool updating() { return std::getenv("TRIPLINE_UPDATE") != nullptr; }

// Of a real kernel, whose LSM hooks are known.
TEST(Lint, SaysWhatMayNotBeMeant) {
  const Result<Kernel> kernel =
      read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-6.12.kernel");
  ASSERT_TRUE(kernel) << kernel.error().text();
  for (const std::string& path : documents_in("lint")) {
    const Source source = read_document(path);
    Diagnostics diagnostics;
    const std::optional<Policy> policy = parse(source, diagnostics);
    ASSERT_TRUE(policy) << path;
    const auto checked = check(*policy, *kernel, diagnostics);
    ASSERT_TRUE(checked) << path << '\n' << messages(diagnostics);
    EXPECT_EQ(messages(diagnostics), "") << path;
    lint(*checked, *kernel, diagnostics);
    diagnostics.sort();
    std::string text;
    for (const Diagnostic& each : diagnostics.all()) text += render(source, each);
    EXPECT_FALSE(diagnostics.has_errors()) << path;
    const std::string expected =
        std::string(TRIPLINE_TEST_DATA) + "/" + path.substr(0, path.size() - 5) + ".expected";
    if (updating()) std::ofstream(expected, std::ios::binary) << text;
    std::ifstream file(expected, std::ios::binary);
    EXPECT_TRUE(file) << expected;
    EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << path;
  }
}

// `hooks` of kprobes on fd_install.
std::string said(const std::string& hooks) {
  const Verdict verdict = judge(policy_with(hooks));
  if (!verdict.checked) return "refused: " + verdict.text;
  Diagnostics diagnostics;
  lint(*verdict.checked, {}, diagnostics);
  return messages(diagnostics);
}

std::string selectors(const std::string& each) {
  return "  kprobes:\n  - call: fd_install\n    syscall: false\n    args: [{index: 0, type: int}, {index: 1, "
         "type: file}]\n"
         "    selectors:\n" +
         each;
}

TEST(Lint, NothingAboutWhatIsMeant) {
  EXPECT_EQ(said(selectors("    - matchArgs: [{index: 0, operator: Equal, values: ['3']}]\n")), "");
  EXPECT_EQ(said(selectors("    - matchArgs: [{index: 0, operator: Equal, values: ['3']}]\n"
                           "    - matchArgs: [{index: 0, operator: Equal, values: ['4']}]\n")),
            "");
  // The second is wider than the first.
  EXPECT_EQ(said(selectors("    - matchArgs: [{index: 0, operator: GT, values: ['3']}, {index: 0, operator: "
                           "LT, values: ['9']}]\n"
                           "    - matchArgs: [{index: 0, operator: GT, values: ['3']}]\n")),
            "");
}

TEST(Lint, OncePerPolicyThatFilesHaveSeveralPaths) {
  EXPECT_EQ(said(selectors("    - matchArgs: [{index: 1, operator: Postfix, values: ['a']}]\n"
                           "    - matchArgs: [{index: 1, operator: Postfix, values: ['b']}]\n")),
            "11:19 warning: a file can have other paths than these: by hard links, and where it is mounted "
            "once more\n");
}

TEST(Lint, EachSelectorBehindIsNamed) {
  EXPECT_EQ(said(selectors("    - matchActions: [{action: Post}]\n    - matchActions: [{action: Post}]\n"
                           "    - matchActions: [{action: Post}]\n")),
            "12:7 warning: this selector never matches: selector 0 of the hook, before it, matches whatever "
            "it does\n"
            "13:7 warning: this selector never matches: selector 0 of the hook, before it, matches whatever "
            "it does\n");
}

}  // namespace
}  // namespace tripline
