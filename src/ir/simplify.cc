// SPDX-License-Identifier: Apache-2.0
// The passes, each a free function over a Program, and the one driver that runs them. A pass may rely on what verify
// holds and must leave it so; it need not be complete, since the driver repeats the list until nothing changes.
//
// Reads are taken to be stable: within one run of a program an argument, the control block and kernel memory read
// the same each time (the kernel's memory can change between two reads, but so it could before the first). Loads of
// scratch memory are left as they are written: the verifier knows nothing of what they give, and a program that loads
// a number again rather than keep it may count on that.
#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>
#include <optional>
#include <utility>

#include "ir/flow.h"
#include "ir/program.h"

namespace tripline::ir {
namespace {

// Every block some path from the entry leads to.
std::vector<bool> reachable(const Program& program) {
  std::vector<bool> out(program.blocks.size());
  out[0] = true;
  for (uint32_t i = 0; i < program.blocks.size(); ++i) {
    if (!out[i]) continue;
    for (const uint32_t to : targets(program.blocks[i].end)) out[to] = true;
  }
  return out;
}

// What is known of some values: at most one fact of each, sorted by value.
template <typename T>
class Facts {
 public:
  using Entry = std::pair<Value, T>;

  [[nodiscard]] std::optional<T> of(Value value) const {
    const auto at = place(value);
    return at != entries_.end() && at->first == value ? std::optional(at->second) : std::nullopt;
  }
  // The first value of which `fact` is known.
  [[nodiscard]] std::optional<Value> holder(const T& fact) const {
    const auto at = std::ranges::find(entries_, fact, &Entry::second);
    return at != entries_.end() ? std::optional(at->first) : std::nullopt;
  }
  void set(Value value, std::optional<T> fact) {
    const auto at = entries_.begin() + (place(value) - entries_.cbegin());
    const bool known = at != entries_.end() && at->first == value;
    if (fact && known) {
      at->second = *fact;
    } else if (fact) {
      entries_.emplace(at, value, *fact);
    } else if (known) {
      entries_.erase(at);
    }
  }
  template <typename Condition>
  void forget_if(Condition holds) {
    std::erase_if(entries_, [&](const Entry& entry) { return holds(entry.second); });
  }
  void keep_common(const Facts& other) {
    auto at = other.entries_.begin();
    std::erase_if(entries_, [&](const Entry& entry) {
      while (at != other.entries_.end() && at->first < entry.first) ++at;
      return at == other.entries_.end() || *at != entry;
    });
  }

 private:
  [[nodiscard]] auto place(Value value) const {
    return std::ranges::lower_bound(entries_, value, {}, &Entry::first);
  }

  std::vector<Entry> entries_;
};

// Calls `visit(block, facts)` for each block that is reached, in order. `facts` is what holds at its start on every
// path that leads there; `visit` makes it what holds at its end.
template <typename T, typename Visit>
void flow_forward(Program& program, Visit visit) {
  std::vector<std::optional<Facts<T>>> entry(program.blocks.size());
  entry[0] = Facts<T>{};
  for (uint32_t i = 0; i < program.blocks.size(); ++i) {
    std::optional<Facts<T>> facts = std::exchange(entry[i], std::nullopt);
    if (!facts) continue;
    visit(program.blocks[i], *facts);
    for (const uint32_t to : targets(program.blocks[i].end)) {
      if (entry[to]) {
        entry[to]->keep_common(*facts);
      } else {
        entry[to] = *facts;
      }
    }
  }
}

// Points the edges of a block elsewhere.
struct Retarget {
  const std::vector<uint32_t>& to;
  void operator()(Branch& end) const {
    end.then = to[end.then];
    end.otherwise = to[end.otherwise];
  }
  void operator()(Jump& end) const { end.to = to[end.to]; }
  void operator()(Return&) const {}
};

// --- join_blocks: no jump where the text can follow.

void join_blocks(Program& program) {
  std::vector<bool> alive = reachable(program);
  std::vector<uint32_t> edges(program.blocks.size());
  for (uint32_t i = 0; i < program.blocks.size(); ++i) {
    if (!alive[i]) continue;
    for (const uint32_t to : targets(program.blocks[i].end)) ++edges[to];
  }
  for (uint32_t i = 0; i < program.blocks.size(); ++i) {
    if (!alive[i]) continue;
    Block& block = program.blocks[i];
    while (const Jump* jump = std::get_if<Jump>(&block.end)) {
      const uint32_t to = jump->to;
      if (edges[to] != 1) break;
      Block& next = program.blocks[to];
      std::ranges::move(next.body, std::back_inserter(block.body));
      block.end = std::exchange(next.end, Return{});
      block.end_line = next.end_line;
      next.body.clear();
      alive[to] = false;
    }
  }
}

// --- fold_constants: a value known on every path is written as a number, and a branch on it is decided.

std::optional<int64_t> compute(BinaryOp op, int64_t left, int64_t right) {
  const auto a = static_cast<uint64_t>(left);
  const auto b = static_cast<uint64_t>(right);
  switch (op) {
    case BinaryOp::kAdd:
      return static_cast<int64_t>(a + b);
    case BinaryOp::kSub:
      return static_cast<int64_t>(a - b);
    case BinaryOp::kAnd:
      return static_cast<int64_t>(a & b);
    case BinaryOp::kOr:
      return static_cast<int64_t>(a | b);
    case BinaryOp::kXor:
      return static_cast<int64_t>(a ^ b);
    case BinaryOp::kShiftLeft:
      return static_cast<int64_t>(a << (b & 63));
    case BinaryOp::kShiftRight:
      return static_cast<int64_t>(a >> (b & 63));
    case BinaryOp::kShiftRightSigned:
      return left >> (b & 63);
    case BinaryOp::kByteSwap:
      return static_cast<int64_t>(std::byteswap(a));
  }
  return std::nullopt;
}

bool holds(Compare compare, uint64_t a, uint64_t b) {
  switch (compare) {
    case Compare::kEqual:
      return a == b;
    case Compare::kNotEqual:
      return a != b;
    case Compare::kLess:
      return a < b;
    case Compare::kLessEqual:
      return a <= b;
    case Compare::kGreater:
      return a > b;
    case Compare::kGreaterEqual:
      return a >= b;
    case Compare::kTestBits:
      return (a & b) != 0;
  }
  return false;
}

class Known {
 public:
  explicit Known(Facts<int64_t>& facts) : facts_(facts) {}

