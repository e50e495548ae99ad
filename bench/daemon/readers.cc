// SPDX-License-Identifier: Apache-2.0
// Readers of a daemon's events, for measurements.
//
//   bench_readers ADDRESS COUNT KIND
//
// COUNT streams, each on a connection of its own. Prints "ready" when each has seen an exec with the argument
// bench-ready. Counts events of KIND (process_kprobe, process_exec) between execs with bench-begin and bench-end, prints
// the least and the most that a stream had between them, and ends.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "client/channel.h"
#include "tetragon/events.pb.h"
#include "tetragon/sensors.pb.h"

using namespace tripline;

namespace {

struct Reader {
  bool ready = false;
  bool counts = false;
  size_t seen = 0;
};

bool take(Reader& reader, const tetragon::GetEventsResponse& event, int kind, std::atomic<size_t>& ready) {
  if (event.has_process_exec()) {
    const std::string& arguments = event.process_exec().process().arguments();
    if (arguments == "bench-ready" && !reader.ready) {
      reader.ready = true;
      ++ready;
    }
    if (arguments == "bench-begin") reader.counts = true;
    if (arguments == "bench-end") return false;
  }
  reader.seen += reader.counts && static_cast<int>(event.event_case()) == kind;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  size_t count = 0;
  if (argc != 4 ||
      std::from_chars(argv[2], argv[2] + std::string_view(argv[2]).size(), count).ec != std::errc()) {
    std::fprintf(stderr, "usage: bench_readers ADDRESS COUNT KIND\n");
    return 2;
  }
  const auto* field = tetragon::GetEventsResponse::descriptor()->FindFieldByName(argv[3]);
  if (field == nullptr || count == 0) return 2;
  std::vector<Reader> readers(count);
  std::atomic<size_t> ready = 0;
  std::atomic<bool> failed = false;
  std::vector<std::jthread> threads;
  threads.reserve(count);
  for (Reader& reader : readers) {
    threads.emplace_back([&, kind = field->number()] {
      auto channel = Channel::open({.address = argv[1]});
      const auto read =
          channel ? channel->events({}, [&](const auto& event) { return take(reader, event, kind, ready); })
                  : std::unexpected(channel.error());
      if (read) return;
      std::fprintf(stderr, "bench_readers: %s\n", read.error().c_str());
      failed = true;
    });
  }
  while (ready < count && !failed) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::printf("ready\n");
  std::fflush(stdout);
  threads.clear();
  const auto [least, most] = std::ranges::minmax(readers, {}, &Reader::seen);
  std::printf("%zu %zu\n", least.seen, most.seen);
  return failed ? 1 : 0;
}
