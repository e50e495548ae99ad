// SPDX-License-Identifier: Apache-2.0
#include "export/export.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "export/folder.h"

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

TEST(Export, RefusesWhatCanNeverBeWritten) {
  const Folder folder;
  EXPECT_EQ(Export::start({.target = folder / ""}, {}).error().errnum, EISDIR);
  std::ofstream(folder / "file");
  EXPECT_EQ(Export::start({.target = folder / "file/e"}, {}).error().errnum, ENOTDIR);
}

}  // namespace
}  // namespace tripline
