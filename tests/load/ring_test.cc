// SPDX-License-Identifier: Apache-2.0
#include "load/ring.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <cstring>
#include <thread>

#include "abi/record.h"

namespace tripline {
namespace {

constexpr uint32_t kSize = 4096;

bpf_insn make(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
  bpf_insn out{};
  out.code = code;
  out.dst_reg = dst;
  out.src_reg = src;
  out.off = off;
  out.imm = imm;
  return out;
}

// Writers of a ring, run by hand: one copies a record of 40 bytes, one reserves 64 of which 40 are in use, one
// reserves and thinks better of it. The tgid in the record is the writer's argument.
class RingTest : public testing::Test {
 protected:
  void SetUp() override {
    Fd map(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, kSize, nullptr));
    if (!map) GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON";
    map_ = map.get();
    Result<Ring> ring = Ring::open(std::move(map), kSize);
    ASSERT_TRUE(ring) << ring.error().text();
    ring_.emplace(std::move(*ring));
    output_ = load(writer(BPF_FUNC_ringbuf_output));
    reserve_ = load(writer(BPF_FUNC_ringbuf_submit));
    discard_ = load(writer(BPF_FUNC_ringbuf_discard));
    ASSERT_TRUE(output_ && reserve_ && discard_);
  }

  std::vector<bpf_insn> writer(int how) const {
    const auto map = [&] {
      return std::array{make(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map_), make(0, 0, 0, 0, 0)};
    }();
    const auto fill = [](uint8_t base, int16_t at) {  // size 40, the argument as tgid
      return std::array{make(BPF_ST | BPF_MEM | BPF_DW, base, 0, at, 40),
                        make(BPF_ST | BPF_MEM | BPF_DW, base, 0, static_cast<int16_t>(at + 8), 0),
                        make(BPF_STX | BPF_MEM | BPF_DW, base, 6, static_cast<int16_t>(at + 16), 0),
                        make(BPF_ST | BPF_MEM | BPF_DW, base, 0, static_cast<int16_t>(at + 24), 0),
                        make(BPF_ST | BPF_MEM | BPF_DW, base, 0, static_cast<int16_t>(at + 32), 0)};
    };
    std::vector<bpf_insn> out;
    const auto add = [&](const auto& more) {
      for (const bpf_insn& instruction : more) out.push_back(instruction);
    };
    add(std::array{make(BPF_LDX | BPF_MEM | BPF_DW, 6, 1, 0, 0)});
    if (how == BPF_FUNC_ringbuf_output) {
      add(fill(10, -40));
      add(map);
      add(std::array{
          make(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0), make(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -40),
          make(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 40), make(BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 0),
          make(BPF_JMP | BPF_CALL, 0, 0, 0, how), make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)});
      return out;
    }
    add(map);
    add(std::array{
        make(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 64), make(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 0),
        make(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ringbuf_reserve),
        make(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 9, 0), make(BPF_ALU64 | BPF_MOV | BPF_X, 7, 0, 0, 0)});
    add(fill(7, 0));
    add(std::array{make(BPF_ALU64 | BPF_MOV | BPF_X, 1, 7, 0, 0),
                   make(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 0), make(BPF_JMP | BPF_CALL, 0, 0, 0, how),
                   make(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0), make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)});
    return out;
  }

  static Fd load(const std::vector<bpf_insn>& instructions) {
    return Fd(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "writer", "GPL", instructions.data(),
                            instructions.size(), nullptr));
  }

  // The program's result: 0 when the record was written.
  static int write(const Fd& writer, uint64_t argument) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));
    EXPECT_EQ(bpf_prog_test_run_opts(writer.get(), &options), 0) << strerror(errno);
    return static_cast<int>(options.retval);
  }

  // Reads without releasing.
  std::vector<uint32_t> read() {
    std::vector<uint32_t> out;
    const size_t count = ring_->read([&](std::span<const std::byte> record, uint64_t end) {
      EXPECT_EQ(record.size(), 40U);
      uint32_t tgid = 0;
      std::memcpy(&tgid, record.data() + offsetof(tl_record, tgid), sizeof(tgid));
      out.push_back(tgid);
      ends_.push_back(end);
    });
    EXPECT_EQ(count, out.size());
    return out;
  }

  std::vector<uint32_t> drain() {
    std::vector<uint32_t> out = read();
    if (!ends_.empty()) ring_->release(ends_.back());
    ends_.clear();
    return out;
  }

  int map_ = -1;
  std::optional<Ring> ring_;
  std::vector<uint64_t> ends_;  // of what was read and not released
  Fd output_, reserve_, discard_;
};

TEST_F(RingTest, AnEmptyOneHasNothing) {
  EXPECT_TRUE(drain().empty());
  pollfd readable{ring_->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 0), 0);
}

