// SPDX-License-Identifier: Apache-2.0
#include "oci/hook.h"

#include <vector>

#include "oci/folder.h"

namespace tripline::oci {
namespace {

struct Ran {
  Ended ended;
  std::vector<ContainerNotice> told;
  std::vector<LogLine> log;
};

Ran run(const std::string& stage, const std::string& folder, const std::string& trouble = "",
        bool only_logs = false) {
  Ran out;
  Settings settings{.stage = stage, .log_file = {}, .address = {}, .only_logs = only_logs};
  settings.rules = {.namespace_keys = {"io.kubernetes.cri.sandbox-namespace"},
                    .allowed = {"kube-system"},
                    .allowed_patterns = {},
                    .expression = {}};
  const Agent agent{.tell = [&](const ContainerNotice& notice) -> std::expected<void, std::string> {
                      out.told.push_back(notice);
                      if (!trouble.empty()) return std::unexpected(trouble);
                      return {};
                    },
                    .version = [&]() -> std::expected<std::string, std::string> {
                      if (!trouble.empty()) return std::unexpected(trouble);
                      return "v1";
                    }};
  out.ended = run_hook(settings, folder, agent, [&](const LogLine& line) { out.log.push_back(line); });
  return out;
}

TEST(Hook, TellsTheAgent) {
  const auto folder = fresh_folder();
  put(folder / "config.json", kContainerd);
  const Ran ran = run("createRuntime", folder);
  EXPECT_EQ(ran.ended.status, 0);
  ASSERT_EQ(ran.told.size(), 1U);
  EXPECT_EQ(ran.told[0].pod_name, "web-1");
}

TEST(Hook, HoldsTheContainerBack) {
  const auto folder = fresh_folder();
  put(folder / "config.json", kContainerd);
  const Ran ran = run("createRuntime", folder, "the agent is away");
  EXPECT_EQ(ran.ended.status, 1);
  EXPECT_EQ(ran.ended.complaint,
            "tetragon-oci-hook: the container must not start (its namespace is shop), because the agent was "
            "not notified: the agent is away");
}

TEST(Hook, LetsAnAllowedNamespaceStart) {
  const auto folder = fresh_folder();
  std::string text = kContainerd;
  text.replace(text.find("\"shop\""), 6, "\"kube-system\"");
  put(folder / "config.json", text);
  const Ran ran = run("createRuntime", folder, "the agent is away");
  EXPECT_EQ(ran.ended.status, 0);
  EXPECT_EQ(ran.ended.complaint, "");
  EXPECT_EQ(ran.log.back().level, LogLevel::kWarning);
}

// Nobody is asked about a container of which nothing is known.
TEST(Hook, WithoutConfigFails) {
  const Ran ran = run("createRuntime", fresh_folder());
  EXPECT_EQ(ran.ended.status, 1);
  EXPECT_TRUE(ran.told.empty());
}

TEST(Hook, OnlyLogs) {
  const auto folder = fresh_folder();
  put(folder / "config.json", kContainerd);
  const Ran ran = run("createRuntime", folder, "away", true);
  EXPECT_EQ(ran.ended.status, 0);
  EXPECT_TRUE(ran.told.empty());
}

TEST(Hook, OtherStages) {
  EXPECT_EQ(run("createContainer", "/", "away").ended.status, 0);
  EXPECT_EQ(run("poststop", "/", "away").log.size(), 0U);
  EXPECT_EQ(run("nonsense", "/").ended.status, 0);
  EXPECT_EQ(run("nonsense", "/").log.back().level, LogLevel::kWarning);
  EXPECT_EQ(run("server-version", "/").ended.status, 0);
  EXPECT_EQ(run("server-version", "/", "away").ended.status, 1);
}

}  // namespace
}  // namespace tripline::oci
