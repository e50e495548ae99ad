// SPDX-License-Identifier: Apache-2.0
// Names that others choose: cgroups, container ids, images, label selectors, addresses, the arguments of processes.
#include <string>
#include <vector>

#include "base/go_text.h"
#include "base/utf8.h"
#include "filter/label_selector.h"
#include "fuzz/input.h"
#include "kube/access.h"
#include "kube/json.h"
#include "pods/container_id.h"
#include "pods/oci_path.h"
#include "pods/probe.h"
#include "pods/scope.h"

namespace {

using namespace tripline;
using fuzz::require;

bool is_within(std::string_view part, std::string_view text) {
  return part.empty() ||
         (part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size());
}

void try_cgroup(std::string_view text) {
  for (const bool cut : {false, true}) require(is_within(container_in_name(text, cut), text));
  const std::string_view in_path = container_in_path(text);
  require(is_within(in_path, text) && !in_path.contains('/'));
  require(is_within(container_in_lines(text), text));
  require(pod_in_path(text).size() <= 36);
  require(shown_container_id(text).size() <= kShownContainerId);
  const auto path = cgroup_of_oci_path(text);
  if (!path) return require(!path.error().text().empty());
  require(!path->empty() && !path->starts_with('/') && !("/" + *path + "/").contains("/../"));
}

void try_labels(std::string_view text) {
  const auto selector = LabelSelector::parse(text);
  if (!selector) return require(!selector.error().empty());
  const bool matches = selector->matches({{"app", "x"}, {"tier", "5"}});
  require(matches == selector->matches({{"tier", "5"}, {"app", "x"}}));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  try_cgroup(text);
  try_labels(text);
  require(repository_of(text).size() <= size + std::string_view("docker.io/library/").size());
  kube::Access access;
  if (kube::read_address(text, access)) require(!access.host.empty() && access.port != 0);

  const std::vector<std::string> words = split_arguments(text);
  size_t all = 0;
  for (const std::string& word : words) all += word.size();
  require(all <= size);
  require(!may_be_probe({}, "/bin/x", text));

  std::string_view rest = text;
  bool is_text = true;
  while (is_text && !rest.empty()) {
    const Character character = first_character(rest);
    require(character.length <= 4 && character.length <= rest.size());
    is_text = character.length > 0;
    rest.remove_prefix(character.length);
  }
  require(go_quoted(text).size() >= 2);
  if (is_text) {
    const auto quoted = kube::read_json(kube::json_quoted(text));
    require(quoted && quoted->text == text);
  }
  return 0;
}
