// SPDX-License-Identifier: Apache-2.0
#include "client/cgroup_maps.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/go_text.h"
#include "client/bpf_objects.h"
#include "client/channel.h"
#include "client/cri.h"
#include "client/exit_status.h"
#include "client/policy_table.h"
#include "client/remote.h"
#include "flags/number.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

constexpr std::string_view kPins = "/sys/fs/bpf/tetragon/";
constexpr std::string_view kByPolicy = "policy_filter_maps";
constexpr std::string_view kByCgroup = "policy_filter_reverse_maps";
constexpr std::string_view kTracker = "tg_cgtracker_map";

int complain(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return kFailed;
}

std::string map_path(const flags::Parsed& parsed, std::string_view name) {
  const std::string& given = parsed.text("map-fname");
  return given.empty() ? std::string(kPins) + std::string(name) : given;
}

// The map beside it.
std::string reverse_path(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1) + std::string(kByCgroup);
}

template <typename T>
T number_of(std::string_view bytes) {
  T out = 0;
  std::memcpy(&out, bytes.data(), std::min(bytes.size(), sizeof(out)));
  return out;
}

template <typename T>
std::span<const char> bytes_of(const T& number) {
  return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

// Keys of the outer map, and of each inner one: an entry is in the set or not, its value says nothing.
template <typename Outer, typename Inner>
Result<std::map<Outer, std::set<Inner>>> sets_of(const BpfTable& table) {
  std::map<Outer, std::set<Inner>> out;
  const auto entries = table.entries();
  if (!entries) return std::unexpected(entries.error());
  for (const auto& [key, id] : *entries) {
    std::set<Inner>& set = out[number_of<Outer>(key)];
    const auto inner = BpfTable::of_id(number_of<uint32_t>(id));
    if (!inner) continue;  // gone in the meantime
    const auto members = inner->entries();
    if (!members) return std::unexpected(members.error());
    for (const auto& [member, present] : *members) set.insert(number_of<Inner>(member));
  }
  return out;
}

template <typename Sets>
void print_sets(std::string_view title, const Sets& sets) {
  fmt::print("--- {} mapping ---\n", title);
  if (sets.empty()) fmt::print("(empty)\n");
  for (const auto& [key, members] : sets) fmt::print("{}: {}\n", key, fmt::join(members, ","));
}

std::expected<uint64_t, std::string> cgroup_id(const std::string& path) {
  alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> room{};
  auto* const handle = reinterpret_cast<file_handle*>(room.data());
  handle->handle_bytes = sizeof(uint64_t);
  int mount = 0;
  if (name_to_handle_at(AT_FDCWD, path.c_str(), handle, &mount, 0) != 0)
    return std::unexpected("failed to get the id of cgroup " + path + ": " + go_error(errno));
  if (handle->handle_bytes != sizeof(uint64_t)) return std::unexpected(path + " is not a cgroup");
  uint64_t id = 0;
  std::memcpy(&id, room.data() + offsetof(file_handle, f_handle), sizeof(id));
  return id;
}

std::expected<uint64_t, std::string> number_or_path(const std::string& type, const std::string& text) {
  if (type == "file") return cgroup_id(text);
  if (type != "id") return std::unexpected("unknown type: " + type);
  return flags::parse_uint(text);
}

}  // namespace

int dump_policy_filter(const flags::Parsed& parsed) {
  const std::string path = map_path(parsed, kByPolicy);
  const auto table = BpfTable::open(path);
  if (!table) return complain("failed to open policy filter map: " + table.error().text());
  const auto policies = sets_of<uint32_t, uint64_t>(*table);
  if (!policies) return complain(policies.error().text());
  print_sets("PolicyID to CgroupIDs", *policies);
  const auto reverse = BpfTable::open(reverse_path(path));
  if (!reverse) return 0;
  const auto cgroups = sets_of<uint64_t, uint32_t>(*reverse);
  if (!cgroups) return complain(cgroups.error().text());
  print_sets("CgroupID to PolicyIDs", *cgroups);
  return 0;
}

