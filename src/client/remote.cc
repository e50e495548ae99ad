// SPDX-License-Identifier: Apache-2.0
#include "client/remote.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "client/bugtool.h"
#include "client/channel.h"
#include "client/document.h"
#include "client/exit_status.h"
#include "client/policy_table.h"
#include "client/policytest.h"
#include "client/stream.h"
#include "client/top.h"
#include "policy/parse/mode.h"
#include "serve/message_json.h"
#include "tetragon/eventlogservice.pb.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

template <typename Response, typename Request>
std::expected<Response, std::string> ask(Channel& channel, std::string_view method, const Request& request) {
  Response response;
  const auto asked = channel.call(method, request, response);
  if (!asked) return std::unexpected(asked.error());
  return response;
}

// --- the agent ----------------------------------------------------------------------------------------------------

int status(const flags::Parsed&, Channel& channel) {
  const auto health =
      ask<tetragon::GetHealthStatusResponse>(channel, "GetHealth", tetragon::GetHealthStatusRequest());
  if (!health) return complain("failed to get health status: " + health.error());
  if (health->health_status_size() == 0) {
    fmt::print("Health Status: no status available\n");
  } else {
    fmt::print("Health Status: {}\n", health->health_status(0).details());
  }
  return 0;
}

int info(const flags::Parsed&, Channel& channel) {
  const auto info = ask<tetragon::GetInfoResponse>(channel, "GetInfo", tetragon::GetInfoRequest());
  if (!info) return complain("failed to retrieve info: " + info.error());
  fmt::print("{}\n", info_json(*info));
  return 0;
}

std::optional<std::string_view> level_word(int level) {
  constexpr std::array<std::string_view, 7> kWords = {"panic", "fatal", "error", "warning",
                                                      "info",  "debug", "trace"};
  if (level < 0 || level >= static_cast<int>(kWords.size())) return {};
  return kWords[static_cast<size_t>(level)];
}

int log_level(const flags::Parsed&, Channel& channel) {
  tetragon::GetDebugRequest request;
  request.set_flag(tetragon::CONFIG_FLAG_LOG_LEVEL);
  const auto debug = ask<tetragon::GetDebugResponse>(channel, "GetDebug", request);
  if (!debug) return complain("failed to get log level: " + debug.error());
  fmt::print("Current log level: {}\n", tetragon::LogLevel_Name(debug->level()));
  return 0;
}

int set_log_level(const flags::Parsed& parsed, Channel& channel) {
  tetragon::SetDebugRequest request;
  request.set_flag(tetragon::CONFIG_FLAG_LOG_LEVEL);
  const std::string word = parsed.words.empty() ? "" : parsed.words.front();
  int level = 0;
  while (level_word(level) && *level_word(level) != word) ++level;
  if (parsed.words.size() != 1 || !level_word(level))
    return complain("usage: tetra loglevel set [trace|debug|info|warning|error|fatal|panic]");
  request.set_level(static_cast<tetragon::LogLevel>(level));
  const auto debug = ask<tetragon::SetDebugResponse>(channel, "SetDebug", request);
  if (!debug) return complain("failed to set log level: " + debug.error());
  fmt::print("Log level set to: {}\n", tetragon::LogLevel_Name(debug->level()));
  return 0;
}

int dump_processes(const flags::Parsed& parsed, Channel& channel) {
  tetragon::GetDebugRequest request;
  request.set_flag(tetragon::CONFIG_FLAG_DUMP_PROCESS_CACHE);
  request.mutable_dump()->set_skip_zero_refcnt(parsed.is("skip-zero-refcnt"));
  request.mutable_dump()->set_exclude_execve_map_processes(parsed.is("exclude-execve-map-processes"));
  const auto debug = ask<tetragon::GetDebugResponse>(channel, "GetDebug", request);
  if (!debug) return complain("failed to get process dump debug info: " + debug.error());
  for (const tetragon::ProcessInternal& process : debug->processes().processes())
    fmt::print("{}\n", message_to_indented_json(process));
  return 0;
}

int event_log(const flags::Parsed&, Channel& channel) {
  const auto got = ask<tetragon::GetEventLogParamsResponse>(channel, "EventLogService/GetEventLogParams",
                                                            tetragon::GetEventLogParamsRequest());
  if (!got) return complain(got.error());
  std::vector<std::string> fields;
  if (got->max_size() != 0) fields.push_back(fmt::format("max_size:{}", got->max_size()));
  if (!got->rotation_interval().empty())
    fields.push_back(fmt::format("rotation_interval:\"{}\"", got->rotation_interval()));
  if (got->max_backups() != 0) fields.push_back(fmt::format("max_backups:{}", got->max_backups()));
  fmt::print("Current logging parameters: {}\n", fmt::join(fields, "  "));
  return 0;
}

