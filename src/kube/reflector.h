// SPDX-License-Identifier: Apache-2.0
// Reflector: tracks all objects of one kind, by a list and then a watch, indefinitely. Whatever happens to the
// connection, the listener learns of each object that was added, changed or deleted since the last report; several
// changes during a gap become one. An object that was deleted and created again is reported as both.
//
// While the API server is unavailable nothing is reported: the known objects stay. If the kind itself is gone (404),
// its objects count as deleted after kGone, because a server that is starting may also answer like that.
//
// No object of more than kLongest bytes is read; one ends the list or watch it is in with a trouble.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kube/backoff.h"
#include "kube/client.h"
#include "kube/json.h"

namespace tripline::kube {

struct ObjectKey {
  std::string name_space;  // empty: it has none
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

struct Resource {
  std::string path;                        // "/api/v1/pods"
  std::string selector = {};               // "fieldSelector=spec.nodeName%3Dn1"; empty: all
  std::vector<std::string_view> wanted{};  // of an object (read_json); besides what says who it is
};

// Called on the thread of the reflector.
struct Listener {
  std::function<void(const ObjectKey&, const Json&)> put;
  std::function<void(const ObjectKey&, const std::string& uid)> removed;
  // A list is complete, and what it had was told; or there are believed to be none.
  std::function<void()> synced = [] {};
  // An attempt failed; the next comes by itself. And: the first that went well since.
  std::function<void(const Failure&)> trouble = [](const Failure&) {};
  std::function<void()> recovered = [] {};
};

// What of time and chance a reflector depends on.
struct Surroundings {
  std::function<Clock::time_point()> now = [] { return Clock::now(); };
  // False when it was told to end.
  std::function<bool(std::chrono::milliseconds)> pause = {};
  std::function<double()> chance = {};  // from 0 to 1
  std::chrono::milliseconds silence{120'000};
};

class Reflector {
 public:
  static constexpr size_t kLongest = size_t{8} << 20;
  static constexpr std::chrono::minutes kGone{1};

  Reflector(const Reflector&) = delete;
  Reflector& operator=(const Reflector&) = delete;
  Reflector(Client client, Resource resource, Listener listener, Surroundings surroundings = {});

  // Until it is told to stop.
  void run();

 private:
  struct Known {
    std::string uid;
    std::string version;
  };
  enum class Next : uint8_t { kWatch, kList, kPause };

  Answer<void> list();
  Answer<void> page(const std::string& path, std::map<ObjectKey, Known>& seen, std::string& proceed);
  Answer<Next> watch();
  // One line of a watch. Absent: go on.
  std::optional<Answer<Next>> take_line(std::string_view line);
  void put(const ObjectKey& key, const Json& object);
  void remove(const ObjectKey& key);  // not one that lies in `known_`
  [[nodiscard]] std::string path(const std::string& query) const;
  void went_well();
  [[nodiscard]] bool rest(const Failure& failure);
  void believe_gone(const Failure& failure);

  Client client_;
  Resource resource_;
  Listener listener_;
  Surroundings surroundings_;
  std::vector<std::string> line_names_;  // what is wanted of a line, as `line_wanted_` sees it
  std::vector<std::string_view> line_wanted_;
  Backoff backoff_;
  bool troubled_ = false;
  std::map<ObjectKey, Known> known_;
  std::string version_;  // from which a watch goes on
  std::optional<Clock::time_point> missing_since_;
  bool believed_gone_ = false;
};

}  // namespace tripline::kube
