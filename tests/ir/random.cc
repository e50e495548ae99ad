// SPDX-License-Identifier: Apache-2.0
#include "ir/random.h"

#include "ir/flow.h"

#include <memory>
#include <optional>
#include <random>
#include <set>

namespace tripline::ir {
namespace {

constexpr uint64_t kScratch = 0x7000'0000'0000;
constexpr uint64_t kTask = 0x7100'0000'0000;

uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9e37'79b9'7f4a'7c15 + b;
  x = (x ^ (x >> 30)) * 0xbf58'476d'1ce4'e5b9;
  x = (x ^ (x >> 27)) * 0x94d0'49bb'1331'11eb;
  return x ^ (x >> 31);
}

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  Program run() {
    program_.hook = pick(std::vector<std::string>{"fentry f", "a \"b\" \\ \x01 ; c.yaml:1", ""});
    program_.entry = chance(80) ? Entry::kTyped : Entry::kPtRegs;
    program_.documents = {"a.yaml", "b", "c d", "b", "#2", "e;f:1"};
    program_.documents.resize(below(7));
    pointers_ = 1 + below(3);
    program_.values = pointers_ + 2 + below(8);
    const uint32_t blocks = 1 + below(10);
    entry_.resize(blocks);
    entry_[0] = std::set<uint32_t>{};
    for (uint32_t i = 0; i < blocks; ++i) add_block(i, blocks);
    return std::move(program_);
  }

 private:
  // Values below pointers_ only ever hold the address of scratch memory; the others hold anything else.
  void add_block(uint32_t index, uint32_t blocks) {
    defined_ = entry_[index].value_or(std::set<uint32_t>{});
    Block& block = program_.blocks.emplace_back();
    block.name = pick(std::vector<std::string>{"b", "x.y/", "_"}) + std::to_string(index);
    const uint32_t size = below(6);
    while (block.body.size() < size) {
      if (std::optional<Op> op = random_op()) block.body.push_back({std::move(*op), random_line()});
    }
    block.end = random_end(index, blocks);
    block.end_line = random_line();
  }

  std::optional<Op> random_op() {
    switch (below(9)) {
      case 0:
        return Constant{define(), number()};
      case 1:
        return copy();
      case 2:
        return Argument{define(), below(3)};
      case 3:
      case 4:
        return load();
      case 5:
        return store();
      case 6:
        return Control{define(), 4 * below(2)};
      case 7:
        return binary();
      default:
        return call();
    }
  }

  std::optional<Op> copy() {
    const bool pointer = chance(30);
    const std::optional<Value> from = pointer ? defined_pointer() : defined_number();
    if (!from) return std::nullopt;
    return Copy{pointer ? define_pointer() : define(), *from};
  }

  std::optional<Op> load() {
    const std::optional<Value> base =
        chance(40) || program_.entry == Entry::kPtRegs ? defined_pointer() : defined_number();
    if (!base) return std::nullopt;
    const int32_t offset = static_cast<int32_t>(below(3)) * 8 - 8;
    const std::string what = pick(std::vector<std::string>{"", "d_name.len", "\"; a.yaml:3", "\xff\n\\x"});
    return Load{define(), *base, offset, width(), what};
  }

  std::optional<Op> store() {
    const std::optional<Value> base = defined_pointer();
    if (!base) return std::nullopt;
    return Store{*base, static_cast<int32_t>(below(3)) * 8 - 8, width(), operand()};
  }

  std::optional<Op> binary() {
    std::optional<Value> dst = defined_number();
    if (!dst) return std::nullopt;
    const auto op = static_cast<BinaryOp>(below(9));
    if (op == BinaryOp::kByteSwap) return Binary{op, *dst, int64_t{64}};
    const bool shift = shifts(op);
    return Binary{op, *dst, shift ? Operand(int64_t{below(64)}) : operand()};
  }

  std::optional<Op> call() {
    const auto callee = static_cast<Callee>(below(kCallees));
    const CalleeInfo& info = callee_info(callee);
    Call call{std::nullopt, callee, {}};
    while (call.arguments.size() < info.parameters) call.arguments.push_back(operand());
    if (info.has_result && chance(80)) call.dst = callee == Callee::tl_slot_get ? define_pointer() : define();
    return call;
  }

