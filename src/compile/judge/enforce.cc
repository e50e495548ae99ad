// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/enforce.h"

#include "abi/maps.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::BinaryOp;
using ir::Callee;
using ir::Value;
using ir::Width;

constexpr int64_t kBits = 0xffff;  // of a signal
constexpr int64_t kHalf = 32;      // bits
constexpr int64_t kLowestError = -4095;

Value shifted(Builder& builder, Value from, BinaryOp op, int64_t bits) {
  const Value out = builder.copy(from);
  builder.add(ir::Binary{op, out, bits});
  return out;
}

// An LSM hook can return 0 and errors alone; anything else means EPERM.
void keep_error(Builder& builder, Value error) {
  const Label is_error = builder.label("error");
  builder.branch_if(kGreaterEqual, Width::k8, error, kLowestError, is_error);
  builder.add(ir::Constant{error, -1});
  builder.place(is_error);
}

void enforce(const Judging& judging, Actions& actions, const EnforcedCall& call) {
  Builder& builder = judging.builder;
  const Label next = builder.label("next");
  const Value taken = builder.value();
  builder.call(taken, Callee::tl_notice_take, {static_cast<int64_t>(notice_key(*call.policy, call.id))});
  builder.branch_if(kEqual, Width::k8, taken, 0, next);
  const Label unsent = builder.label("unsent");
  const Value signal = shifted(builder, taken, BinaryOp::kShiftRight, TL_NOTICE_SIGNAL);
  builder.add(ir::Binary{BinaryOp::kAnd, signal, kBits});
  builder.branch_if(kEqual, Width::k8, signal, 0, unsent);
  builder.call(Callee::bpf_send_signal, {signal});
  builder.place(unsent);
  const Value error = shifted(builder, taken, BinaryOp::kShiftLeft, kHalf);
  builder.add(ir::Binary{BinaryOp::kShiftRightSigned, error, kHalf});
  builder.branch_if(kEqual, Width::k8, error, 0, next);
  if (judging.plan.attachment == Attachment::kLsm) keep_error(builder, error);
  actions.decide(error);
  builder.place(next);
}

}  // namespace

void enforce_notices(const Judging& judging, Actions& actions) {
  for (const EnforcedCall& call : judging.plan.enforced) enforce(judging, actions, call);
}

}  // namespace tripline
