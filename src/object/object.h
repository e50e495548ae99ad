// SPDX-License-Identifier: Apache-2.0
// Object: what the compile half hands to the run half. ELF bytes ready for libbpf and the manifest that says what
// is in them: programs and where they attach, counters, record layouts. Plain data; knows nothing of policies' text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/actions.h"
#include "base/result.h"
#include "base/source.h"
#include "hook/attachment.h"
#include "hook/target.h"
#include "object/reason.h"

namespace tripline {

// How a field of a record is laid out (bpf/abi/value.h) and which member of the event schema it becomes.
// clang-format off
#define TRIPLINE_FIELD_TYPES(X)                                                                                     \
  X(kInt, tl_number)                       /* int_arg */                                                            \
  X(kUint, tl_number)                      /* uint_arg */                                                           \
  X(kLong, tl_number)                      /* long_arg */                                                           \
  X(kSize, tl_number)                      /* size_arg */                                                           \
  X(kBpfCmd, tl_number) X(kCapability, tl_number) X(kSyscallId, tl_number)                                          \
  X(kKernelCapT, tl_number) X(kCapInheritable, tl_number) X(kCapPermitted, tl_number) X(kCapEffective, tl_number)   \
  X(kString, tl_field)                     /* string_arg; bytes end before a NUL */                                 \
  X(kBytes, tl_bytes)                      /* bytes_arg or truncated_bytes_arg */                                   \
  X(kLongs, tl_field)                      /* a size_arg for each 8 bytes */                                        \
  X(kFile, tl_path) X(kPath, tl_path) X(kLinuxBinprm, tl_path)                                                      \
  X(kSock, tl_sock) X(kSkb, tl_skb) X(kSockaddr, tl_sockaddr) X(kSockaddrUn, tl_sockaddr_un)                        \
  X(kCred, tl_cred_value) X(kUserNamespace, tl_user_namespace_value)                                                \
  X(kBpfAttr, tl_bpf_prog) X(kBpfProg, tl_bpf_prog) X(kBpfMap, tl_bpf_map)                                          \
  X(kPerfEvent, tl_perf_event) X(kLoadInfo, tl_module) X(kModule, tl_module)                                        \
  X(kKernelStack, tl_field) X(kUserStack, tl_field) /* 8-byte addresses, innermost first */                         \
  X(kImaHash, tl_ima_hash) X(kBuildId, tl_build_id)                                                                 \
  X(kOwner, tl_owner)                      /* replaces the event's process and thread */
// clang-format on

enum class FieldType : uint8_t {
#define TRIPLINE_FIELD_TYPE_VALUE(name, layout) name,
  TRIPLINE_FIELD_TYPES(TRIPLINE_FIELD_TYPE_VALUE)
#undef TRIPLINE_FIELD_TYPE_VALUE
};

// Bytes of the fixed part of a field, its struct tl_field included; a multiple of 8.
[[nodiscard]] uint32_t field_size(FieldType type);

// Where in the event a field goes.
enum class FieldPlace : uint8_t {
  kArgs,    // the next element of args
  kData,    // the next element of data
  kReturn,  // the value returned
  kCopied,  // read at return: replaces the element of args at `position`
  kEvent,   // a member of the event of its own: stacks, hash, owner
};

// How much of a kBytes the event is to have.
enum class Extent : uint8_t {
  kStart,  // what the record has room for
  kAll,    // all of it: the rest goes ahead of the record (src/event/data.h)
};

// One value in a record: where its fixed part is, and how the event shows it.
struct Field {
  FieldType type = FieldType::kInt;
  uint32_t offset = 0;  // bytes from the start of the record
  std::string label;
  FieldPlace place = FieldPlace::kArgs;
  uint32_t position = 0;  // kCopied only
  Extent extent = Extent::kStart;
  bool operator==(const Field&) const = default;
};

// Which key of the event schema a record becomes.
enum class EventKind : uint8_t { kKprobe, kTracepoint, kLsm, kUprobe, kUsdt, kLoader };

// What a record is of a call.
enum class Half : uint8_t {
  kWhole,   // all of it
  kEntry,   // waits for the record of the call's return
  kReturn,  // and this is it; the entry's time follows the record's head (struct tl_return)
};

struct SelectorInfo {
  ActionName action = ActionName::kPost;  // the last executed action, which the event names
  uint32_t counter = 0;                   // index into the counters map
  std::string label;
  std::string target;                         // kGetUrl: the address; kDnsLookup: the name
  std::shared_ptr<const Reason> reason = {};  // shared by the records of many functions; absent: nobody knows
  bool operator==(const SelectorInfo& other) const;
};

// Layout and constant content of the records of one hook section. Field order is the event's order; the bytes of
// variable fields follow `fixed_size` in that same order.
struct Schema {
  uint32_t id = 0;  // tl_record.schema
  EventKind kind = EventKind::kKprobe;
  std::string policy;
  std::string policy_namespace;
  std::string call;  // as written in the policy
  // The kernel function, or the event of a tracepoint, or the LSM hook, or the symbol or the probe of a file.
  std::string function;
  std::string subsystem;  // of a tracepoint; of a probe of a file, who provides it
  std::string path;       // of the file, for places in files
  std::string message;
  std::vector<std::string> tags;
  uint32_t section_index = 0;  // position of the hook section in its list
  uint32_t fixed_size = 0;     // bytes, record header included
  std::vector<Field> fields;
  std::vector<SelectorInfo> selectors;
  Half half = Half::kWhole;
  uint64_t offset = 0;     // in the file, of a place that was not given by its symbol
  uint64_t semaphore = 0;  // likewise, as the policy gives it
  uint32_t pair = 0;       // of a kEntry and a kReturn: equal where they belong together
  bool operator==(const Schema&) const = default;
};

// An instruction of a program that calls a function of the kernel. The loader fills in its number, which is another one
// in each kernel.
struct KernelCall {
  uint32_t instruction = 0;
  std::string function;
  bool operator==(const KernelCall&) const = default;
};

// A program of the ELF file.
struct ProgramInfo {
  std::string name;  // C symbol of the program, at most 15 bytes
  Attachment attach = Attachment::kFentry;
  Target target;
  uint32_t slot = 0;  // tl_control.died index
  uint32_t born = 0;  // first epoch in which it is live
  std::vector<KernelCall> kernel_calls;
  bool operator==(const ProgramInfo&) const = default;
};

// Which policy line an instruction of a program comes from; for messages about a verifier's refusal.
struct LineInfo {
  std::string function;      // a static subprogram, or empty for the program itself
  uint32_t instruction = 0;  // index in that function, before linking
  std::string policy;        // document name
  Span span;
  std::string argument = {};  // that the instruction reads, for people; empty when it reads none
  bool operator==(const LineInfo&) const = default;
};

struct Object {
  std::vector<std::byte> elf;
  std::vector<ProgramInfo> programs;
  std::vector<Schema> schemas;
  std::vector<LineInfo> lines;
  std::vector<std::string> unused_maps;  // of the ELF file: no program of it uses them, they need not exist
  bool operator==(const Object&) const = default;
};

// The manifest and the ELF file in one byte string, and back. Refuses damaged or foreign bytes.
[[nodiscard]] std::vector<std::byte> save_object(const Object& object);
[[nodiscard]] Result<Object> read_object(std::span<const std::byte> file);

}  // namespace tripline
