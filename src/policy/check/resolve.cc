// SPDX-License-Identifier: Apache-2.0
#include "policy/check/resolve.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tripline::policy {
namespace {

using Kind = Btf::Kind;

// A component of a path: a member's name or an index.
using Component = std::variant<std::string, uint32_t>;

constexpr size_t kMostSteps = 64;          // more than any chain of the kernel's structs makes sense
constexpr uint64_t kFarthest = INT32_MAX;  // bytes that a step goes on
constexpr int kMostPointers = 4;           // to one another, on the way to a member

// Absent when the text is no path; `wrong` says why then.
std::optional<std::vector<Component>> components_of(std::string_view text, std::string& wrong) {
  std::vector<Component> out;
  const auto refuse = [&](const char* why) {
    wrong = why;
    return std::nullopt;
  };
  bool name_must_follow = true;
  while (!text.empty()) {
    if (text.front() == '[') {
      if (!out.empty() && name_must_follow) return refuse("a name must follow the dot");
      const size_t close = text.find(']');
      if (close == std::string_view::npos) return refuse("a bracket is not closed");
      uint32_t index = 0;
      const char* end = text.data() + close;
      const auto parsed = std::from_chars(text.data() + 1, end, index);
      if (parsed.ec != std::errc() || parsed.ptr != end) return refuse("an integer must be in the brackets");
      out.emplace_back(index);
      text.remove_prefix(close + 1);
      name_must_follow = false;
      continue;
    }
    if (text.front() == '.') {
      if (name_must_follow) return refuse("a name must come before the dot");
      name_must_follow = true;
      text.remove_prefix(1);
      continue;
    }
    if (!name_must_follow) return refuse("a dot must separate two names");
    const size_t end = std::min(text.find_first_of(".[]"), text.size());
    if (end == 0) return refuse("a bracket was not opened");
    out.emplace_back(std::string(text.substr(0, end)));
    text.remove_prefix(end);
    name_must_follow = false;
  }
  if (name_must_follow) return refuse("a name is missing at the end");
  return out;
}

// The struct that btfType names, and the types it is one of: of the module that is named, or of the hook, which are
// searched after the kernel's own.
std::optional<Btf::Type> find_struct(const Checking& checking, const Argument& argument, const Btf*& types) {
  const std::string& name = argument.btf_type.value;
  const Text& of = argument.btf_type_module;
  if (!of.value.empty()) {
    const ModuleTypes* module = checking.kernel.module(of.value);
    if (module == nullptr) {
      checking.out.error(of.span, "there is no type information for module " + quoted(of.value), {},
                         "it must be loaded, and built with BTF (see /sys/kernel/btf)");
      return std::nullopt;
    }
    types = &module->btf;
  } else if (const auto own = checking.kernel.btf->structure(name)) {
    return own;
  }
  auto found = types->structure(name);
  if (!found) {
    const std::string owner = of.value.empty() ? "this kernel" : "module " + of.value;
    checking.out.error(argument.btf_type.span, owner + " has no struct " + quoted(name));
  }
  return found;
}

// Of a program of user space.
std::optional<Btf::Type> find_user_struct(const Checking& checking, const Argument& argument,
                                          const Btf& types) {
  auto found = types.structure(argument.btf_type.value);
  if (!found)
    checking.out.error(argument.btf_type.span,
                       "the types of btfPath have no struct " + quoted(argument.btf_type.value));
  return found;
}

bool is_record(Kind kind) { return kind == Kind::kStruct || kind == Kind::kUnion; }

// Walks from type to type. Where a member is a pointer, reading it is part of its step.
class Walk {
 public:
  Walk(const Checking& checking, const Argument& argument, const Btf& types, Btf::Type at)
      : checking_(checking), argument_(argument), btf_(types), at_(std::move(at)) {}

  bool member(const std::string& name) {
    // Of what a pointer to a pointer leads to.
    for (int depth = 0; at_.kind == Kind::kPointer && depth < kMostPointers; ++depth) step(0, Btf::Type(at_));
    if (!is_record(at_.kind)) return refuse("a value of type " + described() + " has no members");
    const auto member = btf_.member(at_.id, name);
    if (!member) {
      const auto names = btf_.member_names(at_.id);
      return refuse(described() + " has no member " + quoted(name), did_you_mean(name, names));
    }
    if (member->bit_size != 0) return refuse(quoted(name) + " is a bit field");
    step(static_cast<int32_t>(member->offset), member->type);
    return true;
  }

