// SPDX-License-Identifier: Apache-2.0
// Filters on the process that makes the call, which is this one: its numbers are asked of /proc, and what is known of
// it, as the programs that keep its entry would have left it, is written into the maps. And the generated functions
// that decide what is known of an image, for any path.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "abi/facts.h"
#include "abi/scratch.h"
#include "agree/fake_file.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "compile/facts.h"
#include "ir/interpreter.h"
#include "kernel/kernel.h"

namespace tripline::agree {
namespace {

using oracle::Random;
using Clause = FactClause::Kind;

constexpr std::array<const char*, 10> kNamespaces = {
    "uts", "ipc", "mnt", "pid", "pid_for_children", "net", "time", "time_for_children", "cgroup", "user"};

uint64_t namespace_of(const char* name) {
  std::array<char, 64> link{};
  const std::string path = std::string("/proc/self/ns/") + name;
  if (readlink(path.c_str(), link.data(), link.size() - 1) < 0) return 0;
  const char* open = std::strchr(link.data(), '[');
  return open == nullptr ? 0 : std::strtoull(open + 1, nullptr, 10);
}

// What a task is asked for, of this one.
std::map<TaskNumber, uint64_t> own_numbers() {
  std::map<TaskNumber, uint64_t> out;
  for (size_t i = 0; i < kNamespaces.size(); ++i)
    out[static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kUts) + i)] = namespace_of(kNamespaces[i]);
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const std::string value = line.substr(std::min(line.find('\t') + 1, line.size()));
    if (line.starts_with("NSpid:")) {
      // The ids in all namespaces that this /proc shows: the first is in its own.
      out[TaskNumber::kPid] = std::strtoull(value.c_str(), nullptr, 10);
      const size_t last = value.rfind('\t');
      out[TaskNumber::kNamespacePid] =
          last == std::string::npos ? 0 : std::strtoull(value.c_str() + last, nullptr, 10);
    }
    if (line.starts_with("CapEff:")) out[TaskNumber::kEffective] = std::strtoull(value.c_str(), nullptr, 16);
    if (line.starts_with("CapInh:"))
      out[TaskNumber::kInheritable] = std::strtoull(value.c_str(), nullptr, 16);
    if (line.starts_with("CapPrm:")) out[TaskNumber::kPermitted] = std::strtoull(value.c_str(), nullptr, 16);
  }
  return out;
}

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

class Generator {
 public:
  Generator(Random& random, const oracle::Pool& pool, std::map<TaskNumber, uint64_t> numbers)
      : random_(random), pool_(pool), numbers_(std::move(numbers)) {}

  FactClause clause() {
    FactClause out;
    out.kind = static_cast<Clause>(random_.below(6));
    const uint32_t count = random_.chance(10) ? 20 : 1 + random_.below(3);
    for (uint32_t i = 0; i < count; ++i) {
      std::string path = random_.pick(pool_.paths);
      if (out.kind == Clause::kPrefix) path = path.substr(0, random_.below(path.size() + 1));
      if (out.kind == Clause::kPostfix) path = path.substr(random_.below(path.size() + 1));
      if (out.kind < Clause::kFollowPid) {
        out.paths.push_back(path);
      } else {
        out.pids.push_back(random_.below(12));
      }
    }
    sort_unique(out.paths);
    sort_unique(out.pids);
    return out;
  }

  Filter filter() {
    switch (random_.below(4)) {
      case 0: {
        const auto number = static_cast<TaskNumber>(random_.below(numbers_.size()));
        const uint64_t now = numbers_.at(number);
        TaskFilter out{.number = number, .negated = random_.chance(30), .values = {}, .span = {}};
        out.is_mask = number >= TaskNumber::kEffective;
        for (uint32_t i = random_.below(4); i > 0; --i) {
          const uint64_t other = out.is_mask ? uint64_t{1} << random_.below(41) : now + 1 - random_.below(3);
          out.values.push_back(random_.chance(40) ? now : other);
        }
        return out;
      }
      case 1: {
        ChangeFilter out{.what = static_cast<ChangeFilter::What>(random_.below(4)), .span = {}};
        out.others = random_.chance(40);
        for (uint32_t i = random_.below(5); i > 0; --i) out.listed |= uint64_t{1} << random_.below(12);
        return out;
      }
      default: {
        FactFilter out{.clause = clause(), .negated = random_.chance(30), .span = {}};
        out.parent = out.clause.kind < Clause::kFollowPid && random_.chance(25);
        return out;
      }
    }
  }

