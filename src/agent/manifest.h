// SPDX-License-Identifier: Apache-2.0
// The manifest: what one agent leaves in the kernel for the next. Lines of text, each a word and its fields; lines
// that begin with an unknown word are ignored, so that a later version can add more.
//
// A manifest written with another layout of records and maps (`abi`) is refused: only its version is known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/maps.h"
#include "agent/numbers.h"
#include "agent/policy_id.h"
#include "base/result.h"
#include "hook/attachment.h"
#include "hook/target.h"

namespace tripline {

// A policy whose programs were left, or that something was counted for.
struct LeftPolicy {
  PolicyName name;
  uint64_t document = 0;                                       // a hash of its text (Member::text)
  uint32_t mode = 0;                                           // where its mode is, in tl_control.mode
  std::vector<std::pair<PolicyPart, tl_counter>> counts = {};  // by programs that are gone
};

struct LeftCounter {
  uint32_t policy = 0;  // in Manifest::policies
  PolicyPart part;
  uint32_t counter = 0;
};

struct LeftHook {
  Attachment attachment = Attachment::kFentry;
  Target target;
  uint32_t slot = 0;
  uint32_t born = 0;
  uint32_t first_counter = 0;
  uint32_t counters = 0;
  std::vector<LeftCounter> owned = {};
  std::vector<std::string> pins = {};  // names of its links in their folder
};

struct Manifest {
  std::string version;  // of the agent
  uint32_t next_pair = 1;
  // Before this epoch something else, which is not listed here, is in force as well.
  uint32_t alone_from = 0;
  std::vector<LeftPolicy> policies = {};
  std::vector<LeftHook> hooks = {};
  std::vector<LeftCounter> resting = {};  // of programs that are gone, and whose counters were not used again
  std::vector<std::string> facts = {};    // links of the programs that keep process facts
};

// Of this version: a hash of all that programs of two versions must agree on.
[[nodiscard]] std::string_view manifest_abi();

[[nodiscard]] std::string manifest_text(const Manifest& manifest);
// Fails when it is of another layout, and when it is damaged.
[[nodiscard]] Result<Manifest> read_manifest(std::string_view text);

}  // namespace tripline
