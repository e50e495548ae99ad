// SPDX-License-Identifier: Apache-2.0
#include "policy/check/types.h"

#include <algorithm>

namespace tripline::policy {
namespace {

using enum DeclaredType;

constexpr IntegerShape kNoInteger;

constexpr TypeInfo integer(DeclaredType type, uint32_t bits, bool is_signed, std::string_view from,
                           std::array<std::string_view, 8> spellings) {
  return {type, ArgFamily::kInteger, {bits, is_signed}, from, {}, spellings};
}

constexpr TypeInfo pointer(DeclaredType type, ArgFamily family, std::string_view from,
                           std::string_view pointee, std::string_view other = {},
                           std::string_view third = {}) {
  return {type, family, kNoInteger, from, {pointee, other, third}, {}};
}

constexpr TypeInfo capabilities(DeclaredType type) {
  return {type, ArgFamily::kCapabilities, {64, false}, "kernel_cap_t *", {"kernel_cap_t"}, {}};
}

constexpr TypeInfo no_pointee(DeclaredType type, ArgFamily family, std::string_view from,
                              std::array<std::string_view, 8> spellings = {}) {
  return {type, family, kNoInteger, from, {}, spellings};
}

// Since Linux 6.19 a sockaddr is called sockaddr_unsized where its size is told beside it.
constexpr auto kTypes = std::to_array<TypeInfo>({
    no_pointee(kAuto, ArgFamily::kOther, "a type given by the hook"),
    integer(kInt, 32, true, "a 32-bit integer",
            {"int", "unsigned int", "long", "unsigned long", "uid_t", "gid_t", "u32", "s32"}),
    integer(kInt8, 8, true, "an 8-bit integer", {"char", "s8", "signed char"}),
    integer(kUint8, 8, false, "an 8-bit integer", {"u8", "unsigned char", "bool", "_Bool"}),
    integer(kInt16, 16, true, "a 16-bit integer", {"short", "s16"}),
    integer(kUint16, 16, false, "a 16-bit integer", {"unsigned short", "u16", "umode_t"}),
    integer(kInt32, 32, true, "a 32-bit integer", {"int", "s32"}),
    integer(kUint32, 32, false, "a 32-bit integer", {"unsigned int", "u32"}),
    integer(kInt64, 64, true, "a 64-bit integer", {"long", "s64", "loff_t", "long long"}),
    integer(kUint64, 64, false, "a 64-bit integer", {"unsigned long", "u64", "unsigned long long"}),
    integer(kSizeT, 64, false, "a 64-bit integer", {"size_t"}),
    no_pointee(kCharBuf, ArgFamily::kText, "a pointer to bytes"),
    pointer(kCharIovec, ArgFamily::kText, "struct iovec *", "iovec"),
    pointer(kSkb, ArgFamily::kSocket, "struct sk_buff *", "sk_buff"),
    pointer(kSock, ArgFamily::kSocket, "struct sock *", "sock"),
    pointer(kSockaddr, ArgFamily::kSocket, "struct sockaddr *", "sockaddr", "sockaddr_unsized"),
    pointer(kSocket, ArgFamily::kSocket, "struct socket *", "socket"),
    pointer(kSockaddrUn, ArgFamily::kUnixAddress, "struct sockaddr_un *", "sockaddr_un", "sockaddr",
            "sockaddr_unsized"),
    no_pointee(kString, ArgFamily::kText, "a pointer to a string"),
    no_pointee(kFd, ArgFamily::kPath, "a file descriptor"),
    pointer(kFile, ArgFamily::kPath, "struct file *", "file"),
    pointer(kFilename, ArgFamily::kText, "struct filename *", "filename"),
    pointer(kPath, ArgFamily::kPath, "struct path *", "path"),
    no_pointee(kNop, ArgFamily::kNone, "anything"),
    pointer(kBpfAttr, ArgFamily::kObject, "union bpf_attr *", "bpf_attr"),
    pointer(kPerfEvent, ArgFamily::kObject, "struct perf_event *", "perf_event"),
    pointer(kBpfMap, ArgFamily::kObject, "struct bpf_map *", "bpf_map"),
    pointer(kUserNamespace, ArgFamily::kObject, "struct user_namespace *", "user_namespace"),
    integer(kCapability, 32, true, "a 32-bit integer", {"int"}),
    pointer(kKiocb, ArgFamily::kPath, "struct kiocb *", "kiocb"),
    pointer(kIovIter, ArgFamily::kText, "struct iov_iter *", "iov_iter"),
    pointer(kCred, ArgFamily::kObject, "struct cred *", "cred"),
    no_pointee(kConstBuf, ArgFamily::kText, "an array"),
    pointer(kLoadInfo, ArgFamily::kObject, "struct load_info *", "load_info"),
    pointer(kModule, ArgFamily::kObject, "struct module *", "module"),
    integer(kSyscall64, 64, false, "a system call number", {"long"}),
    capabilities(kKernelCapT),
    capabilities(kCapInheritable),
    capabilities(kCapPermitted),
    capabilities(kCapEffective),
    pointer(kLinuxBinprm, ArgFamily::kPath, "struct linux_binprm *", "linux_binprm"),
    no_pointee(kDataLoc, ArgFamily::kText, "a __data_loc field"),
    pointer(kNetDevice, ArgFamily::kText, "struct net_device *", "net_device"),
    integer(kBpfCmd, 32, true, "a 32-bit integer", {"int"}),
    pointer(kDentry, ArgFamily::kPath, "struct dentry *", "dentry"),
    pointer(kBpfProg, ArgFamily::kObject, "struct bpf_prog *", "bpf_prog"),
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

}  // namespace tripline::policy

namespace tripline {

ArgFamily family_of(ArgType type) { return policy::type_info(type).family; }

IntegerShape integer_shape(ArgType type) { return policy::type_info(type).integer; }

}  // namespace tripline
