// SPDX-License-Identifier: Apache-2.0
#include "kube/reflector.h"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <utility>

#include "kube/items.h"
#include "kube/query.h"

namespace tripline::kube {
namespace {

using Problem = Failure::Kind;

constexpr auto kIdentity = std::to_array<std::string_view>(
    {"metadata.name", "metadata.namespace", "metadata.uid", "metadata.resourceVersion"});
constexpr std::string_view kPage = "500";
constexpr std::chrono::milliseconds kListTime{120'000};
constexpr int kShortestWatch = 300;  // seconds
constexpr int kLongestWatch = 600;
constexpr std::chrono::seconds kGrace{60};  // behind what was asked for
// A watch that ends sooner without a word did not work.
constexpr std::chrono::seconds kTooShort{1};
constexpr size_t kMostPages = 100'000;

ObjectKey key_of(const Json& object) {
  const Json& metadata = object.at("metadata");
  return {metadata.at("namespace").text, metadata.at("name").text};
}

double any_chance() {
  static thread_local std::minstd_rand source{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(source);
}

std::unexpected<Failure> malformed(std::string what) { return failed(Problem::kMalformed, std::move(what)); }

}  // namespace

Reflector::Reflector(Client client, Resource resource, Listener listener, Surroundings surroundings)
    : client_(std::move(client)),
      resource_(std::move(resource)),
      listener_(std::move(listener)),
      surroundings_(std::move(surroundings)) {
  if (!surroundings_.pause)
    surroundings_.pause = [this](std::chrono::milliseconds time) { return !client_.stop().wait(time); };
  if (!surroundings_.chance) surroundings_.chance = any_chance;
  resource_.wanted.insert(resource_.wanted.end(), kIdentity.begin(), kIdentity.end());
  for (const char* name : {"type", "object.kind", "object.code", "object.reason", "object.message"})
    line_names_.emplace_back(name);
  for (const std::string_view name : resource_.wanted) line_names_.push_back("object." + std::string(name));
  line_wanted_.assign(line_names_.begin(), line_names_.end());
}

std::string Reflector::path(const std::string& query) const {
  return resource_.path + "?" + (resource_.selector.empty() ? "" : resource_.selector + "&") + query;
}

void Reflector::run() {
  Next next = Next::kList;
  while (!client_.stop().is_set()) {
    Answer<Next> went = Next::kWatch;
    if (next == Next::kList) {
      if (auto listed = list(); !listed) went = std::unexpected(std::move(listed.error()));
    } else {
      went = watch();
    }
    if (went && *went == Next::kPause) {
      next = Next::kWatch;
      if (!surroundings_.pause(backoff_.next(surroundings_.now(), surroundings_.chance()))) return;
    } else if (went) {
      next = *went;
    } else {
      const Failure& failure = went.error();
      if (failure.kind == Problem::kStopped) return;
      // A version that the server no longer has is no trouble: it says so when it was started again.
      const bool expired = failure.is(410) && next == Next::kWatch;
      // What is wrong with the request itself does not mend by repeating it.
      const bool is_ours = failure.kind == Problem::kMalformed ||
                           (failure.kind == Problem::kRefused && failure.code >= 400 && failure.code < 500 &&
                            failure.code != 401 && failure.code != 403 && failure.code != 429);
      if (is_ours) next = Next::kList;
      believe_gone(failure);
      if (expired) continue;
      troubled_ = true;
      listener_.trouble(failure);
      if (!rest(failure)) return;
    }
  }
}

void Reflector::went_well() {
  if (std::exchange(troubled_, false)) listener_.recovered();
}

bool Reflector::rest(const Failure& failure) {
  std::chrono::milliseconds time = backoff_.next(surroundings_.now(), surroundings_.chance());
  if (failure.retry_after) time = std::max<std::chrono::milliseconds>(time, *failure.retry_after);
  return surroundings_.pause(time);
}

void Reflector::believe_gone(const Failure& failure) {
  if (!failure.is(404)) {
    missing_since_.reset();
    believed_gone_ = false;
    return;
  }
  const auto now = surroundings_.now();
  if (!missing_since_) missing_since_ = now;
  if (now - *missing_since_ < kGone || std::exchange(believed_gone_, true)) return;
  while (!known_.empty()) remove(ObjectKey(known_.begin()->first));
  listener_.synced();
}

Answer<void> Reflector::list() {
  std::map<ObjectKey, Known> seen;
  std::string proceed;
  for (size_t pages = 0; pages < kMostPages; ++pages) {
    std::string query = "limit=" + std::string(kPage);
    if (!proceed.empty()) query += "&continue=" + escaped_query(std::exchange(proceed, {}));
    auto read = page(path(query), seen, proceed);
    if (!read) return read;
    if (!proceed.empty()) continue;
    std::vector<ObjectKey> gone;
    for (const auto& [key, known] : known_) {
      if (!seen.contains(key)) gone.push_back(key);
    }
    for (const ObjectKey& key : gone) remove(key);
    missing_since_.reset();
    believed_gone_ = false;
    went_well();
    listener_.synced();
    return {};
  }
  return malformed("the list of " + resource_.path + " has no end");
}

Answer<void> Reflector::page(const std::string& path, std::map<ObjectKey, Known>& seen,
                             std::string& proceed) {
  Items items(kLongest);
  bool readable = true;
  const auto take = [&](std::string_view text) {
    const auto object = read_json(text, resource_.wanted);
    const ObjectKey key = object ? key_of(*object) : ObjectKey{};
    readable = !key.name.empty();
    if (!readable) return false;
    seen.try_emplace(key);
    put(key, *object);
    return true;
  };
  auto done = client_.stream(path, kListTime, kListTime,
                             [&](std::string_view piece) { return items.add(piece, take); });
  if (!done) return done;
  if (items.is_too_long()) return malformed("an object of " + resource_.path + " is larger than 8 MiB");
  if (!readable) return malformed("an object of " + resource_.path + " cannot be read");
  static constexpr std::array<std::string_view, 2> kWanted = {"metadata.resourceVersion",
                                                              "metadata.continue"};
  const auto envelope = read_json(items.envelope(), kWanted);
  if (!envelope) return malformed("the list of " + resource_.path + " is not JSON");
  proceed = envelope->at("metadata").at("continue").text;
  version_ = envelope->at("metadata").at("resourceVersion").text;
  if (version_.empty()) return malformed("the list of " + resource_.path + " has no resourceVersion");
  return {};
}

Answer<Reflector::Next> Reflector::watch() {
  const auto length =
      kShortestWatch + static_cast<int>(surroundings_.chance() * (kLongestWatch - kShortestWatch));
  const std::string query = "watch=1&resourceVersion=" + escaped_query(version_) +
                            "&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(length);
  Lines lines(kLongest);
  std::optional<Answer<Next>> ended;
  const std::string before = version_;
  const auto begun = surroundings_.now();
  const auto take = [&](std::string_view line) {
    ended = take_line(line);
    return !ended;
  };
  auto done = client_.stream(path(query), std::chrono::seconds(length) + kGrace, surroundings_.silence,
                             [&](std::string_view piece) { return lines.add(piece, take); });
  if (ended) return *std::move(ended);
  if (!done) return std::unexpected(std::move(done.error()));
  if (lines.is_too_long()) return malformed("an object of " + resource_.path + " is larger than 8 MiB");
  if (lines.is_cut()) return malformed("the watch of " + resource_.path + " ended within a line");
  const bool too_short = version_ == before && surroundings_.now() - begun < kTooShort;
  return too_short ? Next::kPause : Next::kWatch;
}

std::optional<Answer<Reflector::Next>> Reflector::take_line(std::string_view line) {
  const auto change = read_json(line, line_wanted_);
  if (!change) return malformed("a line of the watch of " + resource_.path + " is not JSON");
  const std::string& type = change->at("type").text;
  const Json& object = change->at("object");
  if (type == "ERROR") {
    Failure failure{.kind = Problem::kRefused,
                    .code = static_cast<int>(object.at("code").integer().value_or(500)),
                    .reason = object.at("reason").text,
                    .message = object.at("message").text};
    return std::unexpected(std::move(failure));
  }
  const std::string& version = object.at("metadata").at("resourceVersion").text;
  if (version.empty())
    return malformed("a line of the watch of " + resource_.path + " has no resourceVersion");
  const ObjectKey key = key_of(object);
  const bool is_change = type == "ADDED" || type == "MODIFIED";
  if ((is_change || type == "DELETED") && key.name.empty())
    return malformed("a line of the watch of " + resource_.path + " names no object");
  if (is_change) put(key, object);
  if (type == "DELETED") remove(key);
  version_ = version;
  went_well();
  return std::nullopt;
}

void Reflector::put(const ObjectKey& key, const Json& object) {
  const Json& metadata = object.at("metadata");
  const std::string& uid = metadata.at("uid").text;
  const std::string& version = metadata.at("resourceVersion").text;
  if (const auto known = known_.find(key); known != known_.end()) {
    if (known->second.uid == uid && known->second.version == version) return;
    if (known->second.uid != uid) remove(key);
  }
  known_.insert_or_assign(key, Known{uid, version});
  listener_.put(key, object);
}

void Reflector::remove(const ObjectKey& key) {
  const auto known = known_.find(key);
  if (known == known_.end()) return;
  const std::string uid = std::move(known->second.uid);
  known_.erase(known);
  listener_.removed(key, uid);
}

}  // namespace tripline::kube
