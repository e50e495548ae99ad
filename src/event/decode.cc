// SPDX-License-Identifier: Apache-2.0
#include "event/decode.h"

#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace tripline {
namespace {

using Bytes = std::span<const std::byte>;

std::unexpected<Error> damaged(std::string detail) { return fail("decode record", "", 0, std::move(detail)); }

// The T at `offset`, wherever that is in memory; absent when it is not wholly inside.
template <typename T>
std::optional<T> read(Bytes bytes, size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

// Takes the next `size` bytes off the front of `rest`.
std::optional<std::string> take(Bytes& rest, uint32_t size) {
  if (rest.size() < size) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(rest.data()), size);
  rest = rest.subspan(size);
  return text;
}

RecordHead head_of(const tl_record& record) { return {record.time, record.tgid, record.tid}; }

Result<Record> decode_fork(Bytes bytes) {
  auto fork = read<tl_fork>(bytes, 0);
  if (!fork || bytes.size() != sizeof(tl_fork)) return damaged("a fork record of the wrong size");
  return ForkRecord{head_of(fork->head), fork->forker, fork->parent, fork->pid_in_ns, fork->ns_level};
}

Result<Record> decode_exec(Bytes bytes) {
  auto exec = read<tl_exec>(bytes, 0);
  if (!exec) return damaged("an exec record that is too short");
  Bytes rest = bytes.subspan(sizeof(tl_exec));
  auto name = take(rest, exec->name_size);
  auto cwd = name ? take(rest, exec->cwd_size) : std::nullopt;
  auto argv = cwd ? take(rest, exec->args_size) : std::nullopt;
  if (!argv || !rest.empty()) return damaged("an exec record whose sizes do not add up");
  return ExecRecord{.head = head_of(exec->head),
                    .parent = exec->parent,
                    .pid_in_ns = exec->pid_in_ns,
                    .ns_level = exec->ns_level,
                    .auid = exec->auid,
                    .cred = exec->cred,
                    .ns = exec->ns,
                    .flags = exec->flags,
                    .links = exec->links,
                    .inode = exec->inode,
                    .name = std::move(*name),
                    .cwd = std::move(*cwd),
                    .argv = std::move(*argv)};
}

Result<Record> decode_exit(Bytes bytes) {
  auto exit = read<tl_exit>(bytes, 0);
  if (!exit || bytes.size() != sizeof(tl_exit)) return damaged("an exit record of the wrong size");
  return ExitRecord{head_of(exit->head), exit->code};
}

// Reads a field's fixed part at its offset, and what is variable off the front of `rest`.
std::optional<FieldValue> decode_field(const Field& field, Bytes fixed, Bytes& rest) {
  switch (field.type) {
    case FieldType::kInt32: {
      auto value = read<int32_t>(fixed, field.offset);
      if (!value) return std::nullopt;
      return *value;
    }
    case FieldType::kFile: {
      auto file = read<tl_file>(fixed, field.offset);
      auto path = file ? take(rest, file->path_size) : std::nullopt;
      if (!path) return std::nullopt;
      return FileValue{std::move(*path), file->mode, file->flags};
    }
  }
  return std::nullopt;
}

Result<Record> decode_hook(const tl_record& record, Bytes bytes, const SchemaTable& schemas) {
  auto schema = schemas.find(record.schema);
  if (!schema) return damaged("a hook record of the unknown schema " + std::to_string(record.schema));
  if (schema->fixed_size < sizeof(tl_record) || bytes.size() < schema->fixed_size)
    return damaged("a hook record that is too short for its schema");
  if (record.selector >= schema->selectors.size()) return damaged("a hook record of an unknown selector");
  HookRecord hook{.head = head_of(record), .schema = schema, .selector = record.selector, .fields = {}};
  hook.fields.reserve(schema->fields.size());
  Bytes fixed = bytes.first(schema->fixed_size);
  Bytes rest = bytes.subspan(schema->fixed_size);
  for (const Field& field : schema->fields) {
    auto value = decode_field(field, fixed, rest);
    if (!value) return damaged("a hook record whose sizes do not add up");
    hook.fields.push_back(std::move(*value));
  }
  if (!rest.empty()) return damaged("a hook record with bytes left over");
  return hook;
}

}  // namespace

void SchemaTable::add(Schema schema) {
  uint32_t id = schema.id;
  schemas_[id] = std::make_shared<const Schema>(std::move(schema));
}

void SchemaTable::remove(uint32_t id) { schemas_.erase(id); }

std::shared_ptr<const Schema> SchemaTable::find(uint32_t id) const {
  auto found = schemas_.find(id);
  return found == schemas_.end() ? nullptr : found->second;
}

const RecordHead& head(const Record& record) {
  return std::visit([](const auto& any) -> const RecordHead& { return any.head; }, record);
}

Result<Record> decode_record(Bytes bytes, const SchemaTable& schemas) {
  auto record = read<tl_record>(bytes, 0);
  if (!record) return damaged("a record without a whole header");
  if (record->size != bytes.size()) return damaged("a record of another size than its header says");
  switch (record->kind) {
    case TL_RECORD_FORK:
      return decode_fork(bytes);
    case TL_RECORD_EXEC:
      return decode_exec(bytes);
    case TL_RECORD_EXIT:
      return decode_exit(bytes);
    case TL_RECORD_HOOK:
      return decode_hook(*record, bytes, schemas);
    default:
      return damaged("a record of the unknown kind " + std::to_string(record->kind));
  }
}

}  // namespace tripline
