// SPDX-License-Identifier: Apache-2.0
#include "config/folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "config/daemon.h"

namespace tripline::config {

Folder::Folder() : path_(testing::TempDir() + "/config-XXXXXX") {
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
  make("/cwd");
}
Folder::~Folder() { std::filesystem::remove_all(path_); }

void Folder::write(const std::string& path, std::string_view text) const {
  make(path.substr(0, path.rfind('/')));
  std::ofstream(path_ + path) << text;
}
void Folder::link(const std::string& path, const std::string& to) const {
  make(path.substr(0, path.rfind('/')));
  std::filesystem::create_symlink(path_ + to, path_ + path);
}
void Folder::make(const std::string& path) const { std::filesystem::create_directories(path_ + path); }

Surroundings Folder::here(std::vector<std::string> environment) const {
  return {path_, "/cwd", std::move(environment)};
}

std::expected<Config, LogLine> Folder::load(const std::vector<std::string_view>& args,
                                            std::vector<std::string> environment) const {
  const flags::Outcome outcome = flags::parse(agent_command(), args);
  const auto* parsed = std::get_if<flags::Parsed>(&outcome);
  if (!parsed) return std::unexpected(LogLine{LogLevel::kPanic, std::get<flags::Refusal>(outcome).message});
  return config::load(*parsed, here(std::move(environment)));
}

std::string Folder::refusal(const std::vector<std::string_view>& args,
                            std::vector<std::string> environment) const {
  const auto config = load(args, std::move(environment));
  return config ? "none" : config.error().text();
}

}  // namespace tripline::config
