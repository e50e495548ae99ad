// SPDX-License-Identifier: Apache-2.0
// A stretch of both rings: records one after the other, each as long as it says. They are merged, decoded, and become events
// of a process table with little room; all of what comes in goes out, and each event can be shown: as JSON, as a line for
// people, and as a message that is the same event again.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "event/data.h"
#include "event/merge.h"
#include "event/process.h"
#include "fuzz/input.h"
#include "fuzz/schemas.h"
#include "kube/json.h"
#include "render/compact.h"
#include "render/json.h"
#include "serve/encode.h"
#include "serve/from_message.h"
#include "tetragon/events.pb.h"

namespace {

using namespace tripline;
using fuzz::require;

const Node kNode{"n", ""};

ProcessOptions options() {
  static const auto kPod = std::make_shared<const PodView>(
      PodView{.name_space = "ns", .name = "pod", .container = {.id = "containerd://x"}, .workload = "w"});
  return {
      .node_name = "n",
      .wall_offset = int64_t{1} << 60,
      .process_cred = true,
      .process_ns = true,
      .environment = true,
      .redact =
          [](std::string_view, std::string& arguments, std::string&) {
            if (arguments.contains("secret")) arguments = "*****";
          },
      .ancestors_base = true,
      .ancestors_kprobe = true,
      .ancestors_lsm = true,
      .ancestors_loader = true,
      .linger = 1000,
      .capacity = 4,
      .paths = 256,
      .texts = 256,
      .entries = 2,
      .container_of = [](uint64_t cgroup) { return cgroup % 2 == 0 ? std::string() : std::string(64, 'c'); },
      .pod_of = [](std::string_view id) { return id.starts_with('c') ? kPod : nullptr; }};
}

void show(const Event& event) {
  const std::string json = to_json(event, kNode);
  require(kube::read_json(json).has_value() && !json.contains('\n'));
  const std::string compact = to_compact(event, kNode);
  tetragon::GetEventsResponse message;
  require(message.ParseFromString(EventEncoder(kNode).encode(event)));
  const Received again = from_message(message);
  require(again.event && again.whole && to_json(*again.event, again.node) == json);
  require(to_compact(*again.event, again.node) == compact);
}

struct Rings {
  std::vector<RawRecord> life, policy;
  size_t all = 0;
};

// Of a record that says more than there is, all that there is.
Rings take_apart(std::span<const std::byte> bytes) {
  Rings out;
  for (; bytes.size() >= sizeof(tl_record); ++out.all) {
    tl_record head;
    std::memcpy(&head, bytes.data(), sizeof(head));
    const size_t size = std::clamp<size_t>(head.size, sizeof(head), bytes.size());
    const bool is_policy = head.kind == TL_RECORD_HOOK || head.kind == TL_RECORD_DATA;
    (is_policy ? out.policy : out.life).push_back({bytes.first(size), 0});
    bytes = bytes.subspan(size);
  }
  return out;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const SchemaTable kSchemas = fuzz::all_schemas();
  Rings rings = take_apart(std::as_bytes(std::span(data, size)));
  ProcessTable table(options());
  PendingData pending;
  RecordMerge merge;
  size_t seen = 0;
  const auto take = [&](const RawRecord& raw, Lane) {
    ++seen;
    auto record = decode_record(raw.bytes, kSchemas);
    if (!record) return;
    if (const auto* bytes = std::get_if<DataRecord>(&*record)) return pending.add(*bytes);
    if (auto* hook = std::get_if<HookRecord>(&*record)) (void)pending.complete(*hook);
    if (auto event = table.consume(*record)) show(*event);
  };
  const auto drain = [](std::vector<RawRecord>& from) {
    return [&from](std::vector<RawRecord>& into) {
      into.insert(into.end(), from.begin(), from.end());
      from.clear();
    };
  };
  do (void)merge.round(drain(rings.life), drain(rings.policy), take);
  while (merge.carries());
  require(seen == rings.all);
  for (const CachedProcess& each : table.cached()) (void)EventEncoder(kNode).encode(each.shown);
  return 0;
}
