// SPDX-License-Identifier: Apache-2.0
#include "cel/slow.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tripline::cel::slow {
namespace {

// Numbers are wide enough for all of their types; a double is one that is a whole number of quarters.
struct Worth {
  enum class Kind { kBool, kInt, kUint, kDouble, kString, kList, kMap };
  Kind kind = Kind::kBool;
  __int128 number = 0;  // of a double: its quarters
  std::vector<char32_t> points;
  std::vector<Worth> items;  // of a list
  struct Entry;
  std::vector<Entry> entries;  // of a map
};
struct Worth::Entry {
  Worth key;
  Worth value;
};

using Maybe = std::optional<Worth>;  // absent: an error
using Names = std::map<std::string, Maybe>;
using Meaning = std::function<Maybe(const Names&)>;
using Kind = Worth::Kind;

struct Expression {
  std::string text;
  Meaning meaning;
};

Worth truth(bool value) { return {.kind = Kind::kBool, .number = value ? 1 : 0}; }

bool fits(const Worth& value) {
  if (value.kind == Kind::kInt) return value.number >= INT64_MIN && value.number <= INT64_MAX;
  if (value.kind == Kind::kUint) return value.number >= 0 && value.number <= UINT64_MAX;
  return true;
}

bool is_number(const Worth& value) {
  return value.kind == Kind::kInt || value.kind == Kind::kUint || value.kind == Kind::kDouble;
}

__int128 quarters(const Worth& value) {
  return value.kind == Kind::kDouble ? value.number : value.number * 4;
}

bool same(const Worth& left, const Worth& right) {
  if (is_number(left) && is_number(right)) return quarters(left) == quarters(right);
  if (left.kind != right.kind) return false;
  if (left.kind == Kind::kBool) return left.number == right.number;
  if (left.kind == Kind::kString) return left.points == right.points;
  if (left.kind == Kind::kList) {
    bool out = left.items.size() == right.items.size();
    for (size_t at = 0; out && at < left.items.size(); ++at) out = same(left.items[at], right.items[at]);
    return out;
  }
  if (left.entries.size() != right.entries.size()) return false;
  for (const auto& [key, value] : left.entries) {
    bool found = false;
    for (const auto& [other, their] : right.entries)
      found = found || (same(key, other) && same(value, their));
    if (!found) return false;
  }
  return true;
}

bool less(const Worth& left, const Worth& right) {
  if (is_number(left)) return quarters(left) < quarters(right);
  if (left.kind == Kind::kString) return left.points < right.points;
  return left.number < right.number;
}

std::string digits(__int128 number) {
  if (number < 0) return "-" + digits(-number);
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number > 0);
  return out;
}

std::string in_utf8(char32_t point) {
  if (point < 0x80) return {static_cast<char>(point)};
  std::string out;
  int rest = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  constexpr std::array<int, 4> kLead{0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[static_cast<size_t>(rest)] | static_cast<int>(point >> (6 * rest)));
  while (rest-- > 0) out += static_cast<char>(0x80 | static_cast<int>((point >> (6 * rest)) & 0x3F));
  return out;
}

std::string quoted(const std::vector<char32_t>& points) {
  std::string out = "\"";
  for (const char32_t point : points) out += in_utf8(point);
  return out + "\"";
}

std::string shown(const Worth& value) {
  constexpr std::array<const char*, 4> kFractions{".0", ".25", ".5", ".75"};
  switch (value.kind) {
    case Kind::kBool:
      return value.number != 0 ? "true" : "false";
    case Kind::kInt:
      return digits(value.number);
    case Kind::kUint:
      return digits(value.number) + "u";
    case Kind::kDouble: {
      const __int128 size = value.number < 0 ? -value.number : value.number;
      return (value.number < 0 ? "-" : "") + digits(size / 4) + kFractions[static_cast<size_t>(size % 4)];
    }
    case Kind::kString:
      return quoted(value.points);
    case Kind::kList: {
      std::string out;
      for (const Worth& each : value.items) out += (out.empty() ? "" : ", ") + shown(each);
      return "[" + out + "]";
    }
    case Kind::kMap: {
      std::string out;
      for (const auto& [key, each] : value.entries)
        out += (out.empty() ? "" : ", ") + shown(key) + ": " + shown(each);
      return "{" + out + "}";
    }
  }
  return {};
}

