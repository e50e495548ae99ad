// SPDX-License-Identifier: Apache-2.0
#include "export/compact_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

#include "render/time.h"

namespace tripline {
namespace {

using Members = std::vector<JsonMember>;
using Outcome = std::expected<void, std::string>;

constexpr std::string_view kGroup = "{\"compact_json\":1";
constexpr std::string_view kIdMember = "{\"exec_id\":\"";
constexpr std::string_view kId = "exec_id", kParentId = "parent_exec_id", kPid = "pid", kTid = "tid";
constexpr std::string_view kProcess = "process", kParent = "parent", kAncestors = "ancestors", kTime = "time";
constexpr std::string_view kNode = "node_name", kCluster = "cluster_name", kNodeLabels = "node_labels";
constexpr std::string_view kExec = "process_exec", kExit = "process_exit";
constexpr std::string_view kNull = "null";
// Bytes of a list that short names stand for.
constexpr size_t kLongestList = size_t{64} << 20;

// The members of a process, in the order in which they stand.
constexpr std::array kProcessMembers = std::to_array<std::string_view>({kId,
                                                                        kPid,
                                                                        "uid",
                                                                        "cwd",
                                                                        "binary",
                                                                        "arguments",
                                                                        "flags",
                                                                        "start_time",
                                                                        "auid",
                                                                        "pod",
                                                                        "docker",
                                                                        kParentId,
                                                                        "refcnt",
                                                                        "cap",
                                                                        "ns",
                                                                        kTid,
                                                                        "process_credentials",
                                                                        "binary_properties",
                                                                        "user",
                                                                        "in_init_tree",
                                                                        "environment_variables"});
// Those that a child has of its parent until something changes them.
constexpr std::array kInherited =
    std::to_array<std::string_view>({"uid", "cwd", "binary", "auid", "pod", "docker", "cap", "ns",
                                     "process_credentials", "user", "in_init_tree", "environment_variables"});

const JsonMember* find(const Members& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &JsonMember::name);
  return found == members.end() ? nullptr : &*found;
}

std::string_view inside(std::string_view quoted) { return quoted.substr(1, quoted.size() - 2); }

// Of the text of a process.
std::string_view id_of(std::string_view object) {
  object.remove_prefix(kIdMember.size() - 1);
  const char* const end = skip_json_value(object.data(), object.data() + object.size());
  return inside(object.substr(0, static_cast<size_t>(end - object.data())));
}

std::string_view parent_id_of(std::string_view object) {
  Members members;
  if (!read_json_members(object, members)) return {};
  const JsonMember* parent = find(members, kParentId);
  return parent == nullptr ? std::string_view() : inside(parent->value);
}

// A process that can be told from its members: all of them known, in their order, the id first.
bool is_process(std::string_view object) {
  Members members;
  if (!object.starts_with(kIdMember) || !read_json_members(object, members)) return false;
  size_t at = 0;
  for (const JsonMember& member : members) {
    while (at < kProcessMembers.size() && kProcessMembers.at(at) != member.name) at++;
    if (at++ == kProcessMembers.size() || member.value == kNull) return false;
  }
  return true;
}

// The elements of a list of objects or texts.
std::optional<std::vector<std::string_view>> elements_of(std::string_view list) {
  std::vector<std::string_view> out;
  if (list.size() < 2 || list.front() != '[' || list.back() != ']') return std::nullopt;
  const char* at = list.data() + 1;
  const char* const end = list.data() + list.size() - 1;
  while (at < end) {
    const char* const next = skip_json_value(at, end);
    if (next == at) return std::nullopt;
    out.emplace_back(at, static_cast<size_t>(next - at));
    at = next;
    if (at == end) break;
    if (*at++ != ',' || at == end) return std::nullopt;
  }
  return out;
}

void add_member(std::string& out, std::string_view name, std::string_view value) {
  if (!out.ends_with('{')) out += ',';
  out.append("\"").append(name).append("\":").append(value);
}

std::string quoted_time(int64_t time) { return '"' + std::string(std::string_view(rfc3339(time))) + '"'; }

// What a process is likely to be that was not shown before. Parts of it lie in `parent` and in `texts`.
Members likely_of(std::string_view event, std::string_view time, const std::string* parent,
                  std::string& texts) {
  Members out;
  if (parent != nullptr) {
    Members above;
    (void)read_json_members(*parent, above);
    for (const JsonMember& member : above)
      if (std::ranges::find(kInherited, member.name) != kInherited.end()) out.push_back(member);
    texts = '"' + std::string(id_of(*parent)) + '"';
    out.push_back({kParentId, texts});
  }
  if (event == kExec) {
    out.push_back({"flags", "\"execve clone\""});
    out.push_back({"start_time", time});
  }
  return out;
}

// And its thread, which is the first one.
void add_likely_thread(Members& likely, const Members& process) {
  const JsonMember* pid = find(process, kPid);
  if (pid != nullptr && find(likely, kTid) == nullptr) likely.push_back({kTid, pid->value});
}

}  // namespace

