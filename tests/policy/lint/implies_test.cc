// SPDX-License-Identifier: Apache-2.0
// Whatever is said to follow must follow by the oracle, for filters and values of small pools; and what should be found
// is found.
#include "policy/lint/implies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "oracle/generate.h"
#include "oracle/oracle.h"

namespace tripline::policy {
namespace {

using oracle::Random;

struct World {
  CheckedHook hook;  // two arguments of one type
  std::vector<oracle::Call> calls;
  std::vector<oracle::Process> processes = {{}};
};

World of_type(ArgType type) {
  World out;
  out.hook.args.resize(2);
  for (uint32_t n = 0; n < 2; ++n) {
    out.hook.args[n].type = type;
    out.hook.args[n].source.index = n;
  }
  return out;
}

bool passes(const World& world, const Filter& filter, const oracle::Call& call,
            const oracle::Process& process) {
  CheckedHook hook = world.hook;
  hook.selectors.push_back({.label = {}, .filters = {filter}, .actions = {{}}});
  return oracle::judge(hook, call, process).has_value();
}

bool follows(const World& world, const Filter& given, const Filter& then) {
  size_t budget = 1'000'000;
  return Implication(world.hook.args, budget).holds(std::vector{given}, std::vector{then});
}

// How many pairs of `filters` are said to follow; none that does not. The table of what passes is made once.
size_t said(const World& world, const std::vector<Filter>& filters) {
  std::vector<std::vector<bool>> table;
  for (const Filter& filter : filters) {
    std::vector<bool>& row = table.emplace_back();
    for (const oracle::Call& call : world.calls) {
      for (const oracle::Process& process : world.processes)
        row.push_back(passes(world, filter, call, process));
    }
  }
  size_t count = 0;
  for (size_t given = 0; given < filters.size(); ++given) {
    for (size_t then = 0; then < filters.size(); ++then) {
      if (!follows(world, filters[given], filters[then])) continue;
      ++count;
      for (size_t n = 0; n < table[given].size(); ++n) {
        EXPECT_TRUE(!table[given][n] || table[then][n])
            << "filter " << given << " passes case " << n << ", and filter " << then << " does not";
      }
    }
  }
  return count;
}

TEST(Implies, NothingWrongOfIntegers) {
  for (const ArgType type : {ArgType::kInt8, ArgType::kUint8, ArgType::kInt32, ArgType::kUint32,
                             ArgType::kInt64, ArgType::kUint64}) {
    const IntegerShape shape = integer_shape(type);
    const int64_t high = shape.is_signed    ? static_cast<int64_t>((uint64_t{1} << (shape.bits - 1)) - 1)
                         : shape.bits == 64 ? -1
                                            : static_cast<int64_t>((uint64_t{1} << shape.bits) - 1);
    const int64_t low = shape.is_signed ? -high - 1 : 0;
    const std::vector<int64_t> numbers = {low, low + 1, 3, 4, 5, 6, 12, high - 1, high};
    World world = of_type(type);
    for (const int64_t first : numbers) {
      for (const int64_t second : {low, int64_t{5}}) world.calls.push_back({first, second});
    }
    Random random(7);
    std::vector<Filter> filters;
    for (size_t n = 0; n < 150; ++n) {
      IntFilter filter{.arg = random.chance(90) ? 0U : 1U, .op = static_cast<IntFilter::Op>(random.below(7))};
      for (uint32_t count = random.below(4); count > 0; --count) {
        const size_t at = random.below(numbers.size());
        const bool range = filter.op >= IntFilter::Op::kInRange;
        filter.values.push_back(
            {numbers[at], range ? numbers[at + random.below(numbers.size() - at)] : numbers[at]});
      }
      filters.emplace_back(filter);
    }
    EXPECT_GT(said(world, filters), 1000U);
  }
}

std::vector<std::string> texts(size_t longest) {
  std::vector<std::string> out = {""};
  for (size_t at = 0; at < out.size(); ++at) {
    if (out[at].size() == longest) break;
    const std::string base = out[at];
    for (const char each : {'a', 'A', '/'}) out.push_back(base + each);
  }
  return out;
}

std::vector<std::string> random_values(Random& random, const std::vector<std::string>& pool, TextOp op) {
  std::vector<std::string> out;
  for (uint32_t count = random.below(4); count > 0; --count) {
    std::string value = random.pick(pool);
    if (value.empty() && (op == TextOp::kPostfix || op == TextOp::kNotPostfix)) continue;
    if (op == TextOp::kSubStringIgnCase) std::ranges::replace(value, 'A', 'a');
    out.push_back(value);
  }
  return out;
}

TEST(Implies, NothingWrongOfText) {
  for (const bool is_path : {false, true}) {
    World world = of_type(is_path ? ArgType::kFile : ArgType::kString);
    for (const std::string& text : texts(4)) {
      const auto argument = is_path ? oracle::Argument(oracle::File{.path = text})
                                    : oracle::Argument(oracle::Text{.bytes = text});
      world.calls.push_back({argument, argument});
    }
    if (!is_path) world.calls.push_back({oracle::Text{}, oracle::Text{}});
    Random random(11);
    const std::vector<std::string> pool = texts(2);
    std::vector<Filter> filters;
    for (size_t n = 0; n < 300; ++n) {
      const auto op = static_cast<TextOp>(random.below(8));
      const uint32_t arg = random.chance(90) ? 0U : 1U;
      std::vector<std::string> values = random_values(random, pool, op);
      if (is_path) {
        filters.emplace_back(PathFilter{.arg = arg, .op = op, .values = std::move(values)});
      } else {
        filters.emplace_back(TextFilter{.arg = arg, .op = op, .values = std::move(values)});
      }
    }
    EXPECT_GT(said(world, filters), 2000U);
  }
}

TEST(Implies, NothingWrongOfFileTypes) {
  World world = of_type(ArgType::kFile);
  for (const uint16_t mode : {0x0000, 0x4000, 0x8000, 0xc000}) {
    world.calls.push_back({oracle::File{.path = "/", .mode = mode}, oracle::File{.path = "/"}});
  }
  std::vector<Filter> filters;
  const std::vector<uint16_t> types = {0x4000, 0x8000, 0xc000};
  for (const bool negated : {false, true}) {
    for (unsigned set = 0; set < 8; ++set) {
      FileTypeFilter filter{.negated = negated};
      for (size_t n = 0; n < types.size(); ++n) {
        if ((set >> n & 1) != 0) filter.types.push_back(types[n]);
      }
      filters.emplace_back(filter);
    }
  }
  EXPECT_GT(said(world, filters), 50U);
}

TEST(Implies, NothingWrongOfSockets) {
  World world = of_type(ArgType::kSock);
  for (const uint16_t family : {1, 2, 10}) {
    for (const uint8_t last : {0, 1, 128}) {
      for (const uint16_t port : {0, 79, 80, 81}) {
        const oracle::Endpoint endpoint{
            .family = family, .source = {10, 0, 0, last}, .destination_port = port};
        world.calls.push_back({endpoint, endpoint});
      }
    }
  }
  world.calls.push_back({oracle::Endpoint{.readable = false}, oracle::Endpoint{}});
  Random random(3);
  std::vector<Filter> filters;
  for (size_t n = 0; n < 200; ++n) {
    SocketFilter filter{.negated = random.chance(50)};
    if (random.chance(50)) {
      filter.field = SocketFilter::Field::kSourceAddress;
      for (uint32_t count = random.below(3); count > 0; --count) {
        AddressBlock block{.is_ipv6 = random.chance(30), .bytes = {10}, .prefix = 24 + random.below(2)};
        if (random.chance(40))
          block = {.is_ipv6 = block.is_ipv6, .bytes = {10, 0, 0, 128}, .prefix = 25 + random.below(8)};
        filter.addresses.push_back(block);
      }
    } else {
      filter.field = SocketFilter::Field::kDestinationPort;
      for (uint32_t count = random.below(3); count > 0; --count) {
        const int64_t low = 78 + random.below(4);
        filter.numbers.push_back({low, low + random.below(3)});
      }
    }
    filters.emplace_back(filter);
  }
  EXPECT_GT(said(world, filters), 1000U);
}

TEST(Implies, NothingWrongOfProcesses) {
  World world = of_type(ArgType::kInt32);
  world.calls = {{int64_t{0}, int64_t{0}}};
  world.processes.clear();
  const std::vector<std::string> pool = texts(2);
  for (const std::string& path : pool) {
    for (const bool known : {true, false}) {
      oracle::Process process{.pids = {3, 5}, .known = known, .image = {.path = path, .earlier = {"/a"}}};
      process.numbers = {{TaskNumber::kPid, 5}, {TaskNumber::kEffective, path.size() * 3}};
      if (path.size() != 1) process.parent = oracle::Image{.path = path, .earlier = {}};
      world.processes.push_back(process);
    }
  }
  Random random(5);
  std::vector<Filter> filters;
  for (size_t n = 0; n < 300; ++n) {
    const bool negated = random.chance(50);
    if (random.chance(30)) {
      TaskFilter task{.number = random.chance(50) ? TaskNumber::kPid : TaskNumber::kEffective,
                      .negated = negated};
      task.is_mask = task.number == TaskNumber::kEffective;
      for (uint32_t count = random.below(3); count > 0; --count) task.values.push_back(1 + random.below(6));
      filters.emplace_back(task);
      continue;
    }
    FactFilter fact{.negated = negated, .parent = random.chance(30)};
    fact.clause.kind = static_cast<FactClause::Kind>(random.below(6));
    const bool of_pids = fact.clause.kind >= FactClause::Kind::kFollowPid;
    for (uint32_t count = 1 + random.below(3); count > 0; --count) {
      if (of_pids) {
        fact.clause.pids.push_back(3 + random.below(3));
      } else {
        const std::string& path = random.pick(pool);
        if (!path.empty()) fact.clause.paths.push_back(path);
      }
    }
    if (!of_pids && fact.clause.paths.empty()) continue;
    filters.emplace_back(fact);
  }
  EXPECT_GT(said(world, filters), 1000U);
}

TEST(Implies, EndsWhenItsBudgetIsSpent) {
  const World world = of_type(ArgType::kInt32);
  const std::vector<Filter> filters = {IntFilter{.values = {{1, 1}, {2, 2}}}};
  size_t budget = 5;
  const Implication implication(world.hook.args, budget);
  EXPECT_FALSE(implication.holds(filters, filters));
  EXPECT_EQ(budget, 0U);
  budget = 50;
  EXPECT_TRUE(implication.holds(filters, filters));
}

}  // namespace
}  // namespace tripline::policy