class Maker {
 public:
  explicit Maker(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Expression any() {
    switch (pick(6)) {
      case 0:
        return number(Kind::kInt, 5);
      case 1:
        return number(Kind::kUint, 5);
      case 2:
        return text(5);
      case 3:
        return list(5);
      case 4:
        return map(4);
      default:
        return boolean(6);
    }
  }

 private:
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    const uint8_t out = bytes_[0];
    bytes_ = bytes_.subspan(1);
    return out;
  }
  size_t pick(size_t count) { return byte() % count; }

  static Expression literal(Worth value) {
    // A negative number is written as one can write it anywhere.
    std::string text = shown(value);
    return {std::move(text), [value](const Names&) -> Maybe { return value; }};
  }

  // A name that a macro binds to a number, if there is one.
  std::optional<Expression> named() {
    if (names_.empty()) return std::nullopt;
    const std::string name = names_[pick(names_.size())];
    return Expression{name, [name](const Names& names) -> Maybe { return names.at(name); }};
  }

  Worth small(Kind kind) {
    constexpr std::array<int64_t, 12> kInts{
        0, 1, 2, 3, 7, -1, -2, 100, INT64_MAX, INT64_MIN, INT64_MAX - 1, 1 << 20};
    constexpr std::array<uint64_t, 8> kUints{0, 1, 2, 5, UINT64_MAX, UINT64_MAX - 1, uint64_t{1} << 63, 10};
    constexpr std::array<int, 8> kQuarters{0, 1, 4, 6, -4, -5, 40, 400};
    if (kind == Kind::kInt) return {.kind = kind, .number = kInts[pick(kInts.size())]};
    if (kind == Kind::kUint) return {.kind = kind, .number = kUints[pick(kUints.size())]};
    return {.kind = kind, .number = kQuarters[pick(kQuarters.size())]};
  }

  Expression number(Kind kind, int depth) {
    if (depth <= 0 || kind == Kind::kDouble) return literal(small(kind));
    switch (pick(10)) {
      case 0:
        if (kind == Kind::kInt)
          if (auto name = named()) return *std::move(name);
        return literal(small(kind));
      case 1:
        if (kind == Kind::kInt) return size(depth - 1);
        return literal(small(kind));
      case 2:
        return choice(number(kind, depth - 1), number(kind, depth - 1), depth - 1);
      case 3:
        return kind == Kind::kInt ? element(depth - 1) : converted(depth - 1);
      case 4:
        return kind == Kind::kInt ? position(depth - 1) : converted(depth - 1);
      case 5:
        return kind == Kind::kInt ? value_of_key(depth - 1) : converted(depth - 1);
      case 6:
        return bound(kind, depth - 1);
      default:
        return arithmetic(kind, depth - 1);
    }
  }

  Expression arithmetic(Kind kind, int depth) {
    constexpr std::string_view kSigns = "+-*/%";
    const char sign = kSigns[pick(kSigns.size())];
    Expression left = number(kind, depth);
    Expression right = number(kind, depth);
    const auto meaning = [sign, kind, left = left.meaning,
                          right = right.meaning](const Names& names) -> Maybe {
      const Maybe a = left(names);
      const Maybe b = right(names);
      if (!a || !b) return std::nullopt;
      if ((sign == '/' || sign == '%') && b->number == 0) return std::nullopt;
      Worth out{.kind = kind};
      out.number = sign == '+'   ? a->number + b->number
                   : sign == '-' ? a->number - b->number
                   : sign == '*' ? a->number * b->number
                                 : a->number / b->number;
      if (!fits(out)) return std::nullopt;  // also of a remainder whose quotient does not fit
      if (sign == '%') out.number = a->number - (out.number * b->number);
      return out;
    };
    return {"(" + left.text + " " + sign + " " + right.text + ")", meaning};
  }

