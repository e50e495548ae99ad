// SPDX-License-Identifier: Apache-2.0
#include "policy/check/places.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "binary/instruction.h"
#include "policy/check/arguments.h"
#include "policy/check/resolve.h"

namespace tripline::policy {
namespace {

void check_argument_fields(const Checking& checking, const Argument& argument) {
  if (!argument.source.value.empty())
    checking.out.error(argument.source.span, "\"source\" cannot be used in args", {},
                       "it belongs to \"data\"");
  if (!argument.btf_type_module.value.empty())
    checking.out.error(argument.btf_type_module.span, "btfTypeModule cannot be used here",
                       "btfPath, a file with the types of the program");
  if (argument.resolve.value.empty() && !argument.btf_type.value.empty())
    checking.out.warning(argument.btf_type.span, "btfType has no effect without resolve");
  check_max_data(checking, argument);
}

}  // namespace

const KnownFile* find_file(const Checking& checking, const Text& path) {
  if (path.value.empty()) {
    checking.out.error(path.span, "the path is empty", "the path of a program or library");
    return nullptr;
  }
  const auto found = checking.files.find(path.value);
  if (found == checking.files.end()) {
    checking.out.error(path.span, quoted(path.value) + " was not read");
    return nullptr;
  }
  if (!found->second->refusal) return found->second.get();
  checking.out.error(path.span, quoted(path.value) + " " + found->second->refusal->detail,
                     "the path of a program or library for x86-64");
  return nullptr;
}

bool check_instruction(const Checking& checking, const KnownFile& file, uint64_t offset,
                       const std::string& place, const Span& span) {
  if (!file.code) return true;
  const std::string_view why = binary::why_no_probe(file.code(offset, binary::kLongestInstruction));
  if (why.empty()) return true;
  checking.out.error(span,
                     "the kernel cannot put a probe on the instruction at " + place + ": " + std::string(why),
                     {}, "another instruction of the function, or a function that calls it");
  return false;
}

const Btf* find_types(const Checking& checking, const Text& path) {
  if (path.value.empty()) return nullptr;
  const auto found = checking.files.find(path.value);
  if (found == checking.files.end()) {
    checking.out.error(path.span, quoted(path.value) + " was not read");
    return nullptr;
  }
  const KnownFile& file = *found->second;
  if (file.types) return &*file.types;
  checking.out.error(path.span,
                     quoted(path.value) + " " +
                         (!file.no_types.empty() ? file.no_types
                          : file.refusal         ? file.refusal->detail
                                                 : "has no type information"),
                     "a file of BTF, or a program or library with a section .BTF",
                     "compilers make it with -gbtf, and pahole -J adds it to files that have DWARF");
  return nullptr;
}

ArgSource register_source(const Checking& checking, std::string_view member) {
  ArgSource out{.kind = ArgSource::Kind::kRegister};
  const auto found = checking.kernel.btf ? checking.kernel.btf->member("pt_regs", member) : std::nullopt;
  if (found) out.offset = found->offset;
  return out;
}

std::optional<CheckedArg> check_user_argument(const Checking& checking, const Argument& argument,
                                              ArgSource source, const Btf* types, std::string_view what) {
  const size_t errors_before = checking.out.errors();
  check_argument_fields(checking, argument);
  const bool resolved = !argument.resolve.value.empty();
  const bool untyped = resolved && argument.type.value == DeclaredType::kAuto;
  if (!untyped && check_type(checking, argument) == nullptr) return std::nullopt;
  CheckedArg out{.type = argument.type.value,
                 .source = std::move(source),
                 .size = {},
                 .max_data = has_max_data(argument),
                 .label = argument.label.value,
                 .span = argument.span};
  if (resolved) {
    if (types == nullptr) {
      checking.out.error(argument.resolve.span,
                         "the type that " + std::string(what) + " points to is unknown",
                         "\"btfPath\" of the hook, a file with the types of the program");
    } else if (argument.btf_type.value.empty()) {
      checking.out.error(argument.resolve.span,
                         "the type that " + std::string(what) + " points to is unknown",
                         "\"btfType\", the struct that the program passes");
    } else {
      const std::vector<ResolveStep> first = std::move(out.source.steps);
      if (resolve_path(checking, argument, {{}, what, types}, out))
        out.source.steps.insert(out.source.steps.begin(), first.begin(), first.end());
    }
  }
  if (checking.out.errors() == errors_before && !has_process(out.type)) {
    checking.out.error(argument.type.span.line > 0 ? argument.type.span : argument.span,
                       "type " + std::string(word(out.type)) +
                           " is a struct of the kernel, which memory of a process does not have",
                       "a number, string, char_buf, char_iovec, sockaddr, sockaddr_un or fd");
  }
  if (checking.out.errors() != errors_before) return std::nullopt;
  return out;
}

void check_user_selectors(const Checking& checking, const std::vector<Selector>& selectors,
                          const std::vector<Argument>& args, const std::vector<Argument>& data,
                          const std::optional<Argument>& return_arg, CheckedHook& checked) {
  const SelectorOf of{checking, checked.kind, args, data, checked.args, return_arg, checked.result};
  for (const Selector& selector : selectors) checked.selectors.push_back(check_selector(of, selector));
  if (!selectors.empty()) return;
  checked.selectors.push_back({.actions = {{.span = checked.span}},
                               .return_actions = {{.span = checked.span}},
                               .span = checked.span,
                               .implied = true});
}

void check_uprobes_built(const Checking& checking, const Span& span) {
  const Kernel& kernel = checking.kernel;
  if (!kernel.features.uprobe) {
    checking.out.error(span, "code of user space cannot be hooked on this kernel", {},
                       "it needs CONFIG_UPROBES=y and CONFIG_UPROBE_EVENTS=y; lockdown forbids it");
  } else if (kernel.machine != "x86_64" || !kernel.btf) {
    checking.out.error(span, "code of user space cannot be hooked on this kernel", {},
                       "it needs a kernel for x86-64 with type information (CONFIG_DEBUG_INFO_BTF=y)");
  }
}

std::vector<CheckedHook> on_places(const Checking& checking, CheckedHook hook) {
  const Kernel& kernel = checking.kernel;
  auto& places = std::get<target::UserCode>(hook.target).places;
  const bool multi =
      kernel.features.uprobe_multi && !option_is_on(checking.policy.spec, OptionName::kDisableUprobeMulti);
  const std::string count = std::to_string(places.size());
  hook.attachment = multi ? Attachment::kUprobeMulti : Attachment::kUprobe;
  hook.attachment_reason = multi ? "one link on all places of the file"
                           : kernel.features.uprobe_multi
                               ? "uprobe, because the policy has option disable-uprobe-multi"
                               : "uprobe, because this kernel has no uprobe_multi (Linux 6.6)";
  std::vector<CheckedHook> out;
  const bool cookies = kernel.version >= kernel_version(5, 15);
  if (multi || cookies || places.size() <= 1) {
    out.push_back(std::move(hook));
    return out;
  }
  const std::vector<target::UserPlace> all = std::move(places);
  for (const target::UserPlace& place : all) {
    CheckedHook one = hook;
    std::get<target::UserCode>(one.target).places = {place};
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace tripline::policy