  oracle::Image image() {
    oracle::Image out;
    if (random_.chance(90)) out.path = random_.pick(pool_.paths);
    for (uint32_t i = random_.below(3); i > 0; --i) out.earlier.push_back(random_.pick(pool_.paths));
    return out;
  }

  oracle::Process process() {
    oracle::Process out;
    out.numbers = numbers_;
    out.known = random_.chance(92);
    for (uint32_t i = 1 + random_.below(3); i > 0; --i) out.pids.push_back(random_.below(12));
    for (uint32_t i = 1 + random_.below(3); i > 0; --i) out.namespace_pids.push_back(random_.below(12));
    out.image = image();
    if (random_.chance(70)) out.parent = image();
    for (size_t i = 0; i < out.recorded.namespaces.size(); ++i) {
      const uint64_t now = numbers_.at(static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kUts) + i));
      out.recorded.namespaces[i] = random_.chance(75) ? now : random_.chance(50) ? 0 : now + 1;
    }
    for (size_t i = 0; i < out.recorded.capabilities.size(); ++i) {
      out.recorded.capabilities[i] =
          numbers_.at(static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kEffective) + i));
      if (random_.chance(40)) out.recorded.capabilities[i] ^= uint64_t{1} << random_.below(12);
    }
    return out;
  }

 private:
  Random& random_;
  const oracle::Pool& pool_;
  std::map<TaskNumber, uint64_t> numbers_;
};

std::string describe(const oracle::Image& image) {
  std::string out = oracle::shown(image.path);
  for (const std::string& path : image.earlier) out += " after " + oracle::shown(path);
  return out;
}

std::string describe(const oracle::Process& process) {
  std::string out = process.known ? "process " : "unknown process ";
  out +=
      describe(process.image) + "; parent " + (process.parent ? describe(*process.parent) : "none") + "; ids";
  for (const uint32_t pid : process.pids) out += " " + std::to_string(pid);
  out += ", in namespaces";
  for (const uint32_t pid : process.namespace_pids) out += " " + std::to_string(pid);
  return out;
}

// The entry that the programs would have made.
std::vector<std::byte> entry_of(const FactTable& table, const oracle::Process& process) {
  std::vector<std::byte> out(table.entry_size());
  const tl_facts head{
      .tgid = static_cast<uint32_t>(getpid()), .birth = 1, .image = 1, .settled = 1, .flags = 0};
  std::memcpy(out.data(), &head, sizeof(head));
  std::vector<uint64_t> words(2 * size_t{table.words});
  for (uint32_t i = 0; i < table.words; ++i) {
    words[i] = TL_FACT_PRESENT;
    if (!process.image.path.empty()) words[i] |= TL_FACT_KNOWN;
    if (process.parent) words[table.words + i] = TL_FACT_PRESENT;
    if (process.parent && !process.parent->path.empty()) words[table.words + i] |= TL_FACT_KNOWN;
  }
  for (const auto& [clause, number] : table.clauses) {
    const FactTable::Place place = table.place(clause);
    const auto holds = [&](const oracle::Image& image) {
      const bool follows = clause.kind >= Clause::kFollowBinary;
      return (follows || !image.path.empty()) && oracle::holds(clause, image, process);
    };
    if (holds(process.image)) words[place.word] |= place.bit;
    if (process.parent && holds(*process.parent)) words[table.words + place.word] |= place.bit;
  }
  std::memcpy(out.data() + sizeof(head), words.data(), words.size() * sizeof(uint64_t));
  if (!table.recorded) return out;
  tl_recorded recorded{};
  std::ranges::copy(process.recorded.capabilities, recorded.capabilities);
  std::ranges::transform(process.recorded.namespaces, recorded.namespaces,
                         [](uint64_t number) { return static_cast<uint32_t>(number); });
  std::memcpy(out.data() + table.recorded_offset(), &recorded, sizeof(recorded));
  return out;
}