  [[nodiscard]] std::optional<int64_t> number(const Operand& operand) const {
    if (const int64_t* number = std::get_if<int64_t>(&operand)) return *number;
    return facts_.of(std::get<Value>(operand));
  }
  void set(Value value, std::optional<int64_t> number) const { facts_.set(value, number); }
  // Writes a value as the number it is known to be, if an instruction has room for that number.
  void resolve(Operand& operand) const {
    const std::optional<int64_t> known = number(operand);
    if (known && *known == static_cast<int32_t>(*known)) operand = *known;
  }

 private:
  Facts<int64_t>& facts_;
};

struct FoldOp {
  const Known& known;

  Op operator()(Constant op) const {
    known.set(op.dst, op.number);
    return op;
  }
  Op operator()(Copy op) const {
    const std::optional<int64_t> number = known.number(op.from);
    known.set(op.dst, number);
    if (number) return Constant{op.dst, *number};
    return op;
  }
  Op operator()(Argument op) const { return forget(op); }
  Op operator()(Context op) const { return forget(op); }
  Op operator()(SetContext op) const {
    known.resolve(op.from);
    return op;
  }
  Op operator()(Load op) const { return forget(std::move(op)); }
  Op operator()(Store op) const {
    known.resolve(op.from);
    return op;
  }
  Op operator()(Control op) const { return forget(op); }
  Op operator()(Binary op) const {
    const std::optional<int64_t> left = known.number(op.dst);
    const std::optional<int64_t> right = known.number(op.operand);
    const std::optional<int64_t> result = left && right ? compute(op.op, *left, *right) : std::nullopt;
    known.set(op.dst, result);
    if (result) return Constant{op.dst, *result};
    const bool shift = shifts(op.op);
    if (!shift || (right && *right >= 0 && *right <= 63)) known.resolve(op.operand);
    return op;
  }
  Op operator()(Call op) const {
    for (Operand& argument : op.arguments) known.resolve(argument);
    if (op.dst) known.set(*op.dst, std::nullopt);
    return op;
  }
  template <typename T>
  Op forget(T op) const {
    known.set(op.dst, std::nullopt);
    return op;
  }
};

struct FoldEnd {
  const Known& known;

