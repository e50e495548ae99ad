// SPDX-License-Identifier: Apache-2.0
// One hook of uprobes: the places in a file, the values that are read there, its selectors.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "binary/digest.h"
#include "policy/check/arguments.h"
#include "policy/check/assignments.h"
#include "policy/check/check.h"
#include "policy/check/places.h"
#include "policy/number.h"

namespace tripline::policy {
namespace {

// The System V ABI of x86-64 passes integers and addresses in these.
constexpr auto kParameterRegisters = std::to_array<std::string_view>({"di", "si", "dx", "cx", "r8", "r9"});

// How an element of uprobes says where its places are.
enum class Addressing { kNone, kSymbols, kOffsets, kAddresses };

// What becomes of a place: a probe is put there, or the process is sent there.
enum class Use { kHook, kTarget };

Addressing addressing_of(const UprobeHook& hook) {
  if (!hook.symbols.empty()) return Addressing::kSymbols;
  if (!hook.offsets.empty()) return Addressing::kOffsets;
  return hook.addresses.empty() ? Addressing::kNone : Addressing::kAddresses;
}

std::string_view name_of(Addressing addressing) {
  switch (addressing) {
    case Addressing::kSymbols:
      return "symbols";
    case Addressing::kOffsets:
      return "offsets";
    case Addressing::kAddresses:
      return "addrs";
    case Addressing::kNone:
      break;
  }
  return "nothing";
}

std::string hex(uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  return "0x" + std::string(digits.begin(), end);
}

class UprobeCheck {
 public:
  UprobeCheck(const Checking& checking, const UprobeHook& hook)
      : checking_(checking), hook_(hook), addressing_(addressing_of(hook)) {}

  std::vector<CheckedHook> run(bool& rejected) {
    const size_t errors_before = checking_.out.errors();
    checked_.kind = HookKind::kUprobe;
    checked_.call = hook_.path.value;
    checked_.span = hook_.span;
    check_uprobes_built(checking_, hook_.path.span.line > 0 ? hook_.path.span : hook_.span);
    const KnownFile* file = find_file(checking_, hook_.path);
    target::UserCode code;
    if (file != nullptr) {
      code.file = file->file;
      rejected = !check_digests(*file);
    }
    check_addressing();
    if (file != nullptr) add_places(*file, code);
    checked_.target = std::move(code);
    arguments();
    result();
    checked_.message = check_message(checking_, hook_.message);
    checked_.tags = check_tags(checking_, hook_.tags);
    // What is wrong with values would only be told again of filters on them.
    const bool result_is_wrong = hook_.wants_return.value && hook_.return_arg && !checked_.result;
    if (checked_.args.size() == hook_.args.size() + hook_.data.size() && !result_is_wrong)
      check_user_selectors(checking_, hook_.selectors, hook_.args, hook_.data, hook_.return_arg, checked_);
    if (file != nullptr) overrides(*file);
    if (rejected || checking_.out.errors() != errors_before) return {};
    return on_places(checking_, std::move(checked_));
  }

 private:
  // ---- places

  void check_addressing() {
    const Span at = hook_.path.span.line > 0 ? hook_.path.span : hook_.span;
    if (addressing_ == Addressing::kNone) {
      checking_.out.error(at, "this hook is on no place of the file", "one of symbols, offsets, addrs");
      return;
    }
    const size_t given = !hook_.symbols.empty() + !hook_.offsets.empty() + !hook_.addresses.empty();
    if (given > 1) checking_.out.error(at, "only one of symbols, offsets and addrs can be given");
    const size_t count = places_given();
    const size_t counters = hook_.ref_ctr_offsets.size();
    if (counters == 0 || counters == count) return;
    const std::string message = "refCtrOffsets has " + std::to_string(counters) + " elements, " +
                                std::string(name_of(addressing_)) + " has " + std::to_string(count);
    if (addressing_ == Addressing::kAddresses)
      checking_.out.warning(hook_.ref_ctr_offsets.front().span, message, "one for each place");
    else
      checking_.out.error(hook_.ref_ctr_offsets.front().span, message, "one for each place");
  }

  [[nodiscard]] size_t places_given() const {
    return hook_.symbols.size() + hook_.offsets.size() + hook_.addresses.size();
  }