  // An element of an array, or of what a pointer points to.
  bool element(uint32_t index) {
    const auto to = [&](const Btf::Type& element) {
      const uint64_t offset = uint64_t{index} * element.size;
      if (offset > kFarthest || (index > 0 && element.size == 0)) {
        return refuse("an element with index " + std::to_string(index) +
                      (element.size == 0 ? " cannot be located: its type has no size" : " is too far away"));
      }
      step(static_cast<int32_t>(offset), element);
      return true;
    };
    if (last_array_) {
      const Btf::Type element = btf_.type(last_array_->pointee_id);
      if (last_array_->elements != 0 && index >= last_array_->elements) {
        return refuse("the array has " + std::to_string(last_array_->elements) +
                      " elements; there is none with index " + std::to_string(index));
      }
      return to(element);
    }
    if (!pointed_) return refuse("a value of type " + described() + " has no elements");
    return to(Btf::Type(at_));
  }

  [[nodiscard]] const Btf::Type& end() const { return end_; }
  [[nodiscard]] std::vector<ResolveStep> take_steps() { return std::move(steps_); }

 private:
  // To a value of `type` that is `offset` bytes further on.
  void step(int32_t offset, const Btf::Type& type) {
    const bool is_pointer = type.kind == Kind::kPointer;
    steps_.push_back({offset, is_pointer});
    end_ = type;
    pointed_ = is_pointer;
    last_array_.reset();
    if (type.kind == Kind::kArray) last_array_ = type;
    at_ = is_pointer ? btf_.type(type.pointee_id) : type;
  }

  [[nodiscard]] std::string described() const { return at_.name.empty() ? "this struct" : quoted(at_.name); }
  bool refuse(const std::string& why, std::string hint = {}) const {
    checking_.out.error(argument_.resolve.span, why, {}, std::move(hint));
    return false;
  }

  const Checking& checking_;
  const Argument& argument_;
  const Btf& btf_;
  Btf::Type at_;   // where the next member is looked for
  Btf::Type end_;  // what the last step led to
  bool pointed_ = true;
  std::optional<Btf::Type> last_array_;
  std::vector<ResolveStep> steps_;
};

// The type of policies that what is at the end has by itself; absent when it has none, and what the policy says holds.
std::optional<DeclaredType> own_type(const Btf::Type& end) {
  if (end.kind == Kind::kEnum) {
    switch (end.size) {
      case 1:
        return end.is_signed ? DeclaredType::kInt8 : DeclaredType::kUint8;
      case 2:
        return end.is_signed ? DeclaredType::kInt16 : DeclaredType::kUint16;
      case 4:
        return end.is_signed ? DeclaredType::kInt32 : DeclaredType::kUint32;
      default:
        return end.is_signed ? DeclaredType::kInt64 : DeclaredType::kUint64;
    }
  }
  if (end.kind == Kind::kPointer && is_record(end.pointee)) return parse_word<DeclaredType>(end.pointee_name);
  if (is_record(end.kind) || end.kind == Kind::kInt) return parse_word<DeclaredType>(end.name);
  return std::nullopt;
}

bool finish(const Checking& checking, const Argument& argument, const Btf::Type& end, CheckedArg& out) {
  const std::optional<DeclaredType> own = own_type(end);
  out.type = own && family_of(*own) != ArgFamily::kOther ? *own : argument.type.value;
  if (out.type == DeclaredType::kAuto) {
    checking.out.error(argument.resolve.span,
                       "the value at the end of this path has no matching argument type",
                       "\"type\", to say how to read it");
    return false;
  }
  if (family_of(out.type) != ArgFamily::kInteger) return true;
  // Read in the width it has in memory, shown and compared in that of the type.
  if (end.kind != Kind::kInt && end.kind != Kind::kEnum && end.kind != Kind::kPointer) {
    checking.out.error(argument.resolve.span,
                       "the value at the end of this path is not an integer and cannot be read as " +
                           std::string(word(out.type)));
    return false;
  }
  out.source.size = end.kind == Kind::kPointer ? 8 : end.size;
  out.source.is_signed = end.is_signed;
  return true;
}

// Registers of x86-64: names by width in bytes (8, 4, 2, 1), and the member of struct pt_regs that holds them.
struct Register {
  std::array<std::string_view, 4> names;
  std::string_view member;
};
constexpr auto kRegisters = std::to_array<Register>({
    {{"rip", "eip", "", ""}, "ip"},
    {{"rax", "eax", "ax", "al"}, "ax"},
    {{"rbx", "ebx", "bx", "bl"}, "bx"},
    {{"rcx", "ecx", "cx", "cl"}, "cx"},
    {{"rdx", "edx", "dx", "dl"}, "dx"},
    {{"rsi", "esi", "si", "sil"}, "si"},
    {{"rdi", "edi", "di", "dil"}, "di"},
    {{"rbp", "ebp", "bp", "bpl"}, "bp"},
    {{"rsp", "esp", "sp", "spl"}, "sp"},
    {{"r8", "r8d", "r8w", "r8b"}, "r8"},
    {{"r9", "r9d", "r9w", "r9b"}, "r9"},
    {{"r10", "r10d", "r10w", "r10b"}, "r10"},
    {{"r11", "r11d", "r11w", "r11b"}, "r11"},
    {{"r12", "r12d", "r12w", "r12b"}, "r12"},
    {{"r13", "r13d", "r13w", "r13b"}, "r13"},
    {{"r14", "r14d", "r14w", "r14b"}, "r14"},
    {{"r15", "r15d", "r15w", "r15b"}, "r15"},
});

}  // namespace

