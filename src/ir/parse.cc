// SPDX-License-Identifier: Apache-2.0
// Reads the text form (print.cc shows it). The reader itself is lenient about spaces and the spelling of numbers; at
// the end the program is printed and must give the same text, so nothing is accepted that print would not write.
#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_map>
#include <utility>

#include "ir/flow.h"
#include "ir/program.h"

namespace tripline::ir {
namespace {

// What is left of one line. The first thing that does not fit is kept in `wrong`; after it every answer is empty.
class Cursor {
 public:
  explicit Cursor(std::string_view line) : rest_(line) {}

  [[nodiscard]] const std::string& wrong() const { return wrong_; }

  void refuse(std::string why) {
    if (wrong_.empty()) wrong_ = std::move(why);
    rest_ = {};
  }

  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

  // Takes `word` if it comes next. A word of letters must end there.
  bool take(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    if (is_word(word.back()) && rest_.size() > word.size() && is_word(rest_[word.size()])) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  void expect(std::string_view word) {
    if (!take(word)) refuse("expected " + std::string(word));
  }

  // The name of a block.
  std::string_view name() {
    skip_blanks();
    size_t size = 0;
    while (size < rest_.size() && is_block_name(rest_.substr(size, 1))) ++size;
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (out.empty()) refuse("expected the name of a block");
    return out;
  }

  uint32_t unsigned_number() {
    skip_blanks();
    return digits<uint32_t>(10);
  }

  int64_t number() {
    skip_blanks();
    if (!rest_.starts_with("0x")) return digits<int64_t>(10);
    rest_.remove_prefix(2);
    return static_cast<int64_t>(digits<uint64_t>(16));
  }

  bool at_value() {
    skip_blanks();
    return rest_.size() > 1 && rest_[0] == 'v' && rest_[1] >= '0' && rest_[1] <= '9';
  }

  Value value() {
    if (at_value()) {
      rest_.remove_prefix(1);
      return {digits<uint32_t>(10)};
    }
    refuse("expected a value");
    return {};
  }

  Operand operand() {
    if (at_value()) return value();
    return number();
  }

  std::string quoted() {
    expect("\"");
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') {
      char c = next();
      if (c == '\\') {
        c = next();
        if (c == 'x') c = escaped();
      }
      out += c;
    }
    expect("\"");
    return out;
  }

 private:
  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  void skip_blanks() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  char next() {
    if (rest_.empty()) return '\0';
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  // Two hexadecimal digits.
  char escaped() {
    Cursor code(rest_.substr(0, 2));
    const auto byte = code.digits<uint8_t>(16);
    if (!code.wrong().empty() || !code.rest_.empty()) refuse("expected two hexadecimal digits");
    rest_.remove_prefix(std::min<size_t>(2, rest_.size()));
    return static_cast<char>(byte);
  }

  template <typename T>
  T digits(int base) {
    T number{};
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number, base);
    if (error == std::errc::result_out_of_range) refuse("the number is too large");
    if (error == std::errc::invalid_argument) refuse("expected a number");
    if (error != std::errc{}) return {};
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return number;
  }