TEST_F(RingTest, GivesRecordsInOrderAsLongAsTheyAre) {
  EXPECT_EQ(write(output_, 1), 0);
  EXPECT_EQ(write(reserve_, 2), 0);
  EXPECT_EQ(write(discard_, 3), 0);
  EXPECT_EQ(write(output_, 4), 0);
  pollfd readable{ring_->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 0), 1);
  EXPECT_EQ(drain(), (std::vector<uint32_t>{1, 2, 4}));
  EXPECT_EQ(poll(&readable, 1, 0), 0);
  EXPECT_TRUE(drain().empty());
}

TEST_F(RingTest, GoesRoundItsEnd) {
  for (uint32_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(write(i % 3 == 0 ? reserve_ : output_, i), 0);
    if (i % 7 == 0) {
      EXPECT_EQ(write(discard_, i), 0);
    }
    EXPECT_EQ(drain(), std::vector<uint32_t>{i});
  }
}

TEST_F(RingTest, AFullOneRefusesAndLosesNothingThatWasWritten) {
  std::vector<uint32_t> written;
  uint32_t next = 0;
  while (write(output_, next) == 0) written.push_back(next++);
  EXPECT_EQ(written.size(), (kSize - 1) / 48);
  EXPECT_EQ(drain(), written);
  EXPECT_EQ(write(output_, 7), 0);
  EXPECT_EQ(drain(), std::vector<uint32_t>{7});
}

TEST_F(RingTest, WhatComesDuringADrainWaitsForTheNext) {
  EXPECT_EQ(write(output_, 1), 0);
  std::vector<size_t> sizes;
  ring_->read([&](std::span<const std::byte> record, uint64_t end) {
    sizes.push_back(record.size());
    ends_.push_back(end);
    if (sizes.size() < 10) {
      EXPECT_EQ(write(output_, 2), 0);
    }
  });
  EXPECT_EQ(sizes.size(), 1U);
  EXPECT_EQ(drain(), std::vector<uint32_t>{2});
}

// Records stay where they are, and take up room, until they are released.
TEST_F(RingTest, HoldsWhatIsNotReleased) {
  std::vector<std::span<const std::byte>> held;
  std::vector<uint64_t> ends;
  const auto take = [&](std::span<const std::byte> record, uint64_t end) {
    held.push_back(record);
    ends.push_back(end);
  };
  const auto tgid_of = [](std::span<const std::byte> record) {
    uint32_t tgid = 0;
    std::memcpy(&tgid, record.data() + offsetof(tl_record, tgid), sizeof(tgid));
    return tgid;
  };
  uint32_t next = 0;
  for (int turn = 0; turn < 50; ++turn) {
    while (write(output_, next) == 0) ++next;
    ring_->read(take);
    EXPECT_EQ(ring_->read(take), 0U) << "nothing is read twice";
    EXPECT_NE(write(output_, next), 0) << "there is no room";
    ASSERT_EQ(held.size(), (kSize - 1) / 48);
    EXPECT_EQ(ring_->used(), held.size() * 48);
    for (size_t at = 0; at < held.size(); ++at) EXPECT_EQ(tgid_of(held[at]), next - held.size() + at);
    const size_t some = 1 + turn % held.size();
    ring_->release(ends[some - 1]);
    held.erase(held.begin(), held.begin() + some);
    ends.erase(ends.begin(), ends.begin() + some);
  }
  ring_->release(ends.back());
  EXPECT_EQ(ring_->used(), 0U);
  EXPECT_EQ(ring_->size(), kSize);
  pollfd readable{ring_->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 0), 0);
}

// A ring of which nothing is left but discarded records is empty.
TEST_F(RingTest, DiscardedRecordsAreNotHeld) {
  pollfd readable{ring_->fd(), POLLIN, 0};
  EXPECT_EQ(write(discard_, 1), 0);
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(poll(&readable, 1, 0), 0);
  EXPECT_EQ(write(output_, 2), 0);
  EXPECT_EQ(write(discard_, 3), 0);
  EXPECT_EQ(read(), std::vector<uint32_t>{2});
  EXPECT_EQ(write(discard_, 4), 0);
  EXPECT_TRUE(read().empty());
  EXPECT_EQ(poll(&readable, 1, 0), 1) << "the record is still held";
  ring_->release(ends_.back());
  EXPECT_EQ(poll(&readable, 1, 0), 0);
  EXPECT_EQ(write(output_, 5), 0);
  ends_.clear();
  EXPECT_EQ(drain(), std::vector<uint32_t>{5});
}

TEST_F(RingTest, KeepsUpWithAWriterOfAnotherThread) {
  constexpr uint32_t kRecords = 5000;
  std::thread thread([&] {
    for (uint32_t i = 0; i < kRecords;) {
      if (write(output_, i) == 0) ++i;
    }
  });
  std::vector<uint32_t> seen;
  while (seen.size() < kRecords) {
    for (const uint32_t number : drain()) seen.push_back(number);
  }
  thread.join();
  for (uint32_t i = 0; i < kRecords; ++i) ASSERT_EQ(seen[i], i);
}

}  // namespace
}  // namespace tripline
