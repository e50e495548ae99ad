// SPDX-License-Identifier: Apache-2.0
// One hook of usdts: a probe that the authors of a program put into it. It is often in several places, and its arguments
// are where the compiler had them in each; places that have them alike share a program.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/arguments.h"
#include "policy/check/check.h"
#include "policy/check/places.h"

namespace tripline::policy {
namespace {

using binary::Operand;
using binary::UsdtProbe;

// The member of struct pt_regs that holds a register: "ax" of rax, "r8" of r8.
std::string_view member_of(binary::Register which) {
  const std::string_view name = binary::register_name(which);
  const bool numbered = name.size() > 1 && name[1] >= '0' && name[1] <= '9';
  return numbered || name.empty() ? name : name.substr(1);
}

class UsdtCheck {
 public:
  UsdtCheck(const Checking& checking, const UsdtHook& hook) : checking_(checking), hook_(hook) {}

  std::vector<CheckedHook> run() {
    const size_t errors_before = checking_.out.errors();
    std::vector<CheckedHook> out;
    check_uprobes_built(checking_, hook_.path.span.line > 0 ? hook_.path.span : hook_.span);
    const KnownFile* file = find_file(checking_, hook_.path);
    types_ = find_types(checking_, hook_.btf_path);
    if (file == nullptr) return {};
    std::vector<CheckedHook> alike;
    for (const UsdtProbe* probe : places(*file)) {
      if (checking_.out.errors() != errors_before) break;  // most likely wrong of all of them
      add(*file, *probe, alike);
    }
    if (checking_.out.errors() != errors_before) return {};
    for (CheckedHook& each : alike)
      for (CheckedHook& one : on_places(checking_, std::move(each))) out.push_back(std::move(one));
    return out;
  }

 private:
  std::vector<const UsdtProbe*> places(const KnownFile& file) {
    std::vector<const UsdtProbe*> out = file.binary.find_probe(hook_.provider.value, hook_.name.value);
    if (!out.empty()) return out;
    std::vector<std::string> all;
    for (const UsdtProbe& probe : file.binary.probes) all.push_back(probe.provider + ":" + probe.name);
    const std::string wanted = hook_.provider.value + ":" + hook_.name.value;
    const std::vector<std::string_view> names(all.begin(), all.end());
    checking_.out.error(hook_.name.span.line > 0 ? hook_.name.span : hook_.span,
                        all.empty() ? quoted(hook_.path.value) + " has no USDT probes"
                                    : quoted(hook_.path.value) + " has no probe " + quoted(wanted),
                        {}, did_you_mean(wanted, names));
    return out;
  }

  void add(const KnownFile& file, const UsdtProbe& probe, std::vector<CheckedHook>& out) {
    CheckedHook checked;
    checked.kind = HookKind::kUsdt;
    checked.call = hook_.name.value;
    checked.provider = hook_.provider.value;
    checked.span = hook_.span;
    if (probe.semaphore != 0 && !probe.semaphore_offset) {
      checking_.out.error(hook_.path.span, "the semaphore of the probe " + quoted(hook_.name.value) +
                                               " is not in the file: it cannot be switched on");
      return;
    }
    if (!check_instruction(checking_, file, probe.offset,
                           "the probe " + quoted(hook_.name.value) + " of " + quoted(hook_.path.value),
                           hook_.name.span.line > 0 ? hook_.name.span : hook_.span))
      return;
    target::UserPlace place{probe.offset, probe.semaphore_offset.value_or(0), probe.name};
    arguments(probe, checked);
    checked.message = out.empty() ? check_message(checking_, hook_.message) : out.front().message;
    checked.tags = out.empty() ? check_tags(checking_, hook_.tags) : out.front().tags;
    if (checked.args.size() == hook_.args.size()) {
      check_user_selectors(checking_, hook_.selectors, hook_.args, {}, std::nullopt, checked);
      check_sets(probe, checked);
    }
    const auto same =
        std::ranges::find_if(out, [&](const CheckedHook& other) { return alike(other, checked); });
    if (same != out.end()) {
      std::get<target::UserCode>(same->target).places.push_back(std::move(place));
      return;
    }
    checked.target = target::UserCode{file.file, {std::move(place)}};
    out.push_back(std::move(checked));
  }

  static bool alike(const CheckedHook& a, const CheckedHook& b) {
    const auto places = [](const CheckedHook& hook) {
      std::vector<std::optional<ArgSource>> out;
      for (const CheckedArg& arg : hook.args) {
        out.emplace_back(arg.source);
        out.push_back(arg.size);
      }
      for (const CheckedSelector& selector : hook.selectors)
        for (const CheckedAction& action : selector.actions) out.push_back(action.place);
      return out;
    };
    return places(a) == places(b);
  }

  // ---- arguments