const std::string* ProcessMemory::find(std::string_view exec_id) const {
  const auto found = objects_.find(std::string(exec_id));
  return found == objects_.end() ? nullptr : &found->second;
}

void ProcessMemory::keep(std::string_view exec_id, std::string_view object) {
  std::string& kept = objects_[std::string(exec_id)];
  bytes_ += object.size() + (kept.empty() ? exec_id.size() : 0) - kept.size();
  kept = object;
}

void ProcessMemory::clear() {
  objects_.clear();
  bytes_ = 0;
}

std::optional<int64_t> parse_own_time(std::string_view text) {
  constexpr int64_t kSecond = 1'000'000'000;
  const std::string copy(text);
  tm parts{};
  int read = 0;
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &read) != 6)
    return std::nullopt;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  int64_t fraction = 0;
  std::string_view rest = std::string_view(copy).substr(static_cast<size_t>(read));
  if (rest.starts_with('.')) {
    std::string digits(rest.substr(1, rest.find('Z') - 1));
    digits.resize(9, '0');
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
  }
  // Those that are none of ours need not fit.
  const __int128 exact = static_cast<__int128>(timegm(&parts)) * kSecond + fraction;
  const auto time = static_cast<int64_t>(exact);
  if (time != exact || rfc3339(time) != text) return std::nullopt;
  return time;
}

// --- there ----------------------------------------------------------------------------------------------------------

// The parts of a line that are treated apart.
struct JsonCompactor::Parts {
  std::string_view event;  // its name
  Members members;         // of the event
  int64_t time = 0;
  std::string_view time_text;
  std::string envelope;
};

// What follows the time of an event, and is the same for many: the cluster, then the labels of the node.
bool is_tail(const Members& tail) {
  size_t at = 0;
  for (const std::string_view name : {kCluster, kNodeLabels}) at += at < tail.size() && tail[at].name == name;
  return at == tail.size();
}

bool JsonCompactor::read(std::string_view line, Parts& parts) const {
  Members top;
  if (!read_json_members(line, top) || top.size() < 3 || top.size() > 5) return false;
  if (!top[0].name.starts_with("process_") || top[1].name != kNode || top[2].name != kTime) return false;
  const Members tail(top.begin() + 3, top.end());
  if (!is_tail(tail)) return false;
  parts.event = top[0].name;
  parts.time_text = top[2].value;
  if (parts.time_text.size() < 2) return false;
  const auto time = parse_own_time(inside(parts.time_text));
  if (!time || !read_json_members(top[0].value, parts.members)) return false;
  parts.time = *time;
  add_member(parts.envelope = '{', kNode, top[1].value);
  for (const auto& [name, value] : tail) add_member(parts.envelope, name, value);
  for (size_t at = 0; at < parts.members.size(); at++) {
    const auto& [name, value] = parts.members[at];
    if (name == kProcess && (at != 0 || !is_process(value))) return false;
    if (name == kParent && (at != 1 || parts.members[0].name != kProcess || !is_process(value))) return false;
    if (name == kAncestors) {
      const auto elements = elements_of(value);
      if (!elements || !std::ranges::all_of(*elements, is_process)) return false;
    }
  }
  if (parts.event != kExit) return true;
  // The time goes again, and comes back at its place.
  const auto exit_time = std::ranges::find(parts.members, kTime, &JsonMember::name);
  if (exit_time == parts.members.end() || exit_time->value != parts.time_text) return false;
  const auto rest = parts.members.erase(exit_time);
  return rest == parts.members.end() || rest->name == kAncestors;
}

