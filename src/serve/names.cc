// SPDX-License-Identifier: Apache-2.0
#include "serve/names.h"

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

}  // namespace

std::string_view capability_name(uint32_t number) {
  return number < kCapabilities.size() ? kCapabilities[number] : std::string_view{};
}

std::string_view securebit_name(uint32_t bit) {
  return bit < kSecurebits.size() ? kSecurebits[bit] : std::string_view{};
}

std::string_view action_name(Action action) {
  switch (action) {
#define TRIPLINE_ACTION_NAME(name, number, text) \
  case Action::name:                             \
    return "KPROBE_ACTION_" text;
    TRIPLINE_ACTIONS(TRIPLINE_ACTION_NAME)
#undef TRIPLINE_ACTION_NAME
  }
  return {};
}

}  // namespace tripline
