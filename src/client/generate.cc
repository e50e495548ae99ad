// SPDX-License-Identifier: Apache-2.0
#include "client/generate.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <vector>

#include "base/go_text.h"
#include "base/syscalls.h"
#include "policy/parse/yaml_out.h"

namespace tripline {
namespace {

using Text = std::expected<std::string, std::string>;

std::string head(std::string_view name) {
  return fmt::format(
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  creationTimestamp: null\n  name: "
      "{}\n",
      name);
}

// As it is where a reader takes that for a text.
std::string binary_text(const std::string& binary) { return std::get<YamlScalar>(yaml_text(binary).is).text; }

std::string kprobe(std::string_view call, bool syscall, const std::string& binary) {
  std::string out = fmt::format("  - call: {}\n    message: \"\"\n    return: false\n", call);
  if (!binary.empty()) {
    out += fmt::format(
        "    selectors:\n    - matchBinaries:\n      - operator: In\n        values:\n        - {}\n",
        binary_text(binary));
  }
  return out + fmt::format("    syscall: {}\n", syscall);
}

std::string list(std::string_view name, std::string_view type, bool validated,
                 const std::vector<std::string>& values) {
  std::string out = fmt::format("  lists:\n  - name: {}\n", name);
  if (!type.empty()) out += fmt::format("    type: {}\n", type);
  if (validated) out += "    validated: true\n";
  out += "    values:\n";
  for (const std::string& value : values) out += fmt::format("    - {}\n", value);
  return out;
}

std::vector<std::string> syscalls() {
  std::vector<std::string> out;
  for (const std::string_view name : x64_syscall_names()) out.push_back("sys_" + std::string(name));
  return out;
}

Text all_syscalls(const std::string& binary) {
  std::string out = head("syscalls") + "spec:\n  kprobes:\n";
  for (const std::string& call : syscalls()) out += kprobe(call, true, binary);
  return out;
}

Text all_syscalls_list(const std::string& binary) {
  return head("syscalls") + "spec:\n  kprobes:\n" + kprobe("list:syscalls", true, binary) +
         list("syscalls", "syscalls", false, syscalls());
}

Text ftrace_list(const std::string& expression, const std::string& binary) {
  constexpr std::array kFiles = {"/sys/kernel/tracing/available_filter_functions",
                                 "/sys/kernel/debug/tracing/available_filter_functions"};
  const re2::RE2 wanted(expression, re2::RE2::Quiet);
  if (!wanted.ok()) return std::unexpected(fmt::format("failed to compile regex: {}", wanted.error()));
  std::ifstream file(kFiles[0]);
  if (!file) file.open(kFiles[1]);
  if (!file) return std::unexpected(fmt::format("open {}: {}", kFiles[0], go_error(errno)));
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    // Behind the name of one that is in a module stands the module's.
    if (line.contains(' ') || line.contains('\t')) continue;
    if (re2::RE2::PartialMatch(line, wanted)) names.push_back(line);
  }
  return head("ftrace") + "spec:\n  kprobes:\n" + kprobe("list:ftrace", false, binary) +
         list("ftrace", "", true, names);
}

}  // namespace

Text generated_policy(const flags::Parsed& parsed) {
  const std::string& binary = parsed.text("match-binary");
  const std::string_view name = parsed.command().name();
  if (name == "empty") return head("empty") + "spec: {}\n";
  if (name == "all-syscalls") return all_syscalls(binary);
  if (name == "all-syscalls-list") return all_syscalls_list(binary);
  if (name == "ftrace-list") return ftrace_list(parsed.text("regex"), binary);
  return std::unexpected(fmt::format("generating {} is not supported yet", name));
}

}  // namespace tripline
