// SPDX-License-Identifier: Apache-2.0
#include "oci/setup.h"

#include "kube/json.h"
#include "oci/folder.h"

namespace tripline::oci {
namespace {

TEST(Setup, InstallsAndRemoves) {
  const auto folder = fresh_folder();
  put(folder / "source", "a program");
  for (const char* each : {"local", "hooks"}) std::filesystem::create_directories(folder / each);
  const oci::Setup setup{.program = folder / "source",
                         .local_folder = folder / "local",
                         .host_folder = "/opt/tetragon",
                         .hooks_folder = folder / "hooks",
                         .arguments = {"--fail-allow-namespaces", "a,\"b\""}};
  for (int twice = 0; twice < 2; ++twice) {
    const auto done = install(setup);
    ASSERT_TRUE(done) << done.error().text();
  }
  EXPECT_EQ(contents(folder / "local/tetragon-oci-hook"), "a program");
  EXPECT_NE(std::filesystem::status(folder / "local/tetragon-oci-hook").permissions() &
                std::filesystem::perms::others_exec,
            std::filesystem::perms::none);
  const auto json = kube::read_json(contents(folder / "hooks/tetragon-oci-hook.json"));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("version").text, "1.0.0");
  EXPECT_EQ(json->at("hook").at("path").text, "/opt/tetragon/tetragon-oci-hook");
  std::vector<std::string> args;
  for (const auto& each : json->at("hook").at("args").items) args.push_back(each.text);
  EXPECT_EQ(args, (std::vector<std::string>{"/opt/tetragon/tetragon-oci-hook", "createRuntime", "--log-fname",
                                            "/opt/tetragon/tetragon-oci-hook.log", "--fail-allow-namespaces",
                                            "a,\"b\""}));
  EXPECT_TRUE(json->at("when").at("always").is_true());
  EXPECT_EQ(json->at("stages").items.at(0).text, "createRuntime");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "local"), {}), 1);
  for (int twice = 0; twice < 2; ++twice) EXPECT_TRUE(uninstall(setup));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "local"));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "hooks"));
}

TEST(Setup, WithoutTheProgramNothingIsInstalled) {
  const auto folder = fresh_folder();
  const oci::Setup setup{.program = folder / "none",
                         .local_folder = folder,
                         .host_folder = folder,
                         .hooks_folder = folder,
                         .arguments = {}};
  EXPECT_FALSE(install(setup));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace
}  // namespace tripline::oci