  End random_end(uint32_t index, uint32_t blocks) {
    const uint32_t later = blocks - index - 1;
    const std::optional<Value> left = defined_number();
    if (later == 0 || chance(10)) return chance(50) ? Return{} : Return{operand()};
    if (!left || chance(25)) return Jump{edge(index + 1 + below(later))};
    Branch branch;
    branch.compare = static_cast<Compare>(below(7));
    branch.width = chance(50) ? Width::k4 : Width::k8;
    branch.left = *left;
    branch.right = operand();
    branch.then = edge(index + 1 + below(later));
    branch.otherwise = edge(index + 1 + below(later));
    return branch;
  }

  uint32_t edge(uint32_t to) {
    if (!entry_[to]) {
      entry_[to] = defined_;
    } else {
      std::erase_if(*entry_[to], [&](uint32_t id) { return !defined_.contains(id); });
    }
    return to;
  }

  Value define() { return define(pointers_ + below(program_.values - pointers_)); }
  Value define_pointer() { return define(below(pointers_)); }
  Value define(uint32_t id) {
    defined_.insert(id);
    return {id};
  }

  std::optional<Value> defined_number() { return defined(pointers_, program_.values); }
  std::optional<Value> defined_pointer() { return defined(0, pointers_); }
  std::optional<Value> defined(uint32_t from, uint32_t to) {
    std::vector<uint32_t> ids(defined_.lower_bound(from), defined_.lower_bound(to));
    if (ids.empty()) return std::nullopt;
    return Value{pick(ids)};
  }

  Operand operand() {
    const std::optional<Value> value = chance(50) ? defined_number() : std::nullopt;
    if (value) return *value;
    return number();
  }

  int64_t number() {
    return pick(std::vector<int64_t>{0, 1, 2, -1, 7, 65535, 65536, -4096, INT32_MIN, int64_t{1} << 32,
                                     INT64_MIN, INT64_MAX, 0x6c6c6568});
  }

  Width width() { return pick(std::vector<Width>{Width::k1, Width::k2, Width::k4, Width::k8}); }

  Line random_line() {
    if (program_.documents.empty() || chance(50)) return {};
    return {below(static_cast<uint32_t>(program_.documents.size())), below(3)};
  }

  uint32_t below(uint32_t end) { return static_cast<uint32_t>(random_() % end); }
  bool chance(uint32_t percent) { return below(100) < percent; }
  template <typename T>
  T pick(const std::vector<T>& from) {
    return from[below(static_cast<uint32_t>(from.size()))];
  }

#define TRIPLINE_COUNT(result, name, parameters, how) +1
  static constexpr uint32_t kCallees = 0 TRIPLINE_CALLEES(TRIPLINE_COUNT);
#undef TRIPLINE_COUNT

  std::mt19937_64 random_;
  Program program_;
  uint32_t pointers_ = 0;
  std::set<uint32_t> defined_;
  std::vector<std::optional<std::set<uint32_t>>> entry_;
};

}  // namespace

Program random_program(uint64_t seed) { return Generator(seed).run(); }

World random_world(uint64_t seed) {
  World world;
  for (uint64_t& argument : world.arguments)
    argument = mix(seed, 1) % 3 == 0 ? mix(seed, 2) % 3 : mix(seed, argument);
  world.control = {{0, static_cast<uint32_t>(mix(seed, 3) % 2)}, {4, 7}};
  world.unset = [seed](uint64_t address) { return static_cast<uint8_t>(mix(seed, address) % 3); };
  world.call = [calls = std::make_shared<uint64_t>(seed)](World& self, Callee callee,
                                                          const std::vector<uint64_t>&) -> uint64_t {
    if (callee_info(callee).pure) return kTask + static_cast<uint64_t>(callee);
    ++*calls;
    self.store(kScratch + mix(*calls, 4) % 24 - 8, Width::k2, mix(*calls, 5));
    return callee == Callee::tl_slot_get ? kScratch : mix(*calls, 6) % 3;
  };
  return world;
}

}  // namespace tripline::ir
