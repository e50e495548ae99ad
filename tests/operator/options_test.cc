// SPDX-License-Identifier: Apache-2.0
#include "operator/options.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <variant>
#include <vector>

namespace tripline::op {
namespace {

std::expected<Options, std::string> options(const std::vector<std::string_view>& args,
                                            const std::vector<std::string>& environment = {}) {
  const flags::Outcome outcome = flags::parse(tetragon_operator_command(), args);
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) return std::unexpected(refusal->message);
  return read_options(std::get<flags::Parsed>(outcome), environment);
}

TEST(OperatorOptions, Defaults) {
  const auto found = options({});
  ASSERT_TRUE(found) << found.error();
  EXPECT_FALSE(found->serves);
  EXPECT_FALSE(found->skip_definitions);
  EXPECT_EQ(found->health_address, ":8081");
  EXPECT_EQ(found->metrics_address, "");
  EXPECT_EQ(found->lease, std::chrono::seconds(15));
  EXPECT_EQ(found->retry, std::chrono::seconds(2));
}

// As the chart has it: a folder of links that Kubernetes replaces as a whole.
TEST(OperatorOptions, FolderThenVariableThenFlag) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "operator.conf.d";
  fs::remove_all(folder);
  fs::create_directories(folder / "..2026");
  const auto put = [&](const std::string& name, std::string_view text) {
    std::ofstream(folder / "..2026" / name) << text;
    fs::create_symlink("..2026/" + name, folder / name);
  };
  put("skip-pod-info-crd", "true\n");
  put("leader-election", "true");
  put("leader-election-lease-duration", "60s");
  put("leader-election-renew-deadline", "30s");
  put("leader-election-namespace", "");
  put("force-update-crds", "");
  put("no-such", "1");
  const std::string dir = "--config-dir=" + folder.string();
  const auto found = options({"serve", dir, "--leader-election-renew-deadline=20s"},
                             {"TETRAGON_OPERATOR_LEADER_ELECTION_LEASE_DURATION=50s",
                              "TETRAGON_OPERATOR_LEADER_ELECTION_RENEW_DEADLINE=40s", "OTHER=1"});
  ASSERT_TRUE(found) << found.error();
  EXPECT_TRUE(found->serves);
  EXPECT_TRUE(found->skip_pod_info);
  EXPECT_TRUE(found->elects);
  EXPECT_FALSE(found->force_update);
  EXPECT_EQ(found->lease, std::chrono::seconds(50));
  EXPECT_EQ(found->renew_deadline, std::chrono::seconds(20));
  ASSERT_EQ(found->warnings.size(), 1U);
  EXPECT_EQ(found->warnings[0].fields[0].second, (folder / "no-such").string());
  const auto by_variable = options({"serve"}, {"TETRAGON_OPERATOR_CONFIG_DIR=" + folder.string()});
  ASSERT_TRUE(by_variable);
  EXPECT_TRUE(by_variable->skip_pod_info);
}

TEST(OperatorOptions, Refusals) {
  EXPECT_EQ(options({"--leader-election", "--leader-election-retry-period=9s"}).error(),
            "leader-election-lease-duration must be longer than leader-election-renew-deadline, and that "
            "longer than "
            "leader-election-retry-period");
  EXPECT_TRUE(options({"--config-dir=/no/such"}).error().starts_with("config-dir /no/such: "));
  EXPECT_TRUE(options({}, {"TETRAGON_OPERATOR_SKIP_CRD_CREATION=maybe"})
                  .error()
                  .starts_with("TETRAGON_OPERATOR_SKIP_CRD_CREATION: "));
  EXPECT_EQ(options({"--metrics-bind-address=0", "--health-probe-bind-address=0"})->health_address, "");
}

}  // namespace
}  // namespace tripline::op
