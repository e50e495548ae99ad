// SPDX-License-Identifier: Apache-2.0
#include "client/stream.h"

#include <fmt/format.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "client/exit_status.h"
#include "filter/event_filter.h"
#include "filter/field_filter.h"
#include "render/compact.h"
#include "render/json.h"
#include "render/json_out.h"
#include "render/text_buffer.h"
#include "render/why.h"
#include "serve/expression.h"
#include "serve/from_message.h"
#include "serve/message_json.h"
#include "serve/why.h"
#include "tetragon/events.pb.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

// Of `tripline` alone: `tetra` has no such flag.
bool asks_why(const flags::Parsed& parsed) {
  return std::ranges::any_of(parsed.settings, [](const flags::Setting& setting) {
    return setting.flag->name == "why" && std::get<bool>(setting.value);
  });
}

// Writes each event as it comes: a reader behind a pipe waits for it.
class Printer {
 public:
  explicit Printer(const flags::Parsed& parsed)
      : compact_(parsed.text("output") == "compact"), terminal_(parsed.text("tty-encode")) {
    const std::string& color = parsed.text("color");
    const char* none = std::getenv("NO_COLOR");
    const bool terminal = isatty(STDOUT_FILENO) != 0 && (none == nullptr || *none == '\0');
    options_.colours = color == "always" || (color == "auto" && terminal);
    options_.timestamps = parsed.is("timestamps");
    options_.stack_traces = parsed.is("stack-traces");
    options_.ima_hash = parsed.is("ima-hash");
    why_ = asks_why(parsed);
  }

  // False when nothing more is to be printed, and what failed is in failure(). `why` is shown where it was asked for.
  bool print(const tetragon::GetEventsResponse& message, const Why& why) {
    if (!terminal_.empty()) return put_written(message);
    const Received received = from_message(message);
    if (!compact_) {
      const std::string line = received.whole && received.event ? to_json(*received.event, received.node)
                                                                : message_to_json(message);
      return put(why_ ? json_with_why(line, why) : line);
    }
    if (message.has_test()) return put("TEST EVENT");
    if (!received.event) {
      failure_ = "failed to encode event " + message_to_json(message) + ": unknown event type";
      return false;
    }
    if (!received.event->process.process &&
        !std::holds_alternative<ProcessThrottle>(received.event->payload)) {
      failure_ = "failed to encode event " + message_to_json(message) + ": process field is not set";
      return false;
    }
    return put(to_compact(*received.event, received.node, options_) + (why_ ? why_text(why) : ""));
  }
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  // What was written to that file, as it was.
  [[nodiscard]] bool put_written(const tetragon::GetEventsResponse& message) const {
    const auto& args = message.process_kprobe().args();
    if (args.size() < 2 || args[0].file_arg().path() != terminal_) return true;
    const std::string& bytes =
        args[1].has_truncated_bytes_arg() ? args[1].truncated_bytes_arg().bytes_arg() : args[1].bytes_arg();
    return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size() && std::fflush(stdout) == 0;
  }

  static bool put(const std::string& line) {
    return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
           std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
  }

  bool compact_;
  bool why_ = false;
  std::string terminal_;  // only what is written to this file; empty: events
  CompactOptions options_;
  std::string failure_;
};

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

// A terminal, or /dev/null, which stands for none.
bool input_is_a_device() {
  struct stat input{};
  return fstat(STDIN_FILENO, &input) != 0 || S_ISCHR(input.st_mode);
}

int print_lines(Printer& printer, const tetragon::GetEventsRequest& request) {
  auto filter = EventFilter::compile(request, {.compile_cel = cel_compiler({})});
  if (!filter) return complain(filter.error());
  const FieldFilters fields(request);
  std::string line;
  while (std::getline(std::cin, line)) {
    tetragon::GetEventsResponse message;
    if (!message_from_json(line, message) || !filter->passes(message)) continue;
    fields.apply(message);
    if (!printer.print(message, why_of_line(line)))
      return printer.failure().empty() ? 0 : complain(printer.failure());
  }
  return 0;
}

