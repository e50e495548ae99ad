// SPDX-License-Identifier: Apache-2.0
// A reader of BTF of our own: libbpf's trusts what it reads too far for a file from somewhere, and has no index by
// name. parse() makes sure that every type lies inside the data and that strings end; whatever one type says about
// another (ids, offsets, counts) is doubted again each time it is followed.
#include <linux/btf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "kernel/kernel.h"

namespace tripline {
namespace {

// Bounds on what damaged or hostile data can make us do; real kernels stay far below.
constexpr int kMaxModifiers = 64;          // typedefs and qualifiers on one type
constexpr int kMaxNesting = 24;            // anonymous members, array dimensions, declarators
constexpr int kMaxMemberVisits = 1 << 16;  // members looked at in one search
constexpr int kMaxSpellingSteps = 256;     // types rendered in one spelling
constexpr size_t kMaxBytes = size_t{1} << 28;

// Kinds that share a name space in the index.
enum class NameSpace : uint64_t { kFunction = 1, kStructure, kTypedef, kEnum };

std::optional<NameSpace> name_space(uint32_t kind) {
  switch (kind) {
    case BTF_KIND_FUNC:
      return NameSpace::kFunction;
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return NameSpace::kStructure;
    case BTF_KIND_TYPEDEF:
      return NameSpace::kTypedef;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return NameSpace::kEnum;
    default:
      return std::nullopt;
  }
}

uint64_t word_at(const char* text) {
  uint64_t word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

// A hundred thousand names are hashed before the first answer, so eight bytes at a time.
uint32_t hash(NameSpace space, std::string_view name) {
  constexpr uint64_t kFactor = 0x9e3779b97f4a7c15;
  uint64_t state = static_cast<uint64_t>(space) + name.size() * kFactor;
  const auto mix = [&state](uint64_t word) { state = std::rotl(state ^ word, 29) * kFactor; };
  if (name.size() >= 8) {
    size_t at = 0;
    for (; at + 8 < name.size(); at += 8) mix(word_at(name.data() + at));
    mix(word_at(name.data() + name.size() - 8));
  } else {
    uint64_t word = 0;
    for (const char c : name) word = word << 8 | static_cast<unsigned char>(c);
    mix(word);
  }
  return static_cast<uint32_t>(state >> 32);
}

// A btf_type, taken apart.
struct Entry {
  uint32_t id = 0;
  uint32_t kind = BTF_KIND_UNKN;
  uint32_t name = 0;                // offset of a string
  uint32_t count = 0;               // of members, parameters, enumerators
  bool flag = false;                // kind_flag: bit-fields have their own encoding, an enum is signed, ...
  uint32_t size_or_target = 0;      // by kind: size in bytes, or the type it refers to
  const std::byte* body = nullptr;  // where the data after the btf_type starts
};

// Bytes after the btf_type; absent for a kind that we do not know.
std::optional<size_t> body_bytes(uint32_t kind, uint32_t count) {
  switch (kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    case BTF_KIND_INT:
      return sizeof(uint32_t);
    case BTF_KIND_VAR:
      return sizeof(btf_var);
    case BTF_KIND_DECL_TAG:
      return sizeof(btf_decl_tag);
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return count * sizeof(btf_member);
    case BTF_KIND_ENUM:
      return count * sizeof(btf_enum);
    case BTF_KIND_ENUM64:
      return count * sizeof(btf_enum64);
    case BTF_KIND_FUNC_PROTO:
      return count * sizeof(btf_param);
    case BTF_KIND_DATASEC:
      return count * sizeof(btf_var_secinfo);
    default:
      return std::nullopt;
  }
}

bool is_aggregate(const Entry& entry) {
  return entry.kind == BTF_KIND_STRUCT || entry.kind == BTF_KIND_UNION;
}

bool is_qualifier(uint32_t kind) {
  return kind == BTF_KIND_VOLATILE || kind == BTF_KIND_CONST || kind == BTF_KIND_RESTRICT;
}

bool is_modifier(uint32_t kind) {
  return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_TYPE_TAG || is_qualifier(kind);
}

Btf::Kind public_kind(uint32_t kind) {
  switch (kind) {
    case BTF_KIND_INT:
      return Btf::Kind::kInt;
    case BTF_KIND_PTR:
      return Btf::Kind::kPointer;
    case BTF_KIND_ARRAY:
      return Btf::Kind::kArray;
    case BTF_KIND_STRUCT:
      return Btf::Kind::kStruct;
    case BTF_KIND_UNION:
      return Btf::Kind::kUnion;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return Btf::Kind::kEnum;
    case BTF_KIND_FWD:
      return Btf::Kind::kForward;
    case BTF_KIND_FUNC:
    case BTF_KIND_FUNC_PROTO:
      return Btf::Kind::kFunction;
    case BTF_KIND_FLOAT:
      return Btf::Kind::kFloat;
    default:
      return Btf::Kind::kVoid;
  }
}

std::string_view keyword(const Entry& entry) {
  switch (entry.kind) {
    case BTF_KIND_STRUCT:
      return "struct ";
    case BTF_KIND_UNION:
      return "union ";
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return "enum ";
    case BTF_KIND_FWD:
      return entry.flag ? "union " : "struct ";
    case BTF_KIND_CONST:
      return "const ";
    case BTF_KIND_VOLATILE:
      return "volatile ";
    case BTF_KIND_RESTRICT:
      return "restrict ";
    default:
      return "";
  }
}

// One step of a member path: a name and the array elements picked behind it. False when it is no path.
struct PathStep {
  std::string_view name;
  std::vector<uint32_t> indices;
};

bool take_step(std::string_view& path, PathStep& step) {
  const size_t end = std::min(path.find('.'), path.size());
  std::string_view text = path.substr(0, end);
  if (end + 1 == path.size()) return false;  // nothing behind the dot
  path.remove_prefix(std::min(end + 1, path.size()));
  step.name = text.substr(0, text.find('['));
  step.indices.clear();
  text.remove_prefix(step.name.size());
  while (!text.empty()) {
    uint32_t index = 0;
    const auto [stop, error] = std::from_chars(text.data() + 1, text.data() + text.size(), index);
    if (text.front() != '[' || error != std::errc{} || stop == text.data() + text.size() || *stop != ']') {
      return false;
    }
    step.indices.push_back(index);
    text.remove_prefix(static_cast<size_t>(stop - text.data()) + 1);
  }
  return !step.name.empty();
}

}  // namespace

struct Btf::Data {
  // An id and the hash of its name; id 0 is an empty slot. The first type of a name wins.
  struct Slot {
    uint32_t hash = 0;
    uint32_t id = 0;
  };
  // A member as BTF has it, in bits from the start of the struct that was searched.
  struct Place {
    uint64_t bits = 0;
    uint32_t type = 0;
    uint32_t width = 0;
  };