  void add_places(const KnownFile& file, target::UserCode& code) {
    const auto counter = [&](size_t n) {
      return n < hook_.ref_ctr_offsets.size() ? hook_.ref_ctr_offsets[n].value : uint64_t{0};
    };
    for (size_t n = 0; n < hook_.symbols.size(); ++n)
      add_symbol(file, hook_.symbols[n], counter(n), Use::kHook, code);
    for (size_t n = 0; n < hook_.offsets.size(); ++n)
      add_offset(file, hook_.offsets[n].value, hook_.offsets[n].span, counter(n), Use::kHook, code);
    for (size_t n = 0; n < hook_.addresses.size(); ++n) {
      const Located<uint64_t>& address = hook_.addresses[n];
      const auto offset = file.binary.offset_of(address.value);
      if (offset)
        add_offset(file, *offset, address.span, counter(n), Use::kHook, code);
      else
        checking_.out.error(address.span, "the address " + hex(address.value) + " is in no segment of " +
                                              quoted(hook_.path.value));
    }
    for (const Located<uint64_t>& each : hook_.ref_ctr_offsets) {
      if (each.value == 0 || !file.binary.is_code(each.value)) continue;
      checking_.out.error(each.span,
                          "the reference counter at " + hex(each.value) + " of " + quoted(hook_.path.value) +
                              " is in a segment of code, which no process can count in",
                          "the offset in the file of a variable of two bytes");
    }
  }

  void add(target::UserPlace place, target::UserCode& code) {
    if (std::ranges::find(code.places, place) == code.places.end()) code.places.push_back(std::move(place));
  }

  void add_offset(const KnownFile& file, uint64_t offset, const Span& span, uint64_t counter, Use use,
                  target::UserCode& code) {
    if (!file.binary.is_code(offset)) {
      checking_.out.error(
          span, "offset " + hex(offset) + " of " + quoted(hook_.path.value) + " is in no segment of code");
      return;
    }
    if (use == Use::kHook &&
        !check_instruction(checking_, file, offset,
                           "offset " + hex(offset) + " of " + quoted(hook_.path.value), span))
      return;
    add({offset, counter, {}}, code);
  }

  // "NAME" or "NAME+OFFSET".
  void add_symbol(const KnownFile& file, const Text& symbol, uint64_t counter, Use use,
                  target::UserCode& code) {
    const std::string& text = symbol.value;
    const size_t plus = text.rfind('+');
    std::string_view name = std::string_view(text).substr(0, plus);
    uint64_t further = 0;
    if (plus != std::string::npos) {
      const auto number = parse_integer(std::string_view(text).substr(plus + 1));
      if (!number || number->negative) {
        checking_.out.error(symbol.span, "what follows the plus of " + quoted(text) + " is not a number",
                            "NAME or NAME+OFFSET");
        return;
      }
      further = number->magnitude;
    }
    const std::vector<binary::Symbol> found = file.binary.symbols.find(name);
    if (found.empty()) {
      report_missing(file, symbol, name);
      return;
    }
    if (found.size() > 1)
      checking_.out.warning(symbol.span,
                            std::to_string(found.size()) + " functions of " + quoted(hook_.path.value) +
                                " have the name " + quoted(name) + "; all of them are hooked",
                            "an address, to choose one");
    for (const binary::Symbol& each : found) {
      if (each.kind == binary::Symbol::Kind::kIfunc) {
        checking_.out.error(symbol.span,
                            quoted(name) +
                                " is not the function itself: its code chooses one of several when the "
                                "file is loaded",
                            "the name of one of those");
        return;
      }
      const auto offset = file.binary.offset_of(each.address + further);
      if (!offset || !file.binary.is_code(*offset)) {
        checking_.out.error(symbol.span,
                            quoted(text) + " is in no segment of code of " + quoted(hook_.path.value));
        return;
      }
      if (each.size > 0 && further >= each.size)
        checking_.out.warning(symbol.span, quoted(name) + " has " + std::to_string(each.size) +
                                               " bytes; this place is behind it");
      if (use == Use::kHook &&
          !check_instruction(checking_, file, *offset, quoted(text) + " of " + quoted(hook_.path.value),
                             symbol.span))
        return;
      add({*offset, counter, text}, code);
    }
  }

  void report_missing(const KnownFile& file, const Text& symbol, std::string_view name) {
    if (file.binary.symbols.empty()) {
      checking_.out.error(symbol.span, quoted(hook_.path.value) + " has no symbols", "offsets or addrs",
                          "it was stripped");
      return;
    }
    const std::string near = file.binary.symbols.nearest(name);
    checking_.out.error(symbol.span, quoted(hook_.path.value) + " has no function " + quoted(name), {},
                        near.empty() ? "" : "did you mean " + quoted(near) + "?");
  }

  // ---- values

