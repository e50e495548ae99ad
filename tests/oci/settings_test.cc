// SPDX-License-Identifier: Apache-2.0
#include "oci/settings.h"

#include <variant>

#include "oci/folder.h"

namespace tripline::oci {
namespace {

std::expected<Settings, std::string> settings(const std::vector<std::string_view>& args,
                                              const std::filesystem::path& folder) {
  const flags::Outcome outcome = flags::parse(hook_command(), args);
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) return std::unexpected(refusal->message);
  return read_settings(std::get<flags::Parsed>(outcome), folder / "tetragon-oci-hook");
}

TEST(HookSettings, Defaults) {
  const auto folder = fresh_folder();
  const auto found = settings({"createRuntime"}, folder);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->stage, "createRuntime");
  EXPECT_EQ(found->log_file, (folder / "tetragon-oci-hook.log").string());
  EXPECT_EQ(found->address, "unix:///var/run/tetragon/tetragon.sock");
  EXPECT_EQ(found->timeout, std::chrono::seconds(10));
  EXPECT_EQ(found->rules.allowed, std::vector<std::string>{"kube-system"});
  EXPECT_EQ(found->rules.namespace_keys.size(), 2U);
}

TEST(HookSettings, FileThenFlags) {
  const auto folder = fresh_folder();
  put(folder / "tetragon-oci-hook.json",
      R"({"grpc-address":"unix:///x","grpc-timeout":"3s","fail-allow-namespaces":["a","b"],"disable-grpc":true,"log-level":"error"})");
  const auto found =
      settings({"--grpc-timeout=1s", "--fail-allow-namespaces-regex", "^c", "createRuntime"}, folder);
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->address, "unix:///x");
  EXPECT_EQ(found->timeout, std::chrono::seconds(1));
  EXPECT_EQ(found->rules.allowed, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found->rules.allowed_patterns, std::vector<std::string>{"^c"});
  EXPECT_TRUE(found->only_logs);
  EXPECT_EQ(found->log_level, LogLevel::kError);
  EXPECT_TRUE(settings_text(*found).contains(R"("fail-allow-namespaces":["a","b"])"));
}

TEST(HookSettings, Refusals) {
  const auto folder = fresh_folder();
  put(folder / "tetragon-oci-hook.json", R"({"grpc-adress":"x"})");
  EXPECT_TRUE(settings({}, folder).error().ends_with(": unknown setting grpc-adress"));
  put(folder / "tetragon-oci-hook.json", R"({"grpc-timeout":"soon"})");
  EXPECT_TRUE(settings({}, folder).error().contains("grpc-timeout: "));
  put(folder / "tetragon-oci-hook.json", "[]");
  EXPECT_TRUE(settings({}, folder).error().ends_with("is not a JSON object"));
}

}  // namespace
}  // namespace tripline::oci
