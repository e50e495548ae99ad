// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ir/interpreter.h"
#include "ir/program.h"
#include "ir/random.h"

namespace tripline::ir {
namespace {

constexpr std::string_view kHeader = "hook \"h\"\nentry typed\nvalues 8\n\n";

Program parsed(std::string_view body) {
  const Result<Program> program = parse(std::string(kHeader) + std::string(body));
  EXPECT_TRUE(program) << program.error().text() << '\n' << body;
  if (!program) return {};
  EXPECT_EQ(verify(*program), "") << body;
  return *program;
}

std::string body_of(const Program& program) { return print(program).substr(kHeader.size()); }

// The text after one pass, by name.
std::string passed(std::string_view name, std::string_view body) {
  Program program = parsed(body);
  for (const Pass& pass : passes()) {
    if (pass.name == name) pass.run(program);
  }
  EXPECT_EQ(verify(program), "") << body;
  return body_of(program);
}

std::string simplified(std::string_view body) {
  Program program = parsed(body);
  simplify(program);
  return body_of(program);
}

TEST(Simplify, JoinBlocks) {
  // Into a block that nobody else goes to; what is left of it is for drop_dead.
  EXPECT_EQ(passed("join_blocks",
                   "a:\n  v0 = 1\n  goto b\nb:\n  v1 = 2\n  goto c\nc:\n  call tl_count(v0, v1)\n"
                   "  if v0 == 1 then d else e\nd:\n  goto e\ne:\n  return\n"),
            "a:\n  v0 = 1\n  v1 = 2\n  call tl_count(v0, v1)\n  if v0 == 1 then d else e\nb:\n  return\nc:\n"
            "  return\nd:\n  goto e\ne:\n  return\n");
}

TEST(Simplify, FoldConstants) {
  EXPECT_EQ(passed("fold_constants", R"(a:
  v0 = 6
  v1 = v0
  v1 -= 8
  v2 = argument 0
  v2 += v0
  call tl_count(v0, v2)
  v0 = argument 1
  call tl_count(v0, v1)
  if u32 v1 == 0xfffffffe then b else c
b:
  v2 = v1
  goto d
c:
  v1 = 3
  goto d
d:
  call tl_count(v1, v2)
  return
)"),
            R"(a:
  v0 = 6
  v1 = 6
  v1 = -2
  v2 = argument 0
  v2 += 6
  call tl_count(6, v2)
  v0 = argument 1
  call tl_count(v0, -2)
  goto b
b:
  v2 = -2
  goto d
c:
  v1 = 3
  goto d
d:
  call tl_count(-2, -2)
  return
)");
}

TEST(Simplify, ReuseLoads) {
  struct Case {
    std::string label;
    std::string body;
    std::string expected;
  };
  const Case cases[] = {
      {"held on both paths, not on one",
       R"(a:
  v0 = argument 0
  if v0 == 1 then b else c
b:
  v1 = u64[v0+8]
  v2 = control[0]
  goto d
c:
  v1 = u64[v0+8]
  goto d
d:
  v0 = argument 0
  v1 = u64[v0+8] "another name"
  v2 = control[0]
  call tl_count(v1, v2)
  return
)",
       R"(a:
  v0 = argument 0
  if v0 == 1 then b else c
b:
  v1 = u64[v0+8]
  v2 = control[0]
  goto d
c:
  v1 = u64[v0+8]
  goto d
d:
  v2 = control[0]
  call tl_count(v1, v2)
  return
)"},
      {"another value holds it",
       "a:\n  v0 = argument 0\n  v1 = argument 0\n  v2 = call bpf_get_current_task_btf()\n"
       "  v3 = call bpf_get_current_task_btf()\n  return\n",
       "a:\n  v0 = argument 0\n  v1 = v0\n  v2 = call bpf_get_current_task_btf()\n  v3 = v2\n  return\n"},
      {"one of the values that hold it is used, on every path that has it",
       R"(a:
  v0 = argument 0
  v1 = argument 0
  v2 = v1
  if v1 == 1 then b else c
b:
  v3 = u64[v1]
  goto d
c:
  v3 = u64[v0]
  v0 += v1
  goto d
d:
  call tl_count(v2, v3)
  return
)",
       R"(a:
  v0 = argument 0
  v1 = v0
  v2 = v0
  if v0 == 1 then b else c
b:
  v3 = u64[v0]
  goto d
c:
  v3 = u64[v0]
  v0 += v0
  goto d
d:
  call tl_count(v1, v3)
  return
)"},
      {"a copy of anything else is left alone",
       "a:\n  v0 = call tl_slot_get()\n  v1 = v0\n  u64[v1] = 1\n  return\n",
       "a:\n  v0 = call tl_slot_get()\n  v1 = v0\n  u64[v1] = 1\n  return\n"},
      {"the value was assigned since", "a:\n  v0 = argument 0\n  v0 += 1\n  v0 = argument 0\n  return\n",
       "a:\n  v0 = argument 0\n  v0 += 1\n  v0 = argument 0\n  return\n"},
      {"the base was assigned since",
       "a:\n  v0 = argument 0\n  v1 = u64[v0]\n  v0 = argument 1\n  v1 = u64[v0]\n  return\n",
       "a:\n  v0 = argument 0\n  v1 = u64[v0]\n  v0 = argument 1\n  v1 = u64[v0]\n  return\n"},
      {"the load assigns its own base", "a:\n  v0 = argument 0\n  v0 = u64[v0]\n  v0 = u64[v0]\n  return\n",
       "a:\n  v0 = argument 0\n  v0 = u64[v0]\n  v0 = u64[v0]\n  return\n"},
      {"scratch memory is loaded as often as it is written to be",
       "a:\n  v0 = argument 0\n  v1 = call tl_slot_get()\n  v2 = u32[v0]\n  v3 = u32[v1]\n  v3 = u32[v1]\n"
       "  u32[v1] = 5\n  v2 = u32[v0]\n  call tl_count(1, 2)\n  v2 = u32[v0]\n  v3 = u32[v1]\n  return\n",
       "a:\n  v0 = argument 0\n  v1 = call tl_slot_get()\n  v2 = u32[v0]\n  v3 = u32[v1]\n  v3 = u32[v1]\n"
       "  u32[v1] = 5\n  call tl_count(1, 2)\n  v3 = u32[v1]\n  return\n"},
      {"another width, another offset",
       "a:\n  v0 = argument 0\n  v1 = u64[v0]\n  v1 = u32[v0]\n  v2 = u32[v0+4]\n  return\n",
       "a:\n  v0 = argument 0\n  v1 = u64[v0]\n  v1 = u32[v0]\n  v2 = u32[v0+4]\n  return\n"},
  };
  for (const Case& c : cases) EXPECT_EQ(passed("reuse_loads", c.body), c.expected) << c.label;
}

