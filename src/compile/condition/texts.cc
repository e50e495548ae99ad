// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/texts.h"

#include <algorithm>
#include <string>
#include <vector>

#include "abi/scratch.h"
#include "compile/condition/bytes.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

// Goes on when the text of `size` bytes fits `value`, else to `other`.
class TextTest {
 public:
  TextTest(Builder& builder, Value slot, const Held& text, Value size)
      : builder_(builder), slot_(slot), text_(text), size_(size) {}

  void one_value(TextOp op, const std::string& value, Label other) {
    const auto wanted = static_cast<int64_t>(value.size());
    const bool part = op != TextOp::kEqual && op != TextOp::kNotEqual;
    if (value.size() > TL_TEXT_MAX) {  // longer than any text
      builder_.branch_if(kGreaterEqual, Width::k8, size_, 0, other);
      return;
    }
    switch (op) {
      case TextOp::kEqual:
      case TextOp::kNotEqual:
      case TextOp::kPrefix:
      case TextOp::kNotPrefix: {
        length(part, wanted, other);
        const Value at = builder_.copy(slot_);
        builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, int64_t{text_.buffer_offset()}});
        test_bytes(builder_, at, 0, value, other);
        return;
      }
      case TextOp::kPostfix:
      case TextOp::kNotPostfix: {
        length(part, wanted, other);
        const Value at = builder_.copy(slot_);
        builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, int64_t{text_.buffer_offset()} - wanted});
        builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, size_});
        test_bytes(builder_, at, 0, value, other);
        return;
      }
      case TextOp::kSubString:
      case TextOp::kSubStringIgnCase:
        test_substring(builder_, slot_, text_, value, op == TextOp::kSubStringIgnCase, other);
        return;
    }
  }

 private:
  // An empty text has no beginning and no end, not even an empty one.
  void length(bool part, int64_t wanted, Label other) {
    if (!part) {
      builder_.branch_if(kNotEqual, Width::k8, size_, wanted, other);
    } else {
      builder_.branch_if(kLess, Width::k8, size_, std::max<int64_t>(wanted, 1), other);
    }
  }

  Builder& builder_;
  Value slot_;
  const Held& text_;
  Value size_;
};

// fallback[n]: how many of the first n bytes still fit when they are followed by another byte than needle[n].
std::vector<uint16_t> fallbacks_of(std::string_view needle) {
  std::vector<uint16_t> out(needle.size());
  uint16_t fits = 0;
  for (size_t n = 1; n < needle.size(); ++n) {
    out[n] = fits;
    while (fits > 0 && needle[fits] != needle[n]) fits = out[fits];
    if (needle[fits] == needle[n]) ++fits;
  }
  return out;
}

// Puts `bytes` into the slot, in words of 8.
template <typename T>
void store(Builder& builder, Value base, size_t offset, const std::vector<T>& items) {
  constexpr size_t kEach = sizeof(uint64_t) / sizeof(T);
  for (size_t at = 0; at < items.size(); at += kEach) {
    uint64_t word = 0;
    for (size_t n = std::min(items.size(), at + kEach); n-- > at;) word = word << (8 * sizeof(T)) | items[n];
    builder.add(ir::Store{base, static_cast<int32_t>(offset + at * sizeof(T)), Width::k8,
                          static_cast<int64_t>(word)});
  }
}

}  // namespace

bool is_negated(TextOp op) {
  return op == TextOp::kNotEqual || op == TextOp::kNotPrefix || op == TextOp::kNotPostfix;
}

void test_text(Builder& builder, const TextFilter& filter, Value slot, const Held& text, Label no) {
  // In a register of its own and masked, as the start of a path is (test_path()).
  const Value size = builder.copy(text.result);
  builder.add(ir::Binary{ir::BinaryOp::kAnd, size, int64_t{TL_TEXT_SIZE | TL_TEXT_FAILED}});
  builder.branch_if(kGreaterEqual, Width::k8, size, int64_t{TL_TEXT_FAILED}, no);
  const bool negated = is_negated(filter.op);
  const Label yes = builder.label("yes");
  for (const std::string& value : filter.values) {
    const Label other = builder.label("value");
    TextTest(builder, slot, text, size).one_value(filter.op, value, other);
    builder.jump(negated ? no : yes);
    builder.place(other);
  }
  builder.jump(negated ? yes : no);
  builder.place(yes);
}

void test_status(Builder& builder, Value slot, const Held& value, Label no) {
  const Value status =
      builder.load(slot, value.fixed_offset() + offsetof(tl_field, status), Width::k4, "status");
  builder.branch_if(kNotEqual, Width::k8, status, int64_t{TL_VALUE_OK}, no);
}

void test_substring(Builder& builder, Value slot, const Held& text, std::string_view needle, bool fold,
                    Label other) {
  if (needle.empty()) {  // is in every text; the other way must lead somewhere all the same
    builder.branch_if(kEqual, Width::k8, slot, 0, other);
    return;
  }
  const Value into = builder.copy(slot);  // from the slot itself it is too far for an instruction
  builder.add(ir::Binary{ir::BinaryOp::kAdd, into, int64_t{offsetof(tl_slot, needle)}});
  store(builder, into, offsetof(tl_needle, text), std::vector<uint8_t>(needle.begin(), needle.end()));
  store(builder, into, offsetof(tl_needle, fallback), fallbacks_of(needle));
  const Value found = builder.value();
  const int64_t what = static_cast<int64_t>(needle.size()) | (fold ? TL_FIND_FOLD : 0);
  builder.call(found, ir::Callee::tl_find, {slot, text.at(), what});
  builder.branch_if(kEqual, Width::k8, found, 0, other);
}

}  // namespace tripline
