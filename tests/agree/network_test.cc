// SPDX-License-Identifier: Apache-2.0
// Sockets, packets, addresses and sets of capabilities: random filters on random ones that exist only in memory.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "agree/fake_socket.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "kernel/kernel.h"
#include "oracle/network.h"

namespace tripline::agree {
namespace {

using oracle::Random;

const std::vector<ArgType> kTypes = {ArgType::kSock, ArgType::kSocket, ArgType::kSkb, ArgType::kSockaddr,
                                     ArgType::kCapEffective};

bool is_set(ArgType type) { return type == ArgType::kCapEffective; }

IntFilter random_set_filter(Random& random, uint32_t arg) {
  using Op = IntFilter::Op;
  static const std::vector<Op> kOps = {Op::kEqual, Op::kNotEqual, Op::kGreater, Op::kLess, Op::kMask};
  IntFilter out{.arg = arg, .op = random.pick(kOps), .values = {}, .span = {}};
  for (uint32_t n = 0; n < 1 + random.below(3); ++n) {
    const auto set = static_cast<int64_t>(uint64_t{random.below(3)} << random.below(64));
    out.values.push_back({set, set});
  }
  return out;
}

oracle::Capabilities random_set(Random& random) {
  if (random.chance(4)) return {};
  return {uint64_t{random.below(4)} << random.below(64)};
}

class AgreeNetwork : public OnThisKernel {
 protected:
  static CheckedPolicy policy(Random& random, const oracle::Shape& shape, const oracle::NetworkPool& pool) {
    CheckedHook hook = oracle::plain_section(shape, {});
    const uint32_t selectors = 1 + random.below(4);
    for (uint32_t n = 0; n < selectors; ++n) {
      CheckedSelector selector;
      selector.actions = {{}};
      const uint32_t filters = 1 + random.below(3);
      for (uint32_t i = 0; i < filters; ++i) selector.filters.push_back(filter(random, shape, pool));
      hook.selectors.push_back(std::move(selector));
    }
    CheckedPolicy out;
    out.name = "p";
    out.source_name = "p.yaml";
    out.enforce = false;
    out.hooks.push_back(std::move(hook));
    return out;
  }

  static Filter filter(Random& random, const oracle::Shape& shape, const oracle::NetworkPool& pool) {
    const uint32_t arg = random.below(shape.parameters.size());
    const ArgType type = shape.parameters[arg];
    if (!is_set(type)) return random_socket_filter(random, pool, arg, type, random.chance(20) ? 30 : 3);
    const uint32_t other = 1 - arg;
    if (is_set(shape.parameters[other]) && random.chance(50)) return CapabilitiesGainedFilter{arg, other, {}};
    return random_set_filter(random, arg);
  }

