// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/paths.h"

#include <string_view>

#include "abi/scratch.h"
#include "compile/condition/bytes.h"
#include "compile/condition/texts.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

class PathTest {
 public:
  PathTest(Builder& builder, Value slot, const Held& path, Value buffer, Value start)
      : builder_(builder), slot_(slot), path_(path), buffer_(buffer), start_(start) {}

  // Goes on when the path fits `value`, else to `other`.
  void one_value(PathFilter::Op op, const std::string& value, Label other) {
    if (value.size() > TL_PATH_MAX) {  // longer than any path
      builder_.branch_if(kGreaterEqual, Width::k8, start_, 0, other);
      return;
    }
    const auto first = static_cast<int64_t>(TL_PATH_END - value.size());
    switch (op) {
      case PathFilter::Op::kEqual:
      case PathFilter::Op::kNotEqual:
        builder_.branch_if(kNotEqual, Width::k8, start_, first, other);
        test_bytes(builder_, buffer_, static_cast<uint32_t>(first), value, other);
        return;
      case PathFilter::Op::kPostfix:
      case PathFilter::Op::kNotPostfix:
        builder_.branch_if(kGreater, Width::k8, start_, first, other);
        test_bytes(builder_, buffer_, static_cast<uint32_t>(first), value, other);
        return;
      case PathFilter::Op::kPrefix:
      case PathFilter::Op::kNotPrefix: {
        builder_.branch_if(kGreater, Width::k8, start_, first, other);
        const Value at = builder_.copy(buffer_);
        builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, start_});
        test_bytes(builder_, at, 0, value, other);
        return;
      }
      case PathFilter::Op::kSubString:
      case PathFilter::Op::kSubStringIgnCase:
        test_substring(builder_, slot_, path_, value, op == PathFilter::Op::kSubStringIgnCase, other);
        return;
    }
  }

 private:
  Builder& builder_;
  Value slot_;
  const Held& path_;
  Value buffer_;
  Value start_;
};

}  // namespace

void test_path(Builder& builder, const PathFilter& filter, Value slot, const Held& path, Label no) {
  // In a register of its own: the bound that the next comparison proves must reach the loads that rely on it. And
  // masked, though no bit is lost: a mere copy shares what is learnt of it with the original, every outcome of
  // every comparison then stays a state of its own for the verifier, and their number doubles with each filter.
  const Value start = builder.copy(path.result);
  builder.add(ir::Binary{ir::BinaryOp::kAnd, start, int64_t{TL_PATH_START | TL_PATH_UNRESOLVED}});
  const Value buffer = builder.copy(slot);
  builder.add(ir::Binary{ir::BinaryOp::kAdd, buffer, int64_t{path.buffer_offset()}});
  builder.branch_if(kGreaterEqual, Width::k8, start, int64_t{TL_PATH_END}, no);
  const bool negated = is_negated(filter.op);
  const Label yes = builder.label("yes");
  const Label any = negated ? no : yes;
  for (const std::string& value : filter.values) {
    const Label other = builder.label("value");
    PathTest(builder, slot, path, buffer, start).one_value(filter.op, value, other);
    builder.jump(any);
    builder.place(other);
  }
  builder.jump(negated ? yes : no);
  builder.place(yes);
}

void test_file_type(Builder& builder, const FileTypeFilter& filter, Value slot, const Held& path, Label no) {
  constexpr int64_t kTypeBits = 0170000;
  const Value type =
      builder.load(slot, path.fixed_offset() + offsetof(tl_path, mode), Width::k2, "mode of the inode");
  builder.add(ir::Binary{ir::BinaryOp::kAnd, type, kTypeBits});
  const Label yes = builder.label("yes");
  for (const uint16_t each : filter.types) {
    builder.branch_if(kEqual, Width::k8, type, int64_t{each}, filter.negated ? no : yes);
  }
  builder.jump(filter.negated ? yes : no);
  builder.place(yes);
}

}  // namespace tripline
