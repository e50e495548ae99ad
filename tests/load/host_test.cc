// SPDX-License-Identifier: Apache-2.0
#include "load/host.h"

#include <gtest/gtest.h>

#include <set>

#include "privileges.h"

namespace tripline {
namespace {

TEST(Host, WithoutPrivilegesSaysWhatItNeeds) {
  const Kernel kernel = running_kernel();
  EXPECT_EQ(without_privileges([&] {
              const Result<Host> host = Host::open(kernel, {});
              if (host) return 1;
              const std::string text = host.error().text();
              if (text.find("CAP_BPF and CAP_PERFMON") == std::string::npos) return 2;
              return text.find("Operation not permitted") == std::string::npos ? 3 : 0;
            }),
            0);
}

TEST(Host, SizesOfRingsAreRoundedUp) {
  const Kernel kernel;
  const auto host = open_host(kernel, {.events = 5000, .life = 1, .counters = 0});
  TRIPLINE_NEED_HOST(host);
  EXPECT_EQ(host->options().events, 8192U);
  EXPECT_EQ(host->options().life, static_cast<uint32_t>(sysconf(_SC_PAGESIZE)));
  EXPECT_EQ(host->options().counters, 1U);
}

TEST(Host, EpochIsWhatWasSet) {
  const Kernel kernel;
  auto host = open_host(kernel, {});
  TRIPLINE_NEED_HOST(host);
  EXPECT_EQ(host->epoch(), 0U);
  host->set_epoch(7);
  EXPECT_EQ(host->epoch(), 7U);
  host->set_died(TL_PROGRAMS_MAX - 1, 8);
  host->set_died(TL_PROGRAMS_MAX, 8);  // no such slot: nothing happens
  EXPECT_EQ(host->epoch(), 7U);
}

TEST(Host, ModesAreWhatWasSet) {
  auto host = open_host({}, {});
  TRIPLINE_NEED_HOST(host);
  EXPECT_FALSE(host->enforces(0));
  host->set_enforces(0, true);
  host->set_enforces(TL_POLICIES_MAX - 1, true);
  EXPECT_TRUE(host->enforces(0) && host->enforces(TL_POLICIES_MAX - 1));
  EXPECT_FALSE(host->enforces(1));
  host->set_enforces(0, false);
  EXPECT_FALSE(host->enforces(0));
  host->set_enforces(TL_POLICIES_MAX, true);  // there is none
  EXPECT_FALSE(host->enforces(TL_POLICIES_MAX));
}

TEST(Host, CountersStartAtNothing) {
  const Kernel kernel;
  auto host = open_host(kernel, {.counters = 10});
  TRIPLINE_NEED_HOST(host);
  EXPECT_EQ(host->life_counter()->posted, 0U);
  EXPECT_EQ(host->counter(3)->posted, 0U);  // not even made yet
  ASSERT_TRUE(host->reset_counter(3));
  EXPECT_EQ(host->counter(3)->posted, 0U);
  EXPECT_FALSE(host->reset_counter(10));
  EXPECT_FALSE(host->counter(10));
}

// tp_btf programs can be loaded here, and the verifier has its say; nothing is attached.
TEST(Host, TheVerifierTakesTheLifeCyclePrograms) {
  Kernel kernel = running_kernel();
  if (!kernel.features.tp_btf) GTEST_SKIP() << "this kernel takes no tp_btf programs from us";
  std::set<std::string> names;
  for (const bool loop : {true, false}) {
    if (loop && !kernel.features.bpf_loop) continue;
    kernel.features.bpf_loop = loop;
    kernel.features.kprobe = false;
    auto host = open_host(kernel, {});
    TRIPLINE_NEED_HOST(host);
    const auto loaded = host->load_life();
    ASSERT_TRUE(loaded) << loaded.error().text();
    const auto facts = host->life_facts();
    ASSERT_TRUE(facts) << facts.error().text();
    ASSERT_EQ(facts->size(), 3U);
    for (const ProgramFacts& program : *facts) {
      EXPECT_NE(program.id, 0U);
      EXPECT_LT(program.instructions, 1000U) << program.name;
      EXPECT_LT(program.verified, 400000U) << program.name;
      EXPECT_EQ(program.skipped, 0U);
      names.insert(program.name);
    }
  }
  EXPECT_TRUE(names.contains("life_fork"));
  EXPECT_TRUE(names.contains("life_exec"));
}

// Where tracepoints are preempted each program is there several times.
TEST(Host, TheVerifierTakesTheCopiesOfLifeCyclePrograms) {
  Kernel kernel = running_kernel();
  const auto exit = kernel.btf ? kernel.btf->raw_tracepoint("sched_process_exit") : std::nullopt;
  if (!kernel.features.tp_btf || !kernel.features.bpf_loop || !exit || exit->parameters.size() < 2) {
    GTEST_SKIP() << "this kernel is too old for them";
  }
  kernel.version = kernel_version(7, 0);
  kernel.features.kprobe = false;
  auto host = open_host(kernel, {});
  TRIPLINE_NEED_HOST(host);
  const auto loaded = host->load_life();
  ASSERT_TRUE(loaded) << loaded.error().text();
  const auto facts = host->life_facts();
  ASSERT_TRUE(facts) << facts.error().text();
  EXPECT_EQ(facts->size(), 3U * (TL_NESTING - 1));
}

}  // namespace
}  // namespace tripline
