// SPDX-License-Identifier: Apache-2.0
// Filters on integers. Every value is brought to the width and signedness of the argument's type here, so that what
// comes after compares numbers of one kind; ranges are cut to what the type can hold.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"
#include "policy/check/constants.h"
#include "policy/check/lists.h"
#include "policy/meaning.h"
#include "policy/number.h"

namespace tripline::policy {
namespace {

// The numbers that a type can hold, as 64-bit numbers of its signedness.
struct Bounds {
  int64_t low = 0;
  int64_t high = 0;
  bool is_signed = false;

  [[nodiscard]] bool less(int64_t a, int64_t b) const {
    return is_signed ? a < b : static_cast<uint64_t>(a) < static_cast<uint64_t>(b);
  }
  [[nodiscard]] std::string text(int64_t number) const {
    return is_signed ? std::to_string(number) : std::to_string(static_cast<uint64_t>(number));
  }
};

Bounds bounds_of(IntegerShape shape) {
  if (!shape.is_signed) {
    const uint64_t high = shape.bits == 64 ? UINT64_MAX : (uint64_t{1} << shape.bits) - 1;
    return {0, static_cast<int64_t>(high), false};
  }
  const auto high = static_cast<int64_t>((uint64_t{1} << (shape.bits - 1)) - 1);
  return {-high - 1, high, true};
}

class IntegerCheck {
 public:
  explicit IntegerCheck(const ArgCheck& check)
      : check_(check), shape_(integer_shape(check.type)), bounds_(bounds_of(shape_)) {}

  IntFilter run() {
    IntFilter filter{.arg = check_.arg,
                     .op = row_with(kIntMeanings, &IntMeaning::word, check_.filter.op.value).op,
                     .values = {},
                     .span = check_.filter.span};
    if (check_.filter.values.empty()) {
      check_.checking.out.error(check_.filter.op.span, "this filter has no values",
                                "at least one number in \"values\"");
    }
    for (const Text& text : check_.filter.values) {
      if (add_list(text, filter.values)) continue;
      if (const auto range = value(text)) filter.values.push_back(*range);
    }
    if (order_beyond_) filter = as_ranges(filter);
    return filter;
  }

 private:
  // "list:NAME" stands for the numbers of the system calls of a list; false when it is none, or cannot be one here.
  bool add_list(const Text& text, std::vector<IntRange>& out) {
    const std::optional<std::string_view> name = list_name(text.value);
    const Operator op = check_.filter.op.value;
    if (!name || (op != Operator::kInMap && op != Operator::kNotInMap)) return false;
    if (check_.type != DeclaredType::kSyscall64) return false;
    const NameList* list = find_list(check_.checking, *name, text.span);
    if (list == nullptr) return true;
    if (!list->type || list->type->value == ListType::kGeneratedFtrace) {
      check_.checking.out.error(text.span, "the list " + quoted(*name) + " is not a list of system calls",
                                "a list of type syscalls or generated_syscalls");
      return true;
    }
    const std::vector<uint32_t>& numbers = syscalls_of(check_.checking, *list);
    if (!check_.checking.lists.spend(numbers.size(), check_.checking.out, text.span)) return true;
    for (const uint32_t number : numbers) out.push_back({number, number});
    return true;
  }

  std::optional<int64_t> capabilities(const Text& text) {
    const CapabilityNames names = capability_set(text.value);
    if (!names.unknown) return static_cast<int64_t>(names.set);
    std::string hint = did_you_mean(*names.unknown, Words<Capability>::all);
    check_.checking.out.error(text.span, "there is no capability " + quoted(*names.unknown),
                              "a 64-bit number, or capability names separated by commas", std::move(hint));
    return std::nullopt;
  }

