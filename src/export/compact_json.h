// SPDX-License-Identifier: Apache-2.0
// Lines of exported JSON in a fraction of their bytes, and back again to the last byte. Each line is JSON still:
//
//   {"compact_json":1,"node_name":"n","time":"..."}    begins a group: nothing that was said before counts any more
//   {"process_exec":{"process":{"exec_id":"ID","binary":"/bin/true",...},"parent":"ID"},"time":1234567}
//   {"process_exit":{"process":"ID"},"time":2345678}
//
// `time` is a number, ns since the line before. A process that is as it was when it was last shown is its exec_id; of
// another one the members that differ are given, and those that are gone are null. What a process that was not shown yet
// differs from is what is likely: a child of its parent that was executed just now. A parent is left out when it is the one
// that is named by what is known of the process.
//
// A line that does not have the form of our events stands among the others as it is; its `time` is a text. So the lines of
// a group must be read from its start, and none may be missing.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json_scan.h"

namespace tripline {

// What both sides know at one place of the text.
class ProcessMemory {
 public:
  // The last text of a process as an object; null when there is none.
  [[nodiscard]] const std::string* find(std::string_view exec_id) const;
  void keep(std::string_view exec_id, std::string_view object);
  [[nodiscard]] bool full() const { return bytes_ > kMost; }
  void clear();

 private:
  static constexpr size_t kMost = 4 << 20;  // bytes of texts
  std::unordered_map<std::string, std::string> objects_;
  size_t bytes_ = 0;
};

class JsonCompactor {
 public:
  // Adds a line, its end included, to `out`, behind the line that begins a group when one is due. `line` has no end.
  void add(std::string_view line, std::string& out);
  // The next line begins a group: whoever reads it has not seen what was before.
  void begin_group() { in_group_ = false; }
  // Lines that were added to begin groups, ever.
  [[nodiscard]] uint64_t groups() const { return groups_; }

 private:
  struct Parts;
  bool read(std::string_view line, Parts& parts) const;
  void add_header(const Parts& parts, std::string& out);
  void add_event(const Parts& parts, std::string& out);
  void add_process(std::string_view object, const std::vector<JsonMember>& likely, std::string& out);

  ProcessMemory memory_;
  bool in_group_ = false;
  std::string envelope_;  // that the group's lines share: node_name, cluster_name and node_labels
  int64_t time_ = 0;      // of the last line
  uint64_t groups_ = 0;
};

class JsonExpander {
 public:
  // Adds what a line stands for, its end included, to `out`; nothing for one that begins a group. The error is a sentence.
  [[nodiscard]] std::expected<void, std::string> add(std::string_view line, std::string& out);

 private:
  std::expected<void, std::string> begin_group(const std::vector<JsonMember>& members);
  std::expected<void, std::string> add_event(const JsonMember& event, int64_t passed, std::string& out);
  std::expected<std::string, std::string> process_of(std::string_view value,
                                                     const std::vector<JsonMember>& likely);

  ProcessMemory memory_;
  bool in_group_ = false;
  std::string node_;  // the value of node_name
  std::string tail_;  // the members behind the time, with their commas
  int64_t time_ = 0;
};

// "2026-01-31T12:00:00.5Z" in ns since 1970; nothing when rfc3339() would write that time otherwise.
[[nodiscard]] std::optional<int64_t> parse_own_time(std::string_view text);

}  // namespace tripline
