// SPDX-License-Identifier: Apache-2.0
#include "compile/library.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "abi/maps.h"
#include "compile/sources.h"
#include "embedded.h"
#include "policy/words.h"

namespace tripline {
namespace {

// Arguments by the place where a policy asks for them.
using Arguments = std::map<std::tuple<std::string_view, uint32_t, uint32_t>, std::string>;

Arguments arguments_of(const HookPlan& plan) {
  Arguments out;
  for (const HookSection& section : plan.sections) {
    const CheckedHook& hook = section.section();
    const auto add = [&](const CheckedArg& arg, const std::string& name) {
      out.try_emplace(
          {section.policy->source_name, arg.span.line, arg.span.column},
          name + " of " + short_name(hook.target) + ", type " + std::string(policy::word(arg.type)));
    };
    std::map<ArgPlace, size_t> seen;
    for (const CheckedArg& arg : hook.args) {
      const std::string list = arg.place == ArgPlace::kData ? "data" : "args";
      add(arg, list + "[" + std::to_string(seen[arg.place]++) + "]");
    }
    if (hook.result) add(*hook.result, "returnArg");
  }
  return out;
}

void add_lines(const ir::Program& program, const Code& code, std::string_view function,
               const Arguments& arguments, std::vector<LineInfo>& out) {
  ir::Line last;
  for (uint32_t n = 0; n < code.lines.size(); ++n) {
    if (code.lines[n] == last) continue;
    last = code.lines[n];
    const bool known = last.line != 0;
    out.push_back(
        {std::string(function), n, known ? program.documents[last.document] : "",
         Span{static_cast<int>(last.line), known ? std::max(1, static_cast<int>(last.column)) : 0, 1}});
    if (!known) continue;
    const auto argument = arguments.find({out.back().policy, last.line, last.column});
    if (argument != arguments.end()) out.back().argument = argument->second;
  }
}

bool is_called(ir::Callee callee, std::span<const Code* const> codes) {
  const std::string_view name = ir::callee_info(callee).name;
  return std::ranges::any_of(codes, [&](const Code* code) {
    return std::ranges::find(code->relocations, name, &Relocation::symbol) != code->relocations.end();
  });
}

}  // namespace

Library library_for(Attachment attachment, const Kernel& kernel) {
  const LibraryNames& names = attachment_info(attachment).library;
  const std::string_view name = is_old(kernel) ? names.old : names.current;
  return {name, bpf_object(name)};
}

Library facts_library(const Kernel& kernel) {
  const bool old = is_old(kernel);
  const std::string_view name = old ? "facts_old" : "facts";
  return {name, bpf_object(name)};
}

std::vector<Library> more_libraries(std::span<const Code* const> codes) {
  using enum ir::Callee;
  std::vector<Library> out;
  if (is_called(tl_task_number, codes)) out.push_back({"lib_task", bpf_object("lib_task")});
  if (is_called(tl_hash_keep, codes)) out.push_back({"lib_hash", bpf_object("lib_hash")});
  if (is_called(ir::Callee::tl_build_id_read, codes))
    out.push_back({"lib_build_id", bpf_object("lib_build_id")});
  for (const ir::Callee callee :
       {tl_fact_entry, tl_facts_read, tl_changed_namespaces, tl_changed_capabilities}) {
    if (!is_called(callee, codes)) continue;
    out.push_back({"lib_facts", bpf_object("lib_facts")});
    break;
  }
  if (is_called(tl_scope_words, codes)) out.push_back({"lib_scope", bpf_object("lib_scope")});
  return out;
}

std::vector<std::string> unused_maps(std::span<const Code* const> codes) {
  // A map that is not here is used by every hook.
  using ir::Callee;
  static const std::vector<std::pair<std::string_view, std::vector<Callee>>> kUsers = {
      {TL_MAP_ENTRIES,
       {Callee::tl_entry_send, Callee::tl_entry_note, Callee::tl_entry_take, Callee::tl_entry_forget}},
      {TL_MAP_RATES, {Callee::tl_rate_allows}},
      {TL_MAP_NOTICES, {Callee::tl_notify, Callee::tl_notice_drop, Callee::tl_notice_take}},
      {TL_MAP_MISSED, {Callee::tl_notify, Callee::tl_notice_drop}},
      {TL_MAP_SOCKS, {Callee::tl_sock_track, Callee::tl_sock_untrack, Callee::tl_sock_tell}},
  };
  std::vector<std::string> out;
  for (const auto& [map, users] : kUsers) {
    if (std::ranges::none_of(users, [&](Callee callee) { return is_called(callee, codes); }))
      out.emplace_back(map);
  }
  return out;
}

std::string section_name(const HookPlan& plan, bool waits) {
  // Its programs sleep while a file is hashed, or memory is brought in.
  const bool sleeps = (plan.attachment == Attachment::kLsm && takes_hashes(plan)) || waits;
  const std::string target = is_user(plan.attachment) ? short_name(plan.target) : section_target(plan.target);
  return std::string(attachment_info(plan.attachment).section) + (sleeps ? ".s" : "") + "/" + target;
}

std::string program_name(const HookPlan& plan) {
  std::string name = short_name(plan.target);
  // It would leave no room for the name of a system call.
  if (constexpr std::string_view kWrapper = "__x64_"; name.starts_with(kWrapper))
    name.erase(0, kWrapper.size());
  name.insert(0, is_return(plan.attachment) ? "tlr_" : "tl_");
  for (char& c : name) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) c = '_';
  }
  constexpr size_t kLongest = 15;  // BPF_OBJ_NAME_LEN - 1
  return name.substr(0, kLongest);
}

ProgramInfo program_info(const HookPlan& plan, const Numbering& numbering, const Code& filter) {
  return {program_name(plan), plan.attachment, plan.target,
          numbering.slot,     numbering.born,  filter.kernel_calls};
}

std::vector<LineInfo> lines_of(const HookPlan& plan, const Translation& translated) {
  const Arguments arguments = arguments_of(plan);
  std::vector<LineInfo> out;
  add_lines(translated.lowered.filter, translated.filter, "", arguments, out);
  add_lines(translated.lowered.judge, translated.judge, "tl_judge", arguments, out);
  return out;
}

}  // namespace tripline
