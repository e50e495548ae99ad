// SPDX-License-Identifier: Apache-2.0
#include "client/generate.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <set>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "base/syscalls.h"
#include "binary/binary.h"
#include "binary/open.h"
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
std::string scalar_text(const std::string& text) { return std::get<YamlScalar>(yaml_text(text).is).text; }

std::string kprobe(std::string_view call, bool syscall, const std::string& binary) {
  std::string out = fmt::format("  - call: {}\n    message: \"\"\n    return: false\n", call);
  if (!binary.empty()) {
    out += fmt::format(
        "    selectors:\n    - matchBinaries:\n      - operator: In\n        values:\n        - {}\n",
        scalar_text(binary));
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

std::expected<binary::Binary, std::string> hooked_file(const std::string& path) {
  if (path.empty()) return std::unexpected("binary is not specified, please use --binary option");
  const auto refuse = [&path](const binary::Refusal& why) {
    return std::unexpected(fmt::format(
        "failed to open '{}': {}", path,
        why.errnum != 0 ? fmt::format("open {}: {}", path, go_error(why.errnum)) : "it " + why.detail));
  };
  const auto file = binary::open_file(path);
  if (!file) return refuse(file.error());
  auto read = binary::read_binary(file->fd.get());
  if (!read) return refuse(read.error());
  return std::move(*read);
}

Text uprobes(const std::string& path) {
  const auto file = hooked_file(path);
  if (!file) return std::unexpected(file.error());
  std::string out = head("uprobes") +
                    fmt::format("spec:\n  uprobes:\n  - message: \"\"\n    path: {}\n", scalar_text(path));
  out += "    return: false\n";
  std::string symbols;
  std::set<std::string_view> seen;  // of a name that several functions have
  for (const binary::Symbol& symbol : file->symbols.all())
    if (symbol.kind == binary::Symbol::Kind::kFunction && seen.insert(symbol.name).second)
      symbols += fmt::format("    - {}\n", scalar_text(std::string(symbol.name)));
  return symbols.empty() ? out : out + "    symbols:\n" + symbols;
}

// By the size and sign that the program says.
std::string_view argument_type(const binary::Operand& operand) {
  if (operand.is_float) return {};
  switch (operand.size) {
    case 1:
      return operand.is_signed ? "int8" : "uint8";
    case 2:
      return operand.is_signed ? "int16" : "uint16";
    case 4:
      return operand.is_signed ? "int32" : "uint32";
    case 8:
      return operand.is_signed ? "int64" : "uint64";
    default:
      return {};
  }
}

Text usdts(const std::string& path) {
  const auto file = hooked_file(path);
  if (!file) return std::unexpected(file.error());
  if (file->probes.empty()) return head("usdts") + "spec: {}\n";
  std::string out = head("usdts") + "spec:\n  usdts:\n";
  std::set<std::pair<std::string, std::string>> seen;  // a probe that is in several places is one hook
  for (const binary::UsdtProbe& probe : file->probes) {
    if (!seen.emplace(probe.provider, probe.name).second) continue;
    std::string_view dash = "-";
    if (!probe.arguments.empty()) {
      out += "  - args:\n";
      dash = " ";
    }
    for (size_t n = 0; n < probe.arguments.size(); ++n) {
      const binary::Operand& operand = probe.arguments[n];
      out += fmt::format("    - index: {}\n      label: {}\n", n, scalar_text(operand.text));
      if (const std::string_view type = argument_type(operand); !type.empty())
        out += fmt::format("      type: {}\n", type);
    }
    out += fmt::format("  {} message: \"\"\n    name: {}\n    path: {}\n    provider: {}\n", dash,
                       scalar_text(probe.name), scalar_text(path), scalar_text(probe.provider));
  }
  return out;
}

}  // namespace

Text generated_policy(const flags::Parsed& parsed) {
  const std::string& binary = parsed.text("match-binary");
  const std::string_view name = parsed.command().name();
  if (name == "empty") return head("empty") + "spec: {}\n";
  if (name == "all-syscalls") return all_syscalls(binary);
  if (name == "all-syscalls-list") return all_syscalls_list(binary);
  if (name == "ftrace-list") return ftrace_list(parsed.text("regex"), binary);
  if (name == "uprobes") return uprobes(parsed.text("binary"));
  return usdts(parsed.text("binary"));
}

}  // namespace tripline