// How what is recorded after a call is not what it must be.
std::string wrong_record(Trial& trial, const oracle::Process& process, bool elsewhere) {
  if (!trial.facts().recorded || !process.known) return {};
  const Result<std::vector<std::byte>> entry = trial.runner().facts(elsewhere);
  if (!entry) return entry.error().text();
  tl_recorded recorded{};
  std::memcpy(&recorded, entry->data() + trial.facts().recorded_offset(), sizeof(recorded));
  for (size_t i = 0; i < 10; ++i) {
    const uint64_t now =
        process.numbers.at(static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kUts) + i));
    const uint64_t then = process.recorded.namespaces[i];
    const bool as_it_was = recorded.namespaces[i] == then || (then == 0 && recorded.namespaces[i] == now);
    if (trial.expectation().renews_namespaces() ? recorded.namespaces[i] != now : !as_it_was)
      return std::string("what is recorded of namespace ") + kNamespaces[i];
  }
  for (size_t i = 0; i < 3; ++i) {
    const uint64_t now =
        process.numbers.at(static_cast<TaskNumber>(static_cast<size_t>(TaskNumber::kEffective) + i));
    const bool renews = trial.expectation().renews_capabilities();
    if (recorded.capabilities[i] != (renews ? now : process.recorded.capabilities[i]))
      return "what is recorded of capabilities";
  }
  return {};
}

class AgreeProcess : public OnThisKernel {};

std::vector<CheckedPolicy> random_policies(Random& random, Generator& generator, const oracle::Shape& shape) {
  std::vector<CheckedPolicy> out;
  const bool many = random.chance(40);
  for (uint32_t count = many ? 5 + random.below(60) : 1 + random.below(3); count > 0; --count) {
    std::vector<CheckedSelector> selectors;
    for (uint32_t n = 1 + random.below(2); n > 0; --n) {
      CheckedSelector& selector = selectors.emplace_back();
      selector.actions = {{}};
      if (random.chance(10)) selector.actions[0].kind = CheckedAction::Kind::kNoPost;
      for (uint32_t f = 1 + random.below(3); f > 0; --f) selector.filters.push_back(generator.filter());
      if (random.chance(30))
        selector.filters.push_back(
            IntFilter{.arg = 1, .op = IntFilter::Op::kEqual, .values = {{1, 1}}, .span = {}});
    }
    CheckedPolicy& policy = out.emplace_back();
    policy.name = policy.source_name = "p" + std::to_string(count);
    policy.hooks.push_back(oracle::plain_section(shape, std::move(selectors)));
  }
  return out;
}

TEST_F(AgreeProcess, Random) {
  const std::map<TaskNumber, uint64_t> numbers = own_numbers();
  ASSERT_EQ(numbers.size(), 15U);
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(80); ++seed) {
    Random random(seed);
    const oracle::Shape shape{"file_check_and_advance_wb_err",
                              random.chance(25) ? Attachment::kKprobe : Attachment::kTracingRaw,
                              {ArgType::kFile, ArgType::kInt32}};
    const oracle::Pool pool = oracle::random_pool(random, 400);
    Generator generator(random, pool, numbers);
    Kernel host = *kernel;
    if (random.chance(20)) host.features.bpf_loop = false;
    Result<std::unique_ptr<Trial>> trial =
        Trial::create(random_policies(random, generator, shape), shape, host);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int i = 0; i < 20; ++i) {
      const oracle::Process process = generator.process();
      const bool elsewhere = random.chance(20);
      const std::vector<std::byte> entry =
          process.known ? entry_of((*trial)->facts(), process) : std::vector<std::byte>{};
      const Result<void> set = (*trial)->runner().set_facts(entry, elsewhere);
      ASSERT_TRUE(set) << set.error().text();
      const uint64_t arguments[] = {0, random.below(2)};
      const oracle::Call call = {oracle::File{.has_inode = false}, static_cast<int64_t>(arguments[1])};
      std::string wrong = (*trial)->call(call, arguments, process);
      if (wrong.empty()) wrong = wrong_record(**trial, process, elsewhere);
      ASSERT_EQ(wrong, "") << "seed " << seed << " call " << i << '\n'
                           << describe(process) << (elsewhere ? " elsewhere\n" : "\n")
                           << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed;
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, calls / 4);
}