  // Of a module: the kernel's types, whose ids and strings come before ours.
  std::shared_ptr<const Data> base;
  uint32_t first = 0;       // the id of offsets[0]
  size_t first_string = 0;  // the offset of strings[0]
  std::vector<std::byte> raw;
  const char* strings = nullptr;
  size_t string_bytes = 0;
  std::vector<uint32_t> offsets;  // where in `raw` each type starts, by id; void has none
  std::vector<Slot> slots;        // a power of two of them, open addressing
  uint32_t named = 0;             // types that belong into the index

  template <typename T>
  static T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  std::string_view text(uint32_t offset) const {
    if (offset < first_string) return base->text(offset);
    return offset - first_string < string_bytes ? std::string_view(strings + (offset - first_string))
                                                : std::string_view();
  }

  // The ids end before this one.
  uint32_t end() const { return first + static_cast<uint32_t>(offsets.size()); }

  Entry entry_at(size_t at, uint32_t id) const {
    const std::byte* const place = raw.data() + at;
    const auto type = load<btf_type>(place);
    return {.id = id,
            .kind = BTF_INFO_KIND(type.info),
            .name = type.name_off,
            .count = BTF_INFO_VLEN(type.info),
            .flag = BTF_INFO_KFLAG(type.info) != 0,
            .size_or_target = type.type,
            .body = place + sizeof type};
  }