  End operator()(Branch end) const {
    const std::optional<int64_t> left = known.number(end.left);
    const std::optional<int64_t> right = known.number(end.right);
    if (left && right) {
      const uint64_t mask = end.width == Width::k4 ? 0xffffffff : ~uint64_t{0};
      const bool yes =
          holds(end.compare, static_cast<uint64_t>(*left) & mask, static_cast<uint64_t>(*right) & mask);
      return Jump{yes ? end.then : end.otherwise};
    }
    known.resolve(end.right);
    return end;
  }
  End operator()(Jump end) const { return end; }
  End operator()(Return end) const {
    known.resolve(end.value);
    return end;
  }
};

void fold_constants(Program& program) {
  flow_forward<int64_t>(program, [](Block& block, Facts<int64_t>& facts) {
    const Known known(facts);
    for (Instruction& instruction : block.body) {
      instruction.op = std::visit(FoldOp{known}, std::move(instruction.op));
    }
    block.end = std::visit(FoldEnd{known}, block.end);
  });
}

// --- reuse_loads: an argument, kernel memory, a control word or a pure call that some value holds already on every
// path is not read again; that value is used instead. Copies of anything else are left as they are: whoever wrote one
// wants a value of its own.

// What an instruction reads, without the value it goes to. The base is only that of a load; in a call base and width
// are its arguments, which must be numbers.
struct Content {
  size_t kind = 0;  // index into Op
  uint32_t base = 0;
  int64_t place = 0;
  uint32_t width = 0;
  bool operator==(const Content&) const = default;
};

struct ContentOf {
  size_t kind;
  const std::vector<bool>& scratch;
  std::optional<Content> operator()(const Constant&) const { return std::nullopt; }
  std::optional<Content> operator()(const Copy&) const { return std::nullopt; }
  std::optional<Content> operator()(const Argument& op) const { return Content{kind, 0, op.parameter, 0}; }
  std::optional<Content> operator()(const Context& op) const {
    return Content{kind, 0, op.offset, static_cast<uint32_t>(op.width)};
  }
  std::optional<Content> operator()(const SetContext&) const { return std::nullopt; }
  std::optional<Content> operator()(const Load& op) const {
    if (scratch[op.base.id]) return std::nullopt;
    return Content{kind, op.base.id, op.offset, static_cast<uint32_t>(op.width)};
  }
  std::optional<Content> operator()(const Store&) const { return std::nullopt; }
  std::optional<Content> operator()(const Control& op) const { return Content{kind, 0, op.offset, 0}; }
  std::optional<Content> operator()(const Binary&) const { return std::nullopt; }
  std::optional<Content> operator()(const Call& op) const {
    if (!callee_info(op.callee).pure || !op.dst || op.arguments.size() > 2) return std::nullopt;
    Content out{kind, 0, static_cast<int64_t>(op.callee), 0};
    for (size_t n = 0; n < op.arguments.size(); ++n) {
      const int64_t* number = std::get_if<int64_t>(&op.arguments[n]);
      if (number == nullptr || *number < 0 || *number > INT32_MAX) return std::nullopt;
      (n == 0 ? out.base : out.width) = static_cast<uint32_t>(*number);
    }
    return out;
  }
};

bool is_load(const Content& content) { return content.kind == Op(Load{}).index(); }

bool is_context(const Content& content) {
  return content.kind == Op(Context{}).index() || content.kind == Op(Argument{}).index();
}

class LoadReuser {
 public:
  LoadReuser(Facts<Content>& held, const std::vector<bool>& scratch) : held_(held), scratch_(scratch) {}

  // Is the instruction needless? May turn it into a copy.
  bool visit(Op& op) const {
    std::visit(*this, op);
    const std::optional<Content> content = std::visit(ContentOf{op.index(), scratch_}, op);
    const std::optional<Value> dst = assigned(op);
    if (content) {
      if (held_.of(*dst) == content) return true;
      if (const std::optional<Value> other = held_.holder(*content)) op = Copy{*dst, *other};
    }
    if (!pure(op))
      held_.forget_if([&](const Content& known) { return is_load(known) && scratch_[known.base]; });
    if (std::holds_alternative<SetContext>(op))
      held_.forget_if([](const Content& known) { return is_context(known); });
    const Copy* copy = std::get_if<Copy>(&op);
    if (dst) assign(*dst, copy != nullptr ? held_.of(copy->from) : content);
    return copy != nullptr && copy->from == *dst;
  }

  // Uses of values that hold the same give way to one of them.
  void operator()(Constant&) const {}
  void operator()(Copy& op) const { resolve(op.from); }
  void operator()(Argument&) const {}
  void operator()(Context&) const {}
  void operator()(SetContext& op) const { resolve(op.from); }
  void operator()(Load& op) const { resolve(op.base); }
  void operator()(Store& op) const {
    resolve(op.base);
    resolve(op.from);
  }
  void operator()(Control&) const {}
  void operator()(Binary& op) const { resolve(op.operand); }
  void operator()(Call& op) const {
    for (Operand& argument : op.arguments) resolve(argument);
  }
  void operator()(Branch& end) const {
    resolve(end.left);
    resolve(end.right);
  }
  void operator()(Jump&) const {}
  void operator()(Return& end) const { resolve(end.value); }

