// SPDX-License-Identifier: Apache-2.0
// Pod: the facts that the agent keeps about a pod of its node. Plain values, whether they come from the API server
// or from the hook of a container runtime. Nothing here depends on the API client.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tripline {

using Labels = std::map<std::string, std::string>;

// A container as the status of its pod has it; one that was started again is another container.
struct Container {
  enum class Kind : uint8_t { kInit, kRegular, kEphemeral };
  enum class State : uint8_t { kWaiting, kRunning, kTerminated };

  std::string id;       // 64 hex digits as a rule, without the runtime; empty before it starts
  std::string runtime;  // "containerd"; empty when the id is
  std::string name;
  std::string image;     // status.image
  std::string image_id;  // status.imageID
  Kind kind = Kind::kRegular;
  State state = State::kWaiting;
  std::optional<int64_t> started_at;  // ns since 1970; while it runs
  bool privileged = false;            // securityContext.privileged of its own
  std::vector<std::vector<std::string>>
      probes;  // exec commands of its liveness and readiness probes; regular ones only
  bool operator==(const Container&) const = default;
};

// An owner with controller = true.
struct Owner {
  std::string api_version;
  std::string kind;
  std::string name;
  bool operator==(const Owner&) const = default;
};

struct Pod {
  std::string uid;
  std::string name_space;
  std::string name;
  std::string generate_name;  // may be empty
  Labels labels;
  Labels annotations;
  std::optional<Owner> controller;  // the first
  std::string node_name;
  std::vector<Container> containers;  // of all kinds, in the order of the statuses: init, regular, ephemeral
  bool operator==(const Pod&) const = default;
};

}  // namespace tripline
