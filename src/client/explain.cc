// SPDX-License-Identifier: Apache-2.0
#include "client/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "client/schema.h"
#include "client/yaml_out.h"

namespace tripline::client {
namespace {

constexpr std::string_view kVersion = "v1alpha1";
constexpr size_t kWidth = 76;

struct Resource {
  std::string_view kind;
  std::string_view short_name;
  Schema (*schema)();
  std::string_view example;
};
constexpr std::string_view kExample = R"(apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "file-opened"
spec:
  kprobes:
  - call: "fd_install"
    syscall: false
    args:
    - index: 0
      type: "int"
    - index: 1
      type: "file"
    selectors:
    - matchArgs:
      - index: 1
        operator: "Equal"
        values:
        - "/etc/passwd"
)";
constexpr Resource kResources[] = {
    {"TracingPolicy", "tgtp", policy_schema, kExample},
    {"TracingPolicyNamespaced", "tgtpn", policy_schema, ""},
    {"PodInfo", "tgpi", pod_info_schema, ""},
};

bool same_word(std::string_view one, std::string_view other) {
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return std::ranges::equal(one, other, {}, lower, lower);
}

// Broken into lines; lines that there are stay.
std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    // Only a text of one line is ours to break.
    if (end > kWidth && !text.starts_with("More info") && text.substr(0, kWidth + 1).contains(' '))
      end = text.rfind(' ', kWidth);
    out += "     " + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

const Schema& below_lists(const Schema& schema) {
  return schema.type == "array" && schema.items ? below_lists(*schema.items) : schema;
}

bool is_required(const Schema& schema, std::string_view name) {
  return std::ranges::find(schema.required, name) != schema.required.end();
}

std::string fields_text(const Schema& schema) {
  std::string out;
  for (const auto& [name, field] : schema.properties) {
    out += fmt::format("   {}\t<{}>{}\n", name, type_text(field),
                       is_required(schema, name) ? " -required-" : "");
    out += indented(field.description) + "\n";
  }
  return out;
}

std::string fields_tree(const Schema& schema, size_t indent) {
  std::string out;
  for (const auto& [name, field] : schema.properties) {
    out += std::string(indent, ' ') + fmt::format("{}\t<{}>{}\n", name, type_text(field),
                                                  is_required(schema, name) ? " -required-" : "");
    out += fields_tree(below_lists(field), indent + 3);
  }
  return out;
}

std::string text_of(const Resource& resource, std::string_view field, const Schema& schema,
                    const ExplainOptions& options) {
  std::string out = fmt::format("KIND:     {}\nVERSION:  {}\n\n", resource.kind, kVersion);
  if (!field.empty()) out += fmt::format("FIELD:    {} <{}>\n\n", field, type_text(schema));
  if (field.empty() || !schema.description.empty()) {
    const std::string description = indented(schema.description);
    out += "DESCRIPTION:\n" + (description.empty() ? "\n" : description) + "\n";
  }
  if (options.example && field.empty() && !resource.example.empty())
    out += "EXAMPLE:\n" + std::string(resource.example) + "\n";
  const Schema& inner = below_lists(schema);
  if (!inner.properties.empty())
    out += "FIELDS:\n" + (options.recursive ? fields_tree(inner, 3) + "\n" : fields_text(inner));
  return out;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      out += std::string{'\\', c};
    else
      out += c;
  }
  return out + "\"";
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? "," : "") + json_text(text);
  return out + "]";
}

std::string json_of(const Schema& schema) {
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    out += (out.empty() ? "" : ",") + json_text(name) + ":" + value;
  };
  if (!schema.description.empty()) add("description", json_text(schema.description));
  add("type", json_text(schema.type));
  if (!schema.words.empty()) add("enum", json_list(schema.words));
  if (!schema.required.empty()) add("required", json_list(schema.required));
  if (schema.items) add("items", json_of(*schema.items));
  if (!schema.properties.empty()) {
    std::string properties;
    for (const auto& [name, field] : schema.properties)
      properties += (properties.empty() ? "" : ",") + json_text(name) + ":" + json_of(field);
    add("properties", "{" + properties + "}");
  }
  return "{" + out + "}";
}

Yaml yaml_list(const std::vector<std::string>& texts) {
  YamlList list;
  for (const std::string& text : texts) list.push_back({text});
  return {std::move(list)};
}

Yaml yaml_of(const Schema& schema) {
  YamlMap map{{"type", {schema.type}}};
  if (!schema.description.empty()) map.emplace_back("description", Yaml{schema.description});
  if (!schema.words.empty()) map.emplace_back("enum", yaml_list(schema.words));
  if (!schema.required.empty()) map.emplace_back("required", yaml_list(schema.required));
  if (schema.items) map.emplace_back("items", yaml_of(*schema.items));
  if (!schema.properties.empty()) {
    YamlMap properties;
    for (const auto& [name, field] : schema.properties) properties.emplace_back(name, yaml_of(field));
    map.emplace_back("properties", Yaml{std::move(properties)});
  }
  return {std::move(map)};
}

std::vector<std::string> names_of_resources() {
  std::vector<std::string> names;
  for (const Resource& one : kResources) {
    names.emplace_back(one.kind);
    names.emplace_back(one.short_name);
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

std::expected<std::string, std::string> explain(std::string_view path, const ExplainOptions& options) {
  std::vector<std::string_view> parts;
  for (std::string_view rest = path;;) {
    const size_t dot = rest.find('.');
    // The index of a list says nothing here.
    parts.push_back(rest.substr(0, dot).substr(0, rest.substr(0, dot).find('[')));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  const auto* resource = std::ranges::find_if(kResources, [&](const Resource& one) {
    return same_word(one.kind, parts[0]) || same_word(one.short_name, parts[0]);
  });
  if (resource == std::end(kResources)) {
    return std::unexpected(fmt::format("unsupported resource: {} (supported resources: {})", parts[0],
                                       fmt::join(names_of_resources(), ", ")));
  }
  if (!options.api_version.empty() && options.api_version != kVersion)
    return std::unexpected("version " + options.api_version + " not found");

  const Schema root = resource->schema();
  const Schema* schema = &root;
  std::string_view field;
  for (size_t at = 1; at < parts.size(); ++at) {
    field = parts[at];
    const Schema& parent = below_lists(*schema);
    const auto next = std::ranges::find(parent.properties, field,
                                        [](const auto& entry) { return std::string_view(entry.first); });
    if (next == parent.properties.end()) {
      std::vector<std::string> names;
      for (const auto& [name, one] : parent.properties) names.push_back(name);
      return std::unexpected(fmt::format("field {} not found in {} (available fields: {})", go_quoted(field),
                                         go_quoted(path), fmt::join(names, ", ")));
    }
    schema = &next->second;
  }
  if (options.output == "json") return json_of(*schema) + "\n";
  if (options.output == "yaml") return yaml_text(yaml_of(*schema), YamlStyle::kTwo);
  return text_of(*resource, field, *schema, options);
}

std::string resource_list() {
  std::string out = fmt::format("{:<25}{}\n", "NAME", "SHORTNAMES");
  for (const Resource& one : kResources) out += fmt::format("{:<25}{}\n", one.kind, one.short_name);
  return out;
}

}  // namespace tripline::client
