// SPDX-License-Identifier: Apache-2.0
// The container runtime of this machine, by its own API (CRI) on a unix socket.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "flags/parse.h"

namespace tripline {

[[nodiscard]] int cri_version(const flags::Parsed& parsed);
[[nodiscard]] int cri_cgroup_path(const flags::Parsed& parsed);

// Below the mount of cgroups: "/kubepods.slice/...". `endpoint` is unix://PATH; empty: the first that answers of those
// where runtimes usually are.
[[nodiscard]] std::expected<std::string, std::string> container_cgroup(const std::string& endpoint,
                                                                       const std::string& container);

// The path that a runtime's cgroupsPath means: itself, or that of "SLICE:PREFIX:NAME".
[[nodiscard]] std::expected<std::string, std::string> cgroup_path(std::string_view text);

}  // namespace tripline