  void arguments(const UsdtProbe& probe, CheckedHook& checked) {
    for (const Argument& argument : hook_.args) {
      const Operand* operand = operand_of(probe, argument.index);
      if (operand == nullptr) continue;
      const bool shown = argument.type.value != DeclaredType::kNop;
      if (shown && !is_readable(*operand, argument.index)) continue;
      auto arg = check_user_argument(checking_, argument, source_of(*operand), types_,
                                     "argument " + std::to_string(argument.index.value));
      if (!arg) continue;
      if (argument.return_copy.value) {
        checking_.out.error(argument.return_copy.span, "returnCopy cannot be used in usdts",
                            "a uprobes hook");
        continue;
      }
      arg->size = size_of(probe, argument);
      checked.args.push_back(*std::move(arg));
    }
  }

  const Operand* operand_of(const UsdtProbe& probe, const Located<uint32_t>& index) {
    const size_t count = probe.arguments.size();
    if (index.value < count) return &probe.arguments[index.value];
    checking_.out.error(index.span,
                        "the probe " + quoted(hook_.name.value) + " has " + std::to_string(count) +
                            (count == 1 ? " argument" : " arguments") + "; there is none with index " +
                            std::to_string(index.value),
                        count == 0 ? "no arguments" : "an index from 0 to " + std::to_string(count - 1));
    return nullptr;
  }

  bool is_readable(const Operand& operand, const Located<uint32_t>& index) {
    std::string why = operand.kind == Operand::Kind::kUnreadable ? operand.why : "";
    if (operand.is_float) why = "it is a floating-point number";
    if (why.empty()) return true;
    checking_.out.error(index.span, "argument " + std::to_string(index.value) + " of the probe, " +
                                        quoted(operand.text) + ", cannot be read: " + why);
    return false;
  }

  [[nodiscard]] ArgSource source_of(const Operand& operand) const {
    if (operand.kind == Operand::Kind::kConstant)
      return {.kind = ArgSource::Kind::kConstant, .constant = operand.constant};
    if (operand.kind == Operand::Kind::kUnreadable) return {.kind = ArgSource::Kind::kConstant};
    ArgSource out = operand.base == binary::Register::kNone
                        ? ArgSource{.kind = ArgSource::Kind::kConstant}
                        : register_source(checking_, member_of(operand.base));
    out.size = operand.size;
    out.is_signed = operand.is_signed;
    if (operand.kind == Operand::Kind::kRegister) {
      if (operand.is_high_byte) ++out.offset;
      return out;
    }
    if (operand.index != binary::Register::kNone) {
      out.added = register_source(checking_, member_of(operand.index)).offset;
      out.scale = operand.scale;
    }
    out.steps.push_back({static_cast<int32_t>(operand.displacement), true});
    return out;
  }

  std::optional<ArgSource> size_of(const UsdtProbe& probe, const Argument& argument) {
    const uint32_t given = argument.size_arg_index.value;
    const DeclaredType type = argument.type.value;
    if (type != DeclaredType::kCharBuf && type != DeclaredType::kCharIovec) return std::nullopt;
    if (given == 0) {
      warn_of_no_length(checking_, argument);
      return std::nullopt;
    }
    const Operand* operand = operand_of(probe, {.value = given - 1, .span = argument.size_arg_index.span});
    if (operand == nullptr ||
        !is_readable(*operand, {.value = given - 1, .span = argument.size_arg_index.span}))
      return std::nullopt;
    return source_of(*operand);
  }

  // ---- actions

  // Set writes where an argument is, which must be in memory.
  void check_sets(const UsdtProbe& probe, CheckedHook& checked) {
    for (size_t n = 0; n < hook_.selectors.size() && n < checked.selectors.size(); ++n) {
      const std::vector<Action>& actions = hook_.selectors[n].match_actions;
      for (size_t at = 0; at < actions.size() && at < checked.selectors[n].actions.size(); ++at)
        if (actions[at].kind.value == ActionKind::kSet)
          check_set(probe, actions[at], checked.selectors[n].actions[at]);
    }
  }

  void check_set(const UsdtProbe& probe, const Action& action, CheckedAction& out) {
    const uint32_t position = action.arg_index.value;
    const Span span = action.arg_index.span.line > 0 ? action.arg_index.span : action.kind.span;
    if (position >= hook_.args.size()) {
      const size_t count = hook_.args.size();
      checking_.out.error(span, "position " + std::to_string(position) + " is not in args",
                          count == 0 ? "arguments in \"args\" of the hook"
                                     : "a position from 0 to " + std::to_string(count - 1));
      return;
    }
    const Operand* operand = operand_of(probe, hook_.args[position].index);
    if (operand == nullptr) return;
    if (operand->kind != Operand::Kind::kMemory || operand->is_float) {
      checking_.out.error(span, "argument " + std::to_string(position) + ", " + quoted(operand->text) +
                                    ", is not an integer in memory: it cannot be set");
      return;
    }
    out.place = source_of(*operand);
    out.value = action.arg_value.value;
  }

  const Checking& checking_;
  const UsdtHook& hook_;
  const Btf* types_ = nullptr;
};

}  // namespace

std::vector<CheckedHook> check_usdt(const Checking& checking, const UsdtHook& hook) {
  return UsdtCheck(checking, hook).run();
}

}  // namespace tripline::policy
