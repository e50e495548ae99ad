// SPDX-License-Identifier: Apache-2.0
// Every version of the scopes that programs may read is written: while one set replaces another there are two, with the
// same maps or with different ones. A container's entries in the maps follow from its pod, so they can be rewritten at
// any time.
#include "agent/workloads.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <set>
#include <utility>

namespace tripline {
namespace {

// Of what there is room for, so much is to be free.
constexpr size_t kFree = 4;

}  // namespace

Result<Programs> follow_cgroups(Host& host, const ScopeMaps& maps, const CgroupHierarchy& hierarchy) {
  Result<Programs> out = host.load_followers(maps, hierarchy.id);
  if (!out) return out;
  if (const auto attached = out->attach(); !attached) return std::unexpected(attached.error());
  return out;
}

// --- containers -----------------------------------------------------------------------------------------------------

Result<void> Workloads::put(std::shared_ptr<const Pod> pod, const Container& container,
                            std::span<const uint64_t> cgroups) {
  if (container.id.empty()) return fail("know container", container.name, EINVAL, "it has no id");
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] = entries_.try_emplace(container.id);
  Entry& entry = at->second;
  if (is_new) entry.number = take_number();
  entry.pod = std::move(pod);
  entry.container = container;
  write_row(entry);  // before any cgroup leads there
  Result<void> out;
  for (const uint64_t cgroup : cgroups) {
    if (auto done = put_cgroup(entry, at->first, cgroup); !done) out = std::move(done);
  }
  return out;
}

Result<void> Workloads::put_cgroup(Entry& entry, const std::string& id, uint64_t cgroup) {
  const auto [owner, is_new] = owners_.try_emplace(cgroup, id);
  if (!is_new && owner->second == id) return {};
  if (!is_new) std::erase(entries_.find(owner->second)->second.cgroups, cgroup);
  owner->second = id;
  entry.cgroups.insert(std::ranges::upper_bound(entry.cgroups, cgroup), cgroup);
  Result<void> out;
  std::set<const FollowedMaps*> done;
  for (const ScopesPtr& version : versions()) {
    if (!done.insert(version->maps.get()).second) continue;
    ScopeMaps& maps = version->maps->maps;
    if (entry.number >= maps.sizes().containers)
      out = fail("know container", id, ENOSPC, "there are too many at once");
    else if (auto put = maps.put(cgroup, entry.number); !put)
      out = std::move(put);
  }
  return out;
}

bool Workloads::remove(std::string_view container_id) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(container_id);
  if (at == entries_.end()) return false;
  const Entry& entry = at->second;
  for (const ScopesPtr& version : versions()) {
    for (const uint64_t cgroup : entry.cgroups) version->maps->maps.drop(cgroup);
  }
  for (const uint64_t cgroup : entry.cgroups) owners_.erase(cgroup);
  rest_number(entry.number);
  entries_.erase(at);
  return true;
}

size_t Workloads::change(const std::shared_ptr<const Pod>& pod) {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  for (auto& [id, entry] : entries_) {
    if (entry.pod->uid != pod->uid) continue;
    entry.pod = pod;
    write_row(entry);
    ++count;
  }
  return count;
}

std::vector<Workloads::Listed> Workloads::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Listed> out;
  for (const auto& [id, entry] : entries_) out.push_back({entry.pod, entry.container, entry.cgroups});
  return out;
}

size_t Workloads::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

// --- numbers --------------------------------------------------------------------------------------------------------

// Cgroups of whoever had the number can have been followed until just now.
uint32_t Workloads::take_number() {
  if (resting_.empty() || Clock::now() - resting_.front().since < rest_) return numbers_++;
  const uint32_t number = resting_.front().number;
  resting_.erase(resting_.begin());
  for (const ScopesPtr& version : versions()) {
    for (const auto& [cgroup, container] : version->maps->maps.followed()) {
      if (container == number) version->maps->maps.drop(cgroup);
    }
  }
  return number;
}

void Workloads::rest_number(uint32_t number) {
  for (const ScopesPtr& version : versions()) {
    for (const auto& [cgroup, container] : version->maps->maps.followed()) {
      if (container == number) version->maps->maps.drop(cgroup);
    }
    version->maps->maps.set_row(number, {});
  }
  resting_.push_back({number, Clock::now()});
}

// --- rows -----------------------------------------------------------------------------------------------------------

Workloads::Versions Workloads::versions() const {
  Versions out;
  for (const auto& each : versions_) {
    if (ScopesPtr version = each.lock()) out.push_back(std::move(version));
  }
  return out;
}

void Workloads::write_row(const Entry& entry) {
  write_row(entry.number,
            [&entry](const Scope& scope) { return admits(scope, *entry.pod, entry.container); });
}

