// SPDX-License-Identifier: Apache-2.0
#include "pods/scope.h"

#include <algorithm>
#include <array>

namespace tripline {
namespace {

constexpr std::string_view kNamespaceKey = "k8s:io.kubernetes.pod.namespace";

bool meets(const Requirement& requirement, std::optional<std::string_view> value) {
  const auto listed = [&] {
    return std::ranges::find(requirement.values, *value) != requirement.values.end();
  };
  switch (requirement.op) {
    case Requirement::Operator::kIn:
      return value && listed();
    case Requirement::Operator::kNotIn:
      return !value || !listed();
    case Requirement::Operator::kExists:
      return value.has_value();
    case Requirement::Operator::kDoesNotExist:
      return !value;
  }
  return false;
}

std::optional<std::string_view> label_of(const Pod& pod, const std::string& key) {
  if (key == kNamespaceKey) return pod.name_space;
  const auto found = pod.labels.find(key);
  return found == pod.labels.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::string text_of(const Requirements& requirements) {
  std::string out;
  for (const Requirement& one : requirements) {
    constexpr std::array<std::string_view, 4> kOperators = {" In", " NotIn", " Exists", " DoesNotExist"};
    out += (out.empty() ? " " : ", ") + one.key;
    out += kOperators[static_cast<size_t>(one.op)];
    for (const std::string& value : one.values) out += " \"" + value + "\"";
  }
  return out;
}

}  // namespace

bool meets(const Requirements& requirements, const Labels& labels) {
  return std::ranges::all_of(requirements, [&](const Requirement& one) {
    const auto found = labels.find(one.key);
    return meets(one, found == labels.end() ? std::nullopt : std::optional<std::string_view>(found->second));
  });
}

std::string text_of(const Scope& scope) {
  std::string out;
  if (scope.containers) {
    const Scope::Containers& wanted = *scope.containers;
    out = "containers";
    if (wanted.name_space) out += " of namespace \"" + *wanted.name_space + "\"";
    if (!wanted.pod.empty()) out += " whose pod has" + text_of(wanted.pod);
    if (!wanted.container.empty())
      out += (wanted.pod.empty() ? " which have" : " and which have") + text_of(wanted.container);
  }
  if (scope.host) out += out.empty() ? "the host" : "; the host";
  return out.empty() ? "nobody" : out;
}

std::string repository_of(std::string_view image) {
  // Docker's shim writes its own scheme before the reference.
  constexpr std::string_view kPullable = "docker-pullable://";
  if (image.starts_with(kPullable)) image.remove_prefix(kPullable.size());
  image = image.substr(0, image.find('@'));
  // A colon before the last slash is a port's.
  const size_t slash = image.rfind('/');
  const size_t colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  return std::string(image.substr(0, colon));
}

bool admits(const Scope& scope, const Pod& pod, const Container& container) {
  if (!scope.containers) return false;
  const Scope::Containers& wanted = *scope.containers;
  if (wanted.name_space && *wanted.name_space != pod.name_space) return false;
  if (!std::ranges::all_of(wanted.pod,
                           [&](const Requirement& one) { return meets(one, label_of(pod, one.key)); }))
    return false;
  // An id without a digest names no repository: it is that of an image that was never pulled.
  const bool has_digest = container.image_id.contains('@');
  const std::string repository = repository_of(has_digest ? container.image_id : container.image);
  return std::ranges::all_of(wanted.container, [&](const Requirement& one) {
    if (one.key == "name") return meets(one, container.name);
    if (one.key == "repo") return meets(one, repository);
    return meets(one, std::nullopt);
  });
}

}  // namespace tripline