  Expression converted(int depth) {
    Expression from = number(Kind::kInt, depth);
    return {"uint(" + from.text + ")", [from = from.meaning](const Names& names) -> Maybe {
              Maybe out = from(names);
              if (!out) return out;
              out->kind = Kind::kUint;
              return fits(*out) ? out : std::nullopt;
            }};
  }

  Expression size(int depth) {
    Expression of = pick(2) == 0 ? text(depth) : list(depth);
    return {"size(" + of.text + ")", [of = of.meaning](const Names& names) -> Maybe {
              const Maybe value = of(names);
              if (!value) return value;
              const size_t count = value->kind == Kind::kString ? value->points.size() : value->items.size();
              return Worth{.kind = Kind::kInt, .number = static_cast<__int128>(count)};
            }};
  }

  // By a whole number of any type. With a default, for what is not in the list; but one half is no index at all.
  Expression element(int depth) {
    constexpr std::array<Kind, 3> kKinds{Kind::kInt, Kind::kUint, Kind::kDouble};
    const Kind kind = kKinds[pick(kKinds.size())];
    const bool known = kind == Kind::kInt && pick(2) == 0;
    const bool optional = pick(2) == 0;
    Expression from = list(depth);
    Expression at = number(kind, depth);
    Expression other = optional ? number(Kind::kInt, depth) : literal({.kind = Kind::kInt});
    const std::string range = known ? from.text : "dyn(" + from.text + ")";
    const std::string text =
        optional ? range + "[?" + at.text + "].orValue(" + other.text + ")" : range + "[" + at.text + "]";
    return {
        text,
        [optional, from = from.meaning, at = at.meaning, other = other.meaning](const Names& names) -> Maybe {
          const Maybe all = from(names);
          const Maybe index = at(names);
          if (!all || !index) return std::nullopt;
          const __int128 place = quarters(*index);
          if (place % 4 != 0 || place / 4 > INT64_MAX) return std::nullopt;
          if (place >= 0 && place / 4 < static_cast<__int128>(all->items.size()))
            return all->items[static_cast<size_t>(place / 4)];
          return optional ? other(names) : std::nullopt;
        }};
  }

  Expression value_of_key(int depth) {
    const bool optional = pick(2) == 0;
    Expression from = map(depth);
    Expression key = text(depth);
    Expression other = number(Kind::kInt, depth);
    const std::string text = optional ? from.text + "[?" + key.text + "].orValue(" + other.text + ")"
                                      : from.text + "[" + key.text + "]";
    return {text,
            [optional, from = from.meaning, key = key.meaning,
             other = other.meaning](const Names& names) -> Maybe {
              const Maybe all = from(names);
              const Maybe wanted = key(names);
              if (!all || !wanted) return std::nullopt;
              for (const auto& [name, value] : all->entries)
                if (same(name, *wanted)) return value;
              return optional ? other(names) : std::nullopt;
            }};
  }

  // indexOf and lastIndexOf: each place is tried.
  Expression position(int depth) {
    const bool last = pick(2) == 0;
    const bool bounded = pick(2) == 0;
    Expression in = text(depth);
    Expression of = text(depth);
    Expression bound = bounded ? number(Kind::kInt, depth) : literal({.kind = Kind::kInt});
    const auto meaning = [last, bounded, in = in.meaning, of = of.meaning,
                          bound = bound.meaning](const Names& names) -> Maybe {
      const Maybe whole = in(names);
      const Maybe part = of(names);
      const Maybe limit = bound(names);
      if (!whole || !part || !limit || limit->number < 0) return std::nullopt;
      const auto size = static_cast<__int128>(whole->points.size());
      const auto length = static_cast<__int128>(part->points.size());
      Worth out{.kind = Kind::kInt, .number = -1};
      if (length == 0 && bounded) {
        out.number = std::min(limit->number, size);
        return out;
      }
      for (__int128 at = 0; at + length <= size && !(bounded && limit->number >= size); ++at) {
        if (bounded && (last ? at > limit->number : at < limit->number)) continue;
        const auto begin = whole->points.begin() + static_cast<std::ptrdiff_t>(at);
        if (!std::equal(part->points.begin(), part->points.end(), begin)) continue;
        out.number = at;
        if (!last) break;
      }
      return out;
    };
    return {
        in.text + (last ? ".lastIndexOf(" : ".indexOf(") + of.text + (bounded ? ", " + bound.text : "") + ")",
        meaning};
  }

