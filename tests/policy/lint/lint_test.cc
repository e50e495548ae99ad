// SPDX-License-Identifier: Apache-2.0
#include "policy/lint/lint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "kernel/kernel.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

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
    const auto checked = check(*policy, *kernel, diagnostics, {.parents_map = true});
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

// Where BPF is no active security module the hook of an LSM is a program like any other.
TEST(Lint, WhatWouldKeepAnLsmHookFromBeingSkipped) {
  Kernel kernel = tiny_kernel();
  kernel.lsms = {"capability"};
  Diagnostics diagnostics;
  const auto policy = parse(
      policy_with("  lsmhooks: [{hook: file_open, selectors: [{matchActions: [{action: Sigkill}]}]}]\n"),
      diagnostics);
  ASSERT_TRUE(policy);
  const auto hint = [&] {
    Diagnostics out;
    const auto checked = check(*policy, kernel, out);
    if (!checked) return messages(out);
    lint(*checked, kernel, out);
    return out.all().empty() ? std::string() : out.all().front().hint;
  };
  EXPECT_EQ(hint(), "a BPF LSM program is not skipped: boot the kernel with \"lsm=...,bpf\"");
  kernel.lsms.emplace_back("bpf");
  kernel.features.bpf_lsm = false;
  EXPECT_EQ(hint(), "a BPF LSM program is not skipped: it needs a kernel built with CONFIG_BPF_LSM=y");
  kernel.features.bpf_lsm = true;
  EXPECT_EQ(hint(), "");
}

TEST(Lint, OncePerPolicyThatFilesHaveSeveralPaths) {
  EXPECT_EQ(said(selectors("    - matchArgs: [{index: 1, operator: Postfix, values: ['a']}]\n"
                           "    - matchArgs: [{index: 1, operator: Postfix, values: ['b']}]\n")),
            "11:19 warning: a file can have other paths than these, through hard links and other mounts\n");
}

TEST(Lint, EachSelectorBehindIsNamed) {
  EXPECT_EQ(said(selectors("    - matchActions: [{action: Post}]\n    - matchActions: [{action: Post}]\n"
                           "    - matchActions: [{action: Post}]\n")),
            "12:7 warning: this selector is never reached: selector 0 of the hook, before it, matches "
            "everything that it does\n"
            "13:7 warning: this selector is never reached: selector 0 of the hook, before it, matches "
            "everything that it does\n");
}

// Two selectors with these filters; is the second said to match nothing?
bool shadowed(const std::string& first, const std::string& second) {
  return said(selectors("    - {" + first + "}\n    - {" + second + "}\n")).contains("never reached");
}