  std::string_view rest_;
  std::string wrong_;
};

std::optional<Width> take_width(Cursor& cursor) {
  if (cursor.take("u8")) return Width::k1;
  if (cursor.take("u16")) return Width::k2;
  if (cursor.take("u32")) return Width::k4;
  if (cursor.take("u64")) return Width::k8;
  return std::nullopt;
}

std::optional<BinaryOp> take_binary(Cursor& cursor) {
  if (cursor.take("+=")) return BinaryOp::kAdd;
  if (cursor.take("-=")) return BinaryOp::kSub;
  if (cursor.take("&=")) return BinaryOp::kAnd;
  if (cursor.take("|=")) return BinaryOp::kOr;
  if (cursor.take("^=")) return BinaryOp::kXor;
  if (cursor.take("<<=")) return BinaryOp::kShiftLeft;
  if (cursor.take("s>>=")) return BinaryOp::kShiftRightSigned;
  if (cursor.take(">>=")) return BinaryOp::kShiftRight;
  if (cursor.take("swap=")) return BinaryOp::kByteSwap;
  return std::nullopt;
}

Compare read_compare(Cursor& cursor) {
  if (cursor.take("==")) return Compare::kEqual;
  if (cursor.take("!=")) return Compare::kNotEqual;
  if (cursor.take("<=")) return Compare::kLessEqual;
  if (cursor.take("<")) return Compare::kLess;
  if (cursor.take(">=")) return Compare::kGreaterEqual;
  if (cursor.take(">")) return Compare::kGreater;
  if (cursor.take("&")) return Compare::kTestBits;
  cursor.refuse("expected a comparison");
  return {};
}

Callee read_callee(Cursor& cursor) {
#define TRIPLINE_TAKE_CALLEE(result, name, parameters, how) \
  if (cursor.take(#name)) return Callee::name;
  TRIPLINE_CALLEES(TRIPLINE_TAKE_CALLEE)
#undef TRIPLINE_TAKE_CALLEE
  cursor.refuse("expected the name of a function that can be called");
  return {};
}

Entry read_entry(Cursor& cursor) {
  if (cursor.take("ptregs")) return Entry::kPtRegs;
  if (cursor.take("record")) return Entry::kRecord;
  cursor.expect("typed");
  return Entry::kTyped;
}

struct Place {
  Value base;
  int32_t offset = 0;
};

// `[v3+16]`
Place read_place(Cursor& cursor) {
  cursor.expect("[");
  Place place{cursor.value()};
  if (!cursor.take("]")) {
    const bool minus = cursor.take("-");
    if (!minus) cursor.expect("+");
    const uint32_t offset = cursor.unsigned_number();
    if (offset > static_cast<uint32_t>(std::numeric_limits<int32_t>::max()))
      cursor.refuse("the number is too large");
    place.offset = minus ? -static_cast<int32_t>(offset) : static_cast<int32_t>(offset);
    cursor.expect("]");
  }
  return place;
}

Op read_store(Cursor& cursor, Width width) {
  const Place place = read_place(cursor);
  cursor.expect("=");
  return Store{place.base, place.offset, width, cursor.operand()};
}

Op read_load(Cursor& cursor, Value dst, Width width) {
  const Place place = read_place(cursor);
  std::string what;
  if (!cursor.at_end()) what = cursor.quoted();
  return Load{dst, place.base, place.offset, width, std::move(what)};
}

Op read_call(Cursor& cursor, std::optional<Value> dst) {
  Call call{dst, read_callee(cursor), {}};
  cursor.expect("(");
  while (cursor.wrong().empty() && !cursor.take(")")) {
    if (!call.arguments.empty()) cursor.expect(",");
    call.arguments.push_back(cursor.operand());
  }
  return call;
}

Op read_control(Cursor& cursor, Value dst) {
  cursor.expect("[");
  const uint32_t offset = cursor.unsigned_number();
  cursor.expect("]");
  return Control{dst, offset};
}

Op read_context(Cursor& cursor, Value dst) {
  const std::optional<Width> width = take_width(cursor);
  if (!width) cursor.refuse("expected the width of what is read");
  cursor.expect("[");
  const uint32_t offset = cursor.unsigned_number();
  cursor.expect("]");
  return Context{dst, offset, width.value_or(Width::k8)};
}

Op read_set_context(Cursor& cursor) {
  const std::optional<Width> width = take_width(cursor);
  if (!width) cursor.refuse("expected the width of what is set");
  cursor.expect("[");
  const uint32_t offset = cursor.unsigned_number();
  cursor.expect("]");
  cursor.expect("=");
  return SetContext{offset, width.value_or(Width::k8), cursor.operand()};
}

// What follows `vN =`.
Op read_assigned(Cursor& cursor, Value dst) {
  if (cursor.take("call")) return read_call(cursor, dst);
  if (cursor.take("control")) return read_control(cursor, dst);
  if (cursor.take("context")) return read_context(cursor, dst);
  if (cursor.take("argument")) return Argument{dst, cursor.unsigned_number()};
  if (const std::optional<Width> width = take_width(cursor)) return read_load(cursor, dst, *width);
  if (cursor.at_value()) return Copy{dst, cursor.value()};
  return Constant{dst, cursor.number()};
}

Op read_op(Cursor& cursor) {
  if (cursor.take("call")) return read_call(cursor, std::nullopt);
  if (cursor.take("context")) return read_set_context(cursor);
  if (const std::optional<Width> width = take_width(cursor)) return read_store(cursor, *width);
  if (!cursor.at_value()) cursor.refuse("expected an instruction");
  const Value dst = cursor.value();
  if (const std::optional<BinaryOp> op = take_binary(cursor)) return Binary{*op, dst, cursor.operand()};
  cursor.expect("=");
  return read_assigned(cursor, dst);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Program> read() {
    for (std::string_view rest = text_; !rest.empty();) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      ++number_;
      if (std::string wrong = read_line(rest.substr(0, end)); !wrong.empty()) return refuse(std::move(wrong));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (open_) return refuse("the block has no end");
    for (const Edge& edge : edges_) {
      const auto found = blocks_.find(edge.block);
      number_ = edge.line;
      if (found == blocks_.end()) return refuse("there is no block " + std::string(edge.block));
      target(edge) = found->second;
    }
    if (const std::string again = print(program_); again != text_) return differs(again);
    return std::move(program_);
  }

 private:
  // A reference to a block by name, set when all names are known.
  struct Edge {
    std::string_view block;
    uint32_t from = 0;
    bool otherwise = false;
    size_t line = 0;
  };

  [[nodiscard]] std::unexpected<Error> refuse(std::string why) const {
    return fail("parse program", "line " + std::to_string(number_), 0, std::move(why));
  }

  // Refuses the first line that print writes differently.
  std::unexpected<Error> differs(std::string_view again) {
    const auto [a, b] = std::ranges::mismatch(text_, again);
    number_ = 1 + static_cast<size_t>(std::count(text_.begin(), a, '\n'));
    const size_t begin = again.substr(0, static_cast<size_t>(b - again.begin())).rfind('\n') + 1;
    return refuse("is written \"" + std::string(again.substr(begin, again.find('\n', begin) - begin)) + '"');
  }

  uint32_t& target(const Edge& edge) {
    End& end = program_.blocks[edge.from].end;
    if (Branch* branch = std::get_if<Branch>(&end)) return edge.otherwise ? branch->otherwise : branch->then;
    return std::get<Jump>(end).to;
  }

  // Returns what is wrong with the line.
  std::string read_line(std::string_view line) {
    if (line.ends_with(':') && !line.starts_with(' ')) return read_label(line.substr(0, line.size() - 1));
    if (program_.blocks.empty()) return read_header(line);
    if (!open_) return "expected the name of a block and ':'";
    // A comment is at the end, after the last " ; " (no document is written with a blank in its name).
    const size_t comment = line.rfind(" ; ");
    const std::optional<Line> place =
        comment != std::string_view::npos ? read_comment(line.substr(comment + 3)) : std::nullopt;
    Cursor cursor(place ? line.substr(0, comment) : line);
    read_instruction(cursor, place.value_or(Line{}));
    if (!cursor.at_end()) cursor.refuse("expected the end of the line");
    return cursor.wrong();
  }

  std::string read_header(std::string_view line) {
    Cursor cursor(line);
    if (cursor.take("hook")) {
      program_.hook = cursor.quoted();
    } else if (cursor.take("entry")) {
      program_.entry = read_entry(cursor);
    } else if (cursor.take("document")) {
      program_.documents.push_back(cursor.quoted());
    } else if (cursor.take("values")) {
      program_.values = cursor.unsigned_number();
    } else if (!cursor.at_end()) {
      cursor.refuse("expected hook, entry, document, values or the name of a block and ':'");
    }
    if (!cursor.at_end()) cursor.refuse("expected the end of the line");
    return cursor.wrong();
  }

  std::string read_label(std::string_view name) {
    if (open_) return "the block before has no end";
    if (!is_block_name(name)) return "expected the name of a block and ':'";
    const bool fresh = blocks_.emplace(name, static_cast<uint32_t>(program_.blocks.size())).second;
    if (!fresh) return "there is a block " + std::string(name) + " already";
    program_.blocks.emplace_back().name = name;
    open_ = true;
    return {};
  }

  // `NAME:LINE`, `NAME:LINE.COLUMN`, `#INDEX:LINE` and so on; absent when it is none.
  [[nodiscard]] std::optional<Line> read_comment(std::string_view comment) const {
    const size_t colon = comment.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view numbers = comment.substr(colon + 1);
    const size_t dot = numbers.find('.');
    const std::optional<uint32_t> line = read_whole(numbers.substr(0, dot));
    const std::optional<uint32_t> column =
        dot == std::string_view::npos ? std::optional(0U) : read_whole(numbers.substr(dot + 1));
    if (!line || !column) return std::nullopt;
    const std::string_view name = comment.substr(0, colon);
    if (name.starts_with('#')) {
      const std::optional<uint32_t> index = read_whole(name.substr(1));
      return index ? std::optional(Line{*index, *line, *column}) : std::nullopt;
    }
    const auto found = std::ranges::find(program_.documents, name);
    if (found == program_.documents.end()) return std::nullopt;
    return Line{static_cast<uint32_t>(found - program_.documents.begin()), *line, *column};
  }

  static std::optional<uint32_t> read_whole(std::string_view digits) {
    Cursor cursor(digits);
    const uint32_t number = cursor.unsigned_number();
    return cursor.wrong().empty() && cursor.at_end() ? std::optional(number) : std::nullopt;
  }

  void read_instruction(Cursor& cursor, Line place) {
    if (cursor.take("return")) {
      close(cursor.at_end() ? Return{} : Return{cursor.operand()}, place);
    } else if (cursor.take("goto")) {
      close(Jump{}, place);
      read_edge(cursor, /*otherwise=*/false);
    } else if (cursor.take("if")) {
      read_branch(cursor, place);
    } else {
      Op op = read_op(cursor);
      program_.blocks.back().body.push_back({std::move(op), place});
    }
  }

  void read_branch(Cursor& cursor, Line place) {
    Branch branch;
    branch.width = take_width(cursor).value_or(Width::k8);
    branch.left = cursor.value();
    branch.compare = read_compare(cursor);
    branch.right = cursor.operand();
    close(branch, place);
    cursor.expect("then");
    read_edge(cursor, /*otherwise=*/false);
    cursor.expect("else");
    read_edge(cursor, /*otherwise=*/true);
  }

  void read_edge(Cursor& cursor, bool otherwise) {
    edges_.push_back({cursor.name(), static_cast<uint32_t>(program_.blocks.size() - 1), otherwise, number_});
  }

  void close(End end, Line place) {
    program_.blocks.back().end = end;
    program_.blocks.back().end_line = place;
    open_ = false;
  }

  std::string_view text_;
  size_t number_ = 0;  // of the line being read, from 1
  Program program_;
  bool open_ = false;  // the last block has no end yet
  std::vector<Edge> edges_;
  std::unordered_map<std::string_view, uint32_t> blocks_;
};

}  // namespace

Result<Program> parse(std::string_view text) { return Reader(text).read(); }

}  // namespace tripline::ir