bool resolve_path(const Checking& checking, const Argument& argument, const ResolveRoot& root,
                  CheckedArg& out) {
  std::string wrong;
  const auto components = components_of(argument.resolve.value, wrong);
  if (!components) {
    checking.out.error(argument.resolve.span,
                       quoted(argument.resolve.value) + " is not a valid path: " + wrong,
                       "names separated by dots, indexes in brackets");
    return false;
  }
  if (components->size() > kMostSteps) {
    checking.out.error(argument.resolve.span,
                       "this path has " + std::to_string(components->size()) + " steps",
                       "at most " + std::to_string(kMostSteps));
    return false;
  }
  const Btf* types = root.types != nullptr ? root.types : checking.types;
  Btf::Type start = types->type(root.type.pointee_id);
  if (!argument.btf_type.value.empty()) {
    const auto named = root.types != nullptr ? find_user_struct(checking, argument, *types)
                                             : find_struct(checking, argument, types);
    if (!named) return false;
    start = *named;
  } else if (root.type.kind != Kind::kPointer) {
    checking.out.error(argument.resolve.span,
                       std::string(root.what) + " is not a pointer: no path can start there");
    return false;
  }
  Walk walk(checking, argument, *types, std::move(start));
  for (const Component& component : *components) {
    const auto* name = std::get_if<std::string>(&component);
    if (!(name != nullptr ? walk.member(*name) : walk.element(std::get<uint32_t>(component)))) return false;
  }
  if (!finish(checking, argument, walk.end(), out)) return false;
  out.source.steps = walk.take_steps();
  return true;
}

std::optional<RegisterPlace> find_register(const Checking& checking, std::string_view name,
                                           std::vector<std::string_view>& names) {
  for (const Register& each : kRegisters) {
    for (size_t width = 0; width < each.names.size(); ++width) {
      if (each.names[width].empty()) continue;
      names.push_back(each.names[width]);
      if (each.names[width] != name) continue;
      const auto member =
          checking.kernel.btf ? checking.kernel.btf->member("pt_regs", each.member) : std::nullopt;
      if (!member) return std::nullopt;
      return RegisterPlace{member->offset, 8U >> width};
    }
  }
  return std::nullopt;
}

bool resolve_register(const Checking& checking, const Argument& argument, CheckedArg& out) {
  std::vector<std::string_view> all;
  if (const auto place = find_register(checking, argument.resolve.value, all)) {
    out.source = {.kind = ArgSource::Kind::kRegister, .offset = place->offset, .size = place->size};
    return true;
  }
  checking.out.error(argument.resolve.span, "there is no register " + quoted(argument.resolve.value),
                     "a register of x86-64, such as rdi, edi, r8 or r8d",
                     did_you_mean(argument.resolve.value, all));
  return false;
}

}  // namespace tripline::policy