void JsonCompactor::add(std::string_view line, std::string& out) {
  Parts parts;
  if (!read(line, parts)) {
    out.append(line) += '\n';
    return;
  }
  if (!in_group_ || parts.envelope != envelope_ || memory_.full()) add_header(parts, out);
  add_event(parts, out);
  out += '\n';
}

void JsonCompactor::add_header(const Parts& parts, std::string& out) {
  memory_.clear();
  envelope_ = parts.envelope;
  time_ = parts.time;
  in_group_ = true;
  groups_++;
  out.append(kGroup).append(",").append(parts.envelope.substr(1)).append(",\"time\":");
  out.append(parts.time_text).append("}\n");
}

// Both sides take the parent first, then the process, then the ancestors.
void JsonCompactor::add_event(const Parts& parts, std::string& out) {
  const JsonMember* process = ::tripline::find(parts.members, kProcess);
  const JsonMember* parent = ::tripline::find(parts.members, kParent);
  std::string process_text, parent_text;
  if (process != nullptr) {
    const std::string* known = memory_.find(id_of(process->value));
    const std::string* usual = known != nullptr ? memory_.find(parent_id_of(*known)) : nullptr;
    if (parent == nullptr) {
      if (usual != nullptr) parent_text = kNull;
    } else if (usual == nullptr || *usual != parent->value) {
      add_process(parent->value, {}, parent_text);
    }
    std::string texts;
    const std::string* above = parent != nullptr ? memory_.find(id_of(parent->value)) : nullptr;
    add_process(process->value, likely_of(parts.event, parts.time_text, above, texts), process_text);
  }
  out.append("{\"").append(parts.event).append("\":{");
  if (process != nullptr) add_member(out, kProcess, process_text);
  if (!parent_text.empty()) add_member(out, kParent, parent_text);
  for (const auto& [name, value] : parts.members) {
    if (name == kProcess || name == kParent) continue;
    if (name != kAncestors) {
      add_member(out, name, value);
      continue;
    }
    std::string list = "[";
    const auto elements = elements_of(value);  // read() saw them
    for (const std::string_view ancestor : *elements) {
      if (list.size() > 1) list += ',';
      add_process(ancestor, {}, list);
    }
    add_member(out, name, list + ']');
  }
  const auto passed = static_cast<int64_t>(static_cast<uint64_t>(parts.time) - static_cast<uint64_t>(time_));
  out.append("},\"time\":").append(std::to_string(passed)) += '}';
  time_ = parts.time;
}

void JsonCompactor::add_process(std::string_view object, const Members& likely, std::string& out) {
  const std::string_view id = id_of(object);
  const std::string* known = memory_.find(id);
  if (known != nullptr && *known == object) {
    out.append("\"").append(id) += '"';
    return;
  }
  Members now, base = likely;
  (void)read_json_members(object, now);
  if (known != nullptr)
    (void)read_json_members(*known, base);
  else
    add_likely_thread(base, now);
  std::string text = "{";
  add_member(text, kId, now.front().value);
  for (const JsonMember& member : now) {
    const JsonMember* before = ::tripline::find(base, member.name);
    if (member.name != kId && (before == nullptr || before->value != member.value))
      add_member(text, member.name, member.value);
  }
  for (const JsonMember& member : base)
    if (::tripline::find(now, member.name) == nullptr) add_member(text, member.name, kNull);
  out.append(text) += '}';
  memory_.keep(id, object);
}

// --- and back -------------------------------------------------------------------------------------------------------

namespace {

std::unexpected<std::string> wrong(std::string why) { return std::unexpected(std::move(why)); }

}  // namespace

Outcome JsonExpander::add(std::string_view line, std::string& out) {
  Members top;
  if (!read_json_members(line, top)) return wrong("it is not a JSON object");
  if (line.starts_with(kGroup)) return begin_group(top);
  int64_t passed = 0;
  const auto is_compact = [&] {
    if (top.size() != 2 || top[1].name != kTime) return false;
    const std::string_view number = top[1].value;
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), passed);
    return fault == std::errc() && end == number.data() + number.size();
  };
  if (!is_compact()) {
    out.append(line) += '\n';
    return {};
  }
  if (!in_group_) return wrong("the start of its group is missing");
  return add_event(top[0], passed, out);
}