// Many sections, of which the judge looks only at those that can match: by the path of the file, by the process, by both,
// by none of them; with clauses in the order of the sections and out of it.
std::vector<CheckedPolicy> many_policies(Random& random, Generator& generator, const oracle::Shape& shape,
                                         const oracle::Pool& pool) {
  const uint32_t count = random.chance(10) ? 200 + random.below(200) : 2 + random.below(60);
  const uint32_t of_paths = random.chance(50) ? 100 : random.below(101);
  const uint32_t of_facts = random.chance(50) ? 100 : random.below(101);
  std::vector<CheckedPolicy> out;
  for (uint32_t n = 0; n < count; ++n) {
    std::vector<CheckedSelector> selectors;
    for (uint32_t i = random.chance(80) ? 1 : 2; i > 0; --i) {
      CheckedSelector& selector = selectors.emplace_back();
      selector.actions = {{}};
      if (random.chance(of_paths)) {
        PathFilter path{.arg = 0, .op = TextOp::kEqual, .values = {}, .span = {}};
        for (uint32_t v = 1 + random.below(3); v > 0; --v) path.values.push_back(random.pick(pool.paths));
        selector.filters.emplace_back(std::move(path));
      }
      if (random.chance(of_facts)) {
        FactFilter fact{.clause = generator.clause(), .span = {}};
        fact.negated = random.chance(2);
        fact.parent = fact.clause.kind < Clause::kFollowPid && random.chance(2);
        selector.filters.emplace_back(std::move(fact));
      }
      if (selector.filters.empty() || random.chance(20))
        selector.filters.emplace_back(
            IntFilter{.arg = 1, .op = IntFilter::Op::kEqual, .values = {{1, 1}}, .span = {}});
    }
    CheckedPolicy& policy = out.emplace_back();
    policy.name = policy.source_name = "p" + std::to_string(n);
    policy.hooks.push_back(oracle::plain_section(shape, std::move(selectors)));
  }
  return out;
}

TEST_F(AgreeProcess, ManySections) {
  const std::optional<Layout> layout = layout_of(*kernel->btf);
  ASSERT_TRUE(layout);
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(60); ++seed) {
    Random random(seed);
    const oracle::Shape shape{"file_check_and_advance_wb_err",
                              random.chance(25) ? Attachment::kKprobe : Attachment::kTracingRaw,
                              {ArgType::kFile, ArgType::kInt32}};
    const oracle::Pool pool = oracle::random_pool(random, random.chance(80) ? 100 : 1000);
    Generator generator(random, pool, own_numbers());
    Kernel host = *kernel;
    if (random.chance(20)) host.features.bpf_loop = false;
    Result<std::unique_ptr<Trial>> trial =
        Trial::create(many_policies(random, generator, shape, pool), shape, host);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int i = 0; i < 40; ++i) {
      const oracle::Process process = generator.process();
      const bool elsewhere = random.chance(20);
      const std::vector<std::byte> entry =
          process.known ? entry_of((*trial)->facts(), process) : std::vector<std::byte>{};
      const Result<void> set = (*trial)->runner().set_facts(entry, elsewhere);
      ASSERT_TRUE(set) << set.error().text();
      memory->memory().reset();
      const FakeFile file = random_fake(random, random.pick(pool.paths));
      const std::optional<Placed> placed = place(memory->memory(), *layout, random, file);
      ASSERT_TRUE(placed);
      const uint64_t arguments[] = {placed->file, random.below(2)};
      const std::string wrong =
          (*trial)->call({seen(file), static_cast<int64_t>(arguments[1])}, arguments, process);
      ASSERT_EQ(wrong, "") << "seed " << seed << " call " << i << '\n'
                           << describe(process) << (elsewhere ? " elsewhere\n" : "\n") << "file "
                           << describe(file) << '\n'
                           << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed;
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, calls / 4);
}