struct SettingJson {
  JsonOut& json;
  void write(const std::string& key, const google::protobuf::Any& value) const {
    google::protobuf::StringValue text;
    google::protobuf::BoolValue truth;
    google::protobuf::Int64Value number;
    google::protobuf::ListValue list;
    if (value.UnpackTo(&text)) {
      json.set_member(key, std::string_view(text.value()));
    } else if (value.UnpackTo(&truth)) {
      json.set_member(key, truth.value());
    } else if (value.UnpackTo(&number)) {
      json.set_member(key, static_cast<int32_t>(number.value()));
    } else if (value.UnpackTo(&list)) {
      json.array(key);
      for (const google::protobuf::Value& each : list.values()) json.text(each.string_value());
      json.end_array();
    }
  }
};

}  // namespace

tetragon::GetEventsRequest events_request(const flags::Parsed& parsed) {
  tetragon::GetEventsRequest request;
  tetragon::Filter filter;
  for (const std::string& name : parsed.list("event-types")) {
    tetragon::EventType type{};
    if (tetragon::EventType_Parse(name, &type)) filter.add_event_set(type);
  }
  for (const std::string& each : parsed.list("namespace")) filter.add_namespace_(each);
  if (parsed.is("host")) filter.add_namespace_("");
  for (const std::string& each : parsed.list("process")) filter.add_binary_regex(each);
  for (const std::string& each : parsed.list("pod")) filter.add_pod_regex(each);
  for (const std::string& each : parsed.list("containers")) filter.add_container_name_regex(each);
  for (const std::string& each : parsed.list("policy-names")) filter.add_policy_names(each);
  for (const std::string& each : parsed.list("namespace-regex")) filter.add_namespace_regex(each);
  for (const std::string& each : parsed.list("cel-expression")) filter.add_cel_expression(each);
  if (filter.ByteSizeLong() > 0) *request.add_allow_list() = filter;
  for (const auto& [flag, action] :
       {std::pair{"include-fields", tetragon::INCLUDE}, {"exclude-fields", tetragon::EXCLUDE}}) {
    const std::vector<std::string>& paths = parsed.list(flag);
    if (paths.empty()) continue;
    tetragon::FieldFilter& fields = *request.add_field_filters();
    fields.set_action(action);
    for (const std::string& path : paths) fields.mutable_fields()->add_paths(path);
  }
  return request;
}

int stream_events(const flags::Parsed& parsed, Channel& channel) {
  Printer printer(parsed);
  const tetragon::GetEventsRequest request = events_request(parsed);
  if (!input_is_a_device()) return print_lines(printer, request);
  for (;;) {
    bool going = true;
    const auto ended = channel.events(
        request,
        [&](const tetragon::GetEventsResponse& message) {
          going = printer.print(message, why_of(message));
          return going;
        },
        {}, asks_why(parsed));
    if (!going) return printer.failure().empty() ? 0 : complain(printer.failure());
    if (ended) return 0;
    if (!parsed.is("reconnect")) return complain("failed to receive events: " + ended.error());
    fmt::print(stderr, "getevents: err:{} retrying in {}\n", ended.error(),
               flags::duration_text(parsed.duration("reconnect-wait")));
    std::this_thread::sleep_for(parsed.duration("reconnect-wait"));
  }
}

std::string info_json(const tetragon::GetInfoResponse& info) {
  TextBuffer out;
  JsonOut json(out);
  json.start();
  json.set_member("Name", std::string_view(info.name()));
  json.set_member("Version", std::string_view(info.version()));
  json.object("Probes");
  for (const tetragon::GetInfoResponse::Probe& probe : info.probes())
    json.set_member(probe.name(), probe.enabled().value());
  json.end();
  json.object("Conf");
  for (const tetragon::GetInfoResponse::ConfVal& setting : info.conf())
    SettingJson{json}.write(setting.key(), setting.value());
  json.end();
  json.object("Build");
  json.set_member("GoVersion", std::string_view(info.build().go_version()));
  json.set_member("Commit", std::string_view(info.build().commit()));
  json.set_member("Time", std::string_view(info.build().time()));
  json.set_member("Modified", std::string_view(info.build().modified()));
  json.end();
  json.end();
  return std::string(out.view());
}

}  // namespace tripline
