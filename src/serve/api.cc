// SPDX-License-Identifier: Apache-2.0
#include "serve/api.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <array>
#include <memory>
#include <random>
#include <utility>

#include "flags/duration.h"
#include "serve/message.h"
#include "serve/runtime_hook.h"
#include "serve/stable_bytes.h"
#include "serve/status_message.h"
#include "tetragon/eventlogservice.pb.h"
#include "tetragon/sensors.pb.h"
#include "tripline/agent.pb.h"

namespace tripline {
namespace {

constexpr std::string_view kSensors = "tetragon.FineGuidanceSensors";
constexpr std::string_view kEventLog = "tetragon.EventLogService";
constexpr std::string_view kOwn = "tripline.api.Agent";  // what no other agent has
constexpr std::string_view kDefaultDomain = "grpc";

Answer refusal(std::string text) { return {Answer::Code::kUnknown, std::move(text)}; }

// As a UUID is written.
std::string random_id() {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::random_device random;
  std::string id;
  for (int n = 0; n < 32; ++n) {
    if (n == 8 || n == 12 || n == 16 || n == 20) id += '-';
    id += kHex[random() % kHex.size()];
  }
  return id;
}

Answer response(const google::protobuf::Message& message) {
  return {Answer::Code::kOk, stable_bytes(message)};
}

template <typename Response>
Answer outcome(const Registry::Outcome& from) {
  return from ? response(Response{}) : refusal(from.error());
}

PolicyName name_of(const std::string& name, const std::string& policy_namespace, const std::string& domain) {
  return {domain.empty() ? std::string(kDefaultDomain) : domain, policy_namespace, name};
}

// --- policies -----------------------------------------------------------------------------------------------------

void answer(const Backend& backend, tetragon::AddTracingPolicyRequest request, Reply reply) {
  backend.post([&backend, request = std::move(request), reply = std::make_shared<Reply>(std::move(reply))] {
    const std::string domain = request.domain().empty() ? std::string(kDefaultDomain) : request.domain();
    backend.registry->add({"<request>", request.yaml()}, domain, true,
                          [reply](const Registry::Outcome& done) {
                            (*reply)(outcome<tetragon::AddTracingPolicyResponse>(done));
                          });
  });
}

void answer(const Backend& backend, const tetragon::DeleteTracingPolicyRequest& request, Reply reply) {
  const PolicyName name = name_of(request.name(), request.namespace_(), request.domain());
  backend.post([&backend, name, reply = std::make_shared<Reply>(std::move(reply))] {
    backend.registry->remove(name, [reply](const Registry::Outcome& done) {
      (*reply)(outcome<tetragon::DeleteTracingPolicyResponse>(done));
    });
  });
}

// The mode first; when that fails, it is all.
void configure(const Backend& backend, const PolicyName& name,
               const tetragon::ConfigureTracingPolicyRequest& request, const std::shared_ptr<Reply>& reply) {
  const auto respond = [reply](const Registry::Outcome& done) {
    (*reply)(outcome<tetragon::ConfigureTracingPolicyResponse>(done));
  };
  const auto enable = [&backend, name, request, respond] {
    if (!request.has_enable()) return respond({});
    backend.registry->set_enabled(name, request.enable(), respond);
  };
  if (const Registry::Outcome there = backend.registry->known(name); !there) return respond(there);
  if (!request.has_mode()) return enable();
  if (request.mode() != tetragon::TP_MODE_ENFORCE && request.mode() != tetragon::TP_MODE_MONITOR) {
    const std::string known = tetragon::TracingPolicyMode_Name(request.mode());
    return (*reply)(
        refusal("unexpected mode: " + (known.empty() ? std::to_string(int{request.mode()}) : known)));
  }
  const auto mode =
      request.mode() == tetragon::TP_MODE_ENFORCE ? Registry::Mode::kEnforce : Registry::Mode::kMonitor;
  backend.registry->set_mode(name, mode, [respond, enable](const Registry::Outcome& done) {
    if (!done) return respond(done);
    enable();
  });
}

void answer(const Backend& backend, tetragon::ConfigureTracingPolicyRequest request, Reply reply) {
  const PolicyName name = name_of(request.name(), request.namespace_(), request.domain());
  backend.post(
      [&backend, name, request = std::move(request), reply = std::make_shared<Reply>(std::move(reply))] {
        configure(backend, name, request, reply);
      });
}

template <typename Response, typename Request>
void switch_policy(const Backend& backend, const Request& request, bool enabled, std::string_view method,
                   Reply reply) {
  if (!backend.deprecated_policy_calls) {
    std::string text(method);
    text += " is deprecated and will be removed in the next release. Use ";
    text += "--enable-deprecated-tracingpolicy-grpc option to enable it in the meantime";
    return reply(refusal(std::move(text)));
  }
  const PolicyName name = name_of(request.name(), request.namespace_(), request.domain());
  backend.post([&backend, name, enabled, reply = std::make_shared<Reply>(std::move(reply))] {
    backend.registry->set_enabled(
        name, enabled, [reply](const Registry::Outcome& done) { (*reply)(outcome<Response>(done)); });
  });
}

void answer(const Backend& backend, const tetragon::EnableTracingPolicyRequest& request, Reply reply) {
  switch_policy<tetragon::EnableTracingPolicyResponse>(backend, request, true, "EnableTracingPolicy",
                                                       std::move(reply));
}

void answer(const Backend& backend, const tetragon::DisableTracingPolicyRequest& request, Reply reply) {
  switch_policy<tetragon::DisableTracingPolicyResponse>(backend, request, false, "DisableTracingPolicy",
                                                        std::move(reply));
}

void answer(const Backend& backend, const tetragon::ListTracingPoliciesRequest& request, Reply reply) {
  backend.post([&backend, domain = request.domain(), reply = std::make_shared<Reply>(std::move(reply))] {
    const Result<std::vector<PolicyStatus>> policies = backend.registry->list(domain);
    if (!policies) return (*reply)(refusal(policies.error().text()));
    tetragon::ListTracingPoliciesResponse list;
    for (const PolicyStatus& policy : *policies) to_message(policy, *list.add_policies());
    (*reply)(response(list));
  });
}

void answer(const Backend& backend, const tetragon::ListDomainsRequest&, Reply reply) {
  backend.post([&backend, reply = std::make_shared<Reply>(std::move(reply))] {
    tetragon::ListDomainsResponse list;
    for (const std::string& domain : backend.registry->domains()) list.add_domains(domain);
    (*reply)(response(list));
  });
}

// --- the agent ----------------------------------------------------------------------------------------------------

void answer(const Backend&, const tetragon::GetHealthStatusRequest&, Reply reply) {
  tetragon::GetHealthStatusResponse health;
  tetragon::HealthStatus& status = *health.add_health_status();
  status.set_event(tetragon::HEALTH_STATUS_TYPE_STATUS);
  status.set_status(tetragon::HEALTH_STATUS_RUNNING);
  status.set_details("running");
  reply(response(health));
}

void answer(const Backend& backend, const tetragon::GetVersionRequest&, Reply reply) {
  tetragon::GetVersionResponse version;
  version.set_version(backend.info.version);
  reply(response(version));
}

struct PackSetting {
  google::protobuf::Any& out;
  void operator()(const std::string& value) const { pack<google::protobuf::StringValue>(value); }
  void operator()(bool value) const { pack<google::protobuf::BoolValue>(value); }
  void operator()(int64_t value) const { pack<google::protobuf::Int64Value>(value); }
  void operator()(const std::vector<std::string>& values) const {
    google::protobuf::ListValue list;
    for (const std::string& value : values) list.add_values()->set_string_value(value);
    out.PackFrom(list);
  }
  template <typename Wrapper, typename Value>
  void pack(const Value& value) const {
    Wrapper wrapper;
    wrapper.set_value(value);
    out.PackFrom(wrapper);
  }
};

void answer(const Backend& backend, const tetragon::GetInfoRequest&, Reply reply) {
  tetragon::GetInfoResponse info;
  info.set_version(backend.info.version);
  for (const auto& [name, enabled] : backend.info.probes) {
    tetragon::GetInfoResponse::Probe& probe = *info.add_probes();
    probe.set_name(name);
    probe.mutable_enabled()->set_value(enabled);
  }
  for (const auto& [key, value] : backend.info.settings) {
    tetragon::GetInfoResponse::ConfVal& setting = *info.add_conf();
    setting.set_key(key);
    std::visit(PackSetting{*setting.mutable_value()}, value);
  }
  info.mutable_build()->set_commit(backend.info.commit);
  info.mutable_build()->set_time(backend.info.build_time);
  reply(response(info));
}

std::string_view colour(CachedProcess::State state) {
  switch (state) {
    case CachedProcess::State::kInUse:
      return "inUse";
    case CachedProcess::State::kDeletePending:
      return "deletePending";
    case CachedProcess::State::kDeleteReady:
      return "deleteReady";
  }
  return {};
}

void add_processes(const std::vector<CachedProcess>& processes,
                   const tetragon::DumpProcessCacheReqArgs& wanted, tetragon::DumpProcessCacheResArgs& out) {
  for (const CachedProcess& one : processes) {
    if (one.refcnt == 0 && wanted.skip_zero_refcnt()) continue;
    if (one.live && wanted.exclude_execve_map_processes()) continue;
    tetragon::ProcessInternal& process = *out.add_processes();
    to_message(one.shown, *process.mutable_process());
    process.set_color(std::string(colour(one.state)));
    process.mutable_refcnt()->set_value(one.refcnt);
    const auto count = [&process](const char* what, uint32_t times) {
      if (times > 0) (*process.mutable_refcnt_ops())[what] = static_cast<int32_t>(times);
    };
    count("process++", 1);
    count("process--", one.live ? 0 : 1);
    count("parent++", one.children);
    count("parent--", one.ended_children);
  }
}

void answer(const Backend& backend, const tetragon::GetDebugRequest& request, Reply reply) {
  tetragon::GetDebugResponse debug;
  debug.set_flag(request.flag());
  if (request.flag() == tetragon::CONFIG_FLAG_LOG_LEVEL) {
    debug.set_level(static_cast<tetragon::LogLevel>(backend.log_level()));
    return reply(response(debug));
  }
  if (request.flag() == tetragon::CONFIG_FLAG_DUMP_PROCESS_CACHE) {
    return backend.post([&backend, request, reply = std::make_shared<Reply>(std::move(reply))] {
      tetragon::GetDebugResponse dump;
      dump.set_flag(request.flag());
      add_processes(backend.processes(), request.dump(), *dump.mutable_processes());
      (*reply)(response(dump));
    });
  }
  reply(refusal("client requested unknown config flag " + std::to_string(int{request.flag()})));
}

void answer(const Backend& backend, const tetragon::SetDebugRequest& request, Reply reply) {
  if (request.flag() != tetragon::CONFIG_FLAG_LOG_LEVEL) {
    return reply(
        refusal("client requested change of unknown config flag " + std::to_string(int{request.flag()})));
  }
  const int level = request.level();
  if (level >= kLogPanic && level <= kLogTrace) backend.set_log_level(level);
  tetragon::SetDebugResponse debug;
  debug.set_level(request.level());
  reply(response(debug));
}

void answer(const Backend& backend, const tetragon::RuntimeHookRequest& request, Reply reply) {
  // The runtime, which may show it to whoever starts containers, is told where to look for the reason.
  const auto refuse = [&backend](Reply& to, const std::string& why) {
    const std::string id = random_id();
    backend.hook_failed(id, why);
    to(refusal("server runtime hook failed. Check agent logs with logid=" + id + " for details"));
  };
  if (!request.has_createcontainer()) return refuse(reply, "unknown event");
  auto starting = read_starting(request.createcontainer());
  if (!starting) return refuse(reply, starting.error());
  if (!*starting) return reply(response(tetragon::RuntimeHookResponse{}));
  if (backend.pods == nullptr) return refuse(reply, "containers are not followed");
  backend.post([&backend, refuse, starting = *std::move(*starting),
                reply = std::make_shared<Reply>(std::move(reply))]() mutable {
    backend.pods->announce(std::move(starting),
                           [refuse, reply](const std::expected<void, std::string>& done) {
                             if (!done) return refuse(*reply, done.error());
                             (*reply)(response(tetragon::RuntimeHookResponse{}));
                           });
  });
}

// Methods that only ever say that they are no more.
void answer(const Backend&, const tetragon::ListSensorsRequest&, Reply reply) {
  reply(refusal("ListSensors is deprecated"));
}
void answer(const Backend&, const tetragon::EnableSensorRequest&, Reply reply) {
  reply(refusal("EnableSensor is deprecated"));
}
void answer(const Backend&, const tetragon::DisableSensorRequest&, Reply reply) {
  reply(refusal("DisableSensor is deprecated"));
}
void answer(const Backend&, const tetragon::RemoveSensorRequest&, Reply reply) {
  reply(refusal("RemoveSensor is deprecated"));
}

// --- the exported log -----------------------------------------------------------------------------------------------

constexpr std::string_view kNoEventLog = "no log params setters available";

void answer(const Backend& backend, const tetragon::SetEventLogParamsRequest& request, Reply reply) {
  if (backend.event_log == nullptr) return reply(refusal(std::string(kNoEventLog)));
  if (request.has_rotation_interval()) {
    const auto interval = flags::parse_duration(request.rotation_interval());
    if (!interval) return reply(refusal(interval.error()));
  }
  backend.post([&backend, request, reply = std::make_shared<Reply>(std::move(reply))] {
    EventLog& log = *backend.event_log;
    if (request.has_max_size()) log.max_size = request.max_size();
    if (request.has_max_backups()) log.max_backups = request.max_backups();
    if (request.has_rotation_interval()) log.rotation_interval = request.rotation_interval();
    if (backend.event_log_changed) backend.event_log_changed();
    (*reply)(response(tetragon::SetEventLogParamsResponse()));
  });
}

void answer(const Backend& backend, const tetragon::GetEventLogParamsRequest&, Reply reply) {
  if (backend.event_log == nullptr) return reply(refusal(std::string(kNoEventLog)));
  backend.post([&backend, reply = std::make_shared<Reply>(std::move(reply))] {
    tetragon::GetEventLogParamsResponse params;
    params.set_max_size(backend.event_log->max_size);
    params.set_max_backups(backend.event_log->max_backups);
    params.set_rotation_interval(backend.event_log->rotation_interval);
    (*reply)(response(params));
  });
}

// --- beyond the API -----------------------------------------------------------------------------------------------

void answer(const Backend& backend, const api::GetLossesRequest&, Reply reply) {
  backend.post([&backend, reply = std::make_shared<Reply>(std::move(reply))] {
    if (!backend.losses) return (*reply)(refusal("losses are not counted"));
    const Result<Losses> losses = backend.losses();
    if (!losses) return (*reply)(refusal(losses.error().text()));
    api::GetLossesResponse out;
    for (const PolicyLosses& policy : losses->policies) {
      api::PolicyLosses& row = *out.add_policies();
      if (policy.id.generation != 0) {
        row.set_name(policy.id.name.name);
        row.set_namespace_(policy.id.name.namespace_name);
      }
      row.set_ring(policy.counter.lost);
      row.set_alone(policy.alone);
      row.set_forgotten(policy.forgotten);
      row.set_cut(policy.cut);
    }
    out.set_life(losses->life_lost);
    out.set_readers(backend.hub->lost());
    (*reply)(response(out));
  });
}

// --- by name --------------------------------------------------------------------------------------------------------

template <typename Request>
void parse_and_answer(const Backend& backend, const std::string& bytes, Reply reply) {
  Request request;
  if (!request.ParseFromString(bytes)) {
    return reply(no_message());
  }
  answer(backend, std::move(request), std::move(reply));
}

struct Method {
  std::string_view service;
  std::string_view name;
  void (*handle)(const Backend&, const std::string&, Reply);
};

constexpr std::array kMethods = std::to_array<Method>({
    {kSensors, "GetHealth", parse_and_answer<tetragon::GetHealthStatusRequest>},
    {kSensors, "AddTracingPolicy", parse_and_answer<tetragon::AddTracingPolicyRequest>},
    {kSensors, "DeleteTracingPolicy", parse_and_answer<tetragon::DeleteTracingPolicyRequest>},
    {kSensors, "ConfigureTracingPolicy", parse_and_answer<tetragon::ConfigureTracingPolicyRequest>},
    {kSensors, "EnableTracingPolicy", parse_and_answer<tetragon::EnableTracingPolicyRequest>},
    {kSensors, "DisableTracingPolicy", parse_and_answer<tetragon::DisableTracingPolicyRequest>},
    {kSensors, "ListTracingPolicies", parse_and_answer<tetragon::ListTracingPoliciesRequest>},
    {kSensors, "ListDomains", parse_and_answer<tetragon::ListDomainsRequest>},
    {kSensors, "ListSensors", parse_and_answer<tetragon::ListSensorsRequest>},
    {kSensors, "EnableSensor", parse_and_answer<tetragon::EnableSensorRequest>},
    {kSensors, "DisableSensor", parse_and_answer<tetragon::DisableSensorRequest>},
    {kSensors, "RemoveSensor", parse_and_answer<tetragon::RemoveSensorRequest>},
    {kSensors, "GetVersion", parse_and_answer<tetragon::GetVersionRequest>},
    {kSensors, "GetInfo", parse_and_answer<tetragon::GetInfoRequest>},
    {kSensors, "RuntimeHook", parse_and_answer<tetragon::RuntimeHookRequest>},
    {kSensors, "GetDebug", parse_and_answer<tetragon::GetDebugRequest>},
    {kSensors, "SetDebug", parse_and_answer<tetragon::SetDebugRequest>},
    {kEventLog, "SetEventLogParams", parse_and_answer<tetragon::SetEventLogParamsRequest>},
    {kOwn, "GetLosses", parse_and_answer<api::GetLossesRequest>},
    {kEventLog, "GetEventLogParams", parse_and_answer<tetragon::GetEventLogParamsRequest>},
});

// "/SERVICE/METHOD" as its two parts; the second is empty when it is not of that form.
std::pair<std::string_view, std::string_view> parts_of(std::string_view path) {
  if (!path.starts_with('/')) return {path, {}};
  path.remove_prefix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Answer no_message() {
  return {Answer::Code::kInternal,
          "grpc: error unmarshalling request: proto:\u00a0cannot parse invalid wire-format data"};
}

Answer unknown_method(std::string_view method, std::string_view service) {
  const auto [of, name] = parts_of(method);
  std::string text;
  if (name.empty()) {
    text = "malformed method name: \"" + std::string(method) + "\"";
  } else if (of == service) {
    text = "unknown method " + std::string(name) + " for service " + std::string(of);
  } else {
    text = "unknown service " + std::string(of);
  }
  return {Answer::Code::kUnimplemented, std::move(text)};
}

void call_method(const Backend& backend, std::string_view method, const std::string& request, Reply reply) {
  const auto [service, name] = parts_of(method);
  for (const Method& each : kMethods) {
    if (each.service == service && each.name == name) return each.handle(backend, request, std::move(reply));
  }
  reply(unknown_method(method, service == kEventLog ? kEventLog : kSensors));
}

}  // namespace tripline
