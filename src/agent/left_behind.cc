// SPDX-License-Identifier: Apache-2.0
#include "agent/left_behind.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <span>
#include <string_view>
#include <system_error>

#include "load/pins.h"

namespace tripline {
namespace {

namespace fs = std::filesystem;

constexpr const char* kName = "manifest";
constexpr const char* kFresh = "manifest_new";
constexpr std::string_view kMaps = "tl_";

std::vector<std::string> paths_of(const std::string& folder, const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(folder + "/" + name);
  return out;
}

// Half of them are for those that take their places.
Result<void> check_room(const Manifest& manifest, uint32_t counters) {
  const auto refused = [] { return fail("take over", "", 0, "it uses too many numbers"); };
  const auto is_within = [counters](const LeftCounter& counter) { return counter.counter < counters; };
  if (!std::ranges::all_of(manifest.resting, is_within)) return refused();
  uint64_t used = 0;
  for (const LeftHook& hook : manifest.hooks) {
    if (uint64_t{hook.first_counter} + hook.counters > counters) return refused();
    if (!std::ranges::all_of(hook.owned, is_within)) return refused();
    used += hook.counters;
  }
  if (used > counters / 2 || manifest.hooks.size() > TL_PROGRAMS_MAX / 2 ||
      manifest.policies.size() > TL_POLICIES_MAX / 2)
    return refused();
  return {};
}

// Attached by an agent that was killed before they were in force.
void remove_unnamed(const std::string& folder, const Manifest& manifest) {
  std::set<std::string> named(manifest.facts.begin(), manifest.facts.end());
  for (const LeftHook& hook : manifest.hooks) named.insert(hook.pins.begin(), hook.pins.end());
  std::error_code problem;
  std::vector<std::string> others;
  for (fs::directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem)) {
    std::string name = at->path().filename();
    if (!named.contains(name) && !name.starts_with(kMaps) && name != kName) others.push_back(std::move(name));
  }
  for (const std::string& other : others) unlink((folder + "/" + other).c_str());
}

}  // namespace

Result<LeftBehind> find_left_behind(const std::string& folder, const HostOptions& options) {
  const Result<Fd> map = open_pinned(folder + "/" + kName);
  if (!map) return std::unexpected(map.error());
  const auto bytes = bytes_of_map(*map);
  if (!bytes) return std::unexpected(bytes.error());
  auto manifest = read_manifest({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!manifest) return std::unexpected(manifest.error());
  if (const auto room = check_room(*manifest, options.counters); !room) return std::unexpected(room.error());
  auto maps = Host::find_maps(folder, options);
  if (!maps) return std::unexpected(maps.error());
  const auto epoch = Host::epoch_of(*maps);
  if (!epoch) return std::unexpected(epoch.error());
  if (*epoch < manifest->alone_from)
    return fail("take over", "", 0, "it had not taken over itself when it ended");
  return LeftBehind{*std::move(manifest), *std::move(maps)};
}

LeftPrograms take_over(const std::string& folder, const Manifest& manifest, Host& host) {
  LeftPrograms out;
  remove_unnamed(folder, manifest);
  for (const LeftHook& hook : manifest.hooks)
    out.hooks.push_back(Programs::found(paths_of(folder, hook.pins)));
  out.facts = Programs::found(paths_of(folder, manifest.facts));
  const uint32_t epoch = host.epoch();
  const auto is_there = [&](size_t n) { return !out.hooks[n].pins().empty(); };
  bool between = false;  // the two stores of a change (set.h)
  for (size_t n = 0; n < out.hooks.size(); ++n)
    between = between || (is_there(n) && manifest.hooks[n].born == epoch);
  if (between) host.set_epoch(epoch + 1);
  for (size_t n = 0; n < out.hooks.size(); ++n) {
    const LeftHook& hook = manifest.hooks[n];
    const uint32_t died = host.died(hook.slot);
    const bool is_live = is_there(n) && hook.born <= epoch && (between ? died > epoch : died >= epoch);
    host.set_died(hook.slot, is_live ? Host::kAlive : 0);
    if (!is_live) out.hooks[n] = Programs();
  }
  return out;
}

Result<void> write_manifest(const std::string& folder, const Manifest& manifest) {
  const std::string text = manifest_text(manifest);
  const Result<Fd> map = map_of_bytes("tl_manifest", std::as_bytes(std::span(text)));
  if (!map) return std::unexpected(map.error());
  const std::string fresh = folder + "/" + kFresh, place = folder + "/" + kName;
  unlink(fresh.c_str());
  if (auto pinned = pin(map->get(), fresh); !pinned) return pinned;
  if (rename(fresh.c_str(), place.c_str()) != 0) return fail("rename", fresh, errno);
  return {};
}

}  // namespace tripline
