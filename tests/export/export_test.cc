// SPDX-License-Identifier: Apache-2.0
#include "export/export.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <thread>

#include "event/text.h"
#include "export/compact_json.h"
#include "export/folder.h"
#include "render/json_value.h"

namespace tripline {
namespace {

using test::Folder;
using test::read_file;

Event exec_of(const std::string& binary, const std::string& arguments) {
  auto process = std::make_shared<Process>();
  process->binary = SharedText(binary);
  process->arguments = SharedText(arguments);
  Event event;
  event.process.process = process;
  event.payload = ProcessExec{};
  return event;
}

std::string line(const std::string& binary) {
  return R"({"process_exec":{"process":{"binary":")" + binary +
         R"("}},"node_name":"n","time":"1970-01-01T00:00:00Z"})" + "\n";
}

ExportFilters filters_of(const ListTexts& texts) {
  auto filters = compile_export_lists(texts, {});
  EXPECT_TRUE(filters) << filters.error();
  return *std::move(filters);
}

TEST(Export, WritesWhatPassesAndWhatIsLeftOfIt) {
  const Folder folder;
  auto started =
      Export::start({.target = folder / "e"}, {"n", ""},
                    filters_of({R"({"binary_regex":["/[abc]$"]})", R"({"arguments_regex":["^hide"]})",
                                R"({"fields":"process.binary"})"}));
  ASSERT_TRUE(started) << started.error().text();
  started->add(exec_of("/bin/a", "x"));
  started->add(exec_of("/bin/b", "hide me"));
  started->add(exec_of("/bin/true", "x"));
  started->add(exec_of("/bin/c", "x"));
  EXPECT_FALSE(started->flush(Export::Clock::now()));
  EXPECT_FALSE(started->finish());
  EXPECT_EQ(read_file(folder / "e"), line("/bin/a") + line("/bin/c"));
  EXPECT_EQ(started->counts().events, 2U);
  EXPECT_EQ(started->counts().lost, 0U);
}

// A filter may learn from each event it is asked about, so it is asked once.
TEST(Export, IsAskedOnceBeforeAnEventIsWhole) {
  const Folder folder;
  auto started =
      Export::start({.target = folder / "e"}, {"n", ""},
                    filters_of({R"({"binary_regex":["/a$"]})", "", R"({"fields":"process.binary"})"}));
  ASSERT_TRUE(started) << started.error().text();
  ASSERT_TRUE(started->passes(exec_of("/bin/a", "x")));
  started->add(exec_of("/bin/other", "x"));  // would not pass, if it were asked about
  started->add(exec_of("/bin/other", "x"));
  EXPECT_FALSE(started->passes(exec_of("/bin/b", "x")));
  started->add(exec_of("/bin/a", "x"));
  EXPECT_FALSE(started->finish());
  EXPECT_EQ(read_file(folder / "e"), line("/bin/other") + line("/bin/a"));
}

TEST(Export, AnExpressionIsAskedAboutTheWholeEvent) {
  FilterOptions options;
  options.compile_cel = [](const std::string&) { return Matcher([](const Subject&) { return false; }); };
  auto filters = compile_export_lists({R"({"cel_expression":["false"]})", "", ""}, options);
  ASSERT_TRUE(filters) << filters.error();
  const Folder folder;
  auto started = Export::start({.target = folder / "e"}, {"n", ""}, *std::move(filters));
  ASSERT_TRUE(started) << started.error().text();
  EXPECT_TRUE(started->passes(exec_of("/bin/a", "x")));
  started->add(exec_of("/bin/a", "x"));
  EXPECT_FALSE(started->finish());
  EXPECT_EQ(read_file(folder / "e"), "");
}

TEST(Export, APathIntoATimeTakesTheMessage) {
  const Folder folder;
  auto started =
      Export::start({.target = folder / "e"}, {"n", ""},
                    filters_of({"", "", R"({"fields":"process.binary,process.start_time.nosuch"})"}));
  ASSERT_TRUE(started) << started.error().text();
  Event event = exec_of("/bin/a", "x");
  started->add(event);
  (void)started->finish();
  EXPECT_EQ(
      read_file(folder / "e"),
      R"({"process_exec":{"process":{"binary":"/bin/a","start_time":"1970-01-01T00:00:00Z"}},"node_name":"n",)"
      R"("time":"1970-01-01T00:00:00Z"})"
      "\n");
}

TEST(Export, ARateLimitIsReportedAfterAMinute) {
  const Folder folder;
  auto started =
      Export::start({.target = folder / "e", .rate_limit = 2}, {"n", ""},
                    filters_of({R"({"binary_regex":["a$"]})", "", R"({"fields":"process.binary"})"}));
  ASSERT_TRUE(started) << started.error().text();
  for (int at = 0; at < 5; at++) {
    started->add(exec_of("/bin/a", "x"));
    started->add(exec_of("/bin/b", "does not count"));
  }
  EXPECT_FALSE(started->flush(Export::Clock::now() + std::chrono::seconds(61)));
  (void)started->finish();
  const std::string text = read_file(folder / "e");
  EXPECT_TRUE(text.starts_with(
      line("/bin/a") + line("/bin/a") +
      R"({"rate_limit_info":{"number_of_dropped_process_events":"3"},"node_name":"n","time":")"))
      << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 3);
  EXPECT_EQ(started->counts().events, 2U) << "without the one that is no event";
  EXPECT_EQ(started->counts().rate_limited, 3U);
}