  // Absent when there is no such number, which is reported, or when the type holds none of the range.
  std::optional<IntRange> value(const Text& text) {
    switch (check_.filter.op.value) {
      case Operator::kInRange:
      case Operator::kNotInRange:
        return range(text, false);
      case Operator::kInMap:
      case Operator::kNotInMap:
        return range(text, true);
      default: {
        const std::optional<int64_t> number = one(text, text.value);
        return number ? std::optional(IntRange{*number, *number}) : std::nullopt;
      }
    }
  }

  std::optional<int64_t> one(const Text& text, std::string_view digits) {
    const auto number = parse_integer(digits);
    if (family_of(check_.type) == ArgFamily::kCapabilities && !number &&
        number.error() == NumberError::kSyntax) {
      return capabilities(text);
    }
    if (!number && number.error() == NumberError::kSyntax) {
      check_.checking.out.error(text.span, quoted(std::string(digits)) + " is not a valid number",
                                "an integer of " + std::to_string(shape_.bits) +
                                    " bits: decimal, hexadecimal (0x), octal (0) or binary (0b)");
      return std::nullopt;
    }
    std::optional<int64_t> value = number ? fit(*number) : std::nullopt;
    // Sizes may be written as the errors that functions return in them.
    if (!value && number && check_.type == DeclaredType::kSizeT) value = to_signed(*number, 32);
    if (!value && number && fits_word(*number)) return beyond(text, *number);
    if (!value) {
      check_.checking.out.error(
          text.span, quoted(std::string(digits)) + " does not fit the argument's type",
          "a number from " + bounds_.text(bounds_.low) + " to " + bounds_.text(bounds_.high));
    }
    return value;
  }

  // Numbers of 8 and 16 bits are written in 32.
  [[nodiscard]] bool fits_word(Integer number) const {
    if (shape_.bits >= 32) return false;
    return shape_.is_signed ? to_signed(number, 32).has_value() : to_unsigned(number, 32).has_value();
  }

  // A number that the type cannot hold: it equals none, and all are on one side of it.
  std::optional<int64_t> beyond(const Text& text, Integer number) {
    check_.checking.out.warning(
        text.span, quoted(text.value) + " is outside the range of type " + std::string(word(check_.type)),
        "a number from " + bounds_.text(bounds_.low) + " to " + bounds_.text(bounds_.high));
    switch (check_.filter.op.value) {
      case Operator::kGt:
      case Operator::kLt:
        order_beyond_ = true;
        if ((check_.filter.op.value == Operator::kGt) == number.negative)
          all_.push_back({bounds_.low, bounds_.high});
        return std::nullopt;
      case Operator::kMask: {
        // Bits that the type does not have are in no argument.
        const uint32_t unused = 64 - shape_.bits;
        const uint64_t bits = (number.negative ? ~number.magnitude + 1 : number.magnitude) << unused;
        return shape_.is_signed ? static_cast<int64_t>(bits) >> unused : static_cast<int64_t>(bits >> unused);
      }
      default:
        return std::nullopt;
    }
  }

  // Greater or less than any of some numbers, as ranges; those beyond the type come as the whole type or as nothing.
  [[nodiscard]] IntFilter as_ranges(const IntFilter& order) const {
    IntFilter out{.arg = order.arg, .op = IntFilter::Op::kInRange, .values = all_, .span = order.span};
    for (const IntRange& range : order.values) {
      const bool greater = order.op == IntFilter::Op::kGreater;
      if (range.low == (greater ? bounds_.high : bounds_.low)) continue;
      out.values.push_back(greater ? IntRange{range.low + 1, bounds_.high}
                                   : IntRange{bounds_.low, range.low - 1});
    }
    return out;
  }

  [[nodiscard]] std::optional<int64_t> fit(Integer number) const {
    if (shape_.is_signed) return to_signed(number, shape_.bits);
    const auto value = to_unsigned(number, shape_.bits);
    return value ? std::optional(static_cast<int64_t>(*value)) : std::nullopt;
  }

