// SPDX-License-Identifier: Apache-2.0
// Object: what the compile half hands to the run half. ELF bytes ready for libbpf and the manifest that says what
// is in them: programs and where they attach, counters, record layouts. Plain data; knows nothing of policies' text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/source.h"

namespace tripline {

enum class FieldType : uint8_t { kInt32, kFile };

// One argument in a record: where its fixed part is, and how the event shows it.
struct Field {
  FieldType type = FieldType::kInt32;
  uint32_t offset = 0;  // bytes from the start of the record
  std::string label;
  bool operator==(const Field&) const = default;
};

// Which key of the event schema a record becomes.
enum class EventKind : uint8_t { kKprobe };

// What a matching selector did, as the event's `action` names it.
enum class ActionName : uint8_t { kPost, kNoPost, kSigkill };

struct SelectorInfo {
  ActionName action = ActionName::kPost;  // the last executed action
  uint32_t counter = 0;                   // index into the counters map
  std::string label;
  bool operator==(const SelectorInfo&) const = default;
};

// Layout and constant content of the records of one hook section. Field order is the event's order; the bytes of
// variable fields follow `fixed_size` in that same order.
struct Schema {
  uint32_t id = 0;  // tl_record.schema
  EventKind kind = EventKind::kKprobe;
  std::string policy;
  std::string policy_namespace;
  std::string call;      // as written in the policy
  std::string function;  // the kernel function
  std::string message;
  std::vector<std::string> tags;
  uint32_t section_index = 0;  // position of the hook section in its list
  uint32_t fixed_size = 0;     // bytes, record header included
  std::vector<Field> fields;
  std::vector<SelectorInfo> selectors;
  bool operator==(const Schema&) const = default;
};

enum class AttachType : uint8_t { kFentry, kKprobe, kTracingRaw };

// A program of the ELF file.
struct ProgramInfo {
  std::string name;  // C symbol of the program, at most 15 bytes
  AttachType attach = AttachType::kFentry;
  std::string target;  // kernel function or tracepoint
  uint32_t slot = 0;   // tl_control.died index
  uint32_t born = 0;   // first epoch in which it is live
  bool operator==(const ProgramInfo&) const = default;
};

// Which policy line an instruction of a program comes from; for messages about a verifier's refusal.
struct LineInfo {
  std::string function;      // a static subprogram, or empty for the program itself
  uint32_t instruction = 0;  // index in that function, before linking
  std::string policy;        // document name
  Span span;
  bool operator==(const LineInfo&) const = default;
};

struct Object {
  std::vector<std::byte> elf;
  std::vector<ProgramInfo> programs;
  std::vector<Schema> schemas;
  std::vector<LineInfo> lines;
  bool operator==(const Object&) const = default;
};

// The manifest and the ELF file in one byte string, and back. Refuses damaged or foreign bytes.
[[nodiscard]] std::vector<std::byte> save_object(const Object& object);
[[nodiscard]] Result<Object> read_object(std::span<const std::byte> file);

}  // namespace tripline
