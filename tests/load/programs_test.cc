// SPDX-License-Identifier: Apache-2.0
#include "load/programs.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>

#include "embedded.h"
#include "privileges.h"

namespace tripline {
namespace {

// The first instruction of section `name` in an ELF file; null when there is no such section.
std::byte* section(std::vector<std::byte>& elf, std::string_view name) {
  Elf64_Ehdr header;
  std::memcpy(&header, elf.data(), sizeof(header));
  const auto at = [&](size_t index) {
    Elf64_Shdr out;
    std::memcpy(&out, elf.data() + header.e_shoff + index * sizeof(out), sizeof(out));
    return out;
  };
  const Elf64_Shdr names = at(header.e_shstrndx);
  for (size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr candidate = at(i);
    if (name == reinterpret_cast<const char*>(elf.data() + names.sh_offset + candidate.sh_name)) {
      return elf.data() + candidate.sh_offset;
    }
  }
  return nullptr;
}

LoadPlan plan_for(std::span<const std::byte> elf, std::span<const ProgramInfo> programs) {
  LoadPlan plan;
  plan.name = "test";
  plan.elf = elf;
  plan.programs = programs;
  plan.map = [](std::string_view) { return -1; };
  return plan;
}

const ProgramInfo kFork[] = {
    {"life_fork", Attachment::kTracingRaw, target::Tracepoint{"", "sched_process_fork"}}};

class ProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    const Kernel kernel;
    TRIPLINE_NEED_HOST(open_host(kernel, {}));
    const auto bytes = bpf_object("life_old");
    elf_.assign(bytes.begin(), bytes.end());
  }
  std::vector<std::byte> elf_;
};

TEST_F(ProgramsTest, LoadsOnlyWhatIsWanted) {
  const Result<Programs> programs = Programs::load(plan_for(elf_, kFork));
  ASSERT_TRUE(programs) << programs.error().text();
  const auto facts = programs->facts();
  ASSERT_TRUE(facts) << facts.error().text();
  ASSERT_EQ(facts->size(), 1U);
  EXPECT_EQ(facts->front().name, "life_fork");
  EXPECT_EQ(facts->front().target, "sched_process_fork");
}

TEST_F(ProgramsTest, ARefusalHasTheVerifiersWordAndThePolicysLine) {
  std::byte* code = section(elf_, "tp_btf/sched_process_fork");
  ASSERT_NE(code, nullptr);
  bpf_insn nonsense{};
  nonsense.code = BPF_ALU64 | BPF_MOV | BPF_X;
  nonsense.dst_reg = 6;
  nonsense.src_reg = 9;  // never written
  std::memcpy(code, &nonsense, sizeof(nonsense));
  const LineInfo lines[] = {{"", 0, "some.yaml", {12, 5, 1}}};
  LoadPlan plan = plan_for(elf_, kFork);
  plan.lines = lines;
  const Result<Programs> programs = Programs::load(plan);
  ASSERT_FALSE(programs);
  const std::string text = programs.error().text();
  EXPECT_NE(text.find("load programs test: some.yaml:12:5: the verifier says: R9 !read_ok (instruction 0)"),
            std::string::npos)
      << text;
}

TEST_F(ProgramsTest, RefusesWhatIsNoObject) {
  const std::vector<std::byte> nonsense(100, std::byte{7});
  const Result<Programs> programs = Programs::load(plan_for(nonsense, kFork));
  ASSERT_FALSE(programs);
  EXPECT_EQ(programs.error().operation, "open object");
}

TEST_F(ProgramsTest, AMapThatCannotBeMadeStopsTheLoad) {
  LoadPlan plan = plan_for(elf_, kFork);
  plan.map = [](std::string_view) -> Result<int> { return fail("create map", "x", ENOMEM); };
  const Result<Programs> programs = Programs::load(plan);
  ASSERT_FALSE(programs);
  EXPECT_EQ(programs.error().operation, "create map");
}

}  // namespace
}  // namespace tripline