  // An error in what is bound is one only where it is used.
  Expression bound(Kind kind, int depth) {
    Expression value = number(Kind::kInt, depth);
    const std::string name = push();
    Expression body = number(kind, depth);
    names_.pop_back();
    return {"cel.bind(" + name + ", " + value.text + ", " + body.text + ")",
            [value = value.meaning, body = body.meaning, name](const Names& names) -> Maybe {
              return body(with(names, name, value(names)));
            }};
  }

  Expression choice(Expression yes, Expression no, int depth) {
    Expression condition = boolean(depth);
    return {"(" + condition.text + " ? " + yes.text + " : " + no.text + ")",
            [c = condition.meaning, y = yes.meaning, n = no.meaning](const Names& names) -> Maybe {
              const Maybe decided = c(names);
              if (!decided) return std::nullopt;
              return decided->number != 0 ? y(names) : n(names);
            }};
  }

  Expression text(int depth) {
    constexpr std::array<char32_t, 6> kPoints{U'a', U'b', U'z', U'é', U'€', U'🐈'};
    if (depth > 0 && pick(3) == 0) {
      Expression left = text(depth - 1);
      Expression right = text(depth - 1);
      return {"(" + left.text + " + " + right.text + ")",
              [l = left.meaning, r = right.meaning](const Names& names) -> Maybe {
                Maybe out = l(names);
                const Maybe more = r(names);
                if (!out || !more) return std::nullopt;
                out->points.insert(out->points.end(), more->points.begin(), more->points.end());
                return out;
              }};
    }
    Worth out{.kind = Kind::kString};
    for (size_t count = pick(4); count > 0; --count) out.points.push_back(kPoints[pick(kPoints.size())]);
    return literal(out);
  }

  // Of ints.
  Expression list(int depth) {
    if (depth > 0) {
      switch (pick(6)) {
        case 0:
          return sum_of_lists(depth - 1);
        case 1:
          return mapped(depth - 1);
        case 2:
          return filtered(depth - 1);
        case 3:
          return transformed(depth - 1);
        default:
          break;
      }
    }
    std::vector<Meaning> meanings;
    std::string text;
    for (size_t count = pick(4); count > 0; --count) {
      Expression item = number(Kind::kInt, depth - 1);
      text += (text.empty() ? "" : ", ") + item.text;
      meanings.push_back(item.meaning);
    }
    return {"[" + text + "]", [meanings](const Names& names) -> Maybe {
              Worth out{.kind = Kind::kList};
              for (const Meaning& each : meanings) {
                const Maybe item = each(names);
                if (!item) return std::nullopt;
                out.items.push_back(*item);
              }
              return out;
            }};
  }

  Expression sum_of_lists(int depth) {
    Expression left = list(depth);
    Expression right = list(depth);
    return {"(" + left.text + " + " + right.text + ")",
            [l = left.meaning, r = right.meaning](const Names& names) -> Maybe {
              Maybe out = l(names);
              const Maybe more = r(names);
              if (!out || !more) return std::nullopt;
              out->items.insert(out->items.end(), more->items.begin(), more->items.end());
              return out;
            }};
  }

  std::string push() {
    names_.push_back("v" + std::to_string(names_.size()));
    return names_.back();
  }

  static Names with(const Names& names, const std::string& name, const Maybe& value) {
    Names out = names;
    out[name] = value;
    return out;
  }

  Expression mapped(int depth) {
    Expression range = list(depth);
    const std::string name = push();
    Expression body = number(Kind::kInt, depth);
    names_.pop_back();
    return {range.text + ".map(" + name + ", " + body.text + ")",
            [range = range.meaning, body = body.meaning, name](const Names& names) -> Maybe {
              const Maybe all = range(names);
              if (!all) return std::nullopt;
              Worth out{.kind = Kind::kList};
              for (const Worth& each : all->items) {
                const Maybe item = body(with(names, name, each));
                if (!item) return std::nullopt;
                out.items.push_back(*item);
              }
              return out;
            }};
  }