// Of all versions with the same maps at once.
void Workloads::write_row(uint32_t number, const std::function<bool(const Scope&)>& holds) {
  std::map<FollowedMaps*, std::vector<uint64_t>> rows;
  for (const ScopesPtr& version : versions()) {
    std::vector<uint64_t>& row = rows[version->maps.get()];
    row.resize(version->table->words);
    for (const auto& [scope, bit] : version->table->bits) {
      if (holds(scope)) row[bit / TL_SCOPE_BITS] |= uint64_t{1} << bit % TL_SCOPE_BITS;
    }
  }
  for (const auto& [maps, row] : rows) maps->maps.set_row(number, row);
}

// --- versions -------------------------------------------------------------------------------------------------------

bool Workloads::is_tight(const ScopeMaps& maps) const {
  const ScopeSizes& sizes = maps.sizes();
  return numbers_ > sizes.containers - sizes.containers / kFree || maps.count().more > sizes.more / 2;
}

bool Workloads::wants_room() const {
  const std::lock_guard lock(mutex_);
  const Versions all = versions();
  return !all.empty() && is_tight(all.back()->maps->maps);
}

uint64_t Workloads::lost() const {
  const std::lock_guard lock(mutex_);
  uint64_t out = 0;
  std::set<const FollowedMaps*> done;
  for (const ScopesPtr& version : versions()) {
    if (done.insert(version->maps.get()).second) out += version->maps->maps.count().lost;
  }
  return out;
}

ScopeSizes Workloads::sizes_for(const ScopeNeeds& needs, const ScopesPtr& current) const {
  ScopeSizes out;
  size_t cgroups = owners_.size();
  if (current) cgroups += current->maps->maps.count().more;
  const auto at_least = [](uint32_t least, size_t wanted) {
    return std::max(least, static_cast<uint32_t>(std::bit_ceil(wanted)));
  };
  out.containers = at_least(out.containers, size_t{numbers_} * 2);
  // A cell in eight is taken, so collisions are few; what is followed has room beside them.
  out.cell_bits = static_cast<uint32_t>(std::bit_width(at_least(1U << out.cell_bits, cgroups * 8)) - 1);
  out.more = at_least(out.more, cgroups * kFree);
  out.words = scope_words_for(needs.size());
  return out;
}

Result<ScopesPtr> Workloads::scopes_for(const ScopeNeeds& needs, const ScopesPtr& current, Host& host) {
  if (needs.empty()) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (current && !is_tight(current->maps->maps)) {
      if (current->table->covers(needs)) return current;
      if (auto table = extended(*current->table, needs)) {
        auto next = std::make_shared<const Scopes>(
            Scopes{std::make_shared<const ScopeTable>(*std::move(table)), current->maps});
        write_all(next);
        return next;
      }
    }
  }
  return make(needs, current, host);
}

// To load programs takes a while, in which containers come and go.
Result<ScopesPtr> Workloads::make(const ScopeNeeds& needs, const ScopesPtr& current, Host& host) {
  ScopeSizes sizes;
  {
    const std::lock_guard lock(mutex_);
    sizes = sizes_for(needs, current);
  }
  Result<ScopeMaps> maps = ScopeMaps::make(sizes);
  if (!maps) return std::unexpected(maps.error());
  Result<Programs> followers = follow_(host, *maps, cgroups_);
  if (!followers) return std::unexpected(followers.error());
  ScopeTable table = scope_table(needs);
  table.words = sizes.words;
  table.shift = sizes.shift();
  table.cgroups = cgroups_;
  auto version = std::make_shared<const Scopes>(
      Scopes{std::make_shared<const ScopeTable>(std::move(table)),
             std::make_shared<FollowedMaps>(std::move(*maps), std::move(*followers))});
  {
    const std::lock_guard lock(mutex_);
    write_all(version);
    for (const auto& [cgroup, id] : owners_) {
      const uint32_t number = entries_.find(id)->second.number;
      if (const auto put = version->maps->maps.put(cgroup, number); !put) return std::unexpected(put.error());
    }
  }
  adopt_inside();
  return version;
}

void Workloads::write_all(const ScopesPtr& version) {
  std::erase_if(versions_, [](const auto& each) { return each.expired(); });
  versions_.push_back(version);
  write_row(0, [](const Scope& scope) { return scope.host; });
  for (const auto& [id, entry] : entries_) write_row(entry);
}

// Cgroups that were made inside known ones before they were followed.
void Workloads::adopt_inside() {
  std::map<uint64_t, std::string> known;
  {
    const std::lock_guard lock(mutex_);
    known = owners_;
  }
  for (const auto& [cgroup, id] : known) {
    for (const uint64_t inside : inside_(cgroups_, cgroup)) {
      const std::lock_guard lock(mutex_);
      const auto owner = owners_.find(cgroup);
      if (owner == owners_.end() || owner->second != id || owners_.contains(inside)) continue;
      (void)put_cgroup(entries_.find(id)->second, id, inside);  // without room it will be done again
    }
  }
}

}  // namespace tripline
