// SPDX-License-Identifier: Apache-2.0
// Where members of our values stand in the messages of the API: X(the field in the names of its constants, in those of
// its accessors, our member), in the order of their numbers. encode.cc and from_message.cc are made from the same lists,
// so that nothing can be sent and not be read. The type of the member says how it is sent, except where a list has
// another letter for it:
//   W  a number in a message that wraps it, there whenever it is set
//   T  a time
//   O  a message of its own, which may be absent
//   C  a container, with what of it is the process's own
//   A  the ancestors of the event's process
#pragma once

// A process in four pieces, for what an event adds has its place between them.
#define TRIPLINE_HEAD_FIELDS(X, W, T, O) \
  X(ExecId, exec_id, exec_id)            \
  W(Pid, pid, pid)                       \
  W(Uid, uid, uid)                       \
  X(Cwd, cwd, cwd)                       \
  X(Binary, binary, binary)              \
  X(Arguments, arguments, arguments)     \
  X(Flags, flags, flags)                 \
  T(StartTime, start_time, start_time)   \
  W(Auid, auid, auid)                    \
  O(Pod, pod, pod)                       \
  X(Docker, docker, docker)              \
  X(ParentExecId, parent_exec_id, parent_exec_id)
#define TRIPLINE_RIGHTS_FIELDS(O) O(Cap, cap, cap) O(Ns, ns, ns)
#define TRIPLINE_CREDENTIALS_FIELDS(O) O(ProcessCredentials, process_credentials, credentials)
#define TRIPLINE_TAIL_FIELDS(W) W(InInitTree, in_init_tree, in_init_tree)

#define TRIPLINE_POD_FIELDS(X, C)               \
  X(Namespace, namespace_, name_space)          \
  X(Name, name, name)                           \
  X(Uid, uid, uid)                              \
  C(Container, container, container)            \
  X(PodLabels, pod_labels, labels)              \
  X(Workload, workload, workload)               \
  X(WorkloadKind, workload_kind, workload_kind) \
  X(PodAnnotations, pod_annotations, annotations)

#define TRIPLINE_CAPABILITY_FIELDS(X) \
  X(Permitted, permitted, permitted)  \
  X(Effective, effective, effective)  \
  X(Inheritable, inheritable, inheritable)

#define TRIPLINE_ID_FIELDS(W) \
  W(Uid, uid, uid)            \
  W(Gid, gid, gid)            \
  W(Euid, euid, euid)         \
  W(Egid, egid, egid)         \
  W(Suid, suid, suid)         \
  W(Sgid, sgid, sgid)         \
  W(Fsuid, fsuid, fsuid)      \
  W(Fsgid, fsgid, fsgid)

#define TRIPLINE_NAMESPACE_FIELDS(N)                       \
  N(Uts, uts, uts)                                         \
  N(Ipc, ipc, ipc)                                         \
  N(Mnt, mnt, mnt)                                         \
  N(Pid, pid, pid)                                         \
  N(PidForChildren, pid_for_children, pid_for_children)    \
  N(Net, net, net)                                         \
  N(Time, time, time)                                      \
  N(TimeForChildren, time_for_children, time_for_children) \
  N(Cgroup, cgroup, cgroup)                                \
  N(User, user, user)

#define TRIPLINE_USER_NAMESPACE_FIELDS(W) W(Level, level, level) W(Uid, uid, uid) W(Gid, gid, gid)

#define TRIPLINE_STACK_FRAME_FIELDS(X) \
  X(Address, address, address)         \
  X(Offset, offset, offset)            \
  X(Symbol, symbol, symbol)            \
  X(Module, module, module)

#define TRIPLINE_EXIT_FIELDS(X) X(Signal, signal, signal) X(Status, status, status)

#define TRIPLINE_KPROBE_FIELDS(X, O, A)                 \
  X(FunctionName, function_name, function)              \
  X(Args, args, args)                                   \
  O(Return, return_, returned)                          \
  X(Action, action, action)                             \
  X(KernelStackTrace, kernel_stack_trace, kernel_stack) \
  X(PolicyName, policy_name, policy)                    \
  X(ReturnAction, return_action, return_action)         \
  X(Message, message, message)                          \
  X(Tags, tags, tags)                                   \
  X(UserStackTrace, user_stack_trace, user_stack)       \
  A(Ancestors)                                          \
  X(Data, data, data)

