// SPDX-License-Identifier: Apache-2.0
#include "policy/check/lists.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/syscalls.h"
#include "policy/check/syscall_functions.h"

namespace tripline::policy {
namespace {

constexpr std::string_view kListPrefix = "list:";
constexpr size_t kMostListed = 4'000'000;  // of what all uses of lists stand for

enum class Abi { kX64, kI386, kArm64, kArm32 };

struct AbiInfo {
  Abi abi;
  std::string_view name;
  std::string_view prefix;  // of the kernel functions behind its system calls
};
constexpr auto kAbis = std::to_array<AbiInfo>({
    {Abi::kX64, "x64", "__x64_"},
    {Abi::kI386, "i386", "__ia32_"},
    {Abi::kArm64, "arm64", "__arm64_"},
    {Abi::kArm32, "arm32", "__arm64_"},
});

const AbiInfo& info_of(Abi abi) { return kAbis[static_cast<size_t>(abi)]; }

// An element of a list of system calls: [ABI/][PREFIX]NAME.
struct Element {
  Abi abi = Abi::kX64;
  std::string name;  // with the "sys_" that it was written with
};

bool is_arm(Abi abi) { return abi == Abi::kArm64 || abi == Abi::kArm32; }

// Does a prefix that was written go with an ABI that was written?
bool agrees(std::string_view prefix, Abi abi) {
  if (prefix == "__ia32_") return abi == Abi::kI386;
  if (prefix == "__x64_") return !is_arm(abi);
  return is_arm(abi);
}

std::optional<Element> parse_element(const Checking& checking, const Text& text) {
  std::string_view rest = text.value;
  Element out{.abi = checking.kernel.machine == "aarch64" ? Abi::kArm64 : Abi::kX64, .name = {}};
  std::optional<Abi> named;
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const auto found = std::ranges::find(kAbis, rest.substr(0, slash), &AbiInfo::name);
    if (found == kAbis.end()) {
      checking.out.error(text.span, quoted(rest.substr(0, slash)) + " is not a valid system call ABI",
                         "x64, i386, arm64 or arm32 before the \"/\"");
      return std::nullopt;
    }
    named = found->abi;
    rest.remove_prefix(slash + 1);
  }
  for (const AbiInfo& each : kAbis) {
    if (!rest.starts_with(each.prefix)) continue;
    if (named && !agrees(each.prefix, *named)) {
      checking.out.error(text.span, quoted(text.value) + " contradicts itself: " + std::string(each.prefix) +
                                        " is not " + std::string(info_of(*named).name));
      return std::nullopt;
    }
    if (!named) named = each.abi;
    rest.remove_prefix(each.prefix.size());
    break;
  }
  out.abi = named.value_or(out.abi);
  out.name = rest;
  return out;
}

std::optional<uint32_t> number_of(const Checking& checking, const Text& text) {
  const std::optional<Element> element = parse_element(checking, text);
  if (!element) return std::nullopt;
  std::string_view name = element->name;
  if (name.starts_with("sys_")) name.remove_prefix(4);
  std::optional<uint32_t> number;
  if (element->abi == Abi::kX64) number = x64_syscall(name);
  if (element->abi == Abi::kI386) number = i386_syscall(name);
  if (!number) {
    checking.out.error(text.span, "there is no system call " + quoted(text.value) + " on this machine", {},
                       did_you_mean(name, x64_syscall_names()));
    return std::nullopt;
  }
  return element->abi == Abi::kI386 ? *number | kSyscall32 : *number;
}

// The system calls that this kernel has, and that can be hooked.
std::vector<std::string> syscall_functions(const Kernel& kernel) {
  std::vector<std::string> out;
  for (const std::string_view name : x64_syscall_names()) {
    std::string function = "__x64_sys_" + std::string(x64_syscall_function(name));
    if (kernel.btf && kernel.btf->function(function) && kernel.traceable(function)) {
      out.push_back(std::move(function));
    }
  }
  return out;
}

std::vector<std::string> matching_functions(const Checking& checking, const NameList& list) {
  std::vector<std::string> out;
  const RE2 pattern(list.pattern.value, RE2::Quiet);
  if (!pattern.ok()) return out;  // reported by check_lists()
  const Kernel& kernel = checking.kernel;
  if (!kernel.functions_known) {
    checking.out.error(
        list.pattern.span, "it is not known which functions of this kernel can be traced", {},
        missing_section(kernel, "functions", "available_filter_functions in tracefs must be readable"));
    return out;
  }
  for (const std::string& function : kernel.functions) {
    const bool typed = kernel.btf && kernel.btf->function(function);
    if (typed && RE2::PartialMatch(function, pattern)) out.push_back(function);
  }
  if (out.empty()) {
    checking.out.error(list.pattern.span,
                       "no traceable function of this kernel matches " + quoted(list.pattern.value));
  }
  return out;
}

}  // namespace