Outcome JsonExpander::begin_group(const Members& members) {
  memory_.clear();
  const JsonMember* time = find(members, kTime);
  const auto parsed =
      time != nullptr && time->value.size() > 2 ? parse_own_time(inside(time->value)) : std::nullopt;
  const JsonMember* node = find(members, kNode);
  in_group_ = parsed && node != nullptr;
  if (!in_group_) return wrong("the start of a group lacks its time or its node");
  time_ = *parsed;
  node_ = node->value;
  tail_.clear();
  for (const std::string_view name : {kCluster, kNodeLabels}) {
    if (const JsonMember* member = find(members, name)) add_member(tail_, name, member->value);
  }
  return {};
}

std::expected<std::string, std::string> JsonExpander::process_of(std::string_view value,
                                                                 const Members& likely) {
  if (value.size() >= 2 && value.front() == '"') {
    const std::string* known = memory_.find(inside(value));
    if (known == nullptr) return wrong("process " + std::string(value) + " was not shown before");
    return *known;
  }
  Members given, base = likely;
  if (!value.starts_with(kIdMember) || !read_json_members(value, given))
    return wrong("a process has no exec_id");
  const std::string* known = memory_.find(id_of(value));
  if (known != nullptr)
    (void)read_json_members(*known, base);
  else
    add_likely_thread(base, given);
  std::string text = "{";
  for (const std::string_view name : kProcessMembers) {
    const JsonMember* member = find(given, name);
    if (member == nullptr) member = find(base, name);
    if (member != nullptr && member->value != kNull) add_member(text, name, member->value);
  }
  text += '}';
  memory_.keep(id_of(value), text);
  return text;
}

Outcome JsonExpander::add_event(const JsonMember& event, int64_t passed, std::string& out) {
  Members members;
  if (!read_json_members(event.value, members)) return wrong("the event is not an object");
  // Whoever writes begins another group before.
  if (memory_.full()) return wrong("its group is too long");
  time_ = static_cast<int64_t>(static_cast<uint64_t>(time_) + static_cast<uint64_t>(passed));
  const std::string time = quoted_time(time_);
  const JsonMember* process = find(members, kProcess);
  const JsonMember* parent = find(members, kParent);
  std::string process_text, parent_text;
  if (process != nullptr) {
    const bool is_id = process->value.starts_with('"');
    if (!is_id && !process->value.starts_with(kIdMember)) return wrong("a process has no exec_id");
    const std::string* known = memory_.find(is_id ? inside(process->value) : id_of(process->value));
    if (parent == nullptr) {
      const std::string* usual = known != nullptr ? memory_.find(parent_id_of(*known)) : nullptr;
      if (usual != nullptr) parent_text = *usual;
    } else if (parent->value != kNull) {
      auto read = process_of(parent->value, {});
      if (!read) return std::unexpected(read.error());
      parent_text = *std::move(read);
    }
    std::string texts;
    auto read = process_of(process->value,
                           likely_of(event.name, time, parent_text.empty() ? nullptr : &parent_text, texts));
    if (!read) return std::unexpected(read.error());
    process_text = *std::move(read);
  }
  std::string text = "{";
  if (process != nullptr) add_member(text, kProcess, process_text);
  if (!parent_text.empty()) add_member(text, kParent, parent_text);
  bool has_time = event.name != kExit;
  for (const auto& [name, value] : members) {
    if (name == kProcess || name == kParent) continue;
    if (name != kAncestors) {
      add_member(text, name, value);
      continue;
    }
    if (!std::exchange(has_time, true)) add_member(text, kTime, time);
    const auto elements = elements_of(value);
    if (!elements) return wrong("the ancestors are not a list");
    std::string list = "[";
    for (const std::string_view element : *elements) {
      auto read = process_of(element, {});
      if (!read) return std::unexpected(read.error());
      if (list.size() > 1) list += ',';
      list += *read;
      if (list.size() > kLongestList) return wrong("its list of ancestors is too long");
    }
    add_member(text, name, list + ']');
  }
  if (!has_time) add_member(text, kTime, time);
  out.append("{\"").append(event.name).append("\":").append(text).append("},\"").append(kNode).append("\":");
  out.append(node_).append(",\"time\":").append(time);
  out.append(tail_) += "}\n";
  return {};
}

}  // namespace tripline