TEST(Export, TellsWhatIsLostAndWhenItGoesOn) {
  const Folder folder;
  mkfifo((folder / "pipe").c_str(), 0600);
  auto started = Export::start({.target = folder / "pipe"}, {"n", ""});
  ASSERT_TRUE(started) << "someone may read it later";
  started->add(exec_of("/bin/a", "x"));
  auto now = Export::Clock::now();
  (void)started->flush(now);
  while (started->counts().lost == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto said = started->flush(now);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->text(), "level=warn msg=\"Events were not exported\" target=" + (folder / "pipe") +
                              " events=1 error=\"No such device or address\"");
  EXPECT_FALSE(started->flush(now + std::chrono::minutes(1))) << "it was told";
  const Fd reader(open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  started->add(exec_of("/bin/b", "x"));
  (void)started->flush(now);
  while (started->counts().events == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto again = started->flush(now + std::chrono::minutes(2));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->message, "Events are exported again");
}

// The members of an object on the way to what is looked for; null when there is none.
const test::JsonValue* at(const test::JsonValue& value, std::initializer_list<std::string_view> path) {
  const test::JsonValue* found = &value;
  for (const std::string_view name : path) {
    const auto* object = std::get_if<test::JsonValue::Object>(&found->value);
    if (object == nullptr) return nullptr;
    const auto member =
        std::ranges::find(*object, name, [](const auto& each) -> std::string_view { return each.first; });
    if (member == object->end()) return nullptr;
    found = &member->second;
  }
  return found;
}

std::string text_at(const test::JsonValue& value, std::initializer_list<std::string_view> path) {
  const test::JsonValue* found = at(value, path);
  const auto* text = found ? std::get_if<std::string>(&found->value) : nullptr;
  EXPECT_TRUE(text);
  return text ? *text : "";
}

std::string every_byte() {
  std::string out;
  for (int byte = 0; byte < 256; ++byte) out += static_cast<char>(byte);
  return out;
}

// What processes can put into an event: a strict reader finds one line for each, and in it the same text.
TEST(Export, HostileTextsAreLinesOfValidJson) {
  const std::string long_text = [] {
    std::string out;
    while (out.size() < 128 << 10) out += every_byte();
    return out;
  }();
  const std::string texts[] = {every_byte(),
                               long_text,
                               std::string(128 << 10, '\0'),
                               std::string(128 << 10, '"'),
                               "\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xf8\x88\xff",
                               "cut \xe2\x82",
                               "\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\xe2\x80\xa8",
                               "}\n{\"process_exec\":{}}\r\n",
                               "\\u0000\\",
                               ""};
  std::string variables;
  for (int n = 0; n < 1000; ++n) {
    std::string value = every_byte();
    value.erase(0, 1);
    variables += "N" + std::to_string(n) + "=" + value + '\0';
  }
  for (const bool compact : {false, true}) {
    const Folder folder;
    auto started = Export::start({.target = folder / "e", .compact = compact}, {"n\xff\"", "c\n"});
    ASSERT_TRUE(started) << started.error().text();
    for (const std::string& text : texts) {
      Process process{.exec_id = "id" + std::to_string(text.size())};
      process.binary = SharedText(text);
      process.arguments = SharedText(text);
      process.cwd = text;
      process.environment = SharedText(variables);
      Event event;
      event.process.process = std::make_shared<const Process>(process);
      event.payload = ProcessKprobe{
          .function = text, .args = {{StringArg{text}, text}, {BytesArg{text}, ""}}, .policy = text};
      started->add(event);
    }
    EXPECT_FALSE(started->finish());
    std::string lines = read_file(folder / "e");
    if (compact) {
      JsonExpander expander;
      std::string whole;
      for (std::string_view rest = lines; !rest.empty();) {
        const size_t end = rest.find('\n');
        ASSERT_NE(end, rest.npos);
        const auto added = expander.add(rest.substr(0, end), whole);
        ASSERT_TRUE(added) << added.error();
        rest.remove_prefix(end + 1);
      }
      lines = whole;
    }
    std::istringstream in(lines);
    for (const std::string& text : texts) {
      std::string line;
      ASSERT_TRUE(std::getline(in, line));
      EXPECT_TRUE(is_valid_utf8(line));
      const auto read = test::JsonReader::read(line);
      ASSERT_TRUE(read) << line.substr(0, 1000);
      const std::string expected = to_valid_utf8(text);
      if (!text.empty()) {
        EXPECT_EQ(text_at(*read, {"process_kprobe", "process", "binary"}), expected);
        EXPECT_EQ(text_at(*read, {"process_kprobe", "process", "arguments"}), expected);
        EXPECT_EQ(text_at(*read, {"process_kprobe", "function_name"}), expected);
      }
      const test::JsonValue* environment = at(*read, {"process_kprobe", "process", "environment_variables"});
      ASSERT_TRUE(environment);
      const auto& list = std::get<test::JsonValue::Array>(environment->value);
      ASSERT_EQ(list.size(), 1000U);
      EXPECT_EQ(text_at(list[999], {"Key"}), "N999");
      EXPECT_EQ(text_at(list[999], {"Value"}), to_valid_utf8(every_byte().substr(1)));
    }
    EXPECT_EQ(in.peek(), EOF);
  }
}

TEST(Export, RefusesWhatCanNeverBeWritten) {
  const Folder folder;
  EXPECT_EQ(Export::start({.target = folder / ""}, {}).error().errnum, EISDIR);
  std::ofstream(folder / "file");
  EXPECT_EQ(Export::start({.target = folder / "file/e"}, {}).error().errnum, ENOTDIR);
}

}  // namespace
}  // namespace tripline
