// SPDX-License-Identifier: Apache-2.0
// From the bytes of a ring to record values. The layouts are those of abi/record.h and, for what a policy posts, of
// the Schema whose id the record carries. Bytes are not trusted: anything damaged (inconsistent sizes, an unknown
// kind or schema, a field outside the record) gives an Error and nothing else.
//
// Strings here are still the kernel's bytes; process.h turns them into text. They are not copied: a record is good for as
// long as the bytes it was decoded from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "abi/record.h"
#include "base/result.h"
#include "event/field.h"
#include "object/object.h"

namespace tripline {

// The layouts of all live hook sections. A record keeps its schema alive, so a policy can go while its last records
// are still on their way.
class SchemaTable {
 public:
  void add(Schema schema);
  void remove(uint32_t id);
  [[nodiscard]] std::shared_ptr<const Schema> find(uint32_t id) const;

 private:
  std::unordered_map<uint32_t, std::shared_ptr<const Schema>> schemas_;
};

struct RecordHead {
  uint64_t time = 0;  // ns, CLOCK_MONOTONIC
  uint32_t tgid = 0;
  uint32_t tid = 0;
};

struct ForkRecord {
  RecordHead head;
  uint32_t forker = 0;
  uint32_t parent = 0;  // the real parent; differs from `forker` with CLONE_PARENT
  uint32_t pid_in_ns = 0;
  uint32_t ns_level = 0;
};

struct ExecRecord {
  RecordHead head;
  uint32_t parent = 0;
  uint32_t pid_in_ns = 0;
  uint32_t ns_level = 0;
  uint32_t auid = 0;
  tl_cred cred{};
  tl_namespaces ns{};
  uint32_t flags = 0;  // enum tl_exec_flag
  uint32_t links = 0;
  uint64_t inode = 0;
  std::string_view name;  // as given to exec
  std::string_view cwd;
  std::string_view argv;         // with its NULs
  std::string_view environment;  // likewise
  uint64_t cgroup = 0;           // its id
  std::string_view cgroup_name;  // its start; empty: the root
};

struct ExitRecord {
  RecordHead head;
  uint32_t code = 0;
};

// A cgroup begins too many processes: from now on there are no records of them.
struct ThrottleRecord {
  RecordHead head;
  uint64_t cgroup = 0;    // its id
  std::string_view name;  // empty: the root
};

struct HookRecord {
  RecordHead head;
  std::shared_ptr<const Schema> schema;  // never null
  uint32_t selector = 0;                 // below schema->selectors.size()
  uint64_t entry_time = 0;               // of a kReturn: head.time of the record of the call's entry
  std::vector<FieldValue> fields;        // in the order of schema->fields
  std::forward_list<std::string> whole;  // bytes of fields that came in several records (data.h)
};

// Bytes that belong to a field of a HookRecord still to come (src/event/data.h).
struct DataRecord {
  RecordHead head;      // that of the HookRecord
  uint32_t schema = 0;  // likewise
  uint32_t field = 0;   // Field::offset
  uint64_t offset = 0;  // of the first of the bytes in the whole value
  std::string_view bytes;
};

using Record = std::variant<ForkRecord, ExecRecord, ExitRecord, ThrottleRecord, HookRecord, DataRecord>;

[[nodiscard]] const RecordHead& head(const Record& record);

// One record, exactly: bytes left over are damage too.
[[nodiscard]] Result<Record> decode_record(std::span<const std::byte> bytes, const SchemaTable& schemas);

}  // namespace tripline
