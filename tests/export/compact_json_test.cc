// SPDX-License-Identifier: Apache-2.0
#include "export/compact_json.h"

#include <gtest/gtest.h>

#include "event/text.h"
#include "render/json.h"
#include "serve/random_event.h"

namespace tripline {
namespace {

std::string expanded(const std::string& text) {
  JsonExpander expander;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    const auto done = expander.add(std::string_view(text).substr(at, end - at), out);
    EXPECT_TRUE(done) << done.error() << '\n' << text.substr(at, end - at);
    at = end + 1;
  }
  return out;
}

std::string id(uint64_t start, uint32_t pid) {
  return base64("debian:" + std::to_string(start) + ":" + std::to_string(pid));
}

// A shell that starts programs, each of which says its exec and its exit.
class Storm {
 public:
  Storm() {
    Process shell{
        .exec_id = id(912'345'678'901, 800), .pid = 800, .uid = 0, .auid = 4294967295, .cwd = "/mnt/work"};
    shell.binary = "/usr/bin/bash";
    shell.arguments = "/mnt/work/trigger.sh";
    shell.flags = "execve clone";
    shell.start_time = kTime;
    shell.parent_exec_id = id(812'345'678'901, 700);
    shell.in_init_tree = false;
    shell_ = std::make_shared<const Process>(shell);
  }
  void run(uint32_t times, const std::function<void(const std::string&)>& take) {
    JsonWriter writer({"debian", ""});
    for (uint32_t at = 0; at < times; at++) {
      const int64_t time = kTime + 1'234'567 * (at + 1);
      Process process = *shell_;
      process.pid = 1000 + at;
      process.exec_id = id(922'345'678'901 + 1'234'567 * at, process.pid);
      process.binary = "/bin/true";
      process.arguments = "word " + std::to_string(at);
      process.start_time = time;
      process.parent_exec_id = shell_->exec_id;
      Event event{.time = time};
      event.process = {std::make_shared<const Process>(process), process.pid};
      event.parent = Shown{shell_, shell_->pid};
      event.payload = ProcessExec{};
      take(line_of(writer, event));
      event.time = time + 654'321;
      event.payload = ProcessExit{};
      take(line_of(writer, event));
    }
  }

 private:
  static constexpr int64_t kTime = 1'767'225'599'123'456'789;
  static std::string line_of(JsonWriter& writer, const Event& event) {
    TextBuffer out;
    writer.write(out, event);
    return std::string(out.view());
  }
  std::shared_ptr<const Process> shell_;
};

TEST(CompactJson, AStormOfExecsTakesAQuarterOfTheBytes) {
  JsonCompactor compactor;
  std::string whole, compact;
  Storm().run(1000, [&](const std::string& line) {
    whole += line + '\n';
    compactor.add(line, compact);
  });
  EXPECT_EQ(expanded(compact), whole);
  EXPECT_LE(compact.size(), whole.size() / 4) << compact.substr(0, 1500);
  EXPECT_EQ(compactor.groups(), 1U);
}

TEST(CompactJson, AGroupCanBeReadWithoutWhatWasBefore) {
  JsonCompactor compactor;
  std::string whole, compact;
  int lines = 0;
  Storm().run(50, [&](const std::string& line) {
    if (lines++ == 51) {
      compactor.begin_group();
      whole.clear();
      compact.clear();
    }
    whole += line + '\n';
    compactor.add(line, compact);
  });
  EXPECT_EQ(expanded(compact), whole);
}

// Processes that come again, changed or not, and with other parents and ancestors than they are known to have.
TEST(CompactJson, GivesAnyEventsBackToTheLastByte) {
  test::RandomEvents random(5);
  const Node node{"n", "c"};
  JsonCompactor compactor;
  std::string whole, compact;
  std::vector<Shown> seen;
  int compacted = 0;
  for (int round = 0; round < 20'000; round++) {
    Event event = random.event();
    const auto again = [&](Shown& shown) {
      if (!seen.empty() && round % 3 != 0) shown = seen[static_cast<size_t>(round * 7919) % seen.size()];
      if (seen.size() < 40 && shown.process) seen.push_back(shown);
    };
    if (event.process.process) again(event.process);
    if (event.parent) again(*event.parent);
    for (Shown& ancestor : event.ancestors) again(ancestor);
    if (round % 5 == 0 && event.process.process) event.parent = event.process;
    const std::string line = to_json(event, round % 1000 == 999 ? Node{"other", ""} : node);
    whole += line + '\n';
    const size_t before = compact.size();
    compactor.add(line, compact);
    if (compact.size() - before < line.size()) compacted++;
  }
  EXPECT_EQ(expanded(compact), whole);
  EXPECT_GT(compacted, 5000);
}

// They change with the node, and are not repeated in each line.
TEST(CompactJson, LabelsOfTheNode) {
  for (const std::string cluster : {"", R"(,"cluster_name":"c")"}) {
    JsonCompactor compactor;
    std::string whole, compact;
    int lines = 0;
    Storm().run(50, [&](std::string line) {
      std::string tail = cluster;
      if (lines >= 30) tail += R"(,"node_labels":{"os":"linux"})";
      if (lines >= 60) tail.insert(tail.size() - 1, R"(,"zone":"a")");
      ++lines;
      line.insert(line.size() - 1, tail);
      whole += line + '\n';
      compactor.add(line, compact);
    });
    EXPECT_EQ(expanded(compact), whole);
    EXPECT_EQ(compactor.groups(), 3U);
    EXPECT_EQ(compact.find("zone"), compact.rfind("zone"));
  }
}

TEST(CompactJson, LinesOfOthersStayAsTheyAre) {
  const std::string lines[] = {
      R"({"rate_limit_info":{"number_of_dropped_process_events":"3"},"node_name":"n","time":"1970-01-01T00:00:00Z"})",
      R"({"process_exec":{"process":{"pid":1}},"node_name":"n","time":"1970-01-01T00:00:00Z"})",
      R"({"process_exec":{"process":{"exec_id":"a","pid":1}},"time":"1970-01-01T00:00:00Z"})",
      R"({"process_exec":{"process":{"exec_id":"a","new":1}},"node_name":"n","time":"1970-01-01T00:00:00Z"})",
      R"({"process_exec":{"process":{"exec_id":"a"}},"node_name":"n","time":"1970-01-01T00:00:00.10Z"})",
      R"({"process_exit":{"process":{"exec_id":"a"}},"node_name":"n","time":"1970-01-01T00:00:00Z"})",
      R"({})",
      R"(no JSON)",
      R"({"process_exec":)",
  };
  for (const std::string& line : lines) {
    std::string out;
    JsonCompactor().add(line, out);
    EXPECT_EQ(out, line + '\n');
  }
}

TEST(CompactJson, SaysWhatIsMissing) {
  const auto refused = [](std::string_view text) {
    JsonExpander expander;
    std::string out;
    std::expected<void, std::string> last;
    while (!text.empty()) {
      last = expander.add(text.substr(0, text.find('\n')), out);
      text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    }
    return last ? "nothing" : last.error();
  };
  const std::string group = R"({"compact_json":1,"node_name":"n","time":"1970-01-01T00:00:00Z"})"
                            "\n";
  EXPECT_EQ(refused(group + R"({"process_exec":{"process":"a"},"time":0})"),
            R"(process "a" was not shown before)");
  EXPECT_EQ(refused(R"({"process_exec":{"process":{"exec_id":"a"}},"time":0})"),
            "the start of its group is missing");
  EXPECT_EQ(refused(R"({"compact_json":1,"time":"x"})"), "the start of a group lacks its time or its node");
  EXPECT_EQ(refused(group + R"({"process_exec":{"process":{"pid":1}},"time":0})"),
            "a process has no exec_id");
  EXPECT_EQ(refused("text"), "it is not a JSON object");
}

TEST(CompactJson, FewBytesDoNotBecomeMany) {
  constexpr size_t kMany = 100;
  const std::string large = R"({"exec_id":"a","cwd":")" + std::string(size_t{1} << 20, 'x') + "\"}";
  const auto last_of = [](const std::vector<std::string>& lines) {
    JsonExpander expander;
    std::string out;
    std::expected<void, std::string> last = expander.add(lines.front(), out);
    for (size_t at = 1; last && at < lines.size(); at++) last = expander.add(lines[at], out);
    return last ? "nothing" : last.error();
  };
  const std::string group = R"({"compact_json":1,"node_name":"n","time":"1970-01-01T00:00:00Z"})";
  const std::string first = R"({"process_exec":{"process":)" + large + R"(},"time":0})";

  std::string ancestors = R"({"process_exec":{"ancestors":["a")";
  for (size_t at = 0; at < kMany; at++) ancestors += R"(,"a")";
  EXPECT_EQ(last_of({group, first, ancestors + R"(]},"time":0})"}), "its list of ancestors is too long");

  // Each child has what its parent has, under an id of its own.
  std::vector<std::string> children = {group, first};
  for (size_t at = 0; at < kMany; at++) {
    const std::string parent = at == 0 ? "a" : std::to_string(at - 1);
    children.push_back(R"({"process_exec":{"process":{"exec_id":")" + std::to_string(at) +
                       R"("},"parent":")" + parent + R"("},"time":0})");
  }
  EXPECT_EQ(last_of(children), "its group is too long");
}

TEST(CompactJson, ReadsAnyBytesWithoutHarm) {
  std::mt19937_64 random(3);
  std::string compact;
  JsonCompactor compactor;
  Storm().run(20, [&](const std::string& line) { compactor.add(line, compact); });
  for (int round = 0; round < 20'000; round++) {
    std::string text = compact.substr(0, 200 + random() % 1500);
    for (int changes = 0; changes < 4; changes++)
      text[random() % text.size()] = "\"{}[]:,\\x0\n"[random() % 11];
    JsonExpander expander;
    JsonCompactor again;
    std::string out;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      (void)expander.add(std::string_view(text).substr(at, end - at), out);
      again.add(std::string_view(text).substr(at, end - at), out);
      at = end + 1;
    }
  }
}

}  // namespace
}  // namespace tripline