// Of a program that has registers.
std::string passed_with_registers(std::string_view name, const std::string& body) {
  constexpr std::string_view kRegisters = "hook \"h\"\nentry ptregs\nvalues 8\n\n";
  Result<Program> program = parse(std::string(kRegisters) + body);
  EXPECT_TRUE(program) << program.error().text() << body;
  if (!program) return {};
  EXPECT_EQ(verify(*program), "") << body;
  for (const Pass& pass : passes()) {
    if (pass.name == name || name.empty()) pass.run(*program);
  }
  EXPECT_EQ(verify(*program), "") << body;
  return print(*program).substr(kRegisters.size());
}

TEST(Simplify, WhatRegistersWereBeforeTheyWereSet) {
  // A register that was set, or a part of it, is read again; parameters are in registers too.
  const std::string kept =
      "a:\n  v0 = context u64[112]\n  v1 = argument 0\n  context u32[112] = 5\n  v2 = context u64[112]\n"
      "  v3 = argument 0\n  call tl_count(v0, v1)\n  call tl_count(v2, v3)\n  return\n";
  EXPECT_EQ(passed_with_registers("reuse_loads", kept), kept);
  EXPECT_EQ(passed_with_registers("reuse_loads",
                                  "a:\n  v0 = context u64[112]\n  v1 = context u64[112]\n"
                                  "  context u64[80] = v1\n  v2 = control[0]\n  v3 = control[0]\n"
                                  "  call tl_count(v2, v3)\n  return\n"),
            "a:\n  v0 = context u64[112]\n  v1 = v0\n  context u64[80] = v0\n  v2 = control[0]\n  v3 = v2\n"
            "  call tl_count(v2, v2)\n  return\n");
  // Set on one of two paths.
  const std::string joined =
      "a:\n  v0 = context u64[112]\n  if v0 == 1 then b else c\nb:\n  context u64[112] = 2\n  goto c\nc:\n"
      "  v1 = context u64[112]\n  call tl_count(v0, v1)\n  return\n";
  EXPECT_EQ(passed_with_registers("reuse_loads", joined), joined);
}

TEST(Simplify, SettingARegisterIsNotDropped) {
  EXPECT_EQ(passed_with_registers("", "a:\n  v0 = 7\n  context u64[80] = v0\n  goto b\nb:\n  return\n"),
            "a:\n  context u64[80] = 7\n  return\n");
}

