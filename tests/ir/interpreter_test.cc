// SPDX-License-Identifier: Apache-2.0
#include "ir/interpreter.h"

#include <gtest/gtest.h>

namespace tripline::ir {
namespace {

TEST(Interpreter, RunsEachKind) {
  const Result<Program> program = parse(R"(hook "h"
entry typed
values 5

start:
  v0 = argument 1
  v1 = u32[v0+8]
  v2 = control[4]
  v2 <<= 4
  v2 |= v1
  v3 = call tl_slot_get()
  u16[v3] = v2
  v4 = u8[v3+1]
  call tl_count(v4, v2)
  v4 = -1
  if u32 v4 == 0xffffffff then low else done
low:
  if v4 == 0xffffffff then done else whole
whole:
  if v4 & 0x100000000 then send else done
send:
  v0 = call bpf_send_signal(9)
  goto done
done:
  return
)");
  ASSERT_TRUE(program) << program.error().text();
  ASSERT_EQ(verify(*program), "");
  World world;
  world.arguments[1] = 1000;
  world.store(1008, Width::k8, 0x1122334455667788);
  world.control[4] = 0xfedc;
  world.call = [](World&, Callee, const std::vector<uint64_t>&) -> uint64_t { return 5000; };
  const Outcome outcome = interpret(*program, world);
  EXPECT_EQ(outcome.broken, "");
  EXPECT_EQ(outcome.trace,
            (std::vector<std::string>{"tl_slot_get()", "tl_count(255, 1433403336)", "bpf_send_signal(9)"}));
  EXPECT_EQ(world.load(5000, Width::k4), 0xffc8u);
}

TEST(Interpreter, StopsAtAValueWithoutContent) {
  const Result<Program> program = parse("hook \"h\"\nentry typed\nvalues 2\n\na:\n  v0 = v1\n  return\n");
  ASSERT_TRUE(program);
  World world;
  EXPECT_EQ(interpret(*program, world).broken, "v1 is read before it is assigned");
}

}  // namespace
}  // namespace tripline::ir