#define TRIPLINE_TRACEPOINT_FIELDS(X, A) \
  X(Subsys, subsys, subsys)              \
  X(Event, event, event)                 \
  X(Args, args, args)                    \
  X(PolicyName, policy_name, policy)     \
  X(Action, action, action)              \
  X(Message, message, message)           \
  X(Tags, tags, tags)                    \
  A(Ancestors)

#define TRIPLINE_LSM_FIELDS(X, A)          \
  X(FunctionName, function_name, function) \
  X(PolicyName, policy_name, policy)       \
  X(Message, message, message)             \
  X(Args, args, args)                      \
  X(Action, action, action)                \
  X(Tags, tags, tags)                      \
  A(Ancestors)                             \
  X(ImaHash, ima_hash, ima_hash)

#define TRIPLINE_UPROBE_FIELDS(X, A)              \
  X(Path, path, path)                             \
  X(Symbol, symbol, symbol)                       \
  X(PolicyName, policy_name, policy)              \
  X(Message, message, message)                    \
  X(Args, args, args)                             \
  X(Tags, tags, tags)                             \
  A(Ancestors)                                    \
  X(Offset, offset, offset)                       \
  X(RefCtrOffset, ref_ctr_offset, ref_ctr_offset) \
  X(Action, action, action)                       \
  X(Data, data, data)

#define TRIPLINE_USDT_FIELDS(X, A)   \
  X(Path, path, path)                \
  X(Provider, provider, provider)    \
  X(Name, name, name)                \
  X(PolicyName, policy_name, policy) \
  X(Message, message, message)       \
  X(Args, args, args)                \
  X(Tags, tags, tags)                \
  A(Ancestors)                       \
  X(Action, action, action)          \
  X(Flags, flags, flags)

// Its parent stands behind these.
#define TRIPLINE_LOADER_FIELDS(X) X(Path, path, path) X(Buildid, buildid, build_id)

#define TRIPLINE_FILE_FIELDS(X) \
  X(Path, path, path) X(Flags, flags, flags) X(Permission, permission, permission)

#define TRIPLINE_SOCK_FIELDS(X)   \
  X(Family, family, family)       \
  X(Type, type, type)             \
  X(Protocol, protocol, protocol) \
  X(Mark, mark, mark)             \
  X(Priority, priority, priority) \
  X(Saddr, saddr, saddr)          \
  X(Daddr, daddr, daddr)          \
  X(Sport, sport, sport)          \
  X(Dport, dport, dport)          \
  X(Cookie, cookie, cookie)       \
  X(State, state, state)

#define TRIPLINE_SKB_FIELDS(X)                 \
  X(Hash, hash, hash)                          \
  X(Len, len, len)                             \
  X(Priority, priority, priority)              \
  X(Mark, mark, mark)                          \
  X(Saddr, saddr, saddr)                       \
  X(Daddr, daddr, daddr)                       \
  X(Sport, sport, sport)                       \
  X(Dport, dport, dport)                       \
  X(Proto, proto, proto)                       \
  X(SecPathLen, sec_path_len, sec_path_len)    \
  X(SecPathOlen, sec_path_olen, sec_path_olen) \
  X(Protocol, protocol, protocol)              \
  X(Family, family, family)

#define TRIPLINE_SOCKADDR_FIELDS(X) X(Family, family, family) X(Addr, addr, addr) X(Port, port, port)
#define TRIPLINE_SOCKADDR_UN_FIELDS(X) X(Family, family, family) X(Path, path, path)
#define TRIPLINE_TRUNCATED_BYTES_FIELDS(X) X(BytesArg, bytes_arg, value) X(OrigSize, orig_size, orig_size)
#define TRIPLINE_BPF_PROG_FIELDS(X) \
  X(ProgType, progtype, prog_type) X(InsnCnt, insncnt, insn_cnt) X(ProgName, progname, prog_name)