  // "010" is ten there.
  static std::string without_zeros(std::string_view digits) {
    const size_t sign = digits.starts_with('+') || digits.starts_with('-') ? 1 : 0;
    const size_t first = std::min(digits.find_first_not_of('0', sign), digits.size() - 1);
    return std::string(digits.substr(0, sign)) + std::string(digits.substr(std::max(first, sign)));
  }

  // A bound may lie outside of what the type holds; it is moved to the nearest number that it does.
  std::optional<int64_t> bound(const Text& text, std::string_view digits, bool decimal) {
    const auto number = parse_integer(decimal && !digits.empty() ? without_zeros(digits) : digits);
    const bool plain = digits.find_first_not_of("+-0123456789") == std::string_view::npos;
    if (!number || (decimal && !plain)) {
      if (!number && number.error() == NumberError::kRange) {
        check_.checking.out.error(text.span, quoted(std::string(digits)) + " does not fit in 64 bits");
      } else {
        check_.checking.out.error(
            text.span, quoted(text.value) + " is not a valid range",
            decimal ? "a decimal number, or two separated by a colon" : "two integers separated by a colon");
      }
      return std::nullopt;
    }
    const std::optional<int64_t> fits = fit(*number);
    if (fits) return fits;
    if (!decimal && shape_.bits <= 32 && !number->negative && number->magnitude > UINT32_MAX) {
      check_.checking.out.error(text.span, quoted(std::string(digits)) + " does not fit in 32 bits");
      return std::nullopt;
    }
    beyond_ = number->negative ? Beyond::kBelow : Beyond::kAbove;
    return number->negative ? bounds_.low : bounds_.high;
  }

  std::optional<IntRange> range(const Text& text, bool map) {
    const std::string_view value = text.value;
    const size_t colon = value.find(':');
    if (map && value.starts_with("list:")) {
      check_.checking.out.error(text.span, "a list cannot be used here",
                                "numbers; lists are for arguments of type syscall64 in tracepoints");
      return std::nullopt;
    }
    if (colon == std::string_view::npos && !map) {
      check_.checking.out.error(text.span, quoted(text.value) + " is not a valid range",
                                "two integers separated by a colon");
      return std::nullopt;
    }
    beyond_ = Beyond::kNot;
    const auto low = bound(text, value.substr(0, colon), map);
    const Beyond low_beyond = beyond_;
    if (colon == std::string_view::npos) {
      if (!low) return std::nullopt;
      if (low_beyond != Beyond::kNot) return none(text);
      return IntRange{*low, *low};
    }
    beyond_ = Beyond::kNot;
    const auto high = bound(text, value.substr(colon + 1), map);
    if (!low || !high) return std::nullopt;
    if (low_beyond != Beyond::kNot && low_beyond == beyond_) return none(text);
    if (low_beyond != Beyond::kNot || beyond_ != Beyond::kNot) {
      check_.checking.out.warning(
          text.span, "type " + std::string(word(check_.type)) + " can hold only part of " + quoted(value),
          "bounds from " + bounds_.text(bounds_.low) + " to " + bounds_.text(bounds_.high));
    }
    IntRange out{*low, *high};
    if (bounds_.less(out.high, out.low)) {
      if (!map) return none(text);
      std::swap(out.low, out.high);
    }
    return out;
  }

  std::optional<IntRange> none(const Text& text) {
    check_.checking.out.warning(
        text.span, "no value of type " + std::string(word(check_.type)) + " is in " + quoted(text.value));
    return std::nullopt;
  }

  enum class Beyond { kNot, kBelow, kAbove };

  const ArgCheck& check_;
  IntegerShape shape_;
  Bounds bounds_;
  bool order_beyond_ = false;     // GT or LT has a number that the type cannot hold
  std::vector<IntRange> all_;     // the whole type, for each such number that all of it is beyond
  Beyond beyond_ = Beyond::kNot;  // of the last bound looked at: on which side of what the type holds it lies
};

}  // namespace

Filter check_integer_filter(const ArgCheck& check) { return IntegerCheck(check).run(); }

}  // namespace tripline::policy
