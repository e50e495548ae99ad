// SPDX-License-Identifier: Apache-2.0
// Where members of our values stand in the messages of the API, for those that are the same number or text on both
// sides: X(name in C++ of the message's field, member of ours). message.cc and from_message.cc are made from the same
// lists, so that a field cannot be sent and not be read.
#pragma once

#define TRIPLINE_IMAGE_FIELDS(X) \
  X(exec_id, exec_id)            \
  X(cwd, cwd)                    \
  X(binary, binary)              \
  X(arguments, arguments)        \
  X(flags, flags)                \
  X(parent_exec_id, parent_exec_id)

// Each is a message that wraps a number, and always there.
#define TRIPLINE_CREDENTIAL_FIELDS(X) X(uid) X(gid) X(euid) X(egid) X(suid) X(sgid) X(fsuid) X(fsgid)

#define TRIPLINE_CAPABILITY_SETS(X) X(permitted) X(effective) X(inheritable)

#define TRIPLINE_FILE_FIELDS(X) X(path, path) X(flags, flags) X(permission, permission)

#define TRIPLINE_SOCK_FIELDS(X) \
  X(family, family)             \
  X(type, type)                 \
  X(protocol, protocol)         \
  X(mark, mark)                 \
  X(priority, priority)         \
  X(saddr, saddr)               \
  X(daddr, daddr)               \
  X(sport, sport)               \
  X(dport, dport)               \
  X(cookie, cookie)             \
  X(state, state)

#define TRIPLINE_SKB_FIELDS(X)    \
  X(hash, hash)                   \
  X(len, len)                     \
  X(priority, priority)           \
  X(mark, mark)                   \
  X(saddr, saddr)                 \
  X(daddr, daddr)                 \
  X(sport, sport)                 \
  X(dport, dport)                 \
  X(proto, proto)                 \
  X(sec_path_len, sec_path_len)   \
  X(sec_path_olen, sec_path_olen) \
  X(protocol, protocol)           \
  X(family, family)

#define TRIPLINE_SOCKADDR_FIELDS(X) X(family, family) X(addr, addr) X(port, port)
#define TRIPLINE_SOCKADDR_UN_FIELDS(X) X(family, family) X(path, path)
#define TRIPLINE_TRUNCATED_BYTES_FIELDS(X) X(bytes_arg, value) X(orig_size, orig_size)
#define TRIPLINE_BPF_PROG_FIELDS(X) X(progtype, prog_type) X(insncnt, insn_cnt) X(progname, prog_name)
#define TRIPLINE_BPF_MAP_FIELDS(X) \
  X(maptype, map_type)             \
  X(keysize, key_size)             \
  X(valuesize, value_size)         \
  X(maxentries, max_entries)       \
  X(mapname, map_name)
#define TRIPLINE_PERF_EVENT_FIELDS(X) \
  X(kprobefunc, kprobe_func)          \
  X(type, type)                       \
  X(config, config)                   \
  X(probeoffset, probe_offset)
#define TRIPLINE_SYSCALL_ID_FIELDS(X) X(id, id) X(abi, abi)
#define TRIPLINE_ERROR_FIELDS(X) X(message, message)

#define TRIPLINE_STACK_FRAME_FIELDS(X) \
  X(address, address)                  \
  X(offset, offset)                    \
  X(symbol, symbol)                    \
  X(module, module)

#define TRIPLINE_EXIT_FIELDS(X) X(signal, signal) X(status, status)
#define TRIPLINE_KPROBE_FIELDS(X) X(function_name, function) X(policy_name, policy) X(message, message)
#define TRIPLINE_TRACEPOINT_FIELDS(X) \
  X(subsys, subsys) X(event, event) X(policy_name, policy) X(message, message)
#define TRIPLINE_LSM_FIELDS(X) \
  X(function_name, function)   \
  X(policy_name, policy)       \
  X(message, message)          \
  X(ima_hash, ima_hash)

// Arguments whose value is one field of the oneof: X(name of the field, our struct, its list).
#define TRIPLINE_LISTED_ARGUMENTS(X)                                         \
  X(truncated_bytes_arg, TruncatedBytesArg, TRIPLINE_TRUNCATED_BYTES_FIELDS) \
  X(file_arg, FileArg, TRIPLINE_FILE_FIELDS)                                 \
  X(path_arg, PathArg, TRIPLINE_FILE_FIELDS)                                 \
  X(linux_binprm_arg, LinuxBinprmArg, TRIPLINE_FILE_FIELDS)                  \
  X(sock_arg, SockArg, TRIPLINE_SOCK_FIELDS)                                 \
  X(skb_arg, SkbArg, TRIPLINE_SKB_FIELDS)                                    \
  X(sockaddr_arg, SockaddrArg, TRIPLINE_SOCKADDR_FIELDS)                     \
  X(sockaddrun_arg, SockaddrUnArg, TRIPLINE_SOCKADDR_UN_FIELDS)              \
  X(bpf_attr_arg, BpfAttrArg, TRIPLINE_BPF_PROG_FIELDS)                      \
  X(bpf_prog_arg, BpfProgArg, TRIPLINE_BPF_PROG_FIELDS)                      \
  X(bpf_map_arg, BpfMapArg, TRIPLINE_BPF_MAP_FIELDS)                         \
  X(perf_event_arg, PerfEventArg, TRIPLINE_PERF_EVENT_FIELDS)                \
  X(syscall_id, SyscallIdArg, TRIPLINE_SYSCALL_ID_FIELDS)                    \
  X(error_arg, ErrorArg, TRIPLINE_ERROR_FIELDS)

#define TRIPLINE_SCALAR_ARGUMENTS(X) \
  X(int_arg, IntArg)                 \
  X(uint_arg, UintArg)               \
  X(long_arg, LongArg)               \
  X(size_arg, SizeArg)               \
  X(string_arg, StringArg)           \
  X(bytes_arg, BytesArg)

// Sets of capabilities, as 16 digits of hex: X(name of the field, CapabilitySet).
#define TRIPLINE_CAPABILITY_SET_ARGUMENTS(X) \
  X(kernel_cap_t_arg, kKernelCapT)           \
  X(cap_inheritable_arg, kInheritable)       \
  X(cap_permitted_arg, kPermitted)           \
  X(cap_effective_arg, kEffective)
