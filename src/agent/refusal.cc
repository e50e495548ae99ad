// SPDX-License-Identifier: Apache-2.0
#include "agent/refusal.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace tripline {
namespace {

constexpr std::string_view kNoName = "metadata.name: Required value: name or generateName is required";
constexpr std::string_view kBadName =
    ": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
    "must start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kJson = "error unmarshaling JSON: while decoding JSON: json: ";

// What stands in `text` between `before` at its start and the first `after`.
std::optional<std::string> between(std::string_view text, std::string_view before, std::string_view after) {
  if (!text.starts_with(before)) return std::nullopt;
  text.remove_prefix(before.size());
  const size_t end = after.empty() ? text.size() : text.find(after);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(0, end));
}

std::string without_place(const Diagnostic& one) {
  std::string out = one.message;
  if (!one.expected.empty()) out += "; expected " + one.expected;
  if (!one.hint.empty()) out += "; " + one.hint;
  return out;
}

std::string with_place(const Diagnostic& one) {
  std::string out;
  if (one.span.line > 0)
    out += "line " + std::to_string(one.span.line) + ", column " + std::to_string(one.span.column) + ": ";
  return out + without_place(one);
}

std::string invalid(const Diagnostic& one) {
  const std::string_view message = one.message;
  if (const auto field = between(message, "the field \"", "\" is missing here")) {
    if (*field == "metadata") return std::string(kNoName) + "\n.metadata in body is required";
    if (*field == "spec") return ".spec in body is required";
  }
  if (message == "the field \"name\" is missing in metadata") return std::string(kNoName);
  if (message == "the field \"namespace\" is missing in metadata")
    return "metadata.namespace: Required value";
  if (message == "a TracingPolicy has no namespace")
    return "metadata.namespace: Forbidden: not allowed on this type";
  if (const auto name = between(message, "\"", "\" is not a valid policy name"))
    return name->empty() ? std::string(kNoName)
                         : "metadata.name: Invalid value: \"" + *name + "\"" + std::string(kBadName);
  return with_place(one);
}

// The scalar that stands there, without quotes.
std::string word_at(const Source& source, Span span) {
  std::string_view line = source.line(span.line);
  line.remove_prefix(std::min(line.size(), static_cast<size_t>(std::max(span.column - 1, 0))));
  if (line.starts_with('"') || line.starts_with('\'')) line.remove_prefix(1);
  return std::string(line.substr(0, line.find_first_of("\"' \r")));
}

std::string lines_of(const Diagnostics& diagnostics, std::string (*line)(const Diagnostic&)) {
  std::string out;
  for (const Diagnostic& each : diagnostics.all()) {
    if (each.severity != Severity::kError) continue;
    if (!out.empty()) out += '\n';
    out += line(each);
  }
  return out;
}

std::string section_of(const Diagnostic& one, std::span<const HookPlace> places) {
  const auto found = std::ranges::find_if(places, [&](const HookPlace& place) {
    return place.span.line == one.span.line && place.span.column == one.span.column;
  });
  return found == places.end() ? "spec" : found->section;
}

// A hook that the kernel does not have.
std::optional<std::string> missing_hook(const Diagnostic& one, const std::string& section) {
  const std::string kprobe =
      "validation failed: error in " + section + ": kprobe spec pre-validation failed: validation error: ";
  if (const auto name = between(one.message, "this kernel has no function \"", "\""))
    return kprobe + "call \"" + *name + "\": not found";
  if (between(one.message, "this kernel has no system call \"", "\"")) {
    const size_t at = one.message.rfind("(looked for \"");
    const std::string function =
        at == std::string::npos ? "" : between(one.message.substr(at), "(looked for \"", "\"").value_or("");
    return kprobe + "syscall \"" + function + "\" (or \"" + function + "\") not found";
  }
  if (const auto name = between(one.message, "this kernel has no tracepoint \"", "\"")) {
    return "tracepoint validation failed: error in " + section + ": tracepoint " + *name +
           " not supported: failed to parse tracepoint format: open /sys/kernel/tracing/events/" + *name +
           "/format: no such file or directory";
  }
  if (const auto name = between(one.message, "this kernel has no LSM hook \"", "\"")) {
    return "lsm validation failed: error in " + section + ": lsm hook \"" + *name +
           "\" not found in BTF (looked up \"bpf_lsm_" + *name +
           "\"): not found, please check if the hook exists or if your kernel supports BTF for lsm hooks, as "
           "an "
           "alternative, consider switching to kprobes";
  }
  return std::nullopt;
}

// An enforcer that cannot be.
std::optional<std::string> bad_enforcer(const Diagnostic& one) {
  constexpr std::string_view kNeither = "\" is neither a system call nor a security function";
  if (one.message.ends_with(kNeither)) {
    const std::string call = one.message.substr(1, one.message.size() - 1 - kNeither.size());
    return "enforcer sensor requires either syscall or security_ functions and symbol '" + call +
           "' appears to be neither";
  }
  if (one.message == "override-return cannot be used with security functions")
    return "enforcer: can't override security function with override-return";
  return std::nullopt;
}

