// SPDX-License-Identifier: Apache-2.0
#include "event/argument.h"

#include <gtest/gtest.h>

#include "event/records.h"

namespace tripline {
namespace {

// The arguments of one field, by way of a record.
template <typename Layout>
std::vector<Argument> arguments(FieldType type, Layout layout, std::string_view bytes = {},
                                EventKind kind = EventKind::kKprobe) {
  SchemaTable schemas;
  schemas.add(test::one_field_schema(type, kind));
  auto record = decode_record(test::one_field_bytes(layout, bytes), schemas);
  EXPECT_TRUE(record);
  std::vector<Argument> args;
  if (!record) return args;
  const auto& hook = std::get<HookRecord>(*record);
  append_arguments(args, hook.schema->fields[0], hook.fields[0], kind);
  return args;
}

template <typename Layout>
ArgumentValue value(FieldType type, Layout layout, std::string_view bytes = {}) {
  std::vector<Argument> args = arguments(type, layout, bytes);
  EXPECT_EQ(args.size(), 1u);
  EXPECT_EQ(args[0].label, "label");
  return args[0].value;
}

ArgumentValue number(FieldType type, uint64_t number) { return value(type, tl_number{.number = number}); }

TEST(Argument, Numbers) {
  const auto minus = static_cast<uint64_t>(-7);
  EXPECT_EQ(number(FieldType::kInt, minus), ArgumentValue(IntArg{-7}));
  EXPECT_EQ(number(FieldType::kUint, 0xffff'fff0), ArgumentValue(UintArg{0xffff'fff0}));
  EXPECT_EQ(number(FieldType::kLong, minus), ArgumentValue(LongArg{-7}));
  EXPECT_EQ(number(FieldType::kSize, minus), ArgumentValue(SizeArg{minus}));
  EXPECT_EQ(number(FieldType::kBpfCmd, 5), ArgumentValue(BpfCmdArg{5}));
  EXPECT_EQ(number(FieldType::kCapability, 21), ArgumentValue(CapabilityArg{21}));
  EXPECT_EQ(number(FieldType::kSyscallId, 95), ArgumentValue(SyscallIdArg{95, "x64"}));
  EXPECT_EQ(number(FieldType::kSyscallId, 0x8000'003c), ArgumentValue(SyscallIdArg{60, "i386"}));
  EXPECT_EQ(number(FieldType::kKernelCapT, 3),
            ArgumentValue(CapabilitySetArg{CapabilitySet::kKernelCapT, 3}));
  EXPECT_EQ(number(FieldType::kCapInheritable, 3),
            ArgumentValue(CapabilitySetArg{CapabilitySet::kInheritable, 3}));
  EXPECT_EQ(number(FieldType::kCapPermitted, 3),
            ArgumentValue(CapabilitySetArg{CapabilitySet::kPermitted, 3}));
  EXPECT_EQ(number(FieldType::kCapEffective, 3),
            ArgumentValue(CapabilitySetArg{CapabilitySet::kEffective, 3}));
}

TEST(Argument, TextAndBytes) {
  EXPECT_EQ(value(FieldType::kString, tl_field{},
                  "a\xff\xfe"
                  "b"),
            ArgumentValue(StringArg{"a\uFFFDb"}));
  EXPECT_EQ(value(FieldType::kString, tl_field{}), ArgumentValue(StringArg{""}));
  EXPECT_EQ(value(FieldType::kBytes, tl_bytes{.whole = 2}, "a\xff"), ArgumentValue(BytesArg{"a\xff"}));
  std::string_view three("a\xff\0", 3);
  EXPECT_EQ(value(FieldType::kBytes, tl_bytes{.whole = 3}, three),
            ArgumentValue(BytesArg{std::string(three)}));
  EXPECT_EQ(value(FieldType::kBytes, tl_bytes{.whole = 4}, three),
            ArgumentValue(TruncatedBytesArg{std::string(three), 4}));
}

TEST(Argument, ListsOfNumbers) {
  std::string bytes(16, '\0');
  bytes[0] = 1, bytes[8] = 2;
  EXPECT_EQ(arguments(FieldType::kLongs, tl_field{}, bytes),
            (std::vector<Argument>{{SizeArg{1}, "label"}, {SizeArg{2}, "label"}}));
  EXPECT_TRUE(arguments(FieldType::kLongs, tl_field{}).empty());
}

TEST(Argument, Files) {
  const tl_path regular{.mode = 0100640};
  EXPECT_EQ(value(FieldType::kFile, regular, "/a"), ArgumentValue(FileArg{"/a", "", "-rw-r-----"}));
  EXPECT_EQ(value(FieldType::kPath, regular, "/a"), ArgumentValue(PathArg{"/a", "", "-rw-r-----"}));
  EXPECT_EQ(value(FieldType::kLinuxBinprm, regular, "/a"),
            ArgumentValue(LinuxBinprmArg{"/a", "", "-rw-r-----"}));
  EXPECT_EQ(value(FieldType::kFile, tl_path{.mode = 0600}), ArgumentValue(FileArg{"", "", "rw-------"}));
  EXPECT_EQ(value(FieldType::kFile, tl_path{.mode = 0100644, .flags = TL_PATH_FLAG_UNRESOLVED}),
            ArgumentValue(FileArg{"", "unresolvedPathComponents", "-rw-r--r--"}));
  EXPECT_EQ(value(FieldType::kPath, tl_path{.mode = 0xffff, .flags = TL_PATH_FLAG_NO_INODE}, "/a"),
            ArgumentValue(PathArg{"/a", "", "---------"}));
}

tl_address ipv6(std::initializer_list<uint8_t> last) {
  tl_address address{};
  std::copy(last.begin(), last.end(), address.bytes + 16 - last.size());
  return address;
}

TEST(Argument, Sockets) {
  const tl_sock tcp{.family = 2,
                    .type = 1,
                    .protocol = 6,
                    .state = 2,
                    .mark = 4,
                    .priority = 5,
                    .local = {{127, 0, 0, 1}},
                    .remote = {{10, 20, 30, 40}},
                    .local_port = 80,
                    .remote_port = 65535,
                    .cookie = 1};
  const SockArg expected{"AF_INET", "SOCK_STREAM", "IPPROTO_TCP", 4, 5, "127.0.0.1", "10.20.30.40", 80, 65535,
                         1,         "TCP_SYN_SENT"};
  EXPECT_EQ(value(FieldType::kSock, tcp), ArgumentValue(expected));
  tl_sock odd{.family = 77, .type = 9, .protocol = 200, .state = 99};
  auto sock = std::get<SockArg>(value(FieldType::kSock, odd));
  EXPECT_EQ(sock.family, "77");
  EXPECT_EQ(sock.type, "9");
  EXPECT_EQ(sock.protocol, "200");
  EXPECT_EQ(sock.state, "99");
  EXPECT_EQ(sock.saddr, "invalid IP");
  odd.family = 16;
  EXPECT_EQ(std::get<SockArg>(value(FieldType::kSock, odd)).family, "AF_NETLINK");
  auto at_tracepoint = arguments(FieldType::kSock, odd, {}, EventKind::kTracepoint);
  EXPECT_EQ(std::get<SockArg>(at_tracepoint[0].value).family, "");
  EXPECT_EQ(std::get<SockArg>(arguments(FieldType::kSock, tcp, {}, EventKind::kTracepoint)[0].value).family,
            "AF_INET");
}

TEST(Argument, Packets) {
  tl_skb packet{.hash = 1,
                .len = 2,
                .priority = 3,
                .mark = 4,
                .source = ipv6({1}),
                .destination = ipv6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2}),
                .source_port = 5,
                .destination_port = 6,
                .family = 10,
                .protocol = 17,
                .sec_path_len = 7,
                .sec_path_olen = 8};
  const SkbArg expected{1, 2, 3, 4, "::1", "fe80::1:2", 5, 6, 17, 7, 8, "IPPROTO_UDP", "AF_INET6"};
  EXPECT_EQ(value(FieldType::kSkb, packet), ArgumentValue(expected));
  const SkbArg unparsed{.len = 9, .saddr = "invalid IP", .daddr = "invalid IP"};
  EXPECT_EQ(value(FieldType::kSkb, tl_skb{.len = 9}), ArgumentValue(unparsed));
}

TEST(Argument, SocketAddresses) {
  EXPECT_EQ(value(FieldType::kSockaddr, tl_sockaddr{.family = 2, .port = 22001, .address = {{127, 0, 5, 1}}}),
            ArgumentValue(SockaddrArg{"AF_INET", "127.0.5.1", 22001}));
  EXPECT_EQ(value(FieldType::kSockaddr, tl_sockaddr{.family = 1}),
            ArgumentValue(SockaddrArg{"AF_UNIX", "invalid IP", 0}));
  EXPECT_EQ(value(FieldType::kSockaddrUn, tl_sockaddr_un{.family = 1}, "/run/s"),
            ArgumentValue(SockaddrUnArg{"AF_UNIX", "/run/s"}));
  EXPECT_EQ(value(FieldType::kSockaddrUn, tl_sockaddr_un{.family = 1, .is_abstract = 1},
                  std::string_view("a\0b", 3)),
            ArgumentValue(SockaddrUnArg{"AF_UNIX", "@ab"}));
  EXPECT_EQ(value(FieldType::kSockaddrUn, tl_sockaddr_un{.family = 1}),
            ArgumentValue(SockaddrUnArg{"AF_UNIX", ""}));
  EXPECT_EQ(value(FieldType::kSockaddrUn, tl_sockaddr_un{.family = 16}),
            ArgumentValue(SockaddrUnArg{"", ""}));
}

TEST(Argument, Credentials) {
  const tl_user_namespace first{.uid = 1, .gid = 2, .inum = 3},
      second{.level = 1, .uid = 4, .gid = 5, .inum = 6};
  EXPECT_EQ(value(FieldType::kUserNamespace, tl_user_namespace_value{.ns = first}),
            ArgumentValue(UserNsArg{{0, 1, 2, {3, true}}}));
  EXPECT_EQ(value(FieldType::kUserNamespace, tl_user_namespace_value{.ns = second}),
            ArgumentValue(UserNsArg{{1, 4, 5, {6, false}}}));
  const tl_cred cred{.uid = 1,
                     .gid = 2,
                     .euid = 3,
                     .egid = 4,
                     .suid = 5,
                     .sgid = 6,
                     .fsuid = 7,
                     .fsgid = 8,
                     .securebits = 9,
                     .permitted = 10,
                     .effective = 11,
                     .inheritable = 12};
  const ProcessCredentialsArg expected{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {10, 11, 12}, {1, 4, 5, {6, false}}};
  EXPECT_EQ(value(FieldType::kCred, tl_cred_value{.cred = cred, .ns = second}), ArgumentValue(expected));
}

TEST(Argument, KernelObjects) {
  tl_bpf_prog program{.type = 26, .instructions = 5, .name = "probe"};
  EXPECT_EQ(value(FieldType::kBpfAttr, program),
            ArgumentValue(BpfAttrArg{"BPF_PROG_TYPE_TRACING", 5, "probe"}));
  std::fill_n(program.name, sizeof(program.name), 'x');
  program.type = 32;
  EXPECT_EQ(value(FieldType::kBpfProg, program), ArgumentValue(BpfProgArg{"32", 5, "xxxxxxxxxxxxxxxx"}));
  EXPECT_EQ(value(FieldType::kBpfMap,
                  tl_bpf_map{.type = 30, .key_size = 1, .value_size = 2, .max_entries = 3, .name = "m"}),
            ArgumentValue(BpfMapArg{"BPF_MAP_TYPE_BLOOM_FILTER", 1, 2, 3, "m"}));
  EXPECT_EQ(value(FieldType::kBpfMap, tl_bpf_map{.type = 31}), ArgumentValue(BpfMapArg{"31", 0, 0, 0, ""}));
  EXPECT_EQ(
      value(FieldType::kPerfEvent, tl_perf_event{.type = 6, .config = 7, .probe_offset = 8}, "vfs_read"),
      ArgumentValue(PerfEventArg{"vfs_read", "PERF_TYPE_MAX", 7, 8}));
  EXPECT_EQ(value(FieldType::kPerfEvent, tl_perf_event{.type = 7}),
            ArgumentValue(PerfEventArg{"", "7", 0, 0}));
  const tl_module module{.taints = 3, .signature_ok = 1};
  EXPECT_EQ(value(FieldType::kLoadInfo, module, "dummy"), ArgumentValue(ModuleArg{"dummy", true, 3}));
  EXPECT_EQ(value(FieldType::kModule, module, "dummy"), ArgumentValue(ModuleArg{"dummy", std::nullopt, 3}));
}

ArgumentValue failed(uint32_t status) { return value(FieldType::kString, tl_field{.status = status}); }

TEST(Argument, WhatCouldNotBeRead) {
  EXPECT_EQ(failed(TL_VALUE_BAD_ADDRESS), ArgumentValue(ErrorArg{"Bad address for basic type"}));
  EXPECT_EQ(failed(TL_VALUE_BAD_STEP),
            ArgumentValue(ErrorArg{"Bad address encountered during resolve dereference at depth 0"}));
  EXPECT_EQ(failed(TL_VALUE_BAD_STEP + 5),
            ArgumentValue(ErrorArg{"Bad address encountered during resolve dereference at depth 5"}));
  EXPECT_EQ(failed(TL_VALUE_BUFFER_FAULT), ArgumentValue(BytesArg{"CharBufErrorPageFault"}));
  EXPECT_EQ(failed(TL_VALUE_BUFFER_TOO_LARGE), ArgumentValue(BytesArg{"CharBufErrorBufTooLarge"}));
}

TEST(Argument, TracepointsHaveNoLabels) {
  auto args = arguments(FieldType::kInt, tl_number{.number = 1}, {}, EventKind::kTracepoint);
  EXPECT_EQ(args, (std::vector<Argument>{{IntArg{1}, ""}}));
  args = arguments(FieldType::kInt, tl_number{.head = {.status = TL_VALUE_BAD_ADDRESS}}, {},
                   EventKind::kTracepoint);
  EXPECT_EQ(args[0].label, "");
}

TEST(Argument, StacksHashesAndOwnersAreNone) {
  EXPECT_TRUE(arguments(FieldType::kKernelStack, tl_field{}, "12345678").empty());
  EXPECT_TRUE(arguments(FieldType::kUserStack, tl_field{}).empty());
  EXPECT_TRUE(arguments(FieldType::kImaHash, tl_ima_hash{}).empty());
  EXPECT_TRUE(arguments(FieldType::kOwner, tl_owner{}).empty());
}

TEST(Argument, ImaHash) {
  FieldValue hash{.fixed = tl_ima_hash{.algorithm = 4}, .bytes = "\x02\xab"};
  EXPECT_EQ(ima_hash_text(hash), "sha256:02ab");
  hash.fixed = tl_ima_hash{.algorithm = 17};
  EXPECT_EQ(ima_hash_text(hash), "sm3:02ab");
  hash.fixed = tl_ima_hash{.algorithm = 99};
  EXPECT_EQ(ima_hash_text(hash), "99:02ab");
  EXPECT_EQ(ima_hash_text({.fixed = tl_ima_hash{.algorithm = 4}}), "");
  hash.status = TL_VALUE_BAD_ADDRESS;
  EXPECT_EQ(ima_hash_text(hash), "");
}

}  // namespace
}  // namespace tripline