TEST(Simplify, DropDead) {
  EXPECT_EQ(passed("drop_dead", R"(a:
  v0 = argument 0
  v1 = u64[v0]
  v1 += 1
  v2 = control[0]
  v2 = 5
  v3 = call bpf_get_current_task_btf()
  v4 = call bpf_send_signal(9)
  call tl_count(v2, 0)
  goto c
b:
  goto c
c:
  call tl_count(v2, 8)
  return
)"),
            R"(a:
  v2 = 5
  call bpf_send_signal(9)
  call tl_count(v2, 0)
  goto c
c:
  call tl_count(v2, 8)
  return
)");
  // Past a chain of jumps.
  EXPECT_EQ(passed("drop_dead", R"(a:
  v0 = argument 0
  if v0 == 1 then b else e
b:
  goto c
c:
  goto d
d:
  call tl_count(1, 0)
  goto e
e:
  call tl_count(2, 0)
  return
)"),
            R"(a:
  v0 = argument 0
  if v0 == 1 then d else e
d:
  call tl_count(1, 0)
  goto e
e:
  call tl_count(2, 0)
  return
)");
  // A branch to one place needs no condition; a whole chain of them falls in one sweep.
  EXPECT_EQ(passed("drop_dead", R"(a:
  v0 = argument 0
  call tl_count(1, 0)
  if v0 == 1 then b else d
b:
  v1 = u64[v0]
  if v1 == 1 then c else e
c:
  v1 = u64[v0+8]
  if v1 == 1 then d else e
d:
  goto e
e:
  return
)"),
            "a:\n  call tl_count(1, 0)\n  return\n");
  // A return stays where it was put, so that jumps to it stay short; one that nobody reaches attracts none.
  constexpr std::string_view kEarly = R"(a:
  v0 = argument 0
  if v0 == 1 then out else b
out:
  return
b:
  call tl_count(1, 0)
  if v0 == 2 then c else d
c:
  call tl_count(2, 0)
  return
d:
  call tl_count(3, 0)
  return
)";
  EXPECT_EQ(passed("drop_dead", std::string(kEarly) + "e:\n  return\n"), kEarly);
}

// Spellings of the same thing become the same text.
TEST(Simplify, Equivalent) {
  const std::vector<std::vector<std::string>> groups = {
      {
          R"(a:
  v0 = argument 0
  if u32 v0 == 1 then hit else done
hit:
  call tl_count(3, 0)
  goto done
done:
  return
)",
          R"(a:
  v0 = argument 0
  if u32 v0 == 1 then hit else none
hit:
  v1 = 3
  call tl_count(v1, 0)
  goto done
none:
  v1 = argument 0
  goto done
done:
  return
)",
          R"(a:
  v0 = argument 0
  v1 = v0
  goto b
b:
  v2 = 0
  if v2 == 0 then c else x
x:
  call tl_count(4, 0)
  return
c:
  if u32 v1 == 1 then hit else done
hit:
  v0 = argument 0
  call tl_count(3, v2)
  goto done
done:
  return
)",
      },
      {
          R"(a:
  return
)",
          R"(a:
  v0 = argument 0
  v1 = u64[v0]
  if v1 == 7 then b else c
b:
  v2 = 1
  goto c
c:
  return
)",
          R"(a:
  v0 = 1
  if v0 > 2 then b else c
b:
  call tl_count(1, 1)
  return
c:
  return
)",
      },
  };
  for (const std::vector<std::string>& group : groups) {
    for (const std::string& body : group) {
      // The names of merged blocks are those of the first.
      EXPECT_EQ(simplified(body), simplified(group.front())) << body;
    }
  }
}

TEST(Simplify, KeepsTheMeaning) {
  for (uint64_t seed = 0; seed < 4000; ++seed) {
    const Program before = random_program(seed);
    for (size_t last = 0; last <= passes().size(); ++last) {
      // Each pass alone, then all of them.
      Program after = before;
      if (last < passes().size()) {
        passes()[last].run(after);
      } else {
        simplify(after);
      }
      ASSERT_EQ(verify(after), "") << "seed " << seed << '\n'
                                   << print(before) << "\nbecame\n"
                                   << print(after);
      for (uint64_t w = 0; w < 4; ++w) {
        World world_before = random_world(w);
        World world_after = random_world(w);
        const Outcome expected = interpret(before, world_before);
        ASSERT_EQ(expected.broken, "");
        ASSERT_TRUE(interpret(after, world_after) == expected && world_after.memory == world_before.memory)
            << "seed " << seed << " world " << w << '\n'
            << print(before) << "\nbecame\n"
            << print(after);
      }
    }
  }
}

TEST(Simplify, IsDoneAfterOneRun) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Program program = random_program(seed);
    simplify(program);
    Program again = program;
    simplify(again);
    ASSERT_EQ(print(again), print(program)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace tripline::ir
