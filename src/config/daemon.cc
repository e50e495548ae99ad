// SPDX-License-Identifier: Apache-2.0
#include "config/daemon.h"

#include "config/keys.h"

namespace tripline::config {
namespace {

// clang-format off
constexpr flags::Flag kTetragonFlags[] = {
#define TRIPLINE_KEY(type_, member, name_, letter_, default_, help_, no_effect)                                        \
  {.name = name_, .letter = letter_, .type = flags::Type::k##type_, .fallback = default_, .help = help_,              \
   .hidden = std::string_view(name_).ends_with("profile") || is_ours(name_)},
#include "config/keys.inc"
#undef TRIPLINE_KEY
};
constexpr flags::Flag kAgentFlags[] = {
#define TRIPLINE_KEY(type_, member, name_, letter_, default_, help_, no_effect)                                        \
  {.name = name_, .letter = letter_, .type = flags::Type::k##type_, .fallback = default_, .help = help_,              \
   .hidden = std::string_view(name_).ends_with("profile")},
#include "config/keys.inc"
#undef TRIPLINE_KEY
  {.name = "check-config", .type = flags::Type::kBool,
   .help = "Show which settings are in effect, where each comes from and which do nothing, and exit"},
};
// clang-format on

constexpr flags::Command kTetragon{
    .usage = "tetragon",
    .summary = "Watches processes and enforces tracing policies",
    .flags = kTetragonFlags,
};
constexpr flags::Command kAgent{
    .usage = "agent",
    .summary = "Run the daemon: watch processes and enforce policies",
    .flags = kAgentFlags,
};

}  // namespace

const flags::Command& tetragon_command() { return kTetragon; }
const flags::Command& agent_command() { return kAgent; }

}  // namespace tripline::config
