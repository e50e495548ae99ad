// SPDX-License-Identifier: Apache-2.0
// One causal order out of two rings. The programs write life-cycle records (fork, exec, exit) to one ring, L, and
// what policies post to another, P, so that noise in P never costs a life-cycle record. The process table needs both
// in one sequence in which, for every process, a policy record comes after the record that began its image and before
// the one that ended its process.
//
// The reader works in rounds: it drains L (giving L1), then P, then L again (giving L2), and hands all three over. To
// drain is to read until everything that was reserved when the drain began has been read, waiting for records that
// are reserved and not yet committed. A round emits all of L1, all of P, and of L2 the longest prefix whose times are
// no later than the latest time in L1 and P; the rest of L2 opens the next round's L1. Both rings keep their own
// order; between them the head with the earlier time goes first.
//
// Why that is causal. Each record takes its time before it is reserved, the kernel's clock is the same on all CPUs,
// and ring order is the order of reservation. So: (*) if record a was reserved before the program that wrote b
// started, then a and everything ahead of a in its ring have a time before b's.
//
//   Begin before policy. Let h in P belong to an image that began with e in L. e was reserved before h's program
//   started, so e was reserved before P was drained and is in L1 or L2; by (*) it and all ahead of it have times
//   before h's, so it is inside the prefix of L2, and the merge takes it before h.
//   Policy before end. Let x in L end the process that wrote h in P. If x is emitted this round it is in L1, or in L2
//   with a time no later than that of some record r in L1 or P, which was reserved before P had been drained. Either
//   way x's program started, and so h had been reserved, before P had been drained: h is in this P or an earlier one.
//   By (*) h and all ahead of it have times before x's, so the merge takes h before x.
//   Prefix. Records of L2 with an early time behind one with a late time are carried: by (*) no record of this round
//   can depend on them.
//
// A clock so coarse that dependent records carry equal times breaks (*). Of two heads with equal times a fork or an
// exec goes before a policy record and an exit after it, which is right unless records of other processes with the
// very same time stand in between.
//
// Records are merged as they are, not decoded: what comes out is decoded where it lies in its ring. So a record must stay
// there until it is handed out, be it in the next round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "event/field.h"

namespace tripline {

struct RawRecord {
  ByteSpan bytes;
  uint64_t end = 0;  // of it in its ring
};

enum class Lane : uint8_t { kLife, kPolicy };

class RecordMerge {
 public:
  using Drain = std::function<void(std::vector<RawRecord>&)>;  // adds what is there
  using Take = std::function<void(const RawRecord&, Lane)>;

  // One round: hands what can be told apart by now to `take`, in causal order. Returns how many records were drained.
  size_t round(const Drain& life, const Drain& policy, const Take& take);

  // Whether records are carried: a further round, even with nothing new, emits them.
  [[nodiscard]] bool carries() const { return !life_.empty(); }

 private:
  std::vector<RawRecord> life_;  // between rounds: the carried ones
  std::vector<RawRecord> policy_;
};

}  // namespace tripline
