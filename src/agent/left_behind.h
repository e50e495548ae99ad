// SPDX-License-Identifier: Apache-2.0
// What a previous agent left running in a folder of the BPF file system, and what this agent leaves there.
//
// The manifest says what is in force. It is replaced in one step, before programs that it does not list become live.
// So anything else pinned there was attached when its agent was killed, and never judged a call.
#pragma once

#include <string>
#include <vector>

#include "agent/manifest.h"
#include "base/result.h"
#include "load/host.h"

namespace tripline {

struct LeftBehind {
  Manifest manifest;
  FoundMaps maps;
};

// Fails when there is nothing, or nothing that this version can go on with: it must then be left alone until what
// replaces it is in force. Changes nothing.
[[nodiscard]] Result<LeftBehind> find_left_behind(const std::string& folder, const HostOptions& options);

struct LeftPrograms {
  std::vector<Programs> hooks;  // those of the manifest, in its order; without names where they are gone
  Programs facts;
};

// What of it is in force. `host` has its maps. The rest is removed: what the manifest does not name, and programs that
// never were in force or had just been replaced.
[[nodiscard]] LeftPrograms take_over(const std::string& folder, const Manifest& manifest, Host& host);

[[nodiscard]] Result<void> write_manifest(const std::string& folder, const Manifest& manifest);

}  // namespace tripline
