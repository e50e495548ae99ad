// SPDX-License-Identifier: Apache-2.0
// What a container runtime's hook reads: a config.json, its own settings, and the rules for a container of which no agent was
// told. The parts are divided by NULs: the configuration, the settings, an expression of CEL, a pattern.
#include <string>

#include "flags/parse.h"
#include "fuzz/input.h"
#include "fuzz/temporary.h"
#include "kube/json.h"
#include "oci/bundle.h"
#include "oci/fail_rules.h"
#include "oci/settings.h"

namespace {

using namespace tripline;
using fuzz::require;

void try_bundle(const fuzz::Folder& folder, std::string_view text, oci::FailRules rules) {
  folder.put("config.json", text);
  const auto bundle = oci::find_bundle(folder.path());
  if (!bundle) return require(!bundle.error().text().empty());
  if (const auto notice = oci::notice_of(*bundle)) {
    require(notice->cgroups_path.starts_with('/') && notice->cgroups_path.size() > 1);
    require(!(notice->cgroups_path + "/").contains("/../"));
    require(notice->annotations == bundle->annotations);
  } else {
    require(!notice.error().text().empty());
  }
  (void)oci::refusal(rules, bundle->annotations);
  rules.expression.clear();
  (void)oci::refusal(rules, bundle->annotations);
}

void try_settings(const fuzz::Folder& folder, std::string_view text) {
  folder.put("tetragon-oci-hook.json", text);
  const auto parsed = flags::parse(oci::hook_command(), {});
  const auto settings = oci::read_settings(std::get<flags::Parsed>(parsed), folder.path("hook"));
  if (!settings) return require(!settings.error().empty());
  // What is printed can be used as the file.
  const std::string printed = oci::settings_text(*settings);
  folder.put("tetragon-oci-hook.json", printed);
  const auto again = oci::read_settings(std::get<flags::Parsed>(parsed), folder.path("hook"));
  require(again && oci::settings_text(*again) == printed);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const fuzz::Folder kFolder;
  auto parts = fuzz::parts_of(fuzz::text_of(data, size), '\0', 4);
  parts.resize(4);
  try_bundle(kFolder, parts[0],
             {.namespace_keys = {"ns"},
              .allowed = {"kube-system"},
              .allowed_patterns = {std::string(parts[3])},
              .expression = std::string(parts[2])});
  try_settings(kFolder, parts[1]);
  return 0;
}
