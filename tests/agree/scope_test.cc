// SPDX-License-Identifier: Apache-2.0
// Policies and selectors that are about some processes only. This process is in a container or of the host, as the agent
// tells the kernel; nothing is attached, so nobody follows cgroups.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <optional>
#include <string>

#include "agent/workloads.h"
#include "agree/this_kernel.h"
#include "agree/trial.h"
#include "load/privileges.h"

namespace tripline::agree {
namespace {

using oracle::Random;

// The id of this process's cgroup, as programs see it.
std::optional<uint64_t> own_cgroup() {
  uint64_t out = 0;
  for (const int32_t shift : {0, 32}) {
    const bpf_insn code[] = {
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_cgroup_id},
        {BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, shift},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    };
    const Fd program(
        bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "own", "GPL", code, std::size(code), nullptr));
    LIBBPF_OPTS(bpf_test_run_opts, run);
    if (!program || bpf_prog_test_run_opts(program.get(), &run) != 0) return std::nullopt;
    out |= uint64_t{run.retval} << shift;
  }
  return out;
}

const std::vector<std::string> kNamespaces = {"one", "two", "three"};
const std::vector<std::string> kKeys = {"app", "tier"};
const std::vector<std::string> kValues = {"a", "b"};

Requirements random_requirements(Random& random, const std::vector<std::string>& keys) {
  Requirements out;
  for (uint32_t n = random.below(3); n > 0; --n)
    out.push_back(
        {random.pick(keys), static_cast<Requirement::Operator>(random.below(4)), {random.pick(kValues)}});
  return out;
}

Scope random_scope(Random& random) {
  Scope out{.containers = {}, .host = random.chance(30)};
  if (out.host && random.chance(30)) return out;
  Scope::Containers& containers = out.containers.emplace();
  if (random.chance(50)) containers.name_space = random.pick(kNamespaces);
  containers.pod = random_requirements(random, kKeys);
  if (random.chance(30)) containers.container = random_requirements(random, {"name", "repo"});
  return out;
}

std::vector<CheckedPolicy> random_policies(Random& random, const oracle::Shape& shape) {
  std::vector<CheckedPolicy> out;
  const uint32_t of_policies = random.chance(50) ? 100 : random.below(101);
  const uint32_t count = random.chance(30) ? 20 + random.below(150) : 1 + random.below(4);
  for (uint32_t p = 0; p < count; ++p) {
    std::vector<CheckedSelector> selectors;
    for (uint32_t n = 1 + random.below(2); n > 0; --n) {
      CheckedSelector& selector = selectors.emplace_back();
      selector.actions = {{}};
      if (random.chance(30)) selector.scope = random_scope(random);
      if (random.chance(60))
        selector.filters.push_back(
            IntFilter{.arg = 1, .op = IntFilter::Op::kEqual, .values = {{1, 1}}, .span = {}});
    }
    CheckedPolicy& policy = out.emplace_back();
    policy.name = policy.source_name = "p" + std::to_string(p);
    if (random.chance(of_policies)) policy.scope = random_scope(random);
    policy.hooks.push_back(oracle::plain_section(shape, std::move(selectors)));
  }
  return out;
}

std::shared_ptr<const Pod> random_pod(Random& random) {
  Pod out;
  out.uid = "pod";
  out.name_space = random.pick(kNamespaces);
  for (const std::string& key : kKeys) {
    if (random.chance(60)) out.labels[key] = random.pick(kValues);
  }
  return std::make_shared<const Pod>(std::move(out));
}

class AgreeScope : public OnThisKernel {};

TEST_F(AgreeScope, Random) {
  std::optional<Host> host = open_host(*kernel, {});
  TRIPLINE_NEED_HOST(host);
  const std::optional<uint64_t> own = own_cgroup();
  ASSERT_TRUE(own);
  uint64_t matches = 0;
  uint64_t calls = 0;
  const uint64_t first = first_seed();
  for (uint64_t seed = first; seed < first + cases(60); ++seed) {
    Random random(seed);
    const oracle::Shape shape{"file_check_and_advance_wb_err",
                              random.chance(30) ? Attachment::kKprobe : Attachment::kTracingRaw,
                              {ArgType::kFile, ArgType::kInt32}};
    std::vector<CheckedPolicy> policies = random_policies(random, shape);
    std::vector<std::shared_ptr<const CheckedPolicy>> shared;
    for (const CheckedPolicy& policy : policies)
      shared.push_back(std::make_shared<const CheckedPolicy>(policy));
    Workloads workloads(
        {}, [](const CgroupHierarchy&, uint64_t) { return std::vector<uint64_t>{}; },
        [](Host&, const ScopeMaps&, const CgroupHierarchy&) { return Result<Programs>(Programs{}); });
    const Result<ScopesPtr> scopes = workloads.scopes_for(scopes_of(plan_hooks(shared)), nullptr, *host);
    ASSERT_TRUE(scopes) << scopes.error().text();
    Numbering numbering;
    const ScopeMaps* maps = nullptr;
    if (*scopes) {
      numbering.scopes = (*scopes)->table;
      maps = &(*scopes)->maps->maps;
      // Another cgroup has the cell.
      uint64_t other = 1;
      while ((other * TL_CELL_FACTOR >> maps->sizes().shift()) !=
             (*own * TL_CELL_FACTOR >> maps->sizes().shift()))
        ++other;
      Container beside;
      beside.id = "beside";
      if (random.chance(40) && other != *own) {
        ASSERT_TRUE(workloads.put(random_pod(random), beside, std::array{other}));
      }
    }
    const Result<std::unique_ptr<Trial>> trial =
        Trial::create(std::move(policies), shape, *kernel, numbering, maps);
    ASSERT_TRUE(trial) << "seed " << seed << ": " << trial.error().text();
    std::shared_ptr<const Pod> pod;
    Container container;
    container.id = "own";
    for (int i = 0; i < 20; ++i) {
      if (random.chance(40)) {
        workloads.remove(container.id);
        pod = nullptr;
      } else if (pod != nullptr && random.chance(50)) {
        pod = random_pod(random);
        EXPECT_EQ(workloads.change(pod), workloads.size());
      } else {
        pod = random_pod(random);
        container.name = random.pick(kValues);
        container.image = random.pick(kValues) + ":1";
        ASSERT_TRUE(workloads.put(pod, container, std::array{*own}));
      }
      oracle::Process process;
      process.pod = pod.get();
      process.container = container;
      const uint64_t arguments[] = {0, random.below(2)};
      const oracle::Call call = {oracle::File{.has_inode = false}, static_cast<int64_t>(arguments[1])};
      ASSERT_EQ((*trial)->call(call, arguments, process), "")
          << "seed " << seed << " call " << i << (pod ? " in namespace " + pod->name_space : " of the host")
          << '\n'
          << (*trial)->describe();
      ++calls;
    }
    ASSERT_EQ((*trial)->counters(), "") << "seed " << seed;
    matches += (*trial)->matches();
  }
  EXPECT_GT(matches, calls / 4);
}

}  // namespace
}  // namespace tripline::agree
