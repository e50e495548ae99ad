// SPDX-License-Identifier: Apache-2.0
#include "config/sources.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/diagnostics.h"
#include "base/fd.h"
#include "base/go_text.h"
#include "policy/parse/yaml.h"

namespace tripline::config {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;
constexpr std::string_view kPrefix = "TETRAGON_";

std::string real_path(const Surroundings& here, const std::string& path) {
  return here.root + (path.starts_with('/') ? path : here.folder + "/" + path);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n\v\f\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

// The whole of a regular file. The error is what went wrong, in the manner of `open PATH: permission denied`.
std::expected<std::string, std::string> read_file(const Surroundings& here, const std::string& path) {
  const Fd file(open(real_path(here, path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return std::unexpected("open " + path + ": " + go_error(errno));
  std::string text;
  char buffer[8192];
  for (;;) {
    const ssize_t count = read(file.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected("read " + path + ": " + go_error(errno));
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > kLargestFile) return std::unexpected("read " + path + ": larger than 1 MiB");
  }
}

std::vector<std::string_view> names_of_keys() {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) names.push_back(key.flag.name);
  return names;
}

void warn_of_unknown(std::string_view key, const std::string& place, Findings& findings) {
  LogLine line{LogLevel::kWarning,
               "Unknown configuration key, it is ignored",
               {{"key", std::string(key)}, {"source", place}}};
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  if (const std::string meant = nearest(lower, names_of_keys()); !meant.empty())
    line.fields.emplace_back("nearest", meant);
  findings.warnings.push_back(std::move(line));
}

// The names in a folder, sorted. errno is set when it cannot be read.
std::optional<std::vector<std::string>> names_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path.c_str()), closedir);
  if (!folder) return std::nullopt;
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder.get())) names.emplace_back(entry->d_name);
  std::ranges::sort(names);
  return names;
}

void read_entries(const Surroundings& here, const std::string& folder, std::span<const std::string> names,
                  Findings& findings) {
  for (const std::string& name : names) {
    // "..data" and the like are how Kubernetes replaces all files of a folder at once.
    if (name == "." || name.starts_with("..")) continue;
    const std::string path = folder + (folder.ends_with('/') ? "" : "/") + name;
    struct stat status{};
    if (stat(real_path(here, path).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const Key* key = find_key(name);
    if (key == nullptr) {
      warn_of_unknown(name, path, findings);
      continue;
    }
    const auto text = read_file(here, path);
    if (!text) {
      findings.warnings.push_back({LogLevel::kWarning,
                                   "Failed to read configuration file, it is ignored",
                                   {{"error", text.error()}}});
      continue;
    }
    findings.values[key] = {std::string(trimmed(*text)), {Origin::Source::kDropIn, path}};
  }
}

// A scalar of YAML as the text of a key.
std::string scalar_text(const policy::Node& node, const Key& key) {
  using Kind = policy::Node::Kind;
  if (node.kind == Kind::kNull) return {};
  if (node.kind == Kind::kBoolean && key.flag.type == flags::Type::kBool)
    return node.boolean ? "true" : "false";
  if (node.kind == Kind::kNumber && node.integer &&
      (key.flag.type == flags::Type::kInt || key.flag.type == flags::Type::kUint))
    return node.plain_text();
  return node.text;
}

bool is_scalar(const policy::Node& node) {
  return node.kind != policy::Node::Kind::kSequence && node.kind != policy::Node::Kind::kMapping;
}

Given yaml_value(const policy::Node& node, const Key& key, Origin from) {
  if (is_scalar(node)) return {scalar_text(node, key), std::move(from)};
  if (node.kind == policy::Node::Kind::kMapping) return {Misfit{"a mapping is not a value"}, std::move(from)};
  if (key.flag.type != flags::Type::kStrings) return {Misfit{"this key takes no list"}, std::move(from)};
  std::vector<std::string> list;
  for (const policy::Node* item : node.items) {
    if (!is_scalar(*item)) return {Misfit{"a list may contain only strings"}, std::move(from)};
    list.push_back(item->text);
  }
  return {std::move(list), std::move(from)};
}

LogLine broken_yaml(const std::string& path, const Diagnostics& diagnostics) {
  LogLine line{LogLevel::kWarning, "Failed to read configuration file, it is ignored", {{"source", path}}};
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity != Severity::kError) continue;
    if (one.span.line > 0) line.fields[0].second += fmt::format(":{}:{}", one.span.line, one.span.column);
    line.fields.emplace_back("error", one.message);
    break;
  }
  return line;
}

}  // namespace

