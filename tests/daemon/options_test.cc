// SPDX-License-Identifier: Apache-2.0
#include "daemon/options.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

TEST(DaemonOptions, ProcHasNoSlashAtItsEnd) {
  config::Settings settings;
  settings.procfs.value = "/procRoot//";
  EXPECT_EQ(proc_of(settings), "/procRoot");
  settings.procfs.value = "/";
  EXPECT_EQ(proc_of(settings), "/");
}

TEST(DaemonOptions, RotationIsWhatAClientIsShown) {
  EventLog log{.max_size = 7, .max_backups = 3, .rotation_interval = "1h30m"};
  Rotation rotation = rotation_of(log);
  EXPECT_EQ(rotation.size, 7U << 20);
  EXPECT_EQ(rotation.backups, 3);
  EXPECT_EQ(rotation.interval, std::chrono::minutes(90));
  log = {.max_size = 0, .max_backups = 0, .rotation_interval = "soon"};
  rotation = rotation_of(log);
  EXPECT_EQ(rotation.size, 100U << 20);
  EXPECT_EQ(rotation.interval, flags::Duration::zero());
  log.max_size = -1;
  EXPECT_EQ(rotation_of(log).size, Rotation().size);
}

TEST(DaemonOptions, TheSocketIsServedBesideAnAddress) {
  config::Settings settings;
  settings.server_address.value = "localhost:54321";
  ServerOptions options = server_options(settings);
  EXPECT_EQ(options.address, "localhost:54321");
  EXPECT_EQ(options.socket, kSocket);
  EXPECT_FALSE(options.tls);
  settings.server_address.value = "unix:///tmp/s";
  EXPECT_EQ(server_options(settings).socket, "");
  settings.server_address.value = "";
  EXPECT_EQ(server_options(settings).socket, "");
}

TEST(DaemonOptions, ClientsAreVerifiedOnlyWhenAskedFor) {
  config::Settings settings;
  settings.server_tls_cert_file.value = "cert";
  settings.server_tls_key_file.value = "key";
  settings.server_tls_client_ca_files.value = {"ca"};
  ASSERT_TRUE(server_options(settings).tls);
  EXPECT_TRUE(server_options(settings).tls->client_ca.empty());
  settings.server_tls_require_client_cert.value = true;
  EXPECT_FALSE(server_options(settings).tls->client_ca.empty());
}

TEST(DaemonOptions, TheRingIsNeitherTinyNorHuge) {
  config::Config config;
  config.meaning.ring_size_total = 1;
  EXPECT_EQ(agent_options(config, "n").host.events, 1U << 16);
  config.meaning.ring_size_total = 1ULL << 40;
  EXPECT_EQ(agent_options(config, "n").host.events, 1U << 30);
  EXPECT_EQ(agent_options(config, "n").process.node_name, "n");
}

}  // namespace
}  // namespace tripline
