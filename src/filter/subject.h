// SPDX-License-Identifier: Apache-2.0
// What filters look at in an event, whether it is an Event of this agent or a message that some agent sent. Views: they
// live as long as what they were made from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "event/event.h"
#include "filter/label_selector.h"

namespace tetragon {
class GetEventsResponse;
}

namespace tripline {

struct SeenPod {
  std::string_view name_space;
  std::string_view name;
  std::optional<std::string_view> container;  // its name
  bool exec_probe = false;                    // the process may be a health check
  LabelViews labels;
  const Labels* own_labels = nullptr;  // instead, of an Event: hardly anybody asks

  [[nodiscard]] LabelViews all_labels() const {
    return own_labels == nullptr ? labels : LabelViews(own_labels->begin(), own_labels->end());
  }
};

struct SeenProcess {
  uint32_t pid = 0;
  std::string_view exec_id;
  std::string_view binary;
  std::string_view arguments;
  std::string_view docker;
  bool in_init_tree = false;
  std::optional<Capabilities> cap;
  std::optional<SeenPod> pod;  // absent: a process of the host
};

struct Subject {
  int type = 0;  // number of the EventType; 0: none
  std::optional<SeenProcess> process;
  std::optional<SeenProcess> parent;
  std::vector<SeenProcess> ancestors;
  std::string_view policy;
  // What it was made from: one of the two.
  const Event* event = nullptr;
  const tetragon::GetEventsResponse* message = nullptr;
  // The event as a message, once somebody had to make one.
  mutable std::shared_ptr<const tetragon::GetEventsResponse> made;
};

[[nodiscard]] Subject subject_of(const Event& event);
[[nodiscard]] Subject subject_of(const tetragon::GetEventsResponse& message);

}  // namespace tripline