  void arguments() {
    const Btf* types = find_types(checking_, hook_.btf_path);
    for (const Argument& argument : hook_.args) {
      const uint32_t index = argument.index.value;
      if (index >= kParameterRegisters.size()) {
        checking_.out.error(argument.index.span, "the index is " + std::to_string(index),
                            "at most " + std::to_string(kParameterRegisters.size() - 1) +
                                ": no more arguments are in registers");
        continue;
      }
      auto arg =
          check_user_argument(checking_, argument, register_source(checking_, kParameterRegisters[index]),
                              types, "argument " + std::to_string(index));
      if (!arg) continue;
      arg->size = size_of(argument);
      arg->return_copy = return_copy(argument);
      checked_.args.push_back(*std::move(arg));
    }
    check_data(checking_, hook_.data, checked_.args);
  }

  std::optional<ArgSource> size_of(const Argument& argument) {
    const uint32_t given = argument.size_arg_index.value;
    const DeclaredType type = argument.type.value;
    const bool sized = type == DeclaredType::kCharBuf || type == DeclaredType::kCharIovec;
    if (given == 0) {
      if (sized && !argument.return_copy.value) warn_of_no_length(checking_, argument);
      return std::nullopt;
    }
    if (!sized) {
      checking_.out.warning(argument.size_arg_index.span, "sizeArgIndex has no effect on this type",
                            "type char_buf or char_iovec");
      return std::nullopt;
    }
    if (given > kParameterRegisters.size()) {
      checking_.out.error(
          argument.size_arg_index.span, "sizeArgIndex is " + std::to_string(given),
          "at most " + std::to_string(kParameterRegisters.size()) + ": no more arguments are in registers");
      return std::nullopt;
    }
    ArgSource out = register_source(checking_, kParameterRegisters[given - 1]);
    // In the width that the hook itself says it has.
    for (const Argument& other : hook_.args) {
      if (other.index.value != given - 1 || !other.resolve.value.empty()) continue;
      if (family_of(other.type.value) == ArgFamily::kInteger)
        out.size = integer_shape(other.type.value).bits / 8;
    }
    return out;
  }

  bool return_copy(const Argument& argument) {
    if (!argument.return_copy.value) return false;
    const DeclaredType type = argument.type.value;
    if (type == DeclaredType::kCharBuf || type == DeclaredType::kCharIovec) return true;
    checking_.out.error(argument.return_copy.span,
                        "returnCopy cannot be used with type " + std::string(word(type)),
                        "char_buf or char_iovec");
    return false;
  }

  void result() {
    if (!hook_.wants_return.value || !hook_.return_arg) return;  // parse() asked for both or none
    auto arg = check_user_argument(checking_, *hook_.return_arg, {.kind = ArgSource::Kind::kResult}, nullptr,
                                   "what is returned");
    if (!arg) return;
    if (hook_.return_arg->size_arg_index.value != 0)
      checking_.out.warning(hook_.return_arg->size_arg_index.span, "sizeArgIndex has no effect in returnArg");
    warn_of_no_length(checking_, *hook_.return_arg);
    arg->label.clear();
    checked_.result = std::move(arg);
  }

  // ---- overrides

  void overrides(const KnownFile& file) {
    for (size_t n = 0; n < hook_.selectors.size() && n < checked_.selectors.size(); ++n) {
      const std::vector<Action>& actions = hook_.selectors[n].match_actions;
      std::vector<CheckedAction>& checked = checked_.selectors[n].actions;
      for (size_t at = 0; at < actions.size() && at < checked.size(); ++at) {
        if (actions[at].kind.value == ActionKind::kOverride)
          checked[at].assignments = check_assignments(checking_, actions[at], distance(file, actions[at]));
      }
    }
  }

