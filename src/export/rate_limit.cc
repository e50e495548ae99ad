// SPDX-License-Identifier: Apache-2.0
#include "export/rate_limit.h"

#include <utility>

#include "render/json_out.h"
#include "render/time.h"

namespace tripline {

bool EventRate::take(Clock::time_point now) {
  const std::chrono::duration<double> passed = now - filled_;
  filled_ = now;
  left_ = std::min(most_, left_ + most_ * passed / std::chrono::duration<double>(kMinute));
  if (left_ < 1) {
    dropped_++;
    return false;
  }
  left_ -= 1;
  return true;
}

uint64_t EventRate::report(Clock::time_point now) {
  if (now < report_) return 0;
  report_ += kMinute;
  if (report_ <= now) report_ = now + kMinute;  // nobody asked for a while
  return dropped_ - std::exchange(reported_, dropped_);
}

void add_rate_limit_line(TextBuffer& out, const Node& node, uint64_t dropped, int64_t time) {
  out.add('{');  // whatever line is before
  JsonOut json(out);
  json.object("rate_limit_info");
  json.member64("number_of_dropped_process_events", dropped);
  json.end();
  json.member("node_name", node.name);
  json.plain_member("time", rfc3339(time));
  json.member("cluster_name", node.cluster);
  json.end();
}

}  // namespace tripline
