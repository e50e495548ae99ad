// SPDX-License-Identifier: Apache-2.0
#include "event/decode.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

namespace tripline {
namespace {

std::unexpected<Error> damaged(std::string detail) { return fail("decode record", "", 0, std::move(detail)); }

RecordHead head_of(const tl_record& record) { return {record.time, record.tgid, record.tid}; }

// The name of a cgroup, in the fixed part of a record.
std::string_view name_at(ByteSpan bytes, size_t offset) {
  const char* const name = reinterpret_cast<const char*>(bytes.data()) + offset;
  return {name, strnlen(name, TL_CGROUP_NAME)};
}

Result<Record> decode_fork(ByteSpan bytes) {
  auto fork = read_layout<tl_fork>(bytes, 0);
  if (!fork || bytes.size() != sizeof(tl_fork)) return damaged("a fork record of the wrong size");
  return ForkRecord{head_of(fork->head), fork->forker, fork->parent, fork->pid_in_ns, fork->ns_level};
}

Result<Record> decode_exec(ByteSpan bytes) {
  if (bytes.size() < sizeof(tl_exec)) return damaged("an exec record that is too short");
  tl_exec exec;
  std::memcpy(&exec, bytes.data(), offsetof(tl_exec, cgroup_name));  // that is read where it is
  ByteSpan rest = bytes.subspan(sizeof(tl_exec));
  auto name = take_bytes(rest, exec.name_size);
  auto cwd = name ? take_bytes(rest, exec.cwd_size) : std::nullopt;
  auto argv = cwd ? take_bytes(rest, exec.args_size) : std::nullopt;
  auto environment = argv ? take_bytes(rest, exec.environment_size) : std::nullopt;
  if (!environment || !rest.empty()) return damaged("an exec record whose sizes do not add up");
  return ExecRecord{.head = head_of(exec.head),
                    .parent = exec.parent,
                    .pid_in_ns = exec.pid_in_ns,
                    .ns_level = exec.ns_level,
                    .auid = exec.auid,
                    .cred = exec.cred,
                    .ns = exec.ns,
                    .flags = exec.flags,
                    .links = exec.links,
                    .inode = exec.inode,
                    .name = *name,
                    .cwd = *cwd,
                    .argv = *argv,
                    .environment = *environment,
                    .cgroup = exec.cgroup,
                    .cgroup_name = name_at(bytes, offsetof(tl_exec, cgroup_name))};
}

Result<Record> decode_exit(ByteSpan bytes) {
  auto exit = read_layout<tl_exit>(bytes, 0);
  if (!exit || bytes.size() != sizeof(tl_exit)) return damaged("an exit record of the wrong size");
  return ExitRecord{head_of(exit->head), exit->code};
}

Result<Record> decode_throttle(ByteSpan bytes) {
  auto throttle = read_layout<tl_throttle>(bytes, 0);
  if (!throttle || bytes.size() != sizeof(tl_throttle)) return damaged("a throttle record of the wrong size");
  return ThrottleRecord{head_of(throttle->head), throttle->cgroup,
                        name_at(bytes, offsetof(tl_throttle, name))};
}

Result<Record> decode_data(ByteSpan bytes) {
  auto data = read_layout<tl_data>(bytes, 0);
  if (!data) return damaged("a data record that is too short");
  ByteSpan rest = bytes.subspan(sizeof(tl_data));
  auto content = take_bytes(rest, static_cast<uint32_t>(rest.size()));
  return DataRecord{head_of(data->head), data->head.schema, data->field, data->offset, *content};
}

Result<Record> decode_hook(const tl_record& record, ByteSpan bytes, const SchemaTable& schemas) {
  auto schema = schemas.find(record.schema);
  if (!schema) return damaged("a hook record of the unknown schema " + std::to_string(record.schema));
  const size_t head = schema->half == Half::kReturn ? sizeof(tl_return) : sizeof(tl_record);
  if (schema->fixed_size < head || bytes.size() < schema->fixed_size)
    return damaged("a hook record that is too short for its schema");
  if (record.selector >= schema->selectors.size()) return damaged("a hook record of an unknown selector");
  HookRecord hook{
      .head = head_of(record), .schema = schema, .selector = record.selector, .fields = {}, .whole = {}};
  if (schema->half == Half::kReturn) hook.entry_time = read_layout<tl_return>(bytes, 0)->entry_time;
  hook.fields.reserve(schema->fields.size());
  ByteSpan fixed = bytes.first(schema->fixed_size);
  ByteSpan rest = bytes.subspan(schema->fixed_size);
  for (const Field& field : schema->fields) {
    if (!decode_field(hook.fields.emplace_back(), field, fixed, rest))
      return damaged("a hook record whose sizes do not add up");
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

Result<Record> decode_record(ByteSpan bytes, const SchemaTable& schemas) {
  auto record = read_layout<tl_record>(bytes, 0);
  if (!record) return damaged("a record without a whole header");
  if (record->size != bytes.size()) return damaged("a record of another size than its header says");
  switch (record->kind) {
    case TL_RECORD_FORK:
      return decode_fork(bytes);
    case TL_RECORD_EXEC:
      return decode_exec(bytes);
    case TL_RECORD_EXIT:
      return decode_exit(bytes);
    case TL_RECORD_THROTTLE:
      return decode_throttle(bytes);
    case TL_RECORD_HOOK:
      return decode_hook(*record, bytes, schemas);
    case TL_RECORD_DATA:
      return decode_data(bytes);
    default:
      return damaged("a record of the unknown kind " + std::to_string(record->kind));
  }
}

}  // namespace tripline
