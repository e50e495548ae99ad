// SPDX-License-Identifier: Apache-2.0
// The functions a Program can call: of the runtime library (bpf/abi/library.h), helpers and functions of the kernel, and
// the hook's own judge.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "abi/library.h"

namespace tripline::ir {

// As rows of TL_LIBRARY_FUNCTIONS: what the program sees of them.
#define TRIPLINE_HELPERS(X)                                 \
  X(u64, bpf_send_signal, (u32), 0)                         \
  X(u64, bpf_get_current_pid_tgid, (void), TL_CALL_PURE)    \
  X(u64, bpf_get_current_task, (void), TL_CALL_PURE)        \
  X(u64, bpf_get_current_task_btf, (void), TL_CALL_PURE)    \
  X(u64, bpf_get_current_cgroup_id, (void), TL_CALL_PURE)   \
  X(int, bpf_override_return, (u64*, u64), TL_CALL_CONTEXT) \
  X(u64, bpf_get_attach_cookie, (u64*), TL_CALL_PURE | TL_CALL_CONTEXT)

// Functions of the kernel itself (kfuncs). Where the flags of interrupts are kept is the emitter's affair.
#define TRIPLINE_KERNEL_FUNCTIONS(X)     \
  X(int, bpf_preempt_disable, (void), 0) \
  X(int, bpf_preempt_enable, (void), 0)  \
  X(int, bpf_local_irq_save, (void), 0)  \
  X(int, bpf_local_irq_restore, (void), 0)

#define TRIPLINE_GENERATED_FUNCTIONS(X) X(int, tl_judge, (u64*), TL_CALL_CONTEXT | TL_CALL_ANSWERS)

#define TRIPLINE_CALLEES(X)    \
  TL_LIBRARY_FUNCTIONS(X)      \
  TRIPLINE_HELPERS(X)          \
  TRIPLINE_KERNEL_FUNCTIONS(X) \
  TRIPLINE_GENERATED_FUNCTIONS(X)

enum class Callee : uint8_t {
#define TRIPLINE_CALLEE_ENUM(result, name, parameters, how) name,
  TRIPLINE_CALLEES(TRIPLINE_CALLEE_ENUM)
#undef TRIPLINE_CALLEE_ENUM
};

enum class CalleeKind : uint8_t { kLibrary, kHelper, kKernelFunction, kGenerated };

// Types of the C interface.
enum class CType : uint8_t { kInt, kU32, kU64, kSlot, kFile, kContext };

struct CalleeInfo {
  std::string_view name;
  CalleeKind kind = CalleeKind::kLibrary;
  CType result = CType::kInt;
  std::span<const CType> types;  // of all parameters
  uint32_t parameters = 0;       // those that a Call has
  bool has_result = false;
  bool pure = false;     // does nothing else, and gives the same result whenever it is called in one run
  bool context = false;  // gets the context before its parameters
};
[[nodiscard]] const CalleeInfo& callee_info(Callee callee);
[[nodiscard]] std::optional<Callee> callee_named(std::string_view name);

}  // namespace tripline::ir