  static std::string call(Trial& trial, Random& random, const oracle::Shape& shape,
                          const oracle::NetworkPool& pool) {
    memory->memory().reset();
    oracle::Call told;
    std::vector<uint64_t> given;
    for (const ArgType type : shape.parameters) {
      if (is_set(type)) {
        const oracle::Capabilities set = random_set(random);
        given.push_back(place(memory->memory(), set));
        told.emplace_back(set);
        continue;
      }
      oracle::Endpoint endpoint = random_endpoint(random, pool, type);
      given.push_back(place(memory->memory(), *kernel->btf, random, endpoint, type));
      if (endpoint.readable && given.back() == 0) return "the test's memory is too small";
      told.emplace_back(endpoint);
    }
    return trial.call(told, given);
  }
};

// Two arguments of any two of the types; typed and plain programs, for old kernels and new ones.
TEST_F(AgreeNetwork, Random) {
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  const uint64_t programs = cases(80);
  for (uint64_t seed = first; seed < first + programs; ++seed) {
    Random random(seed);
    const oracle::Shape shape{"file_check_and_advance_wb_err",
                              random.chance(50) ? Attachment::kKprobe : Attachment::kTracingRaw,
                              {kTypes[seed % kTypes.size()], random.pick(kTypes)}};
    Kernel variant = *kernel;
    if (random.chance(30)) variant.features.bpf_loop = false;
    const oracle::NetworkPool pool = oracle::random_network_pool(random);
    std::vector<CheckedPolicy> policies;
    const uint32_t count = 1 + random.below(random.chance(20) ? 12 : 2);
    for (uint32_t n = 0; n < count; ++n) policies.push_back(policy(random, shape, pool));
    Result<std::unique_ptr<Trial>> trial = Trial::create(std::move(policies), shape, variant);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int n = 0; n < 60; ++n) {
      ASSERT_EQ(call(**trial, random, shape, pool), "") << "seed " << seed << '\n' << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, calls / 20) << "hardly anything matches: nothing is compared";
  RecordProperty("calls", std::to_string(calls));
  RecordProperty("matches", std::to_string(matches));
}

// ---- names of local sockets

constexpr size_t kLongestName = 108;

std::string random_name(Random& random, bool inner_nul) {
  std::string out;
  const uint32_t size = random.chance(10) ? kLongestName - random.below(3) : random.below(6);
  for (uint32_t n = 0; n < size; ++n) {
    out += inner_nul && random.chance(10) ? '\0' : static_cast<char>('a' + random.below(2));
  }
  return out;
}

Filter random_name_filter(Random& random) {
  static const std::vector<TextOp> kOps = {TextOp::kEqual,     TextOp::kNotEqual,  TextOp::kPrefix,
                                           TextOp::kNotPrefix, TextOp::kSubString, TextOp::kSubStringIgnCase};
  if (random.chance(20)) {
    return SocketFilter{
        .arg = 0, .field = SocketFilter::Field::kFamily, .addresses = {}, .numbers = {{1, 1}}, .span = {}};
  }
  TextFilter out{.arg = 0, .op = random.pick(kOps), .values = {}, .span = {}};
  for (uint32_t n = 0; n < 1 + random.below(3); ++n) out.values.push_back(random_name(random, true));
  return out;
}

// What is at the address, and how large it is said to be; 0: nobody says.
struct Named {
  std::string bytes;
  uint64_t size = 0;
  oracle::UnixAddress address;
};

Named random_address(Random& random) {
  Named out;
  out.address.readable = !random.chance(3);
  if (random.chance(5)) out.address.family = 2;
  out.address.is_abstract = random.chance(50);
  const bool told = random.chance(60);
  std::string name = random_name(random, out.address.is_abstract && told);
  if (out.address.is_abstract) {
    name = name.substr(0, kLongestName - 1);
    if (!told) name += 'z';  // what follows is not told from it when it ends with zeros
    name = name.substr(0, kLongestName - 1);
  }
  out.bytes = (out.address.is_abstract ? std::string(1, '\0') : "") + name;
  if (told) out.size = 2 + out.bytes.size();
  // What is behind it is not looked at; a path that ends before the last byte ends with a NUL.
  const std::string rest(kLongestName + 8 - out.bytes.size(), told ? 'x' : '\0');
  out.bytes += rest;
  if (out.address.family == 1) out.address.name = name;
  if (out.address.name.empty()) out.address.is_abstract = false;
  return out;
}

TEST_F(AgreeNetwork, NamesOfLocalSockets) {
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(40); ++seed) {
    Random random(seed);
    const oracle::Shape shape{"file_check_and_advance_wb_err",
                              random.chance(50) ? Attachment::kKprobe : Attachment::kTracingRaw,
                              {ArgType::kSockaddrUn, ArgType::kInt32}};
    Kernel variant = *kernel;
    if (random.chance(30)) variant.features.bpf_loop = false;
    CheckedHook hook = oracle::plain_section(shape, {});
    hook.args[0].size = ArgSource{.index = 1};
    for (uint32_t n = 0; n < 1 + random.below(4); ++n) {
      CheckedSelector selector;
      selector.actions = {{}};
      for (uint32_t i = 0; i < 1 + random.below(2); ++i)
        selector.filters.push_back(random_name_filter(random));
      hook.selectors.push_back(std::move(selector));
    }
    CheckedPolicy policy;
    policy.name = "p";
    policy.source_name = "p.yaml";
    policy.hooks.push_back(std::move(hook));
    Result<std::unique_ptr<Trial>> trial = Trial::create({std::move(policy)}, shape, variant);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    for (int n = 0; n < 60; ++n) {
      memory->memory().reset();
      const Named named = random_address(random);
      uint64_t at = 0;
      if (named.address.readable) {
        at = memory->memory().take(2 + named.bytes.size());
        memory->memory().write(at, named.address.family);
        std::memcpy(memory->memory().at(at) + 2, named.bytes.data(), named.bytes.size());
      }
      const std::vector<uint64_t> given = {at, named.size};
      ASSERT_EQ((*trial)->call({named.address, static_cast<int64_t>(named.size)}, given), "")
          << "seed " << seed << " size " << named.size << '\n'
          << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed << '\n' << (*trial)->describe();
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, calls / 10) << "hardly anything matches: nothing is compared";
}

}  // namespace
}  // namespace tripline::agree