int set_event_log(const flags::Parsed& parsed, Channel& channel) {
  tetragon::SetEventLogParamsRequest request;
  if (parsed.given("max-size")) request.set_max_size(static_cast<int32_t>(parsed.number("max-size")));
  if (parsed.given("max-backups"))
    request.set_max_backups(static_cast<int32_t>(parsed.number("max-backups")));
  if (parsed.given("rotation-interval"))
    request.set_rotation_interval(flags::duration_text(parsed.duration("rotation-interval")));
  const auto set =
      ask<tetragon::SetEventLogParamsResponse>(channel, "EventLogService/SetEventLogParams", request);
  return set ? 0 : complain("failed to set event log parameters: " + set.error());
}

// --- policies -----------------------------------------------------------------------------------------------------

int add_policy(const flags::Parsed& parsed, Channel& channel) {
  const std::string& path = parsed.words.front();
  auto text = read_document(path);
  if (!text) return complain(text.error());
  if (parsed.given("mode")) {
    auto changed = with_mode(*text, parsed.text("mode"));
    if (!changed) return complain(mode_error(parsed.text("mode"), path, changed.error()));
    text = *std::move(changed);
  }
  tetragon::AddTracingPolicyRequest request;
  request.set_yaml(*text);
  request.set_domain(parsed.text("domain"));
  const auto added = ask<tetragon::AddTracingPolicyResponse>(channel, "AddTracingPolicy", request);
  if (!added) return complain("failed to add tracing policy: " + added.error());
  fmt::print("tracing policy \"{}\" added\n", path);
  return 0;
}

template <typename Request>
Request named(const flags::Parsed& parsed) {
  Request request;
  request.set_name(parsed.words.front());
  request.set_namespace_(parsed.text("namespace"));
  request.set_domain(parsed.text("domain"));
  return request;
}

int delete_policy(const flags::Parsed& parsed, Channel& channel) {
  const auto deleted = ask<tetragon::DeleteTracingPolicyResponse>(
      channel, "DeleteTracingPolicy", named<tetragon::DeleteTracingPolicyRequest>(parsed));
  if (!deleted) return complain("failed to delete tracing policy: " + deleted.error());
  fmt::print("tracing policy \"{}\" deleted\n", parsed.words.front());
  return 0;
}

int switch_policy(const flags::Parsed& parsed, Channel& channel, bool enabled) {
  auto request = named<tetragon::ConfigureTracingPolicyRequest>(parsed);
  request.set_enable(enabled);
  const auto done = ask<tetragon::ConfigureTracingPolicyResponse>(channel, "ConfigureTracingPolicy", request);
  if (!done)
    return complain(
        fmt::format("failed to {} tracing policy: {}", enabled ? "enable" : "disable", done.error()));
  fmt::print("tracing policy \"{}\" {}\n", parsed.words.front(), enabled ? "enabled" : "disabled");
  return 0;
}

int enable_policy(const flags::Parsed& parsed, Channel& channel) {
  return switch_policy(parsed, channel, true);
}
int disable_policy(const flags::Parsed& parsed, Channel& channel) {
  return switch_policy(parsed, channel, false);
}

int set_mode(const flags::Parsed& parsed, Channel& channel) {
  const std::string& mode = parsed.words[1];
  auto request = named<tetragon::ConfigureTracingPolicyRequest>(parsed);
  if (mode != "enforce" && mode != "monitor") return complain("invalid mode: " + mode);
  request.set_mode(mode == "enforce" ? tetragon::TP_MODE_ENFORCE : tetragon::TP_MODE_MONITOR);
  const auto done = ask<tetragon::ConfigureTracingPolicyResponse>(channel, "ConfigureTracingPolicy", request);
  if (!done) return complain(fmt::format("failed set mode to \"{}\" tracing policy: {}", mode, done.error()));
  fmt::print("tracing policy \"{}\" set to mode \"{}\"\n", parsed.words.front(), mode);
  return 0;
}

int list_policies(const flags::Parsed& parsed, Channel& channel) {
  tetragon::ListTracingPoliciesRequest request;
  request.set_domain(parsed.text("domain"));
  const auto list = ask<tetragon::ListTracingPoliciesResponse>(channel, "ListTracingPolicies", request);
  if (!list) return complain("failed to list tracing policies: " + list.error());
  if (parsed.text("output") == "json") {
    fmt::print("{}\n", message_to_json(*list));
  } else {
    fmt::print("{}", policy_table(*list));
  }
  return 0;
}