  // Void for an id that there is not.
  Entry entry(uint32_t id) const {
    if (id < first) return base->entry(id);
    return id > 0 && id < end() ? entry_at(offsets[id - first], id) : Entry{};
  }

  btf_member member(const Entry& owner, uint32_t index) const {
    return load<btf_member>(owner.body + index * sizeof(btf_member));
  }
  btf_param parameter(const Entry& prototype, uint32_t index) const {
    return load<btf_param>(prototype.body + index * sizeof(btf_param));
  }

  // The type behind typedefs and qualifiers; void when they never end.
  Entry strip(uint32_t id) const {
    Entry at = entry(id);
    for (int steps = 0; is_modifier(at.kind); ++steps) {
      if (steps == kMaxModifiers) return {};
      at = entry(at.size_or_target);
    }
    return at;
  }

  std::optional<Entry> find(NameSpace space, std::string_view name) const {
    const uint32_t wanted = hash(space, name);
    for (size_t at = wanted & (slots.size() - 1); slots[at].id != 0; at = (at + 1) & (slots.size() - 1)) {
      if (slots[at].hash != wanted) continue;
      const Entry found = entry(slots[at].id);
      if (name_space(found.kind) == space && text(found.name) == name) return found;
    }
    return base ? base->find(space, name) : std::nullopt;
  }