#define TRIPLINE_BPF_MAP_FIELDS(X)       \
  X(MapType, maptype, map_type)          \
  X(KeySize, keysize, key_size)          \
  X(ValueSize, valuesize, value_size)    \
  X(MaxEntries, maxentries, max_entries) \
  X(MapName, mapname, map_name)
#define TRIPLINE_PERF_EVENT_FIELDS(X)    \
  X(KprobeFunc, kprobefunc, kprobe_func) \
  X(Type, type, type)                    \
  X(Config, config, config)              \
  X(ProbeOffset, probeoffset, probe_offset)
#define TRIPLINE_SYSCALL_ID_FIELDS(X) X(Id, id, id) X(Abi, abi, abi)
#define TRIPLINE_ERROR_FIELDS(X) X(Message, message, message)

// Arguments that are a message: X(the field, in both forms; our struct; the message; its list).
#define TRIPLINE_LISTED_ARGUMENTS(X)                                                             \
  X(TruncatedBytesArg, truncated_bytes_arg, TruncatedBytesArg, KprobeTruncatedBytes,             \
    TRIPLINE_TRUNCATED_BYTES_FIELDS)                                                             \
  X(FileArg, file_arg, FileArg, KprobeFile, TRIPLINE_FILE_FIELDS)                                \
  X(PathArg, path_arg, PathArg, KprobePath, TRIPLINE_FILE_FIELDS)                                \
  X(LinuxBinprmArg, linux_binprm_arg, LinuxBinprmArg, KprobeLinuxBinprm, TRIPLINE_FILE_FIELDS)   \
  X(SockArg, sock_arg, SockArg, KprobeSock, TRIPLINE_SOCK_FIELDS)                                \
  X(SkbArg, skb_arg, SkbArg, KprobeSkb, TRIPLINE_SKB_FIELDS)                                     \
  X(SockaddrArg, sockaddr_arg, SockaddrArg, KprobeSockaddr, TRIPLINE_SOCKADDR_FIELDS)            \
  X(SockaddrunArg, sockaddrun_arg, SockaddrUnArg, KprobeSockaddrUn, TRIPLINE_SOCKADDR_UN_FIELDS) \
  X(BpfAttrArg, bpf_attr_arg, BpfAttrArg, KprobeBpfAttr, TRIPLINE_BPF_PROG_FIELDS)               \
  X(BpfProgArg, bpf_prog_arg, BpfProgArg, KprobeBpfProg, TRIPLINE_BPF_PROG_FIELDS)               \
  X(BpfMapArg, bpf_map_arg, BpfMapArg, KprobeBpfMap, TRIPLINE_BPF_MAP_FIELDS)                    \
  X(PerfEventArg, perf_event_arg, PerfEventArg, KprobePerfEvent, TRIPLINE_PERF_EVENT_FIELDS)     \
  X(SyscallId, syscall_id, SyscallIdArg, SyscallId, TRIPLINE_SYSCALL_ID_FIELDS)                  \
  X(ErrorArg, error_arg, ErrorArg, KprobeError, TRIPLINE_ERROR_FIELDS)

// Arguments that are a number or a text, and are there when they are zero or empty, too.
#define TRIPLINE_SCALAR_ARGUMENTS(X)  \
  X(IntArg, int_arg, IntArg)          \
  X(UintArg, uint_arg, UintArg)       \
  X(LongArg, long_arg, LongArg)       \
  X(SizeArg, size_arg, SizeArg)       \
  X(StringArg, string_arg, StringArg) \
  X(BytesArg, bytes_arg, BytesArg)

// Sets of capabilities, as 16 digits of hex.
#define TRIPLINE_CAPABILITY_SET_ARGUMENTS(X)              \
  X(KernelCapTArg, kernel_cap_t_arg, kKernelCapT)         \
  X(CapInheritableArg, cap_inheritable_arg, kInheritable) \
  X(CapPermittedArg, cap_permitted_arg, kPermitted)       \
  X(CapEffectiveArg, cap_effective_arg, kEffective)