  // From the hooked place to the code that the action names instead.
  std::optional<int64_t> distance(const KnownFile& file, const Action& action) {
    const size_t given =
        action.new_symbol.has_value() + action.new_address.has_value() + action.new_offset.has_value();
    if (given == 0) return std::nullopt;
    const Span span = action.new_symbol    ? action.new_symbol->span
                      : action.new_address ? action.new_address->span
                                           : action.new_offset->span;
    if (given > 1) {
      checking_.out.error(span, "only one of argNewSymbol, argNewAddr and argNewOffset can be given");
      return 0;
    }
    const auto& places = std::get<target::UserCode>(checked_.target).places;
    if (places.empty()) return 0;
    const auto hooked = file.binary.address_of(places.front().offset);
    target::UserCode found;
    if (action.new_symbol) {
      add_symbol(file, *action.new_symbol, 0, Use::kTarget, found);
    } else if (action.new_offset) {
      add_offset(file, action.new_offset->value, span, 0, Use::kTarget, found);
    } else if (const auto offset = file.binary.offset_of(action.new_address->value)) {
      add_offset(file, *offset, span, 0, Use::kTarget, found);
    } else {
      checking_.out.error(span, "the address " + hex(action.new_address->value) + " is in no segment of " +
                                    quoted(hook_.path.value));
    }
    if (places.size() > 1)
      checking_.out.warning(span,
                            "this hook is on several places, and the distance is counted from the first one",
                            "one place for each hook that goes on elsewhere");
    if (found.places.empty() || !hooked) return 0;
    const auto other = file.binary.address_of(found.places.front().offset);
    return other ? static_cast<int64_t>(*other - *hooked) : 0;
  }

  // ---- digests

  // Is it one of the files that the policy knows? One that is not is refused, or skipped where the policy says so.
  bool check_digests(const KnownFile& file) {
    if (hook_.binary_digests.empty()) return true;
    bool matches = false;
    const size_t errors_before = checking_.out.errors();
    for (const Text& digest : hook_.binary_digests) matches |= check_digest(file, digest);
    if (matches || checking_.out.errors() != errors_before) return true;
    const Span at = hook_.binary_digests.front().span;
    const std::string message = quoted(hook_.path.value) + " has none of these digests";
    if (hook_.ignore && hook_.ignore->digest_verification_failure.value) {
      checking_.out.warning(at, message + "; the hook is skipped");
      return false;
    }
    checking_.out.error(at, message, {}, "it is not the file that the policy was written for");
    return true;
  }

  bool check_digest(const KnownFile& file, const Text& digest) {
    const size_t colon = digest.value.find(':');
    if (colon == std::string::npos) {
      checking_.out.error(digest.span, quoted(digest.value) + " is not a digest", "ALGORITHM:DIGITS",
                          "such as sha256: and 64 hexadecimal digits");
      return false;
    }
    const std::string name = plain(std::string_view(digest.value).substr(0, colon));
    const std::string digits = plain(std::string_view(digest.value).substr(colon + 1));
    const bool is_build_id = name == "build-id";
    const auto* known = std::ranges::find(binary::kDigestKinds, name, &binary::DigestKind::name);
    if (!is_build_id && known == binary::kDigestKinds.end()) {
      checking_.out.error(digest.span, "unknown digest algorithm " + quoted(name),
                          "one of sha1, sha256, sha384, sha512, build-id");
      return false;
    }
    const size_t length = is_build_id ? digits.size() : 2 * known->bytes;
    const bool is_hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_hex || digits.empty() || digits.size() != length) {
      checking_.out.error(
          digest.span, "this is not a digest of " + name,
          is_build_id ? "hexadecimal digits" : std::to_string(length) + " hexadecimal digits");
      return false;
    }
    if (is_build_id) return file.binary.build_id == digits;
    const auto own = file.digests.find(name);
    return own != file.digests.end() && own->second == digits;
  }

  // Without blanks around it, in small letters.
  static std::string plain(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    text = text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
    std::string out(text);
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
  }

  const Checking& checking_;
  const UprobeHook& hook_;
  Addressing addressing_;
  CheckedHook checked_;
};

}  // namespace

std::vector<CheckedHook> check_uprobe(const Checking& checking, const UprobeHook& hook, bool& rejected) {
  return UprobeCheck(checking, hook).run(rejected);
}

void check_uprobes_agree(const Checking& checking, const std::vector<UprobeHook>& hooks) {
  if (option_is_on(checking.policy.spec, OptionName::kDisableUprobeMulti)) return;
  std::map<std::string_view, size_t> first;
  for (size_t n = 0; n < hooks.size(); ++n) {
    const Addressing own = addressing_of(hooks[n]);
    if (own == Addressing::kNone) continue;
    const auto [before, is_new] = first.try_emplace(hooks[n].path.value, n);
    const Addressing other = addressing_of(hooks[before->second]);
    if (is_new || own == other) continue;
    checking.out.error(hooks[n].span,
                       "this hook has " + std::string(name_of(own)) + ", and uprobes[" +
                           std::to_string(before->second) + "] has " + std::string(name_of(other)) + " for " +
                           quoted(hooks[n].path.value) + "; with uprobe_multi both must have the same",
                       "option disable-uprobe-multi with the value \"true\"");
  }
}

}  // namespace tripline::policy
