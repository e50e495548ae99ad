// SPDX-License-Identifier: Apache-2.0
#include "policy/lint/implies.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tripline::policy {
namespace {

// ---- integers

// Numbers of either signedness as unsigned ones in the same order; ranges in order that do not touch.
using Range = std::pair<uint64_t, uint64_t>;
using Ranges = std::vector<Range>;

struct Order {
  IntegerShape shape;

  [[nodiscard]] uint64_t key(int64_t number) const {
    return static_cast<uint64_t>(number) ^ (shape.is_signed ? uint64_t{1} << 63 : 0);
  }
  [[nodiscard]] Range all() const {
    if (shape.is_signed) {
      const auto high = static_cast<int64_t>((uint64_t{1} << (shape.bits - 1)) - 1);
      return {key(-high - 1), key(high)};
    }
    return {0, shape.bits == 64 ? UINT64_MAX : (uint64_t{1} << shape.bits) - 1};
  }
};

Ranges merged(Ranges ranges) {
  std::erase_if(ranges, [](const Range& each) { return each.first > each.second; });
  std::ranges::sort(ranges);
  Ranges out;
  for (const Range& each : ranges) {
    if (!out.empty() && (out.back().second == UINT64_MAX || each.first <= out.back().second + 1)) {
      out.back().second = std::max(out.back().second, each.second);
    } else {
      out.push_back(each);
    }
  }
  return out;
}

Ranges without(Range all, const Ranges& ranges) {
  Ranges out;
  uint64_t next = all.first;
  for (const Range& each : ranges) {
    if (each.first > next) out.emplace_back(next, std::min(each.first - 1, all.second));
    if (each.second >= all.second) return out;
    next = std::max(next, each.second + 1);
  }
  out.emplace_back(next, all.second);
  return out;
}

// The numbers that pass; of a mask it is not known.
std::optional<Ranges> passing(const IntFilter& filter, const Order& order) {
  const Range all = order.all();
  Ranges out;
  for (const IntRange& each : filter.values) {
    const uint64_t low = order.key(each.low);
    switch (filter.op) {
      case IntFilter::Op::kGreater:
        if (low < all.second) out.emplace_back(low + 1, all.second);
        break;
      case IntFilter::Op::kLess:
        if (low > all.first) out.emplace_back(all.first, low - 1);
        break;
      case IntFilter::Op::kMask:
        return std::nullopt;
      default:
        out.emplace_back(low, order.key(each.high));
    }
  }
  out = merged(std::move(out));
  const bool negated = filter.op == IntFilter::Op::kNotEqual || filter.op == IntFilter::Op::kNotInRange;
  return negated ? without(all, out) : out;
}

bool within(const Ranges& inner, const Ranges& outer) {
  auto at = outer.begin();
  return std::ranges::all_of(inner, [&](const Range& each) {
    while (at != outer.end() && at->second < each.first) ++at;
    return at != outer.end() && at->first <= each.first && each.second <= at->second;
  });
}

uint64_t bits_of(const IntFilter& mask) {
  uint64_t out = 0;
  for (const IntRange& each : mask.values) out |= static_cast<uint64_t>(each.low);
  return out;
}

bool implies(const IntFilter& given, const IntFilter& then, IntegerShape shape) {
  if (given.op == IntFilter::Op::kMask || then.op == IntFilter::Op::kMask) {
    return given.op == then.op && (bits_of(given) & ~bits_of(then)) == 0 && bits_of(given) != 0;
  }
  const Order order{shape};
  const auto of_given = passing(given, order);
  const auto of_then = passing(then, order);
  return of_given && of_then && !of_given->empty() && within(*of_given, *of_then);
}

// ---- text

// An operator without its Not.
TextOp plain(TextOp op) {
  switch (op) {
    case TextOp::kNotEqual:
      return TextOp::kEqual;
    case TextOp::kNotPrefix:
      return TextOp::kPrefix;
    case TextOp::kNotPostfix:
      return TextOp::kPostfix;
    default:
      return op;
  }
}
bool is_negated(TextOp op) { return plain(op) != op; }

std::string small(std::string_view text) {
  std::string out(text);
  for (char& each : out) {
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  }
  return out;
}

// Is every text that meets `op` and `value` one that meets `other_op` and `other`? Neither has a Not, and both values
// are long enough to mean something.
bool covered(TextOp op, std::string_view value, TextOp other_op, std::string_view other) {
  switch (other_op) {
    case TextOp::kEqual:
      return op == TextOp::kEqual && value == other;
    case TextOp::kPrefix:
      return (op == TextOp::kEqual || op == TextOp::kPrefix) && value.starts_with(other);
    case TextOp::kPostfix:
      return (op == TextOp::kEqual || op == TextOp::kPostfix) && value.ends_with(other);
    case TextOp::kSubString:
      return op != TextOp::kSubStringIgnCase && value.contains(other);
    case TextOp::kSubStringIgnCase:
      return small(value).contains(other);
    default:
      return false;
  }
}

// Is no text that meets the one also one that meets the other? Of operators that look at one place alone.
bool disjoint(TextOp op, std::string_view value, TextOp other_op, std::string_view other) {
  const auto apart = [](TextOp one, std::string_view its, TextOp two, std::string_view of_two) {
    if (one == TextOp::kEqual && two == TextOp::kEqual) return its != of_two;
    if (one == TextOp::kEqual && two == TextOp::kPrefix) return !its.starts_with(of_two);
    if (one == TextOp::kEqual && two == TextOp::kPostfix) return !its.ends_with(of_two);
    if (one == TextOp::kPrefix && two == TextOp::kPrefix)
      return !its.starts_with(of_two) && !of_two.starts_with(its);
    if (one == TextOp::kPostfix && two == TextOp::kPostfix)
      return !its.ends_with(of_two) && !of_two.ends_with(its);
    return false;
  };
  return apart(op, value, other_op, other) || apart(other_op, other, op, value);
}

struct TextTest {
  TextOp op = TextOp::kEqual;
  const std::vector<std::string>& values;
};

bool implies(const TextTest& given, const TextTest& then) {
  const TextOp op = plain(given.op);
  const TextOp other_op = plain(then.op);
  if (given.values.empty()) return false;
  const auto any = [](const std::vector<std::string>& list, auto&& meets) {
    return std::ranges::any_of(list, meets);
  };
  const auto all = [](const std::vector<std::string>& list, auto&& meets) {
    return std::ranges::all_of(list, meets);
  };
  // What no text begins or ends with, or what all do, is left to others.
  const auto means = [](const std::string& value) { return !value.empty(); };
  if (given.op != then.op && !(all(given.values, means) && all(then.values, means))) return false;
  const auto covers = [&](const std::string& value, const std::string& other) {
    return value == other || (means(value) && means(other) && covered(op, value, other_op, other));
  };
  if (is_negated(given.op)) {
    if (!is_negated(then.op)) return false;
    // What the one keeps out, the other must keep out.
    return all(then.values, [&](const std::string& kept) {
      return any(given.values, [&](const std::string& value) {
        return (given.op == then.op && kept == value) ||
               (means(value) && means(kept) && covered(other_op, kept, op, value));
      });
    });
  }
  if (is_negated(then.op)) {
    return all(given.values, [&](const std::string& value) {
      return all(then.values, [&](const std::string& other) { return disjoint(op, value, other_op, other); });
    });
  }
  return all(given.values, [&](const std::string& value) {
    return any(then.values, [&](const std::string& other) {
      return given.op == then.op ? covers(value, other) : covered(op, value, other_op, other);
    });
  });
}

// ---- sets

template <typename T>
bool includes(const std::vector<T>& all, const std::vector<T>& some) {
  return std::ranges::all_of(some, [&](const T& each) { return std::ranges::find(all, each) != all.end(); });
}

// Of "is one of them" and "is none of them".
template <typename T>
bool implies(bool negated, const std::vector<T>& given, bool then_negated, const std::vector<T>& then) {
  if (negated) return then_negated && includes(given, then);
  if (given.empty()) return false;
  if (!then_negated) return includes(then, given);
  return std::ranges::none_of(given,
                              [&](const T& each) { return std::ranges::find(then, each) != then.end(); });
}

Ranges ranges_of(const std::vector<IntRange>& numbers) {
  Ranges out;
  for (const IntRange& each : numbers)
    out.emplace_back(static_cast<uint64_t>(each.low), static_cast<uint64_t>(each.high));
  return merged(std::move(out));
}

bool inside(const AddressBlock& inner, const AddressBlock& outer) {
  if (inner.is_ipv6 != outer.is_ipv6 || inner.prefix < outer.prefix) return false;
  for (uint32_t bit = 0; bit < outer.prefix; ++bit) {
    const uint32_t mask = 0x80U >> bit % 8;
    if ((inner.bytes[bit / 8] & mask) != (outer.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool all_inside(const std::vector<AddressBlock>& inner, const std::vector<AddressBlock>& outer) {
  return std::ranges::all_of(inner, [&](const AddressBlock& each) {
    return std::ranges::any_of(outer, [&](const AddressBlock& block) { return inside(each, block); });
  });
}

bool implies(const SocketFilter& given, const SocketFilter& then) {
  if (given.field != then.field || given.negated != then.negated) return false;
  const SocketFilter& narrow = given.negated ? then : given;
  const SocketFilter& wide = given.negated ? given : then;
  if (narrow.numbers.empty() && narrow.addresses.empty()) return given.negated;
  return all_inside(narrow.addresses, wide.addresses) &&
         within(ranges_of(narrow.numbers), ranges_of(wide.numbers));
}

TextOp text_operator(const FactFilter& filter) {
  switch (filter.clause.kind) {
    case FactClause::Kind::kPrefix:
      return filter.negated ? TextOp::kNotPrefix : TextOp::kPrefix;
    case FactClause::Kind::kPostfix:
      return filter.negated ? TextOp::kNotPostfix : TextOp::kPostfix;
    default:
      return filter.negated ? TextOp::kNotEqual : TextOp::kEqual;
  }
}

bool is_of_path(const FactClause& clause) {
  return clause.kind == FactClause::Kind::kEqual || clause.kind == FactClause::Kind::kPrefix ||
         clause.kind == FactClause::Kind::kPostfix;
}

bool implies(const FactFilter& given, const FactFilter& then) {
  if (given.parent != then.parent) return false;
  if (is_of_path(given.clause) && is_of_path(then.clause)) {
    return implies(TextTest{text_operator(given), given.clause.paths},
                   TextTest{text_operator(then), then.clause.paths});
  }
  if (given.clause.kind != then.clause.kind || given.negated != then.negated) return false;
  return given.clause.pids.empty() && then.clause.pids.empty()
             ? implies(given.negated, given.clause.paths, then.negated, then.clause.paths)
             : implies(given.negated, given.clause.pids, then.negated, then.clause.pids);
}

bool implies(const TaskFilter& given, const TaskFilter& then) {
  if (given.number != then.number || given.is_mask != then.is_mask) return false;
  if (!given.is_mask) return implies(given.negated, given.values, then.negated, then.values);
  if (given.negated != then.negated) return false;
  const auto bits = [](const TaskFilter& filter) {
    uint64_t out = 0;
    for (const uint64_t each : filter.values) out |= each;
    return out;
  };
  const uint64_t narrow = bits(given.negated ? then : given);
  const uint64_t wide = bits(given.negated ? given : then);
  return (narrow & ~wide) == 0 && (given.negated || narrow != 0);
}

// About how many values are compared.
struct Cost {
  const Filter& other;

  size_t operator()(const PathFilter& filter) const { return text(filter.values); }
  size_t operator()(const TextFilter& filter) const { return text(filter.values); }
  size_t operator()(const FactFilter& filter) const {
    return 1 + (filter.clause.paths.size() + filter.clause.pids.size()) * size_of(other);
  }
  size_t operator()(const TaskFilter& filter) const { return 1 + filter.values.size() * size_of(other); }
  size_t operator()(const FileTypeFilter& filter) const { return 1 + filter.types.size() * size_of(other); }
  size_t operator()(const SocketFilter& filter) const {
    return 1 + filter.numbers.size() + filter.addresses.size() * size_of(other);
  }
  size_t operator()(const IntFilter& filter) const { return 1 + filter.values.size() + size_of(other); }
  size_t operator()(const CelFilter& /*filter*/) const { return 100; }  // of terms, in most cases fewer
  size_t operator()(const auto& /*other*/) const { return 1; }

  [[nodiscard]] size_t text(const std::vector<std::string>& values) const {
    size_t bytes = 0;
    for (const std::string& value : values) bytes += value.size() / 64;
    return 1 + (values.size() + bytes) * size_of(other);
  }
  static size_t size_of(const Filter& filter) {
    if (const auto* path = std::get_if<PathFilter>(&filter)) return path->values.size();
    if (const auto* text = std::get_if<TextFilter>(&filter)) return text->values.size();
    if (const auto* fact = std::get_if<FactFilter>(&filter))
      return fact->clause.paths.size() + fact->clause.pids.size();
    if (const auto* task = std::get_if<TaskFilter>(&filter)) return task->values.size();
    if (const auto* types = std::get_if<FileTypeFilter>(&filter)) return types->types.size();
    if (const auto* socket = std::get_if<SocketFilter>(&filter)) return socket->addresses.size();
    if (const auto* number = std::get_if<IntFilter>(&filter)) return number->values.size();
    return 1;
  }
};

// Filters of different kinds tell nothing of one another.
struct Implies {
  std::span<const CheckedArg> args;

  bool operator()(const IntFilter& given, const IntFilter& then) const {
    return given.arg == then.arg && implies(given, then, integer_shape(args[given.arg].type));
  }
  bool operator()(const PathFilter& given, const PathFilter& then) const { return text(given, then); }
  bool operator()(const TextFilter& given, const TextFilter& then) const { return text(given, then); }
  bool operator()(const FileTypeFilter& given, const FileTypeFilter& then) const {
    return given.arg == then.arg && implies(given.negated, given.types, then.negated, then.types);
  }
  bool operator()(const SocketFilter& given, const SocketFilter& then) const {
    return given.arg == then.arg && implies(given, then);
  }
  bool operator()(const CapabilitiesGainedFilter& given, const CapabilitiesGainedFilter& then) const {
    return given.old == then.old && given.gained == then.gained;
  }
  bool operator()(const CelFilter& given, const CelFilter& then) const {
    return given.expression == then.expression;
  }
  bool operator()(const TaskFilter& given, const TaskFilter& then) const { return implies(given, then); }
  bool operator()(const FactFilter& given, const FactFilter& then) const { return implies(given, then); }
  bool operator()(const ChangeFilter& given, const ChangeFilter& then) const {
    return given.what == then.what && given.listed == then.listed && given.others == then.others;
  }
  bool operator()(const auto& /*given*/, const auto& /*then*/) const { return false; }

  template <typename T>
  [[nodiscard]] bool text(const T& given, const T& then) const {
    return given.arg == then.arg && implies(TextTest{given.op, given.values}, TextTest{then.op, then.values});
  }

  template <typename... T>
  static bool implies(T&&... each) {
    return policy::implies(std::forward<T>(each)...);
  }
};

bool always_passes(const Filter& filter) {
  const auto* constant = std::get_if<ConstantFilter>(&filter);
  return constant != nullptr && constant->passes;
}

}  // namespace

bool Implication::spend(size_t cost) const {
  budget_ -= std::min(cost, budget_);
  return budget_ > 0;
}

bool Implication::holds(const Filter& given, const Filter& then) const {
  const bool comparable = given.index() == then.index();
  return spend(comparable ? std::visit(Cost{then}, given) : 1) && comparable &&
         std::visit(Implies{args_}, given, then);
}

bool Implication::holds(const std::vector<Filter>& given, const std::vector<Filter>& then) const {
  return spend(1) && std::ranges::all_of(then, [&](const Filter& filter) {
           return always_passes(filter) ||
                  std::ranges::any_of(given, [&](const Filter& other) { return holds(other, filter); });
         });
}

}  // namespace tripline::policy