void read_drop_ins(const Surroundings& here, const std::string& folder, Findings& findings) {
  const auto names = names_in(real_path(here, folder));
  if (names) {
    read_entries(here, folder, *names, findings);
  } else if (errno != ENOENT) {
    findings.warnings.push_back({LogLevel::kWarning,
                                 "Failed to read configuration folder, it is ignored",
                                 {{"error", "open " + folder + ": " + go_error(errno)}}});
  }
}

std::expected<void, std::string> read_config_dir(const Surroundings& here, const std::string& folder,
                                                 Findings& findings) {
  struct stat status{};
  if (stat(real_path(here, folder).c_str(), &status) != 0)
    return std::unexpected("stat " + folder + ": " + go_error(errno));
  if (!S_ISDIR(status.st_mode)) return std::unexpected("'" + folder + "' is not a directory");
  const auto names = names_in(real_path(here, folder));
  if (!names) return std::unexpected("open " + folder + ": " + go_error(errno));
  read_entries(here, folder, *names, findings);
  return {};
}

void read_yaml_file(const Surroundings& here, const std::string& path, Findings& findings) {
  struct stat status{};
  if (stat(real_path(here, path).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  auto text = read_file(here, path);
  if (!text) {
    findings.warnings.push_back(
        {LogLevel::kWarning, "Failed to read configuration file, it is ignored", {{"error", text.error()}}});
    return;
  }
  Diagnostics diagnostics;
  const Source source{path, std::move(*text)};
  const auto document = policy::read_yaml(source, diagnostics);
  const policy::Node* root = document ? document->root : nullptr;
  if (root && root->kind == policy::Node::Kind::kNull) root = nullptr;
  if (root && root->kind != policy::Node::Kind::kMapping)
    diagnostics.error(root->span, "this is not a mapping of keys to values");
  if (!document || diagnostics.has_errors()) {
    findings.warnings.push_back(broken_yaml(path, diagnostics));
    return;
  }
  if (!root) return;
  for (const policy::Node::Entry& entry : root->entries) {
    const std::string place = fmt::format("{}:{}", path, entry.key_span.line);
    const Key* key = find_key(entry.key);
    if (key == nullptr) {
      warn_of_unknown(entry.key, place, findings);
      continue;
    }
    findings.values[key] = yaml_value(*entry.value, *key, {Origin::Source::kYaml, place});
  }
}

void read_environment(const Surroundings& here, Findings& findings) {
  std::vector<std::string> known;
  for (const Key& key : keys()) known.push_back(environment_name(key.flag.name));
  std::vector<std::string_view> candidates;
  for (const std::string_view name : known) candidates.push_back(name.substr(kPrefix.size()));
  for (const std::string_view variable : here.environment) {
    const size_t equals = variable.find('=');
    if (equals == std::string_view::npos || !variable.starts_with(kPrefix)) continue;
    const std::string_view name = variable.substr(0, equals);
    const std::string_view value = variable.substr(equals + 1);
    if (const auto at = std::ranges::find(known, name); at != known.end()) {
      const Key& key = keys()[static_cast<size_t>(at - known.begin())];
      if (!value.empty())
        findings.values[&key] = {std::string(value), {Origin::Source::kEnvironment, std::string(name)}};
      continue;
    }
    // Kubernetes puts variables of its own there (TETRAGON_PORT): only what looks like a slip is worth a word.
    const std::string meant = nearest(name.substr(kPrefix.size()), candidates);
    if (meant.empty()) continue;
    findings.warnings.push_back(
        {LogLevel::kWarning,
         "Unknown environment variable, it is ignored",
         {{"variable", std::string(name)}, {"nearest", std::string(kPrefix) + meant}}});
  }
}

}  // namespace tripline::config