  const char* read_header();
  const char* read_types(size_t at, size_t end);
  void build_index();
  uint32_t size_of(const Entry& stripped) const;
  Between between(uint32_t target, const Entry& stripped) const;
  bool is_tagged_user(uint32_t target) const;
  Type describe(uint32_t id) const;
  std::string spell(uint32_t id, std::string declarator, int depth, int& steps) const;
  std::string spell(uint32_t id) const;
  uint32_t kind_behind(uint32_t id, bool qualifiers) const;
  Function describe_function(const Entry& prototype, uint32_t first_parameter) const;
  bool find_member(const Entry& owner, std::string_view name, uint64_t bits, int depth, int& visits,
                   Place& found) const;
  void collect_members(const Entry& owner, int depth, int& visits,
                       std::vector<std::string_view>& names) const;
  uint32_t int_bits(uint32_t id) const;
  std::optional<int64_t> enumerator(const Entry& owner, std::string_view name) const;
};

// Both return what is wrong, or null.
const char* Btf::Data::read_header() {
  if (raw.size() < sizeof(btf_header)) return "is shorter than its header";
  if (raw.size() > kMaxBytes) return "too large";
  const auto header = load<btf_header>(raw.data());
  if (header.magic == std::byteswap(static_cast<uint16_t>(BTF_MAGIC))) return "has the wrong byte order";
  if (header.magic != BTF_MAGIC) return "is not BTF";
  if (header.version != BTF_VERSION) return "has an unknown version";
  if (header.hdr_len < sizeof(btf_header) || header.hdr_len > raw.size()) return "has a damaged header";

  const size_t rest = raw.size() - header.hdr_len;
  if (header.type_off > rest || header.type_len > rest - header.type_off || header.type_off % 4 != 0 ||
      header.type_len % 4 != 0) {
    return "has its types outside the data";
  }
  if (header.str_off > rest || header.str_len > rest - header.str_off)
    return "has its strings outside the data";
  strings = reinterpret_cast<const char*>(raw.data()) + header.hdr_len + header.str_off;
  string_bytes = header.str_len;
  // Those of a module do not begin with the empty one, and may be none.
  const bool begins = base ? true : string_bytes > 0 && strings[0] == '\0';
  if (!begins || (string_bytes > 0 && strings[string_bytes - 1] != '\0')) {
    return "has unterminated strings";
  }
  const size_t types = header.hdr_len + header.type_off;
  return read_types(types, types + header.type_len);
}

const char* Btf::Data::read_types(size_t at, size_t end) {
  offsets.reserve((end - at) / sizeof(btf_type) + 1);
  if (!base) offsets.push_back(0);
  while (at < end) {
    if (end - at < sizeof(btf_type)) return "ends within a type";
    const Entry type = entry_at(at, 0);
    const auto body_at = static_cast<size_t>(type.body - raw.data());
    const std::optional<size_t> body = body_bytes(type.kind, type.count);
    if (!body) return "has a type of unknown kind";
    if (*body > end - body_at) return "ends within a type";
    if (type.name >= first_string + string_bytes) return "has a name outside its strings";
    if (type.name != 0 && name_space(type.kind)) ++named;
    offsets.push_back(static_cast<uint32_t>(at));
    at = body_at + *body;
  }
  return nullptr;
}

void Btf::Data::build_index() {
  slots.resize(std::bit_ceil(size_t{named} + named / 4 + 2));
  const size_t mask = slots.size() - 1;
  for (uint32_t id = std::max(first, 1U); id < end(); ++id) {
    const Entry type = entry(id);
    const std::optional<NameSpace> space = type.name != 0 ? name_space(type.kind) : std::nullopt;
    if (!space) continue;
    const std::string_view name = text(type.name);
    const uint32_t hashed = hash(*space, name);
    size_t slot = hashed & mask;
    for (; slots[slot].id != 0; slot = (slot + 1) & mask) {
      if (slots[slot].hash != hashed) continue;
      const Entry earlier = entry(slots[slot].id);
      if (name_space(earlier.kind) == space && text(earlier.name) == name) break;
    }
    if (slots[slot].id == 0) slots[slot] = {hashed, id};
  }
}

// 0 for what has no size, or an absurd one.
uint32_t Btf::Data::size_of(const Entry& stripped) const {
  uint64_t bytes = 1;
  Entry at = stripped;
  for (int depth = 0; at.kind == BTF_KIND_ARRAY; ++depth) {
    const auto array = load<btf_array>(at.body);
    bytes *= array.nelems;
    if (depth == kMaxNesting || bytes > std::numeric_limits<uint32_t>::max()) return 0;
    at = strip(array.type);
  }
  switch (at.kind) {
    case BTF_KIND_PTR:
      bytes *= 8;
      break;
    case BTF_KIND_INT:
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
    case BTF_KIND_FLOAT:
      bytes *= at.size_or_target;
      break;
    default:
      return 0;
  }
  return bytes > std::numeric_limits<uint32_t>::max() ? 0 : static_cast<uint32_t>(bytes);
}

// Bits that an integer type uses; 0 for other types. Before kind_flag, bit-fields were integers with fewer bits.
uint32_t Btf::Data::int_bits(uint32_t id) const {
  const Entry stripped = strip(id);
  return stripped.kind == BTF_KIND_INT ? BTF_INT_BITS(load<uint32_t>(stripped.body)) : 0;
}

std::optional<int64_t> Btf::Data::enumerator(const Entry& owner, std::string_view name) const {
  if (owner.kind == BTF_KIND_ENUM) {
    for (uint32_t i = 0; i < owner.count; ++i) {
      const auto value = load<btf_enum>(owner.body + i * sizeof(btf_enum));
      if (text(value.name_off) == name) return owner.flag ? value.val : static_cast<uint32_t>(value.val);
    }
  } else if (owner.kind == BTF_KIND_ENUM64) {
    for (uint32_t i = 0; i < owner.count; ++i) {
      const auto value = load<btf_enum64>(owner.body + i * sizeof(btf_enum64));
      if (text(value.name_off) == name)
        return static_cast<int64_t>(uint64_t{value.val_hi32} << 32 | value.val_lo32);
    }
  }
  return std::nullopt;
}

// What stripping took from type `target` to make it `stripped`.
Btf::Between Btf::Data::between(uint32_t target, const Entry& stripped) const {
  const Entry first = entry(target);
  if (!is_modifier(first.kind)) return Between::kNothing;
  return first.kind == BTF_KIND_CONST && first.size_or_target == stripped.id ? Between::kConst
                                                                             : Between::kOther;
}

bool Btf::Data::is_tagged_user(uint32_t target) const {
  Entry at = entry(target);
  for (int steps = 0; steps < kMaxModifiers && is_modifier(at.kind); ++steps) {
    if (at.kind == BTF_KIND_TYPE_TAG && text(at.name) == "user") return true;
    at = entry(at.size_or_target);
  }
  return false;
}

Btf::Type Btf::Data::describe(uint32_t id) const {
  const Entry stripped = strip(id);
  Type type{.kind = public_kind(stripped.kind),
            .name = std::string(text(stripped.name)),
            .size = size_of(stripped),
            .id = stripped.id};
  if (stripped.kind == BTF_KIND_INT)
    type.is_signed = (BTF_INT_ENCODING(load<uint32_t>(stripped.body)) & BTF_INT_SIGNED) != 0;
  if (type.kind == Kind::kEnum) type.is_signed = stripped.flag;
  if (type.kind == Kind::kPointer || type.kind == Kind::kArray) {
    uint32_t target = stripped.size_or_target;
    if (type.kind == Kind::kArray) {
      const auto array = load<btf_array>(stripped.body);
      target = array.type;
      type.elements = array.nelems;
    }
    const Entry pointee = strip(target);
    if (type.kind == Kind::kPointer) {
      type.between = between(target, pointee);
      type.is_user = is_tagged_user(target);
    }
    type.pointee = public_kind(pointee.kind);
    type.pointee_name = text(pointee.name);
    type.pointee_id = pointee.id;
  }
  return type;
}

// What stands behind type tags and, if asked, qualifiers: enough to know how a declarator is written.
uint32_t Btf::Data::kind_behind(uint32_t id, bool qualifiers) const {
  Entry at = entry(id);
  for (int steps = 0; steps < kMaxModifiers; ++steps) {
    if (at.kind != BTF_KIND_TYPE_TAG && !(qualifiers && is_qualifier(at.kind))) break;
    at = entry(at.size_or_target);
  }
  return at.kind;
}

// C writes a type around its declarator, so the declarator grows on the way to the innermost type.
std::string Btf::Data::spell(uint32_t id, std::string declarator, int depth, int& steps) const {
  if (depth == kMaxNesting || ++steps > kMaxSpellingSteps) return "...";
  const Entry type = entry(id);
  switch (type.kind) {
    case BTF_KIND_TYPE_TAG:
      return spell(type.size_or_target, std::move(declarator), depth + 1, steps);
    case BTF_KIND_CONST:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_RESTRICT: {
      const std::string word(keyword(type));
      if (kind_behind(type.size_or_target, true) != BTF_KIND_PTR) {
        return word + spell(type.size_or_target, std::move(declarator), depth + 1, steps);
      }
      if (declarator.empty())
        return spell(type.size_or_target, word.substr(0, word.size() - 1), depth + 1, steps);
      return spell(type.size_or_target, word + declarator, depth + 1, steps);
    }
    case BTF_KIND_PTR: {
      const uint32_t target = kind_behind(type.size_or_target, false);
      declarator.insert(0, "*");
      if (target == BTF_KIND_FUNC_PROTO || target == BTF_KIND_ARRAY) declarator = "(" + declarator + ")";
      return spell(type.size_or_target, std::move(declarator), depth + 1, steps);
    }
    case BTF_KIND_ARRAY: {
      const auto array = load<btf_array>(type.body);
      declarator += array.nelems == 0 ? "[]" : "[" + std::to_string(array.nelems) + "]";
      return spell(array.type, std::move(declarator), depth + 1, steps);
    }
    case BTF_KIND_FUNC_PROTO: {
      declarator += "(";
      for (uint32_t i = 0; i < type.count && steps < kMaxSpellingSteps; ++i) {
        const btf_param parameter = this->parameter(type, i);
        if (i > 0) declarator += ", ";
        declarator += parameter.type == 0 ? "..." : spell(parameter.type, {}, depth + 1, steps);
      }
      declarator += type.count == 0 ? "void)" : ")";
      return spell(type.size_or_target, std::move(declarator), depth + 1, steps);
    }
    default: {
      std::string name(type.kind == BTF_KIND_UNKN ? "void" : text(type.name));
      if (name.empty()) name = "{...}";
      name.insert(0, keyword(type));
      return declarator.empty() ? name : name + " " + declarator;
    }
  }
}

std::string Btf::Data::spell(uint32_t id) const {
  int steps = 0;
  return spell(id, {}, 0, steps);
}

Btf::Function Btf::Data::describe_function(const Entry& prototype, uint32_t first_parameter) const {
  Function function;
  for (uint32_t i = first_parameter; i < prototype.count; ++i) {
    const btf_param raw_parameter = parameter(prototype, i);
    if (raw_parameter.type == 0 && i + 1 == prototype.count) {
      function.variadic = true;
      break;
    }
    function.parameters.push_back({.name = std::string(text(raw_parameter.name_off)),
                                   .type = describe(raw_parameter.type),
                                   .spelling = spell(raw_parameter.type)});
  }
  Type result = describe(prototype.size_or_target);
  if (result.kind != Kind::kVoid) function.result = std::move(result);
  function.result_spelling = spell(prototype.size_or_target);
  return function;
}

bool Btf::Data::find_member(const Entry& owner, std::string_view name, uint64_t bits, int depth, int& visits,
                            Place& found) const {
  if (!is_aggregate(owner) || depth == kMaxNesting) return false;
  for (uint32_t i = 0; i < owner.count; ++i) {
    if (++visits > kMaxMemberVisits) return false;
    const btf_member candidate = member(owner, i);
    const uint32_t offset = owner.flag ? BTF_MEMBER_BIT_OFFSET(candidate.offset) : candidate.offset;
    const std::string_view candidate_name = text(candidate.name_off);
    if (candidate_name.empty()) {
      if (find_member(strip(candidate.type), name, bits + offset, depth + 1, visits, found)) return true;
    } else if (candidate_name == name) {
      found = {bits + offset, candidate.type, owner.flag ? BTF_MEMBER_BITFIELD_SIZE(candidate.offset) : 0};
      return true;
    }
  }
  return false;
}

void Btf::Data::collect_members(const Entry& owner, int depth, int& visits,
                                std::vector<std::string_view>& names) const {
  if (!is_aggregate(owner) || depth == kMaxNesting) return;
  for (uint32_t i = 0; i < owner.count && ++visits <= kMaxMemberVisits; ++i) {
    const btf_member candidate = member(owner, i);
    const std::string_view name = text(candidate.name_off);
    if (name.empty()) {
      collect_members(strip(candidate.type), depth + 1, visits, names);
    } else {
      names.push_back(name);
    }
  }
}

Result<Btf> Btf::parse(std::vector<std::byte> raw, const Btf* kernel) {
  auto data = std::make_shared<Data>();
  data->raw = std::move(raw);
  if (kernel != nullptr) {
    data->base = kernel->data_;
    data->first = kernel->data_->end();
    data->first_string = kernel->data_->first_string + kernel->data_->string_bytes;
  }
  if (const char* wrong = data->read_header())
    return fail("read BTF", "", 0, std::string("the data ") + wrong);
  data->build_index();
  return Btf(std::move(data));
}

std::optional<Btf::Function> Btf::function(std::string_view name) const {
  const std::optional<Entry> found = data_->find(NameSpace::kFunction, name);
  if (!found) return std::nullopt;
  const Entry prototype = data_->entry(found->size_or_target);
  if (prototype.kind != BTF_KIND_FUNC_PROTO) return std::nullopt;
  Function function = data_->describe_function(prototype, 0);
  function.name = name;
  function.id = found->id;
  return function;
}

std::optional<Btf::Function> Btf::raw_tracepoint(std::string_view name) const {
  const std::optional<Entry> found = data_->find(NameSpace::kTypedef, "btf_trace_" + std::string(name));
  if (!found) return std::nullopt;
  const Entry pointer = data_->strip(found->id);
  const Entry prototype = data_->strip(pointer.size_or_target);
  if (pointer.kind != BTF_KIND_PTR || prototype.kind != BTF_KIND_FUNC_PROTO) return std::nullopt;
  Function function = data_->describe_function(prototype, 1);
  function.name = name;
  function.id = found->id;

  // A typedef's prototype names no parameters; the function that calls the programs does.
  const std::optional<Function> caller = this->function("__traceiter_" + std::string(name));
  if (caller && caller->parameters.size() == function.parameters.size() + 1) {
    for (size_t i = 0; i < function.parameters.size(); ++i) {
      function.parameters[i].name = caller->parameters[i + 1].name;
    }
  }
  return function;
}

std::optional<Btf::Type> Btf::structure(std::string_view name) const {
  const std::optional<Entry> found = data_->find(NameSpace::kStructure, name);
  return found ? std::optional(data_->describe(found->id)) : std::nullopt;
}

Btf::Type Btf::type(uint32_t id) const { return data_->describe(id); }

std::string Btf::spelling(uint32_t id) const { return data_->spell(id); }

std::optional<Btf::Member> Btf::member(uint32_t type_id, std::string_view path) const {
  PathStep step;
  Data::Place place{.type = type_id};
  int visits = 0;
  do {
    const uint64_t outer = place.bits;
    if (place.width != 0 || !take_step(path, step)) return std::nullopt;
    if (!data_->find_member(data_->strip(place.type), step.name, outer, 0, visits, place))
      return std::nullopt;
    for (const uint32_t index : step.indices) {
      const Entry array = data_->strip(place.type);
      if (array.kind != BTF_KIND_ARRAY || place.width != 0) return std::nullopt;
      const auto shape = Data::load<btf_array>(array.body);
      if (shape.nelems != 0 && index >= shape.nelems) return std::nullopt;
      const uint64_t bytes = uint64_t{index} * data_->size_of(data_->strip(shape.type));
      if (bytes > std::numeric_limits<uint32_t>::max()) return std::nullopt;
      place.bits += bytes * 8;
      place.type = shape.type;
    }
  } while (!path.empty());

  Member member{.type = data_->describe(place.type)};
  uint64_t offset = place.bits / 8;
  const uint32_t int_bits = data_->int_bits(place.type);
  if (place.width == 0 && int_bits != 0 && int_bits != member.type.size * 8) place.width = int_bits;
  if (place.width > uint64_t{member.type.size} * 8) return std::nullopt;
  if (place.width != 0) {
    // Where the compiler would load it: the aligned unit of the declared type, unless the field leaves that.
    offset = offset / member.type.size * member.type.size;
    if (place.bits - offset * 8 + place.width > uint64_t{member.type.size} * 8) offset = place.bits / 8;
    member.bit_offset = static_cast<uint32_t>(place.bits - offset * 8);
    member.bit_size = place.width;
  }
  if (offset > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  member.offset = static_cast<uint32_t>(offset);
  return member;
}

std::optional<Btf::Member> Btf::member(std::string_view struct_name, std::string_view path) const {
  const std::optional<Entry> found = data_->find(NameSpace::kStructure, struct_name);
  return found ? member(found->id, path) : std::nullopt;
}

std::optional<int64_t> Btf::enumerator(std::string_view enum_name, std::string_view name) const {
  if (!enum_name.empty()) {
    const std::optional<Entry> found = data_->find(NameSpace::kEnum, enum_name);
    return found ? data_->enumerator(*found, name) : std::nullopt;
  }
  for (uint32_t id = 1; id < data_->end(); ++id) {
    const Entry candidate = data_->entry(id);
    if (candidate.name != 0) continue;
    if (const auto value = data_->enumerator(candidate, name)) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Btf::function_names() const {
  std::vector<std::string_view> names;
  for (uint32_t id = std::max(data_->first, 1U); id < data_->end(); ++id) {
    const Entry candidate = data_->entry(id);
    if (candidate.kind == BTF_KIND_FUNC) names.push_back(data_->text(candidate.name));
  }
  return names;
}

std::vector<std::string_view> Btf::member_names(uint32_t type_id) const {
  std::vector<std::string_view> names;
  int visits = 0;
  data_->collect_members(data_->strip(type_id), 0, visits, names);
  return names;
}

uint32_t Btf::type_count() const { return data_->end(); }

std::span<const std::byte> Btf::raw() const { return data_->raw; }

}  // namespace tripline
