// SPDX-License-Identifier: Apache-2.0
#include "client/generate.h"

#include <utility>

#include "base/syscalls.h"
#include "client/yaml_out.h"

namespace tripline::client {
namespace {

Yaml text(std::string_view value) { return {std::string(value)}; }
Yaml word(std::string_view value) { return {YamlWord{std::string(value)}}; }

Yaml hook(const std::string& call, bool syscall, const std::string& binary) {
  YamlMap map{{"call", text(call)},
              {"message", text("")},
              {"return", word("false")},
              {"syscall", word(syscall ? "true" : "false")}};
  if (!binary.empty()) {
    const Yaml filter{YamlMap{{"operator", text("In")}, {"values", {YamlList{text(binary)}}}}};
    map.emplace_back("selectors", Yaml{YamlList{{YamlMap{{"matchBinaries", {YamlList{filter}}}}}}});
  }
  return {std::move(map)};
}

YamlList syscall_names() {
  YamlList names;
  for (const std::string_view name : x64_syscall_names()) names.push_back(text("sys_" + std::string(name)));
  return names;
}

Yaml all_syscalls(const std::string& binary) {
  YamlList hooks;
  for (const std::string_view name : x64_syscall_names())
    hooks.push_back(hook("sys_" + std::string(name), true, binary));
  return {YamlMap{{"kprobes", {std::move(hooks)}}}};
}

Yaml all_syscalls_list(const std::string& binary) {
  Yaml list{YamlMap{{"name", text("syscalls")}, {"type", text("syscalls")}, {"values", {syscall_names()}}}};
  return {YamlMap{{"kprobes", {YamlList{hook("list:syscalls", true, binary)}}},
                  {"lists", {YamlList{std::move(list)}}}}};
}

Yaml ftrace_list(const std::string& binary, const std::string& regex) {
  Yaml list{YamlMap{{"name", text("ftrace")},
                    {"pattern", text(regex.empty() ? ".*" : regex)},
                    {"type", text("generated_ftrace")}}};
  return {YamlMap{{"kprobes", {YamlList{hook("list:ftrace", false, binary)}}},
                  {"lists", {YamlList{std::move(list)}}}}};
}

}  // namespace

std::optional<std::string> generated_policy(std::string_view what, const std::string& binary,
                                            const std::string& regex) {
  Yaml spec{YamlMap{}};
  if (what == "all-syscalls")
    spec = all_syscalls(binary);
  else if (what == "all-syscalls-list")
    spec = all_syscalls_list(binary);
  else if (what == "ftrace-list")
    spec = ftrace_list(binary, regex);
  else if (what != "empty")
    return std::nullopt;
  const Yaml policy{
      YamlMap{{"apiVersion", text("cilium.io/v1alpha1")},
              {"kind", text("TracingPolicy")},
              {"metadata", {YamlMap{{"creationTimestamp", word("null")}, {"name", text(what)}}}},
              {"spec", std::move(spec)}}};
  return yaml_text(policy, YamlStyle::kTwo);
}

}  // namespace tripline::client
