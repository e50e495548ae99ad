// SPDX-License-Identifier: Apache-2.0
#include "config/validate.h"

#include <gtest/gtest.h>

#include "config/folder.h"

namespace tripline::config {
namespace {

std::string of_flags(std::string_view error) {
  return R"(level=error msg="Failed to parse command line flags" error=")" + std::string(error) + "\"";
}

TEST(Validate, RefusesWithTheRecordedTexts) {
  const Folder root;
  EXPECT_EQ(root.refusal({"--rb-size", "1X"}),
            of_flags(R"(failed to parse rb-size value: strconv.Atoi: parsing \"1X\": invalid syntax)"));
  EXPECT_EQ(root.refusal({"--rb-size", "7FLAG"}),
            of_flags(R"(failed to parse rb-size value: strconv.Atoi: parsing \"7FLA\": invalid syntax)"));
  EXPECT_EQ(root.refusal({"--rb-size", "1M", "--rb-size-total", "1M"}),
            R"(level=error msg="Can't specify --rb-size and --rb-size-total together")");
  EXPECT_EQ(root.refusal({"--process-cache-gc-interval", "0"}),
            of_flags("failed to parse process-cache-gc-interval value. Must be >= 0"));
  EXPECT_EQ(root.refusal({"--disable-process-cache", "--enable-ancestors", "base"}),
            of_flags("--enable-ancestors cannot be used together with --disable-process-cache"));
  EXPECT_EQ(
      root.refusal({"--tracing-policy-dir", "relative/x"}),
      R"(level=error msg="Failed path specified by --tracing-policy-dir '\"relative/x\"' is not absolute")");
  EXPECT_EQ(root.refusal({"--server-tls-cert-file", "/a"}),
            of_flags("--server-tls-cert-file and --server-tls-key-file must be set together"));
  EXPECT_EQ(
      root.refusal({"--server-tls-client-ca-files", "/a"}),
      of_flags(
          "--server-tls-client-ca-files only takes effect when --server-tls-require-client-cert is true"));
  EXPECT_EQ(root.refusal({"--username-metadata", "x"}),
            of_flags(R"(unknown option for username-metadata: \"x\")"));
}

TEST(Validate, RefusesWhatCannotBeMeant) {
  const Folder root;
  for (const std::vector<std::string_view>& args : std::vector<std::vector<std::string_view>>{
           {"--enable-ancestors", "everything"},
           {"--export-file-perm", "9"},
           {"--export-file-rotation-interval", "-1s"},
           {"--execve-map-entries", "5", "--execve-map-size", "5M"},
           {"--parents-map-entries", "5", "--parents-map-size", "5M"},
           {"--force-small-progs", "--force-large-progs"},
           {"--process-cache-size", "-1"},
           {"--k8s-controlplane-retry", "0"},
           {"--server-tls-require-client-cert"},
           {"--server-tls-cert-file", "a", "--server-tls-key-file", "b", "--server-tls-require-client-cert"},
           {"--server-tls-cert-file", "a", "--server-tls-key-file", "b", "--server-address", "unix:///x"},
           {"--rb-size", "-1"},
           {"--rb-size", "9999999999G"},
       }) {
    EXPECT_TRUE(root.refusal(args).starts_with("level=error ")) << args[0];
  }
}

TEST(Validate, WhatSettingsMean) {
  const Folder root;
  const auto config =
      root.load({"--rb-size", "64K", "--cgroup-rate", "1000,1s", "--username-metadata=unix",
                 "--enable-ancestors", "base,lsm", "--metrics-label-filter", "pod, node_name",
                 "--export-file-perm", "0640", "--enable-cgidmap", "-d", "--log-format=json"});
  ASSERT_TRUE(config);
  const Meaning& meaning = config->meaning;
  EXPECT_TRUE(config->warnings.empty());
  EXPECT_EQ(meaning.ring_size, 65536U);
  EXPECT_EQ(meaning.ring_size_total, 0U);
  EXPECT_EQ(meaning.cgroup_rate->events, 1000U);
  EXPECT_EQ(meaning.cgroup_rate->interval, std::chrono::seconds(1));
  EXPECT_TRUE(meaning.unix_users);
  EXPECT_TRUE(meaning.ancestors.base && meaning.ancestors.lsm && !meaning.ancestors.kprobe);
  EXPECT_TRUE(meaning.metric_labels.pod && meaning.metric_labels.node_name && !meaning.metric_labels.binary);
  EXPECT_EQ(meaning.export_mode, 0640U);
  EXPECT_TRUE(meaning.track_cgroups);
  EXPECT_EQ(meaning.log_level, LogLevel::kDebug);
  EXPECT_TRUE(meaning.log_json);
  EXPECT_FALSE(root.load({"--enable-cgidmap", "--enable-cgtrackerid=false"})->meaning.track_cgroups);
  EXPECT_FALSE(root.load()->meaning.track_cgroups);
}

TEST(Validate, WarnsOfWhatIsIgnored) {
  const Folder root;
  const auto warning = [&](const std::vector<std::string_view>& args) {
    const auto config = root.load(args);
    return config && config->warnings.size() == 1 ? config->warnings[0].text() : "not one";
  };
  EXPECT_EQ(warning({"--disable-process-cache", "--process-cache-size", "5"}),
            R"(level=warn msg="--process-cache-size has no effect when --disable-process-cache is set")");
  EXPECT_EQ(warning({"--cgroup-rate", "5"}),
            R"(level=warn msg="Failed to parse cgroup-rate, using no limit" value=5)");
  EXPECT_EQ(warning({"--metrics-label-filter", "pods"}),
            R"(level=warn msg="Unknown label in metrics-label-filter, it is ignored" value=pods)");
  EXPECT_EQ(warning({"--log-level", "loud"}),
            R"(level=warn msg="Unknown log-level, info is used" value=loud)");
}

TEST(Validate, Sizes) {
  EXPECT_EQ(parse_size("12"), 12U);
  EXPECT_EQ(parse_size("1K"), 1024U);
  EXPECT_EQ(parse_size("2M"), 2097152U);
  EXPECT_EQ(parse_size("1G"), 1073741824U);
  EXPECT_FALSE(parse_size("K"));
  EXPECT_FALSE(parse_size("1k"));
}

}  // namespace
}  // namespace tripline::config