int add_to_policy_filter(const flags::Parsed& parsed) {
  const auto policy = flags::parse_uint(parsed.words[0]);
  if (!policy || *policy > UINT32_MAX)
    return complain("failed to parse policy id: " + (policy ? "it is too large" : policy.error()));
  const auto cgroup = number_or_path(parsed.text("arg-type"), parsed.words[1]);
  if (!cgroup) return complain("failed to parse cgroup: " + cgroup.error());
  const auto table = BpfTable::open(map_path(parsed, kByPolicy));
  if (!table) return complain("failed to open policy filter map: " + table.error().text());
  const auto entries = table->entries();
  if (!entries) return complain(entries.error().text());
  for (const auto& [key, id] : *entries) {
    if (number_of<uint32_t>(key) != *policy) continue;
    const auto inner = BpfTable::of_id(number_of<uint32_t>(id));
    if (!inner) return complain("failed to add cgroup id: " + inner.error().text());
    constexpr uint8_t kPresent = 1;
    if (const auto added = inner->set(bytes_of(*cgroup), bytes_of(kPresent)); !added)
      return complain("failed to add cgroup id: " + added.error().text());
    return 0;
  }
  return complain(fmt::format("failed to add cgroup id: the policy filter has no policy {}", *policy));
}

int show_cgroup_id(const flags::Parsed& parsed) {
  const auto id = cgroup_id(parsed.words.front());
  if (!id) return complain(id.error());
  fmt::print("{}\n", *id);
  return 0;
}

int list_policies_of_container(const flags::Parsed& parsed) {
  const auto path = container_cgroup(parsed.text("runtime-endpoint"), parsed.words.front());
  if (!path) return complain(path.error());
  const std::string& mount = parsed.text("cgroup-mount");
  const auto cgroup = cgroup_id((mount.empty() ? "/sys/fs/cgroup" : mount) + *path);
  if (!cgroup) return complain(cgroup.error());
  const auto table = BpfTable::open(map_path(parsed, kByPolicy));
  if (!table) return complain("failed to open policy filter map: " + table.error().text());
  const auto sets = sets_of<uint32_t, uint64_t>(*table);
  if (!sets) return complain(sets.error().text());
  auto channel = Channel::open(channel_options(parsed));
  if (!channel) return complain("failed to create gRPC client: " + channel.error());
  tetragon::ListTracingPoliciesResponse all;
  if (const auto asked = channel->call("ListTracingPolicies", tetragon::ListTracingPoliciesRequest(), all);
      !asked)
    return complain("failed to list tracing policies: " + asked.error());
  tetragon::ListTracingPoliciesResponse covering;
  for (const tetragon::TracingPolicyStatus& policy : all.policies()) {
    const auto set = sets->find(policy.filter_id());
    if (policy.filter_id() != 0 && set != sets->end() && set->second.contains(*cgroup))
      *covering.add_policies() = policy;
  }
  fmt::print("{}", policy_table(covering));
  return 0;
}

int dump_cgroup_tracker(const flags::Parsed& parsed) {
  const auto table = BpfTable::open(map_path(parsed, kTracker));
  if (!table) return complain("failed to open cgroup tracker map: " + table.error().text());
  const auto entries = table->entries();
  if (!entries) return complain(entries.error().text());
  std::map<uint64_t, std::set<uint64_t>> tracked;
  for (const auto& [key, value] : *entries)
    tracked[number_of<uint64_t>(value)].insert(number_of<uint64_t>(key));
  for (const auto& [tracker, all] : tracked) fmt::print("{}: [{}]\n", tracker, fmt::join(all, " "));
  return 0;
}

int add_to_cgroup_tracker(const flags::Parsed& parsed) {
  std::array<uint64_t, 2> ids{};
  for (size_t n = 0; n < ids.size(); ++n) {
    // A number is an id, anything else a path.
    const auto id = flags::parse_uint(parsed.words[n]);
    const auto found = id ? std::expected<uint64_t, std::string>(*id) : cgroup_id(parsed.words[n]);
    if (!found) return complain(found.error());
    ids[n] = *found;
  }
  const auto table = BpfTable::open(map_path(parsed, kTracker));
  if (!table) return complain("failed to open cgroup tracker map: " + table.error().text());
  if (const auto added = table->set(bytes_of(ids[0]), bytes_of(ids[1])); !added)
    return complain("failed to add to the cgroup tracker: " + added.error().text());
  return 0;
}

}  // namespace tripline