std::optional<std::string_view> list_name(std::string_view text) {
  if (!text.starts_with(kListPrefix)) return std::nullopt;
  return text.substr(kListPrefix.size());
}

Lists::Lists(const Spec& spec) : left_(kMostListed) {
  for (const NameList& list : spec.lists) by_name.emplace(list.name.value, &list);
}

bool Lists::spend(size_t cost, Diagnostics& out, Span span) {
  if (left_ == 0) return false;  // told of already
  left_ -= std::min(cost, left_);
  if (left_ == 0) {
    out.error(span, "with its lists expanded, this policy has more than " + std::to_string(kMostListed) +
                        " hooks and values");
  }
  return left_ > 0;
}

const NameList* find_list(const Checking& checking, std::string_view name, Span span) {
  const auto& lists = checking.lists.by_name;
  const auto found = lists.find(name);
  if (found != lists.end()) return found->second;
  std::vector<std::string_view> names;
  if (!checking.out.full()) {
    for (const auto& [known, list] : lists) names.push_back(known);
  }
  checking.out.error(span, "unknown list " + quoted(name), {}, did_you_mean(name, names));
  return nullptr;
}

namespace {

ListedCalls look_up(const Checking& checking, const NameList& list) {
  ListedCalls out;
  std::unordered_set<std::string> known;
  const auto add = [&](std::string name, Span span) {
    if (known.insert(name).second) out.names.push_back({std::move(name), span});
  };
  if (!list.type) {
    for (const Text& value : list.values) add(value.value, value.span);
    return out;
  }
  switch (list.type->value) {
    case ListType::kSyscalls:
      out.syscalls = true;
      for (const Text& value : list.values) {
        const std::optional<Element> element = parse_element(checking, value);
        if (!element) continue;
        if (!element->name.starts_with("sys_")) {
          checking.out.error(value.span, quoted(value.value) + " is not a system call that can be hooked",
                             "sys_NAME, optionally with an ABI and \"/\" before it");
          continue;
        }
        add(element->abi == Abi::kI386 ? i386_function(checking.kernel, element->name)
                                       : std::string(info_of(element->abi).prefix) + element->name,
            value.span);
      }
      break;
    case ListType::kGeneratedSyscalls:
      out.syscalls = true;
      for (std::string& name : syscall_functions(checking.kernel)) add(std::move(name), list.name.span);
      break;
    case ListType::kGeneratedFtrace:
      for (std::string& name : matching_functions(checking, list)) add(std::move(name), list.pattern.span);
      break;
  }
  return out;
}

}  // namespace

const ListedCalls& calls_of(const Checking& checking, const NameList& list) {
  const auto [kept, is_new] = checking.lists.calls.try_emplace(&list);
  if (is_new) {
    const size_t errors_before = checking.out.errors();
    kept->second = look_up(checking, list);
    kept->second.wrong = checking.out.errors() != errors_before;
  }
  return kept->second;
}

const std::vector<uint32_t>& syscalls_of(const Checking& checking, const NameList& list) {
  const auto [kept, is_new] = checking.lists.numbers.try_emplace(&list);
  std::vector<uint32_t>& out = kept->second;
  if (!is_new) return out;
  if (list.type && list.type->value == ListType::kGeneratedSyscalls) {
    for (const std::string_view name : x64_syscall_names()) out.push_back(*x64_syscall(name));
    return out;
  }
  for (const Text& value : list.values) {
    if (const auto number = number_of(checking, value)) out.push_back(*number);
  }
  return out;
}

void check_lists(const Checking& checking) {
  for (const NameList& list : checking.policy.spec.lists) {
    if (!list.type || list.type->value == ListType::kSyscalls) continue;
    if (!list.values.empty()) {
      checking.out.error(list.values.front().span,
                         "the list " + quoted(list.name.value) + " is generated and cannot have values", {},
                         "leave out its values, or its type");
    }
    if (list.type->value != ListType::kGeneratedFtrace) continue;
    if (list.pattern.value.empty()) {
      checking.out.error(list.span, "the list " + quoted(list.name.value) + " has no pattern",
                         "a regular expression in \"pattern\"");
      continue;
    }
    const RE2 pattern(list.pattern.value, RE2::Quiet);
    if (!pattern.ok()) {
      checking.out.error(list.pattern.span, quoted(list.pattern.value) +
                                                " is not a valid regular expression: " + pattern.error());
    }
  }
}

}  // namespace tripline::policy
