// SPDX-License-Identifier: Apache-2.0
#include "config/sources.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "config/folder.h"

namespace tripline::config {
namespace {

const Given* given(const Findings& findings, std::string_view key) {
  const auto found = findings.values.find(find_key(key));
  return found == findings.values.end() ? nullptr : &found->second;
}
std::string text(const Findings& findings, std::string_view key) {
  const Given* value = given(findings, key);
  const auto* one = value ? std::get_if<std::string>(&value->value) : nullptr;
  return one ? *one : "none";
}

TEST(Sources, DropInsAreFilesAndLinksToFiles) {
  const Folder root;
  root.write("/d/sub/rb-size", "1");
  root.make("/target");
  root.link("/d/rb-size-total", "/target");
  root.link("/d/verbose", "/nonexistent");
  root.write("/text", " \n 2LINKED\t\n");
  root.link("/d/rb-queue-size", "/text");
  root.write("/d/Log-LEVEL", "debug");
  root.write("/d/..data", "x");
  Findings findings;
  read_drop_ins(root.here(), "/d", findings);
  EXPECT_EQ(findings.values.size(), 2U);
  EXPECT_EQ(text(findings, "rb-queue-size"), "2LINKED");
  EXPECT_EQ(given(findings, "rb-queue-size")->from, (Origin{Origin::Source::kDropIn, "/d/rb-queue-size"}));
  EXPECT_EQ(text(findings, "log-level"), "debug");
  EXPECT_TRUE(findings.warnings.empty());
  read_drop_ins(root.here(), "/not-there", findings);
  EXPECT_TRUE(findings.warnings.empty());
}

TEST(Sources, AnUnknownKeyIsNamedWithTheNearest) {
  const Folder root;
  root.write("/d/rb-sizes", "1");
  root.write("/d/nothing-like-it-at-all", "1");
  root.write("/t.yaml", "RB-SICE: 1\n");
  Findings findings;
  read_drop_ins(root.here(), "/d", findings);
  read_yaml_file(root.here(), "/t.yaml", findings);
  ASSERT_EQ(findings.warnings.size(), 3U);
  EXPECT_EQ(findings.warnings[0].text(),
            R"(level=warn msg="Unknown configuration key, it is ignored" key=nothing-like-it-at-all )"
            R"(source=/d/nothing-like-it-at-all)");
  EXPECT_EQ(findings.warnings[1].text(),
            R"(level=warn msg="Unknown configuration key, it is ignored" key=rb-sizes )"
            R"(source=/d/rb-sizes nearest=rb-size)");
  EXPECT_EQ(findings.warnings[2].text(),
            R"(level=warn msg="Unknown configuration key, it is ignored" key=RB-SICE )"
            R"(source=/t.yaml:1 nearest=rb-size)");
}

TEST(Sources, WhatIsTooLargeOrNoFileIsPassedOver) {
  const Folder root;
  root.write("/d/rb-size", std::string((1 << 20) + 1, 'x'));
  ASSERT_EQ(mkfifo((root.here().root + "/d/btf").c_str(), 0600), 0);
  Findings findings;
  read_drop_ins(root.here(), "/d", findings);
  EXPECT_TRUE(findings.values.empty());
  ASSERT_EQ(findings.warnings.size(), 1U);
  EXPECT_EQ(
      findings.warnings[0].text(),
      R"(level=warn msg="Failed to read configuration file, it is ignored" error="read /d/rb-size: larger than 1 MiB")");
}

TEST(Sources, ConfigDirMustBeThere) {
  const Folder root;
  root.write("/file", "");
  Findings findings;
  EXPECT_EQ(read_config_dir(root.here(), "/nonexistent", findings).error(),
            "stat /nonexistent: no such file or directory");
  EXPECT_EQ(read_config_dir(root.here(), "/file", findings).error(), "'/file' is not a directory");
  root.write("/cwd/own/debug", "true");
  EXPECT_TRUE(read_config_dir(root.here(), "own", findings));
  EXPECT_EQ(text(findings, "debug"), "true");
}

TEST(Sources, Yaml) {
  const Folder root;
  root.write("/t.yaml",
             "debug: yes\nexport-file-perm: 0640\nprocess-cache-size: 1_000\nprocess-cache-gc-interval: 10s\n"
             "Enable-Ancestors: [base, kprobe]\nbtf:\nrb-size: [1, 2]\nrb-size-total: {a: b}\n");
  Findings findings;
  read_yaml_file(root.here(), "/t.yaml", findings);
  EXPECT_TRUE(findings.warnings.empty());
  EXPECT_EQ(text(findings, "debug"), "true");
  EXPECT_EQ(text(findings, "export-file-perm"), "0640");
  EXPECT_EQ(text(findings, "process-cache-size"), "1000");
  EXPECT_EQ(text(findings, "process-cache-gc-interval"), "10s");
  EXPECT_EQ(std::get<std::vector<std::string>>(given(findings, "enable-ancestors")->value),
            (std::vector<std::string>{"base", "kprobe"}));
  EXPECT_EQ(text(findings, "btf"), "");
  EXPECT_TRUE(std::holds_alternative<Misfit>(given(findings, "rb-size")->value));
  EXPECT_TRUE(std::holds_alternative<Misfit>(given(findings, "rb-size-total")->value));
  EXPECT_EQ(given(findings, "rb-size")->from.place, "/t.yaml:7");
}

TEST(Sources, BrokenYamlIsAWarningWithItsPlace) {
  const Folder root;
  root.write("/t.yaml", "debug: true\nrb-size: [1\n");
  root.write("/list.yaml", "- debug\n");
  root.write("/empty.yaml", "# nothing\n");
  Findings findings;
  read_yaml_file(root.here(), "/t.yaml", findings);
  read_yaml_file(root.here(), "/list.yaml", findings);
  read_yaml_file(root.here(), "/empty.yaml", findings);
  read_yaml_file(root.here(), "/not-there.yaml", findings);
  EXPECT_TRUE(findings.values.empty());
  ASSERT_EQ(findings.warnings.size(), 2U);
  EXPECT_TRUE(findings.warnings[0].text().starts_with(
      R"(level=warn msg="Failed to read configuration file, it is ignored" source=/t.yaml:)"));
  EXPECT_EQ(findings.warnings[1].fields[0].second, "/list.yaml:1:1");
}

TEST(Sources, Environment) {
  const Folder root;
  Findings findings;
  read_environment(
      root.here({"TETRAGON_RB_SIZE=6", "TETRAGON_DEBUG=", "TETRAGON_rb_size=8", "TETRAGON_PORT=tcp://x",
                 "TETRAGON_LOG_LEVLE=debug", "PATH=/bin", "TETRAGON_BTF"}),
      findings);
  EXPECT_EQ(findings.values.size(), 1U);
  EXPECT_EQ(text(findings, "rb-size"), "6");
  EXPECT_EQ(given(findings, "rb-size")->from.place, "TETRAGON_RB_SIZE");
  // A variable in small letters is another one.
  ASSERT_EQ(findings.warnings.size(), 2U);
  EXPECT_EQ(findings.warnings[0].fields[1].second, "TETRAGON_RB_SIZE");
  EXPECT_EQ(findings.warnings[1].text(),
            R"(level=warn msg="Unknown environment variable, it is ignored" variable=TETRAGON_LOG_LEVLE )"
            R"(nearest=TETRAGON_LOG_LEVEL)");
}

}  // namespace
}  // namespace tripline::config