int list_domains(const flags::Parsed& parsed, Channel& channel) {
  const auto list =
      ask<tetragon::ListDomainsResponse>(channel, "ListDomains", tetragon::ListDomainsRequest());
  if (!list) return complain("failed to list domains: " + list.error());
  if (parsed.text("output") != "json") {
    fmt::print("[{}]\n", fmt::join(list->domains(), " "));
  } else if (list->domains_size() == 0) {
    fmt::print("{{}}\n");
  } else {
    fmt::print("{{\"domains\":[\"{}\"]}}\n", fmt::join(list->domains(), "\", \""));
  }
  return 0;
}

int sensors(const flags::Parsed& parsed, Channel& channel) {
  const std::string name = parsed.words.empty() ? "" : parsed.words.front();
  std::expected<void, std::string> done;
  if (parsed.name() == "sensors list") {
    tetragon::ListSensorsResponse response;
    done = channel.call("ListSensors", tetragon::ListSensorsRequest(), response);
  } else if (parsed.name() == "sensors enable") {
    tetragon::EnableSensorResponse response;
    done = channel.call("EnableSensor", tetragon::EnableSensorRequest(), response);
  } else if (parsed.name() == "sensors disable") {
    tetragon::DisableSensorResponse response;
    done = channel.call("DisableSensor", tetragon::DisableSensorRequest(), response);
  } else {
    tetragon::RemoveSensorResponse response;
    done = channel.call("RemoveSensor", tetragon::RemoveSensorRequest(), response);
  }
  return done ? 0 : complain(done.error());
}

int create_container(const flags::Parsed& parsed, Channel& channel) {
  tetragon::RuntimeHookRequest request;
  tetragon::CreateContainer& container = *request.mutable_createcontainer();
  container.set_cgroupspath(parsed.text("container-id"));
  container.set_rootdir(parsed.text("root-dir"));
  for (const std::string& text : parsed.list("annotations")) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      const auto& known = parsed.command().flags;
      const auto flag = std::ranges::find(known, std::string_view("annotations"), &flags::Flag::name);
      return complain(flags::invalid_argument(*flag, text, text + " must be formatted as key=value"));
    }
    (*container.mutable_annotations())[text.substr(0, equals)] = text.substr(equals + 1);
  }
  const auto done = ask<tetragon::RuntimeHookResponse>(channel, "RuntimeHook", request);
  return done ? 0 : complain("failed to trigger create-container hook: " + done.error());
}

// --- by name ------------------------------------------------------------------------------------------------------

struct Verb {
  std::string_view name;
  int (*run)(const flags::Parsed&, Channel&);
};

constexpr std::array kVerbs = std::to_array<Verb>({
    {"status", status},
    {"info", info},
    {"getevents", stream_events},
    {"loglevel get", log_level},
    {"loglevel set", set_log_level},
    {"debug dump processcache", dump_processes},
    {"dump processcache", dump_processes},
    {"eventlog get", event_log},
    {"eventlog set", set_event_log},
    {"tracingpolicy add", add_policy},
    {"tracingpolicy delete", delete_policy},
    {"tracingpolicy enable", enable_policy},
    {"tracingpolicy disable", disable_policy},
    {"tracingpolicy set-mode", set_mode},
    {"tracingpolicy list", list_policies},
    {"tracingpolicy domains", list_domains},
    {"policytest run", run_policy_tests},
    {"rthooks create-container", create_container},
    {"bugtool", collect_bug_report},
    {"top", show_top},
    {"sensors list", sensors},
    {"sensors enable", sensors},
    {"sensors disable", sensors},
    {"sensors rm", sensors},
});

}  // namespace

ChannelOptions channel_options(const flags::Parsed& parsed) {
  ChannelOptions out;
  out.address = parsed.text("server-address");
  out.timeout = parsed.duration("timeout");
  out.retries = parsed.number("retries");
  out.max_receive = static_cast<int>(parsed.number("max-recv-size"));
  out.certificate = parsed.text("tls-cert-file");
  out.key = parsed.text("tls-key-file");
  out.authorities = parsed.list("tls-ca-cert-files");
  out.server_name = parsed.text("tls-server-name");
  out.skip_verify = parsed.is("tls-skip-verify");
  return out;
}

std::expected<std::string, std::string> server_version(const flags::Parsed& parsed) {
  auto channel = Channel::open(channel_options(parsed));
  if (!channel) return std::unexpected("failed to create gRPC client: " + channel.error());
  const auto version =
      ask<tetragon::GetVersionResponse>(*channel, "GetVersion", tetragon::GetVersionRequest());
  if (!version) return std::unexpected("failed to get version: " + version.error());
  return version->version();
}

std::optional<int> run_remote(const flags::Parsed& parsed) {
  for (const Verb& verb : kVerbs) {
    if (verb.name != parsed.name()) continue;
    auto channel = Channel::open(channel_options(parsed));
    if (!channel) return complain("failed to create gRPC client: " + channel.error());
    return verb.run(parsed, *channel);
  }
  return {};
}

}  // namespace tripline
