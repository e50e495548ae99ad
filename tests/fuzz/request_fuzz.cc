// SPDX-License-Identifier: Apache-2.0
// Requests as bytes, which anybody can send who reaches the socket. The first byte says which: events that somebody wants, or
// a container that is about to start. They are refused with a reason, or an event is filtered and cut by them.
#include <string>

#include "filter/event_filter.h"
#include "filter/field_filter.h"
#include "fuzz/input.h"
#include "serve/encode.h"
#include "serve/expression.h"
#include "serve/random_event.h"
#include "serve/runtime_hook.h"
#include "serve/shape.h"
#include "serve/stable_bytes.h"
#include "tetragon/events.pb.h"
#include "tetragon/sensors.pb.h"

namespace {

using namespace tripline;
using fuzz::require;

void ask_for_events(const std::string& bytes) {
  tetragon::GetEventsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const FieldFilters fields(request);
  auto filter = EventFilter::compile(request, {.compile_cel = cel_compiler({"n", ""})});
  if (!filter) return require(!filter.error().empty());
  test::RandomEvents random(bytes.size());
  EventEncoder encoder(Node{"n", ""});
  for (int round = 0; round < 9; ++round) {
    const Event event = random.event();
    const std::string whole = encoder.encode(event);
    const bool passes = filter->passes(event);
    if (filter->empty()) require(passes);
    const std::string left = shaped_bytes(whole, fields);
    tetragon::GetEventsResponse before, after;
    require(before.ParseFromString(whole) && after.ParseFromString(left) && left.size() <= whole.size());
    require(after.node_name() == before.node_name() && after.event_case() == before.event_case());
    if (fields.empty()) require(stable_bytes(after) == stable_bytes(before));
  }
}

void start_container(const std::string& bytes) {
  tetragon::CreateContainer told;
  if (!told.ParseFromString(bytes)) return;
  const auto starting = read_starting(told);
  if (!starting) return require(!starting.error().empty());
  if (*starting) require(!(*starting)->container.id.empty());
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(fuzz::text_of(data + 1, size - 1));
  if (data[0] % 2 == 0)
    ask_for_events(bytes);
  else
    start_container(bytes);
  return 0;
}