// What is only for some pods, where there is no Kubernetes or no policy filter. `policy`: what messages begin with.
std::optional<std::string> unfiltered(const Diagnostic& one, const std::string& policy) {
  for (const char* selector : {"podSelector", "containerSelector"}) {
    if (one.message == std::string(selector) + " needs Kubernetes")
      return std::string(selector) + " not allowed in non-k8s environment";
  }
  if (one.message == "matchWorkloads needs the policy filter, which is off")
    return policy +
           "parseMatchWorkloads  error: parseMatchWorkloads: failed to add policy: policyfilter is disabled";
  return std::nullopt;
}

}  // namespace

std::string refused_document(const Document& document) {
  const Diagnostics& diagnostics = document.diagnostics;
  const auto& all = diagnostics.all();
  const auto first =
      std::ranges::find_if(all, [](const Diagnostic& one) { return one.severity == Severity::kError; });
  if (first == all.end()) return {};
  if (first->message == "the document is empty: it has no kind") return "unknown CRD kind: ";
  if (const auto kind = between(first->message, "unknown kind \"", "\"")) return "unknown CRD kind: " + *kind;
  if (const auto why = between(first->message, "invalid YAML: ", ""))
    return "failed to unmarshal YAML: error converting YAML to JSON: yaml: line " +
           std::to_string(first->span.line) + ": " + *why;
  if (first->message == "this is a string" && first->expected == "a mapping" && first->span.line == 1)
    return "failed to unmarshal YAML: " + std::string(kJson) +
           "cannot unmarshal string into Go value of type map[string]interface {}";
  if (const auto field = between(first->message, "unknown field \"", "\"")) {
    return "failed to unmarshal into typed object: " + std::string(kJson) + "unknown field \"" + *field +
           "\"";
  }
  if (first->message.starts_with("this name has "))
    return "validation failed: metadata.name: Invalid value: \"" + word_at(document.source, first->span) +
           "\": must be no more than 253 bytes";
  return "validation failed: " + lines_of(diagnostics, invalid);
}

std::vector<HookPlace> hook_places(const Policy& policy) {
  std::vector<HookPlace> out;
  const auto add = [&out](std::string_view list, size_t index, Span span) {
    out.push_back({span, "spec." + std::string(list) + "[" + std::to_string(index) + "]"});
  };
  const policy::Spec& spec = policy.spec;
  for (size_t n = 0; n < spec.kprobes.size(); ++n) add("kprobes", n, spec.kprobes[n].call.span);
  for (size_t n = 0; n < spec.fentries.size(); ++n) add("fentries", n, spec.fentries[n].call.span);
  for (size_t n = 0; n < spec.tracepoints.size(); ++n) add("tracepoints", n, spec.tracepoints[n].event.span);
  for (size_t n = 0; n < spec.lsm_hooks.size(); ++n) add("lsmHooks", n, spec.lsm_hooks[n].hook.span);
  return out;
}

std::string refused_policy(const std::string& name, const Diagnostics& diagnostics,
                           std::span<const HookPlace> places) {
  const std::string head = "policy handler 'tracing' failed loading policy '" + name + "': ";
  for (const Diagnostic& each : diagnostics.all()) {
    if (each.severity != Severity::kError) continue;
    if (const auto text = bad_enforcer(each))
      return "policy handler 'enforcer' failed loading policy '" + name + "': " + *text;
    if (each.message.starts_with("NotifyEnforcer needs an enforcer"))
      return head + "validation failed: NotifyEnforcer action specified, but spec contains no enforcers";
    // As there, the first mistake ends it.
    if (auto text = unfiltered(each, head)) return *std::move(text);
    if (auto text = missing_hook(each, section_of(each, places))) return head + *std::move(text);
    break;
  }
  return head + lines_of(diagnostics, with_place);
}

std::optional<Mistake> mistake_in(const Diagnostics& diagnostics) {
  const auto first = std::ranges::find(diagnostics.all(), Severity::kError, &Diagnostic::severity);
  if (first == diagnostics.all().end()) return {};
  return Mistake{first->span.line, first->span.column, without_place(*first)};
}

std::string first_mistake(const Source& source, const Diagnostics& diagnostics) {
  const auto first = std::ranges::find(diagnostics.all(), Severity::kError, &Diagnostic::severity);
  if (first == diagnostics.all().end()) return source.name;
  const std::string whole = render(source, *first);
  std::string out = whole.substr(0, whole.find('\n'));
  if (const size_t more = diagnostics.errors() - 1; more > 0)
    out += " (and " + std::to_string(more) + " more)";
  return out;
}

}  // namespace tripline
