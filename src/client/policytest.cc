// SPDX-License-Identifier: Apache-2.0
// A scenario's deed is done again and again until the event has come or the time is over: when a stream of events has
// begun, nobody tells.
#include "client/policytest.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <expected>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "client/exit_status.h"
#include "client/policy_table.h"
#include "client/policy_tests.h"
#include "filter/subject.h"
#include "policy/parse/mode.h"
#include "tetragon/events.pb.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

constexpr auto kLimit = std::chrono::seconds(60);  // of a scenario
constexpr auto kPause = std::chrono::milliseconds(500);
// What the agent says where the kernel is older than that.
constexpr std::string_view kNoOverride = "this kernel cannot override functions of user space";

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

struct ScenarioResult {
  std::string name;
  std::string error;
};

struct TestResult {
  std::string name;
  std::string error;
  std::string skipped;
  std::vector<ScenarioResult> scenarios;

  [[nodiscard]] size_t succeeded() const {
    return static_cast<size_t>(std::ranges::count(scenarios, "", &ScenarioResult::error));
  }
  [[nodiscard]] bool failed() const {
    return !error.empty() || (skipped.empty() && succeeded() < scenarios.size());
  }
};

std::expected<TestValues, std::string> given_values(const flags::Parsed& parsed) {
  TestValues out;
  for (const std::string& text : parsed.list("set-param")) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) return std::unexpected(text + " must be formatted as key=value");
    out[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return out;
}

bool is_wanted(const flags::Parsed& parsed, const PolicyTest& test, bool all) {
  return all || std::ranges::find(parsed.words, test.name) != parsed.words.end();
}

// Every combination of the values of a test's parameters.
std::vector<TestValues> all_values(const PolicyTest& test) {
  std::vector<TestValues> out{{}};
  for (const TestParameter& parameter : test.parameters) {
    std::vector<TestValues> more;
    for (const TestValues& before : out) {
      for (const std::string_view value : parameter.values) {
        TestValues values = before;
        values[std::string(parameter.name)] = value;
        more.push_back(std::move(values));
      }
    }
    out = std::move(more);
  }
  return out;
}

std::expected<std::string, std::string> policy_text(const flags::Parsed& parsed, const PolicyTest& test,
                                                    const TestValues& values) {
  std::string text = policy_of(test, values);
  if (parsed.is("monitor-mode")) {
    auto changed = with_mode(text, "monitor");
    if (!changed) return std::unexpected(changed.error());
    text = *std::move(changed);
  }
  if (const std::string& folder = parsed.text("dump-policy-path"); !folder.empty()) {
    const std::string path = folder + "/" + std::string(test.name) + ".yaml";
    std::ofstream file(path);
    if (!(file << text << std::flush)) return std::unexpected("write " + path + ": " + go_error(errno));
  }
  return text;
}

std::string random_token() {
  std::random_device random;
  return fmt::format("{:08x}", random());
}

// In a process of its own, whose arguments hold the token. The error is why it was not done.
std::optional<std::string> run_deed(Deed deed, const std::string& token) {
  std::string name(deed_name(deed));
  std::string word = token;
  char program[] = "tetra", first[] = "policytest", second[] = "trigger";
  char* const args[] = {program, first, second, name.data(), word.data(), nullptr};
  pid_t child = 0;
  if (const int problem = posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, args, environ);
      problem != 0)
    return "failed to start the scenario's process: " + go_error(problem);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) return "the scenario cannot run on this machine";
  return {};
}

// The error is why no event told of what the scenario did.
std::string run_scenario(const PolicyTest& test, const TestScenario& scenario, Channel& channel) {
  const std::string token = random_token();
  tetragon::GetEventsRequest request;
  request.add_allow_list()->add_policy_names(policy_name_of(test));
  std::atomic<uint32_t> told = 0;
  std::atomic<bool> over = false, ended = false;
  std::string stream_error;
  std::thread reader([&] {
    const auto stream = channel.events(
        request,
        [&](const tetragon::GetEventsResponse& event) {
          const Subject subject = subject_of(event);
          if (subject.process && subject.process->arguments.contains(token) && scenario.tells(event)) ++told;
          return told < scenario.events && !over;
        },
        kLimit);
    if (!stream) stream_error = stream.error();
    over = ended = true;
  });
  std::optional<std::string> problem;
  while (!over && !problem && told < scenario.events) {
    problem = run_deed(scenario.deed, token);
    for (auto waited = kPause / 10; waited <= kPause && told < scenario.events; waited += kPause / 10)
      std::this_thread::sleep_for(kPause / 10);
  }
  over = true;
  while (!ended) {
    channel.cancel_events();
    std::this_thread::sleep_for(kPause / 10);
  }
  reader.join();
  if (problem) return *problem;
  if (told >= scenario.events) return {};
  return stream_error.empty() ? "no event reported it" : "no event reported it: " + stream_error;
}