TEST(Lint, SelectorsBehindWiderOnes) {
  const auto arg = [](int index, const std::string& op, const std::string& values) {
    return "matchArgs: [{index: " + std::to_string(index) + ", operator: " + op + ", values: [" + values +
           "]}]";
  };
  EXPECT_TRUE(shadowed(arg(0, "Equal", "'3', '4'"), arg(0, "Equal", "'4'")));
  EXPECT_FALSE(shadowed(arg(0, "Equal", "'4'"), arg(0, "Equal", "'3', '4'")));
  EXPECT_TRUE(shadowed(arg(0, "InRange", "'1:9'"), arg(0, "Equal", "'3', '9'")));
  EXPECT_FALSE(shadowed(arg(0, "InRange", "'1:9'"), arg(0, "Equal", "'3', '10'")));
  EXPECT_TRUE(shadowed(arg(0, "GT", "'5'"), arg(0, "GT", "'7'")));
  EXPECT_TRUE(shadowed(arg(0, "NotEqual", "'5'"), arg(0, "LT", "'5'")));
  EXPECT_TRUE(shadowed(arg(0, "Mask", "'6'"), arg(0, "Mask", "'2'")));
  EXPECT_TRUE(shadowed(arg(1, "Prefix", "/etc/"), arg(1, "Equal", "/etc/passwd, /etc/shadow")));
  EXPECT_TRUE(shadowed(arg(1, "Prefix", "/etc"), arg(1, "Prefix", "/etc/x")));
  EXPECT_FALSE(shadowed(arg(1, "Prefix", "/etc/x"), arg(1, "Prefix", "/etc")));
  EXPECT_TRUE(shadowed(arg(1, "Postfix", "wd"), arg(1, "Postfix", "sswd")));
  EXPECT_TRUE(shadowed(arg(1, "NotEqual", "/a"), arg(1, "Equal", "/b")));
  EXPECT_TRUE(shadowed(arg(1, "NotPrefix", "/a/b"), arg(1, "NotPrefix", "/a")));
  EXPECT_TRUE(shadowed(arg(1, "FileType", "reg, dir"), arg(1, "FileType", "dir")));
  EXPECT_TRUE(shadowed(arg(1, "SubStringIgnCase", "ab"), arg(1, "SubString", "xABx")));
  EXPECT_FALSE(shadowed(arg(1, "SubString", "ab"), arg(1, "SubStringIgnCase", "xabx")));
  EXPECT_TRUE(shadowed("matchBinaries: [{operator: In, values: [/a, /b]}]",
                       "matchBinaries: [{operator: In, values: [/b]}], " + arg(0, "Equal", "'3'")));
  EXPECT_FALSE(shadowed("matchBinaries: [{operator: In, values: [/b]}]",
                        "matchBinaries: [{operator: In, values: [/a, /b]}]"));
  EXPECT_TRUE(shadowed("matchBinaries: [{operator: Prefix, values: [/a]}]",
                       "matchBinaries: [{operator: In, values: [/a/b]}]"));
  EXPECT_TRUE(
      shadowed("matchPIDs: [{operator: NotIn, values: [1]}]", "matchPIDs: [{operator: In, values: [2]}]"));
  EXPECT_TRUE(shadowed("matchCapabilities: [{operator: In, values: [CAP_KILL, CAP_BPF]}]",
                       "matchCapabilities: [{operator: In, values: [CAP_BPF]}]"));
  EXPECT_TRUE(shadowed("matchNamespaces: [{namespace: Net, operator: In, values: ['1', '2']}]",
                       "matchNamespaces: [{namespace: Net, operator: In, values: ['1']}]"));
  EXPECT_TRUE(shadowed("matchNamespaceChanges: [{operator: In, values: [Net]}]",
                       "matchNamespaceChanges: [{operator: In, values: [Net]}]"));
  const auto cel = [](const std::string& text) {
    return "matchArgs: [{operator: CelExpr, values: ['" + text + "']}]";
  };
  EXPECT_TRUE(shadowed(cel("arg0 == int32(3)"), cel("arg0  == int32(3)")));
  EXPECT_FALSE(shadowed(cel("arg0 == int32(3)"), cel("arg0 == int32(4)")));
}

// At the return the selectors behind the one that matched are looked at again.
TEST(Lint, SelectorsBehindOthersAtTheReturn) {
  const auto hook = [](const std::string& each) {
    return said(
        "  kprobes:\n  - call: takes_numbers\n    syscall: false\n    args: [{index: 0, type: int64}]\n"
        "    return: true\n    returnArg: {index: 0, type: int}\n    selectors:\n" +
        each);
  };
  const std::string entry = "    - matchArgs: [{index: 0, operator: Equal, values: ['3']}]\n";
  const std::string other = "    - matchArgs: [{index: 0, operator: Equal, values: ['4']}]\n";
  const std::string failed = "      matchReturnArgs: [{index: 0, operator: LT, values: ['0']}]\n";
  const std::string worked = "      matchReturnArgs: [{index: 0, operator: GT, values: ['-1']}]\n";
  const auto message = [](const std::string& line) {
    return line +
           ":7 warning: this selector is never reached: selector 0 of the hook, before it, matches "
           "everything "
           "that it does\n";
  };
  EXPECT_EQ(hook(entry + entry), message("14"));
  EXPECT_EQ(hook(entry + failed + entry + failed), message("15"));
  EXPECT_EQ(hook(entry + entry + failed), message("14"));
  EXPECT_EQ(hook(entry + failed + entry), "") << "it decides of what did not fail";
  EXPECT_EQ(hook(entry + failed + entry + worked), "");
  EXPECT_EQ(hook(entry + failed + other + worked + entry + failed), "")
      << "what the second matched, and failed";
  EXPECT_EQ(hook(entry + failed + other + failed + entry + failed), message("17"));
}

// Some thousands of selectors are compared; what is made to take long is not.
TEST(Lint, SelectorsWithoutNumber) {
  std::string many;
  for (size_t n = 0; n < 11'000; ++n) {
    many += "    - matchArgs: [{index: 0, operator: Equal, values: ['" + std::to_string(n) + "']}]\n";
  }
  EXPECT_EQ(said(selectors(many)),
            "7:5 warning: there are too many selectors and values to compare all of them with each other\n");
}

}  // namespace
}  // namespace tripline
