// SPDX-License-Identifier: Apache-2.0
#include "render/api_names.h"

#include <array>

namespace tripline {
namespace {

constexpr std::array<std::string_view, 41> kCapabilities = {
    "CAP_CHOWN",
    "DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

constexpr std::array<std::string_view, 8> kSecurebits = {
    "SecBitNoRoot",   "SecBitNoRootLocked",   "SecBitNoSetUidFixup",     "SecBitNoSetUidFixupLocked",
    "SecBitKeepCaps", "SecBitKeepCapsLocked", "SecBitNoCapAmbientRaise", "SecBitNoCapAmbientRaiseLocked",
};

constexpr std::string_view kBpfCommands[] = {
    "BPF_MAP_CREATE",        "BPF_MAP_LOOKUP_ELEM",
    "BPF_MAP_UPDATE_ELEM",   "BPF_MAP_DELETE_ELEM",
    "BPF_MAP_GET_NEXT_KEY",  "BPF_PROG_LOAD",
    "BPF_OBJ_PIN",           "BPF_OBJ_GET",
    "BPF_PROG_ATTACH",       "BPF_PROG_DETACH",
    "BPF_PROG_TEST_RUN",     "BPF_PROG_GET_NEXT_ID",
    "BPF_MAP_GET_NEXT_ID",   "BPF_PROG_GET_FD_BY_ID",
    "BPF_MAP_GET_FD_BY_ID",  "BPF_OBJ_GET_INFO_BY_FD",
    "BPF_PROG_QUERY",        "BPF_RAW_TRACEPOINT_OPEN",
    "BPF_BTF_LOAD",          "BPF_BTF_GET_FD_BY_ID",
    "BPF_TASK_FD_QUERY",     "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
    "BPF_MAP_FREEZE",        "BPF_BTF_GET_NEXT_ID",
    "BPF_MAP_LOOKUP_BATCH",  "BPF_MAP_LOOKUP_AND_DELETE_BATCH",
    "BPF_MAP_UPDATE_BATCH",  "BPF_MAP_DELETE_BATCH",
    "BPF_LINK_CREATE",       "BPF_LINK_UPDATE",
    "BPF_LINK_GET_FD_BY_ID", "BPF_LINK_GET_NEXT_ID",
    "BPF_ENABLE_STATS",      "BPF_ITER_CREATE",
    "BPF_LINK_DETACH",       "BPF_PROG_BIND_MAP",
    "BPF_TOKEN_CREATE",
};

}  // namespace

std::string_view taint_name(uint32_t bit) {
  switch (bit) {
    case 0:
      return "TAINT_PROPRIETARY_MODULE";
    case 1:
      return "TAINT_FORCED_MODULE";
    case 2:
      return "TAINT_FORCED_UNLOAD_MODULE";
    case 10:
      return "TAINT_STAGED_MODULE";
    case 12:
      return "TAINT_OUT_OF_TREE_MODULE";
    case 13:
      return "TAINT_UNSIGNED_MODULE";
    case 15:
      return "TAINT_KERNEL_LIVE_PATCH_MODULE";
    case 18:
      return "TAINT_TEST_MODULE";
    default:
      return {};
  }
}

std::string_view bpf_cmd_name(uint32_t number) {
  return number < std::size(kBpfCommands) ? kBpfCommands[number] : std::string_view{};
}

std::string_view throttle_name(ProcessThrottle::Type type) {
  switch (type) {
    case ProcessThrottle::Type::kUnknown:
      return "THROTTLE_UNKNOWN";
    case ProcessThrottle::Type::kStart:
      return "THROTTLE_START";
    case ProcessThrottle::Type::kStop:
      return "THROTTLE_STOP";
  }
  return {};
}

std::string_view capability_name(uint32_t number) {
  return number < kCapabilities.size() ? kCapabilities[number] : std::string_view{};
}

std::string_view securebit_name(uint32_t bit) {
  return bit < kSecurebits.size() ? kSecurebits[bit] : std::string_view{};
}

std::string_view action_name(Action action) {
  switch (action) {
#define TRIPLINE_ACTION_NAME(name, word, number, enforces, api, api_number) \
  case Action::name:                                                        \
    return "KPROBE_ACTION_" api;
    TRIPLINE_EVENT_ACTIONS(TRIPLINE_ACTION_NAME)
#undef TRIPLINE_ACTION_NAME
  }
  return {};
}

}  // namespace tripline