// The generated functions, interpreted.
class Decided {
 public:
  Decided(const FactTable& table, const oracle::Process& process) : table_(table) {
    const FactPrograms programs = lower_facts(table);
    const std::string& path = process.image.path;
    world_.call = [](ir::World&, ir::Callee callee, const std::vector<uint64_t>&) -> uint64_t {
      return callee == ir::Callee::tl_fact_slot ? kSlot : 0;
    };
    world_.unset = [](uint64_t address) { return static_cast<uint8_t>(address * 7); };
    const uint64_t from = TL_PATH_END - path.size();
    world_.store(kSlot + offsetof(tl_slot, value) + offsetof(tl_value, from), ir::Width::k4, from);
    for (size_t i = 0; i < path.size(); ++i)
      world_.store(kSlot + offsetof(tl_slot, buffer) + from + i, ir::Width::k1,
                   static_cast<uint8_t>(path[i]));
    broken_ = ir::interpret(programs.image, world_).broken;
    image_ = results();
    store_id(0, process.pids.at(0));
    store_id(1, process.namespace_pids.at(0));
    broken_ += ir::interpret(programs.pids, world_).broken;
    ids_ = results();
  }

  [[nodiscard]] bool holds(const FactClause& clause) const {
    const FactTable::Place place = table_.place(clause);
    return ((clause.kind < Clause::kFollowPid ? image_ : ids_).at(place.word) & place.bit) != 0;
  }
  [[nodiscard]] const std::string& broken() const { return broken_; }

 private:
  static constexpr uint64_t kSlot = 0x7000'0000'0000;

  void store_id(uint32_t which, uint32_t id) {
    world_.store(kSlot + offsetof(tl_slot, record) + (TL_RESULT_COUNT * table_.words + which) * 8,
                 ir::Width::k8, id);
  }
  std::vector<uint64_t> results() {
    std::vector<uint64_t> out;
    for (uint32_t word = 0; word < table_.words; ++word)
      out.push_back(world_.load(kSlot + offsetof(tl_slot, record) + word * uint64_t{8}, ir::Width::k8));
    return out;
  }

  const FactTable& table_;
  ir::World world_;
  std::vector<uint64_t> image_;
  std::vector<uint64_t> ids_;
  std::string broken_;
};

TEST(ProcessFacts, GeneratedFunctionsDecideAsTheOracle) {
  uint64_t held = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    const oracle::Pool pool = oracle::random_pool(random, 4095);
    Generator generator(random, pool, {});
    FactNeeds needs;
    for (uint32_t i = random.chance(30) ? 150 : 1 + random.below(8); i > 0; --i)
      needs.clauses.push_back(generator.clause());
    sort_unique(needs.clauses);
    const FactTable table = fact_table(needs);
    for (int i = 0; i < 20; ++i) {
      oracle::Process process;
      if (i > 0) process.image.path = random.pick(pool.paths);
      process.pids = {random.below(12)};
      process.namespace_pids = {random.below(12)};
      const Decided decided(table, process);
      ASSERT_EQ(decided.broken(), "") << "seed " << seed;
      for (const auto& [clause, number] : table.clauses) {
        const bool asked = clause.kind >= Clause::kFollowPid || !process.image.path.empty();
        const bool expected = asked && oracle::holds(clause, process.image, process);
        ASSERT_EQ(decided.holds(clause), expected)
            << "seed " << seed << " clause " << number << " path " << oracle::shown(process.image.path);
        held += expected;
      }
    }
  }
  EXPECT_GT(held, 1000U);
}

// Told apart by their last bytes first, then by what is before.
TEST(ProcessFacts, PathsOfOneLengthAreToldApart) {
  std::vector<std::string> paths = {"/a", "/b", "/bin/sh", "/bin/su", "/usr/bin", "/opt/bin"};
  for (int n = 10; n < 60; ++n) {
    paths.push_back("/usr/bin/program-" + std::to_string(n));
    paths.push_back("/usr/" + std::to_string(n) + "/same/program");
  }
  FactNeeds needs;
  for (const std::string& path : paths) needs.clauses.push_back({.kind = Clause::kEqual, .paths = {path}});
  sort_unique(needs.clauses);
  const FactTable table = fact_table(needs);
  for (const std::string& seen : paths) {
    for (const std::string& path :
         {seen, "/u" + seen, seen.substr(0, seen.size() - 1) + "_", "_" + seen.substr(1)}) {
      oracle::Process process;
      process.image.path = path;
      process.pids = {1};
      process.namespace_pids = {1};
      const Decided decided(table, process);
      ASSERT_EQ(decided.broken(), "");
      for (const auto& [clause, number] : table.clauses)
        ASSERT_EQ(decided.holds(clause), clause.paths[0] == path) << clause.paths[0] << " for " << path;
    }
  }
}

}  // namespace
}  // namespace tripline::agree