  Expression filtered(int depth) {
    Expression range = list(depth);
    const std::string name = push();
    Expression body = boolean(depth);
    names_.pop_back();
    return {range.text + ".filter(" + name + ", " + body.text + ")",
            [range = range.meaning, body = body.meaning, name](const Names& names) -> Maybe {
              const Maybe all = range(names);
              if (!all) return std::nullopt;
              Worth out{.kind = Kind::kList};
              for (const Worth& each : all->items) {
                const Maybe passes = body(with(names, name, each));
                if (!passes) return std::nullopt;
                if (passes->number != 0) out.items.push_back(each);
              }
              return out;
            }};
  }

  // With the index as a second name, and only what passes.
  Expression transformed(int depth) {
    Expression range = list(depth);
    const std::string index = push();
    const std::string name = push();
    Expression filter = boolean(depth);
    Expression body = number(Kind::kInt, depth);
    names_.resize(names_.size() - 2);
    const std::string text =
        range.text + ".transformList(" + index + ", " + name + ", " + filter.text + ", " + body.text + ")";
    const auto meaning = [range = range.meaning, filter = filter.meaning, body = body.meaning, index,
                          name](const Names& names) -> Maybe {
      const Maybe all = range(names);
      if (!all) return std::nullopt;
      Worth out{.kind = Kind::kList};
      for (size_t at = 0; at < all->items.size(); ++at) {
        const Worth place{.kind = Kind::kInt, .number = static_cast<__int128>(at)};
        const Names inside = with(with(names, index, place), name, all->items[at]);
        const Maybe passes = filter(inside);
        if (!passes) return std::nullopt;
        if (passes->number == 0) continue;
        const Maybe item = body(inside);
        if (!item) return std::nullopt;
        out.items.push_back(*item);
      }
      return out;
    };
    return {text, meaning};
  }

  // From texts to ints. A key that is there twice is an error.
  Expression map(int depth) {
    std::vector<std::pair<Meaning, Meaning>> meanings;
    std::string all;
    for (size_t count = pick(4); count > 0; --count) {
      Expression key = text(depth - 1);
      Expression value = number(Kind::kInt, depth - 1);
      all += (all.empty() ? "" : ", ") + key.text + ": " + value.text;
      meanings.emplace_back(key.meaning, value.meaning);
    }
    return {"{" + all + "}", [meanings](const Names& names) -> Maybe {
              Worth out{.kind = Kind::kMap};
              for (const auto& [key_of, value_of] : meanings) {
                const Maybe key = key_of(names);
                const Maybe value = value_of(names);
                if (!key || !value) return std::nullopt;
                for (const auto& [other, ignored] : out.entries)
                  if (same(*key, other)) return std::nullopt;
                out.entries.push_back({*key, *value});
              }
              return out;
            }};
  }

  Expression boolean(int depth) {
    if (depth <= 0) return literal(truth(pick(2) == 0));
    switch (pick(7)) {
      case 0:
        return literal(truth(pick(2) == 0));
      case 1:
        return logic(depth - 1);
      case 2: {
        Expression inner = boolean(depth - 1);
        return {"!(" + inner.text + ")", [inner = inner.meaning](const Names& names) -> Maybe {
                  Maybe out = inner(names);
                  if (out) out->number = 1 - out->number;
                  return out;
                }};
      }
      case 3:
        return quantified(depth - 1);
      case 4:
        return membership(depth - 1);
      default:
        return comparison(depth - 1);
    }
  }

  // A value that decides wins over an error, on either side.
  Expression logic(int depth) {
    const bool all = pick(2) == 0;
    Expression left = boolean(depth);
    Expression right = boolean(depth);
    return {"(" + left.text + (all ? " && " : " || ") + right.text + ")",
            [all, l = left.meaning, r = right.meaning](const Names& names) -> Maybe {
              const Maybe a = l(names);
              const Maybe b = r(names);
              const __int128 decides = all ? 0 : 1;
              if ((a && a->number == decides) || (b && b->number == decides)) return truth(!all);
              if (!a || !b) return std::nullopt;
              return truth(all);
            }};
  }

