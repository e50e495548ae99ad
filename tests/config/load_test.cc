// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <gtest/gtest.h>

#include "config/folder.h"

namespace tripline::config {
namespace {

// Each source, from the weakest on, says more than those before it.
TEST(Load, TheOrderOfSources) {
  const Folder root;
  const auto cluster = [&](const std::vector<std::string_view>& args = {},
                           std::vector<std::string> environment = {}) {
    const auto config = root.load(args, std::move(environment));
    return config ? config->settings.cluster_name.value + " from " + config->settings.cluster_name.from.place
                  : config.error().text();
  };
  EXPECT_EQ(cluster(), " from ");
  root.write("/usr/lib/tetragon/tetragon.conf.d/cluster-name", "a");
  EXPECT_EQ(cluster(), "a from /usr/lib/tetragon/tetragon.conf.d/cluster-name");
  root.write("/usr/local/lib/tetragon/tetragon.conf.d/cluster-name", "b");
  EXPECT_EQ(cluster(), "b from /usr/local/lib/tetragon/tetragon.conf.d/cluster-name");
  root.write("/etc/tetragon/tetragon.yaml", "verbose: 1\ncluster-name: c\n");
  EXPECT_EQ(cluster(), "c from /etc/tetragon/tetragon.yaml:2");
  root.write("/cwd/tetragon.yaml", "cluster-name: d\n");
  EXPECT_EQ(cluster(), "d from tetragon.yaml:1");
  root.write("/etc/tetragon/tetragon.conf.d/cluster-name", "e");
  EXPECT_EQ(cluster(), "e from /etc/tetragon/tetragon.conf.d/cluster-name");
  root.write("/own/cluster-name", "f");
  EXPECT_EQ(cluster({"--config-dir", "/own"}), "f from /own/cluster-name");
  EXPECT_EQ(cluster({}, {"TETRAGON_CONFIG_DIR=/own"}), "f from /own/cluster-name");
  EXPECT_EQ(cluster({"--config-dir", "/own"}, {"TETRAGON_CLUSTER_NAME=g"}), "g from TETRAGON_CLUSTER_NAME");
  EXPECT_EQ(cluster({"--config-dir", "/own", "--cluster-name=h"}, {"TETRAGON_CLUSTER_NAME=g"}),
            "h from --cluster-name");
  EXPECT_EQ(cluster({}, {"TETRAGON_CLUSTER_NAME="}), "e from /etc/tetragon/tetragon.conf.d/cluster-name");
  root.write("/etc/tetragon/tetragon.conf.d/config-dir", "/own\n");
  EXPECT_EQ(cluster(), "f from /own/cluster-name");
  EXPECT_EQ(cluster({"--config-dir", ""}), "e from /etc/tetragon/tetragon.conf.d/cluster-name");
  // Both YAML files are read.
  EXPECT_EQ(root.load()->settings.verbose.value, 1);
}

TEST(Load, AConfigDirThatIsNotThereEndsTheStart) {
  const Folder root;
  EXPECT_EQ(root.refusal({"--config-dir", "/nonexistent"}),
            R"(level=error msg="Failed to read config from directory" config-dir=/nonexistent )"
            R"(error="stat /nonexistent: no such file or directory")");
  root.write("/etc/passwd", "");
  EXPECT_EQ(root.refusal({"--config-dir", "/etc/passwd"}),
            R"(level=error msg="Failed to read config from directory" config-dir=/etc/passwd )"
            R"(error="'/etc/passwd' is not a directory")");
}

TEST(Load, AValueOfTheWrongTypeIsRefusedOnlyWhereItWouldHold) {
  const Folder root;
  root.write("/etc/tetragon/tetragon.yaml", "rb-size: [1, 2]\nevent-queue-size: many\n");
  EXPECT_EQ(
      root.refusal({"--rb-size", "1M"}),
      R"(level=error msg="Failed to read configuration" key=event-queue-size )"
      R"(source=/etc/tetragon/tetragon.yaml:2 error="strconv.ParseUint: parsing \"many\": invalid syntax")");
  EXPECT_EQ(
      root.refusal({"--event-queue-size", "5"}),
      R"(level=error msg="Failed to read configuration" key=rb-size source=/etc/tetragon/tetragon.yaml:1 )"
      R"(error="this key takes no list")");
  EXPECT_EQ(root.refusal({"--event-queue-size", "5", "--rb-size", "1M"}), "none");
}

TEST(Load, BrokenYamlDoesNotHideTheEnvironment) {
  const Folder root;
  root.write("/cwd/tetragon.yaml", "rb-size: [1\n");
  EXPECT_EQ(root.refusal({}, {"TETRAGON_RB_SIZE=6ENV"}),
            R"(level=error msg="Failed to parse command line flags" error="failed to parse rb-size value: )"
            R"(strconv.Atoi: parsing \"6ENV\": invalid syntax")");
}

TEST(Load, ListsInFilesAndVariables) {
  const Folder root;
  const auto list = [&](std::string_view text) {
    root.write("/etc/tetragon/tetragon.conf.d/filter-environment-variables", text);
    return root.load()->settings.filter_environment_variables.value;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(list(""), List{});
  EXPECT_EQ(list("A,B"), (List{"A", "B"}));
  EXPECT_EQ(list("A, B,\nC"), (List{"A", "B", "C"}));
  EXPECT_EQ(list("A B\nC"), (List{"A", "B", "C"}));
  EXPECT_EQ(list(R"("A,B",C)"), (List{"A,B", "C"}));
}

TEST(Load, NothingWhereANumberBelongsIsTheDefault) {
  const Folder root;
  root.write("/etc/tetragon/tetragon.conf.d/process-cache-size", "\n");
  root.write("/etc/tetragon/tetragon.conf.d/health-server-address", "\n");
  const auto config = root.load();
  EXPECT_EQ(config->settings.process_cache_size.value, 65536);
  EXPECT_FALSE(config->settings.process_cache_size.is_set());
  EXPECT_EQ(config->settings.health_server_address.value, "");
  EXPECT_TRUE(config->settings.health_server_address.is_set());
}

TEST(Load, ARateLimitThatIsNoNumberIsNone) {
  const Folder root;
  const auto config = root.load({}, {"TETRAGON_EXPORT_RATE_LIMIT=many"});
  EXPECT_EQ(config->settings.export_rate_limit.value, -1);
  ASSERT_EQ(config->warnings.size(), 1U);
  EXPECT_EQ(config->warnings[0].message, "Failed to parse export-rate-limit, using no limit");
}

}  // namespace
}  // namespace tripline::config