TestResult run_test(const flags::Parsed& parsed, const PolicyTest& test, const TestValues& values,
                    Channel& channel) {
  TestResult out{.name = std::string(test.name)};
  std::string shown;
  for (const TestParameter& parameter : test.parameters)
    if (const auto value = values.find(parameter.name); value != values.end())
      shown += fmt::format("{}{}:{}", shown.empty() ? "" : " ", value->first, value->second);
  if (!shown.empty()) out.name += " (" + shown + ")";
  out.skipped = test.skipped;
  if (!out.skipped.empty()) return out;
  const auto text = policy_text(parsed, test, values);
  if (!text) {
    out.error = text.error();
    return out;
  }
  tetragon::AddTracingPolicyRequest add;
  add.set_yaml(*text);
  tetragon::AddTracingPolicyResponse added;
  if (const auto asked = channel.call("AddTracingPolicy", add, added); !asked)
    out.error = "failed to add tracing policy: " + asked.error();
  if (test.overrides && out.error.contains(kNoOverride)) {
    out.skipped = kNoOverride;
    out.error.clear();
  }
  if (out.error.empty() && out.skipped.empty()) {
    for (const TestScenario& scenario : test.scenarios)
      out.scenarios.push_back({std::string(scenario.name), run_scenario(test, scenario, channel)});
  }
  tetragon::DeleteTracingPolicyRequest remove;
  remove.set_name(policy_name_of(test));
  tetragon::DeleteTracingPolicyResponse removed;
  // One that could not be loaded stays listed, too.
  (void)channel.call("DeleteTracingPolicy", remove, removed);
  return out;
}

// --- results --------------------------------------------------------------------------------------------------------

std::string results_text(const std::vector<TestResult>& results) {
  std::vector<std::vector<std::string>> rows;
  for (const TestResult& result : results) {
    const size_t all = result.scenarios.size();
    const size_t good = result.succeeded();
    std::string_view icon = good == all ? "✅" : good == 0 ? "🔴" : "🟠";
    std::string note = fmt::format("{}/{} scenario(s) succeeded", good, all);
    if (!result.error.empty()) {
      icon = "❌";
      note = result.error;
    } else if (!result.skipped.empty()) {
      icon = "⏭️";
      note = result.skipped;
    }
    rows.push_back({fmt::format("P: {:<40}", result.name), std::string(icon), note});
    for (const ScenarioResult& each : result.scenarios) {
      rows.push_back({fmt::format("{}S: {}", &each == &result.scenarios.back() ? "└" : "├", each.name),
                      each.error.empty() ? "🟢" : "🔴", each.error});
    }
  }
  return table_text(rows);
}

std::string results_json(const std::vector<TestResult>& results) {
  std::string out;
  for (const TestResult& result : results) {
    std::string scenarios;
    for (const ScenarioResult& each : result.scenarios) {
      scenarios += fmt::format("{}{{\"name\":{}{}}}", scenarios.empty() ? "" : ",", go_quoted(each.name),
                               each.error.empty() ? "" : ",\"error\":" + go_quoted(each.error));
    }
    out += fmt::format("{{\"name\":{},\"result\":{{\"error\":{},\"skipped\":{},\"scenarios\":[{}]}}}}\n",
                       go_quoted(result.name), go_quoted(result.error), go_quoted(result.skipped), scenarios);
  }
  return out;
}

int report(const flags::Parsed& parsed, const std::vector<TestResult>& results) {
  const std::string text = parsed.text("output") == "json" ? results_json(results) : results_text(results);
  const std::string& path = parsed.text("output-file");
  if (path.empty()) {
    fmt::print("{}", text);
  } else {
    std::ofstream file(path);
    if (!(file << text << std::flush))
      return complain("error opening output file: open " + path + ": " + go_error(errno));
  }
  const auto failed = std::ranges::count_if(results, &TestResult::failed);
  return failed == 0 ? 0 : complain(fmt::format("result errors: {}/{}", failed, results.size()));
}

}  // namespace

int list_policy_tests(const flags::Parsed& parsed) {
  for (const PolicyTest& test : policy_tests()) {
    fmt::print("{} [{}]\n", test.name, test.label);
    if (!parsed.is("list-params") || test.parameters.empty()) continue;
    fmt::print(" parameters:\n");
    for (const TestParameter& parameter : test.parameters)
      fmt::print("   {}: {}\n", parameter.name, parameter.help);
  }
  return 0;
}

int dump_test_policies(const flags::Parsed& parsed) {
  const auto values = given_values(parsed);
  if (!values) return complain(values.error());
  for (const PolicyTest& test : policy_tests()) {
    if (!is_wanted(parsed, test, false)) continue;
    if (!test.skipped.empty()) return complain(std::string(test.name) + ": " + std::string(test.skipped));
    const auto text = policy_text(parsed, test, *values);
    if (!text) return complain(text.error());
    fmt::print("{}", *text);
  }
  return 0;
}

int run_policy_tests(const flags::Parsed& parsed, Channel& channel) {
  const auto values = given_values(parsed);
  if (!values) return complain(values.error());
  if (!values->empty() && parsed.is("all-params"))
    return complain("setting --set-param conflicts with --all-params");
  tetragon::GetInfoResponse info;
  if (const auto asked = channel.call("GetInfo", tetragon::GetInfoRequest(), info); !asked)
    return complain("failed to start local runner: failed to retrieve info: " + asked.error());
  std::vector<TestResult> results;
  for (const PolicyTest& test : policy_tests()) {
    if (!is_wanted(parsed, test, parsed.is("all-tests"))) continue;
    for (const TestValues& each : parsed.is("all-params") ? all_values(test) : std::vector{*values})
      results.push_back(run_test(parsed, test, each, channel));
  }
  return report(parsed, results);
}

int trigger_policy_test(const flags::Parsed& parsed) {
  const auto deed = deed_named(parsed.words[0]);
  if (!deed) return complain("unknown action " + go_quoted(parsed.words[0]));
  return do_deed(*deed, parsed.words[1]) ? 0 : kFailed;
}

}  // namespace tripline
