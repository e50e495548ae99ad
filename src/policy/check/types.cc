// SPDX-License-Identifier: Apache-2.0
#include "policy/check/types.h"

#include <algorithm>

namespace tripline::policy {
namespace {

using enum DeclaredType;

// What values of a type are.
struct Meaning {
  ArgFamily family = ArgFamily::kOther;
  IntegerShape integer;
  bool has_bytes = false;
};

constexpr auto kMeanings = [] {
  using enum ArgFamily;
  return std::to_array<Meaning>({
#define TRIPLINE_MEANING(type, text, family, bits, is_signed, has_bytes, ...) \
  {family, {bits, is_signed}, has_bytes},
      TRIPLINE_DECLARED_TYPES(TRIPLINE_MEANING)
#undef TRIPLINE_MEANING
  });
}();

constexpr const Meaning& meaning(DeclaredType type) { return kMeanings[static_cast<size_t>(type)]; }

constexpr TypeInfo plain(DeclaredType type, std::string_view from,
                         std::array<std::string_view, 8> spellings = {}) {
  return {type, meaning(type).family, meaning(type).integer, from, {}, spellings};
}

constexpr TypeInfo pointer(DeclaredType type, std::string_view from, std::string_view pointee,
                           std::string_view other = {}, std::string_view third = {}) {
  return {type, meaning(type).family, meaning(type).integer, from, {pointee, other, third}, {}};
}

// Since Linux 6.19 a sockaddr is called sockaddr_unsized where its size is told beside it.
constexpr auto kTypes = std::to_array<TypeInfo>({
    plain(kAuto, "a type given by the hook"),
    plain(kInt, "a 32-bit integer",
          {"int", "unsigned int", "long", "unsigned long", "uid_t", "gid_t", "u32", "s32"}),
    plain(kInt8, "an 8-bit integer", {"char", "s8", "signed char"}),
    plain(kUint8, "an 8-bit integer", {"u8", "unsigned char", "bool", "_Bool"}),
    plain(kInt16, "a 16-bit integer", {"short", "s16"}),
    plain(kUint16, "a 16-bit integer", {"unsigned short", "u16", "umode_t"}),
    plain(kInt32, "a 32-bit integer", {"int", "s32"}),
    plain(kUint32, "a 32-bit integer", {"unsigned int", "u32"}),
    plain(kInt64, "a 64-bit integer", {"long", "s64", "loff_t", "long long"}),
    plain(kUint64, "a 64-bit integer", {"unsigned long", "u64", "unsigned long long"}),
    plain(kSizeT, "a 64-bit integer", {"size_t"}),
    plain(kCharBuf, "a pointer to bytes"),
    pointer(kCharIovec, "struct iovec *", "iovec"),
    pointer(kSkb, "struct sk_buff *", "sk_buff"),
    pointer(kSock, "struct sock *", "sock"),
    pointer(kSockaddr, "struct sockaddr *", "sockaddr", "sockaddr_unsized"),
    pointer(kSocket, "struct socket *", "socket"),
    pointer(kSockaddrUn, "struct sockaddr_un *", "sockaddr_un", "sockaddr", "sockaddr_unsized"),
    plain(kString, "a pointer to a string"),
    plain(kFd, "a file descriptor"),
    pointer(kFile, "struct file *", "file"),
    pointer(kFilename, "struct filename *", "filename"),
    pointer(kPath, "struct path *", "path"),
    plain(kNop, "anything"),
    pointer(kBpfAttr, "union bpf_attr *", "bpf_attr"),
    pointer(kPerfEvent, "struct perf_event *", "perf_event"),
    pointer(kBpfMap, "struct bpf_map *", "bpf_map"),
    pointer(kUserNamespace, "struct user_namespace *", "user_namespace"),
    plain(kCapability, "a 32-bit integer", {"int"}),
    pointer(kKiocb, "struct kiocb *", "kiocb"),
    pointer(kIovIter, "struct iov_iter *", "iov_iter"),
    pointer(kCred, "struct cred *", "cred"),
    plain(kConstBuf, "an array"),
    pointer(kLoadInfo, "struct load_info *", "load_info"),
    pointer(kModule, "struct module *", "module"),
    plain(kSyscall64, "a system call number", {"long"}),
    pointer(kKernelCapT, "kernel_cap_t *", "kernel_cap_t"),
    pointer(kCapInheritable, "kernel_cap_t *", "kernel_cap_t"),
    pointer(kCapPermitted, "kernel_cap_t *", "kernel_cap_t"),
    pointer(kCapEffective, "kernel_cap_t *", "kernel_cap_t"),
    pointer(kLinuxBinprm, "struct linux_binprm *", "linux_binprm"),
    plain(kDataLoc, "a __data_loc field"),
    pointer(kNetDevice, "struct net_device *", "net_device"),
    plain(kBpfCmd, "a 32-bit integer", {"int"}),
    pointer(kDentry, "struct dentry *", "dentry"),
    pointer(kBpfProg, "struct bpf_prog *", "bpf_prog"),
});

// A row for each type, in the order of the enum.
static_assert(kTypes.size() == Words<DeclaredType>::all.size());
static_assert([] {
  for (size_t n = 0; n < kTypes.size(); ++n) {
    if (static_cast<size_t>(kTypes[n].type) != n) return false;
  }
  return true;
}());

}  // namespace

const TypeInfo& type_info(DeclaredType type) { return kTypes[static_cast<size_t>(type)]; }

bool has_process(DeclaredType type) {
  using enum DeclaredType;
  constexpr auto kTypes = std::to_array<DeclaredType>(
      {kInt, kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kInt64, kUint64, kSizeT, kString, kCharBuf,
       kCharIovec, kSockaddr, kSockaddrUn, kFd, kNop, kCapability, kBpfCmd});
  return std::ranges::find(kTypes, type) != kTypes.end();
}

}  // namespace tripline::policy

namespace tripline {

ArgFamily family_of(ArgType type) { return policy::type_info(type).family; }

IntegerShape integer_shape(ArgType type) { return policy::type_info(type).integer; }

bool has_bytes(ArgType type) { return policy::meaning(type).has_bytes; }

}  // namespace tripline