 private:
  void resolve(Value& value) const {
    if (const std::optional<Content> content = held_.of(value))
      value = held_.holder(*content).value_or(value);
  }
  void resolve(Operand& operand) const {
    if (Value* value = std::get_if<Value>(&operand)) resolve(*value);
  }

  void assign(Value dst, std::optional<Content> content) const {
    held_.forget_if([&](const Content& known) { return is_load(known) && known.base == dst.id; });
    if (content && is_load(*content) && content->base == dst.id) content.reset();
    held_.set(dst, content);
  }

  Facts<Content>& held_;
  const std::vector<bool>& scratch_;
};

void reuse_loads(Program& program) {
  const std::vector<bool> scratch = scratch_values(program);
  flow_forward<Content>(program, [&](Block& block, Facts<Content>& held) {
    const LoadReuser reuser(held, scratch);
    std::erase_if(block.body, [&](Instruction& instruction) { return reuser.visit(instruction.op); });
    std::visit(reuser, block.end);
  });
}

// --- drop_dead: what nobody uses is not computed, where nothing happens nobody goes. One sweep backwards sees all of
// it: when a block is reached, what its successors use and whether they do anything is settled.

// Few values are in use at the end of any block.
class Live {
 public:
  [[nodiscard]] bool has(Value value) const { return std::ranges::binary_search(values_, value); }
  void add(Value value) {
    const auto at = std::ranges::lower_bound(values_, value);
    if (at == values_.end() || *at != value) values_.insert(at, value);
  }
  void remove(Value value) {
    const auto at = std::ranges::lower_bound(values_, value);
    if (at != values_.end() && *at == value) values_.erase(at);
  }
  void add_all(const Live& other) {
    std::vector<Value> both;
    std::ranges::set_union(values_, other.values_, std::back_inserter(both));
    values_ = std::move(both);
  }

 private:
  std::vector<Value> values_;  // sorted
};

void drop_unused(Block& block, Live& live) {
  for (const Value value : used(block.end)) live.add(value);
  std::vector<Instruction> kept;
  for (auto it = block.body.rbegin(); it != block.body.rend(); ++it) {
    if (const std::optional<Value> dst = assigned(it->op); dst && !live.has(*dst)) {
      if (pure(it->op)) continue;
      std::get<Call>(it->op).dst.reset();
    } else if (dst) {
      live.remove(*dst);
    }
    for (const Value value : used(it->op)) live.add(value);
    kept.push_back(std::move(*it));
  }
  std::ranges::reverse(kept);
  block.body = std::move(kept);
}

void drop_blocks(Program& program) {
  const std::vector<bool> alive = reachable(program);
  std::vector<uint32_t> moved(program.blocks.size());
  uint32_t kept = 0;
  for (uint32_t i = 0; i < program.blocks.size(); ++i) {
    if (!alive[i]) continue;
    moved[i] = kept;
    if (i != kept) program.blocks[kept] = std::move(program.blocks[i]);
    ++kept;
  }
  program.blocks.resize(kept);
  for (Block& block : program.blocks) std::visit(Retarget{moved}, block.end);
}

void drop_dead(Program& program) {
  drop_blocks(program);
  std::vector<Live> live(program.blocks.size());
  std::vector<uint32_t> past(program.blocks.size());  // where an edge to a block may lead instead
  std::vector<bool> returns(program.blocks.size());   // the block does nothing else
  for (uint32_t i = static_cast<uint32_t>(past.size()); i-- > 0;) {
    Block& block = program.blocks[i];
    std::visit(Retarget{past}, block.end);
    if (const Branch* branch = std::get_if<Branch>(&block.end);
        branch != nullptr &&
        (branch->then == branch->otherwise || (returns[branch->then] && returns[branch->otherwise]))) {
      block.end = Jump{branch->then};
    }
    for (const uint32_t to : targets(block.end)) live[i].add_all(live[to]);
    drop_unused(block, live[i]);
    past[i] = i;
    if (const Jump* jump = std::get_if<Jump>(&block.end)) {
      if (block.body.empty()) {
        past[i] = jump->to;
      } else if (returns[jump->to]) {
        block.end = Return{};
      }
    }
    returns[i] = block.body.empty() && block.end == End(Return{});
  }
  drop_blocks(program);
}

}  // namespace

const std::vector<Pass>& passes() {
  static const std::vector<Pass> kPasses = {
      {"fold_constants", fold_constants},
      {"reuse_loads", reuse_loads},
      {"drop_dead", drop_dead},
      {"join_blocks", join_blocks},
  };
  return kPasses;
}

void simplify(Program& program) {
  assert(verify(program).empty());
  for (Program before; before != program;) {
    before = program;
    for (const Pass& pass : passes()) {
      pass.run(program);
      assert(verify(program).empty());
    }
  }
}

}  // namespace tripline::ir
