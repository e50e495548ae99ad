// SPDX-License-Identifier: Apache-2.0
// Record bytes for tests, as the programs in the kernel would write them.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "abi/record.h"
#include "abi/value.h"
#include "event/decode.h"

namespace tripline::test {

using Bytes = std::vector<std::byte>;

inline void append_text(Bytes& bytes, std::string_view text) {
  size_t before = bytes.size();
  bytes.resize(before + text.size());
  if (!text.empty()) std::memcpy(bytes.data() + before, text.data(), text.size());
}

template <typename T>
void append(Bytes& bytes, const T& value) {
  append_text(bytes, {reinterpret_cast<const char*>(&value), sizeof(value)});
}

inline void set_size(Bytes& bytes) {
  auto size = static_cast<uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &size, sizeof(size));
}

inline tl_record make_head(uint16_t kind, uint64_t time, uint32_t tgid, uint32_t tid = 0) {
  return {.size = 0, .kind = kind, .time = time, .tgid = tgid, .tid = tid ? tid : tgid};
}

inline Bytes fork_bytes(const tl_fork& fork) {
  Bytes bytes;
  append(bytes, fork);
  set_size(bytes);
  return bytes;
}

inline Bytes exec_bytes(tl_exec exec, std::string_view name, std::string_view cwd, std::string_view argv) {
  exec.name_size = static_cast<uint32_t>(name.size());
  exec.cwd_size = static_cast<uint32_t>(cwd.size());
  exec.args_size = static_cast<uint32_t>(argv.size());
  Bytes bytes;
  append(bytes, exec);
  append_text(bytes, name);
  append_text(bytes, cwd);
  append_text(bytes, argv);
  set_size(bytes);
  return bytes;
}

inline Bytes exit_bytes(const tl_exit& exit) {
  Bytes bytes;
  append(bytes, exit);
  set_size(bytes);
  return bytes;
}

// A hook section with an int and a file, as fd_install has them.
inline Schema fd_install_schema(uint32_t id = 7) {
  return {.id = id,
          .kind = EventKind::kKprobe,
          .policy = "watch-files",
          .call = "fd_install",
          .function = "fd_install",
          .fixed_size = sizeof(tl_record) + sizeof(tl_number) + sizeof(tl_path),
          .fields = {{FieldType::kInt, sizeof(tl_record), "fd"},
                     {FieldType::kFile, sizeof(tl_record) + sizeof(tl_number), ""}},
          .selectors = {{ActionName::kPost, 0, ""}, {ActionName::kSigkill, 1, ""}}};
}

inline Bytes fd_install_bytes(tl_record head, int32_t fd, std::string_view path, uint16_t mode = 0100644) {
  Bytes bytes;
  append(bytes, head);
  append(bytes, tl_number{.number = static_cast<uint64_t>(int64_t{fd})});
  append(bytes, tl_path{.head = {.size = static_cast<uint32_t>(path.size())}, .mode = mode});
  append_text(bytes, path);
  set_size(bytes);
  return bytes;
}

// A hook section with one field, and its record.
inline Schema one_field_schema(FieldType type, EventKind kind = EventKind::kKprobe) {
  return {.id = 8,
          .kind = kind,
          .policy = "one",
          .function = "function",
          .fixed_size = static_cast<uint32_t>(sizeof(tl_record)) + field_size(type),
          .fields = {{type, sizeof(tl_record), "label"}},
          .selectors = {{ActionName::kPost, 0, ""}}};
}

template <typename Layout>
Bytes one_field_bytes(Layout layout, std::string_view bytes = {}) {
  tl_record head = make_head(TL_RECORD_HOOK, 5, 100, 101);
  head.schema = 8;
  auto size = static_cast<uint32_t>(bytes.size());
  std::memcpy(&layout, &size, sizeof(size));
  Bytes record;
  append(record, head);
  append(record, layout);
  append_text(record, bytes);
  set_size(record);
  return record;
}

// argv with its NULs, from the words of a line.
inline std::string argv_of(std::string_view line) {
  std::string argv(line);
  for (char& c : argv)
    if (c == ' ') c = '\0';
  return argv + '\0';
}

}  // namespace tripline::test
