// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/notice.h"

#include "abi/maps.h"

namespace tripline {
namespace {

using ir::Callee;

constexpr int64_t kBits = 0xffff;  // of an error, and of a signal
constexpr int64_t kSignalAt = 16;

int64_t key_of(const Judging& judging, size_t section) {
  return static_cast<int64_t>(notice_key(judging.policy(section), judging.plan.sections[section].id));
}

// Who leaves a notice: the system call, where the hook sees all of them and looks at which it is.
ir::Operand info_of(const Judging& judging, size_t section) {
  for (const CheckedArg& arg : judging.hook(section).args) {
    if (arg.type == ArgType::kSyscall64 && arg.source.kind == ArgSource::Kind::kSyscallId)
      return judging.values.plain(arg.source);
  }
  return int64_t{TL_NOTICE_HOOK} | int64_t{judging.plan.sections[section].hook};
}

}  // namespace

void leave_notice(const Judging& judging, size_t section, const CheckedAction& action) {
  const int64_t what = (action.error & kBits) | int64_t{action.signal} << kSignalAt;
  judging.builder.call(Callee::tl_notify, {key_of(judging, section), what, info_of(judging, section)});
}

void drop_notice(const Judging& judging, size_t section, int64_t reason) {
  judging.builder.call(Callee::tl_notice_drop, {key_of(judging, section), reason});
}

}  // namespace tripline
