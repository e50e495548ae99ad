// SPDX-License-Identifier: Apache-2.0
// From the JSON of recorded events to Events, and from those to JSON and compact lines: both must be what was recorded.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "render/compact.h"
#include "render/flat_json.h"
#include "render/json.h"
#include "render/read_event.h"

namespace tripline {
namespace {

using test::FlatJson;

const Node kNode{"(none)", ""};

struct Recording {
  std::string name;
  std::map<std::string, std::vector<std::string>> sections;
};

std::vector<Recording> recordings() {
  std::vector<Recording> all;
  const std::string folder = std::string(TRIPLINE_TEST_DATA) + "/../render/recordings";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    Recording recording{.name = entry.path().stem()};
    std::ifstream file(entry.path());
    std::string section;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("-- ") && line.ends_with(" --"))
        section = line.substr(3, line.size() - 6);
      else
        recording.sections[section].push_back(line);
    }
    all.push_back(std::move(recording));
  }
  std::ranges::sort(all, {}, &Recording::name);
  return all;
}

// What recordings leave out, and of parents what they do not show.
FlatJson normalised(const FlatJson& json) {
  static const std::set<std::string> kVarying = {"time", "start_time", "node_name", "refcnt"};
  static const std::set<std::string> kOfParents = {"exec_id", "binary", "arguments", "flags"};
  const std::string hidden = std::to_string(test::kHidden);
  FlatJson normal;
  for (const auto& [path, value] : json) {
    std::string name = path.substr(path.rfind('.') + 1);
    if (kVarying.contains(name)) continue;
    size_t stack = path.find("_stack_trace.");
    if (stack != std::string::npos) {
      normal[path.substr(0, stack + 12)] = "\"PRESENT\"";
      continue;
    }
    if (path.contains(".parent.") && !kOfParents.contains(name)) continue;
    if (path.contains(".ancestors.")) {
      if (name == "exec_id") normal[path.substr(0, path.rfind('.'))] = value;
      continue;
    }
    normal[path] = value == hidden || value == "\"" + hidden + "\"" ? "\"N\"" : value;
  }
  for (const char* payload :
       {"process_exec", "process_exit", "process_kprobe", "process_tracepoint", "process_lsm"}) {
    std::string parent = std::string(payload) + ".parent";
    if (auto id = normal.find(parent + ".exec_id"); id != normal.end() && id->second == "\"OUT\"") {
      normal[parent] = "\"OUT\"";
      normal.erase(id);
    }
  }
  return normal;
}

// Lines with the lines that belong to them.
std::vector<std::string> entries(const std::vector<std::string>& lines) {
  std::vector<std::string> all;
  for (const std::string& line : lines) {
    bool more = line.starts_with("   ") || line == "Kernel:" || line == "User:";
    if (more && !all.empty())
      all.back().append("\n").append(line);
    else
      all.push_back(line);
  }
  return all;
}

// Frames for the event of a compact line, which alone says what they are.
void read_stacks(Event& event, const std::string& entry) {
  auto* kprobe = std::get_if<ProcessKprobe>(&event.payload);
  if (!kprobe) return;
  kprobe->kernel_stack.clear();
  kprobe->user_stack.clear();
  std::vector<StackFrame>* stack = nullptr;
  size_t at = 0;
  while (at < entry.size()) {
    std::string line = entry.substr(at, entry.find('\n', at) - at);
    at += line.size() + 1;
    if (line == "Kernel:") stack = &kprobe->kernel_stack;
    if (line == "User:") stack = &kprobe->user_stack;
    if (!line.starts_with("   0x") || !stack) continue;
    std::string text = line.substr(line.find(": ") + 2);
    StackFrame frame{.offset = std::stoull(text.substr(text.rfind("+0x") + 3), nullptr, 16)};
    text.resize(text.rfind("+0x"));
    if (stack == &kprobe->kernel_stack) {
      frame.symbol = text;
    } else {
      frame.symbol = text.substr(0, text.find('('));
      if (frame.symbol.ends_with(' ')) frame.symbol.pop_back();
      frame.module = text.substr(text.find('(') + 1);
    }
    stack->push_back(frame);
  }
}

// The sign's place depends on the length of paths, which recordings replace.
std::string without_padding(std::string line) {
  size_t sign = line.find("🛑");
  if (sign == std::string::npos) return line;
  size_t end = sign;
  while (end > 0 && line[end - 1] == ' ') end--;
  return line.erase(end, sign - end);
}

TEST(RoundTrip, Json) {
  size_t events = 0;
  for (const Recording& recording : recordings()) {
    SCOPED_TRACE(recording.name);
    for (const std::string& line : recording.sections.at("events.jsonl")) {
      std::optional<Event> event = test::read_event(line);
      if (!event) continue;
      events++;
      auto found = test::Flattener::read(to_json(*event, kNode));
      auto expected = test::Flattener::read(line);
      ASSERT_TRUE(found && expected);
      EXPECT_EQ(normalised(*found), *expected);
    }
  }
  EXPECT_GT(events, 100u);
}

TEST(RoundTrip, Compact) {
  size_t lines = 0;
  for (const Recording& recording : recordings()) {
    SCOPED_TRACE(recording.name);
    const auto& events = recording.sections.at("events.jsonl");
    const auto expected = entries(recording.sections.at("compact"));
    ASSERT_EQ(events.size(), expected.size());
    for (size_t at = 0; at < events.size(); at++) {
      std::optional<Event> event = test::read_event(events[at]);
      if (!event) continue;
      lines++;
      read_stacks(*event, expected[at]);
      EXPECT_EQ(without_padding(to_compact(*event, kNode)), without_padding(expected[at]));
    }
  }
  EXPECT_GT(lines, 100u);
}

}  // namespace
}  // namespace tripline