  Expression quantified(int depth) {
    constexpr std::array<const char*, 3> kMacros{"all", "exists", "exists_one"};
    const size_t macro = pick(kMacros.size());
    Expression range = list(depth);
    const std::string name = push();
    Expression body = boolean(depth);
    names_.pop_back();
    const auto meaning = [macro, range = range.meaning, body = body.meaning,
                          name](const Names& names) -> Maybe {
      const Maybe all = range(names);
      if (!all) return std::nullopt;
      size_t yes = 0;
      size_t no = 0;
      size_t errors = 0;
      for (const Worth& each : all->items) {
        const Maybe holds = body(with(names, name, each));
        (!holds ? errors : holds->number != 0 ? yes : no) += 1;
      }
      if (macro == 0 && no > 0) return truth(false);
      if (macro == 1 && yes > 0) return truth(true);
      if (errors > 0) return std::nullopt;
      return truth(macro == 0 || (macro == 2 && yes == 1));
    };
    return {range.text + "." + kMacros[macro] + "(" + name + ", " + body.text + ")", meaning};
  }

  Expression membership(int depth) {
    Expression item = number(Kind::kInt, depth);
    Expression range = list(depth);
    return {"(" + item.text + " in " + range.text + ")",
            [item = item.meaning, range = range.meaning](const Names& names) -> Maybe {
              const Maybe what = item(names);
              const Maybe where = range(names);
              if (!what || !where) return std::nullopt;
              return truth(
                  std::ranges::any_of(where->items, [&](const Worth& each) { return same(each, *what); }));
            }};
  }

  Expression comparison(int depth) {
    constexpr std::array<const char*, 6> kSigns{"==", "!=", "<", "<=", ">", ">="};
    const size_t sign = pick(kSigns.size());
    Expression left;
    Expression right;
    switch (pick(5)) {
      case 0:
        left = text(depth);
        right = text(depth);
        break;
      case 1:  // only these can be compared without an order
        left = list(depth);
        right = list(depth);
        if (sign > 1) return comparison_of(4, text(depth), text(depth));
        break;
      case 2: {
        constexpr std::array<Kind, 3> kKinds{Kind::kInt, Kind::kUint, Kind::kDouble};
        left = number(kKinds[pick(kKinds.size())], depth);
        right = number(kKinds[pick(kKinds.size())], depth);
        left.text = "dyn(" + left.text + ")";
        break;
      }
      case 3:
        left = boolean(depth);
        right = boolean(depth);
        break;
      default:
        left = number(Kind::kInt, depth);
        right = number(Kind::kInt, depth);
        break;
    }
    return comparison_of(sign, std::move(left), std::move(right));
  }

  static Expression comparison_of(size_t sign, Expression left, Expression right) {
    constexpr std::array<const char*, 6> kSigns{"==", "!=", "<", "<=", ">", ">="};
    return {"(" + left.text + " " + kSigns[sign] + " " + right.text + ")",
            [sign, l = left.meaning, r = right.meaning](const Names& names) -> Maybe {
              const Maybe a = l(names);
              const Maybe b = r(names);
              if (!a || !b) return std::nullopt;
              switch (sign) {
                case 0:
                  return truth(same(*a, *b));
                case 1:
                  return truth(!same(*a, *b));
                case 2:
                  return truth(less(*a, *b));
                case 3:
                  return truth(!less(*b, *a));
                case 4:
                  return truth(less(*b, *a));
                default:
                  return truth(!less(*a, *b));
              }
            }};
  }

  std::span<const uint8_t> bytes_;
  std::vector<std::string> names_;
};

}  // namespace

Sample sample(std::span<const uint8_t> bytes) {
  const Expression expression = Maker(bytes).any();
  const Maybe value = expression.meaning({});
  return {expression.text, value ? shown(*value) : "error"};
}

}  // namespace tripline::cel::slow
