// SPDX-License-Identifier: Apache-2.0
// Client: requests to the API server, one at a time, on a persistent connection. A status other than 2xx is a
// Failure. Each waiting thread needs its own Client; stop() of its Stop ends a request in progress.
//
// A token from a file is read again when it is one minute old, and after a 401, when the request is retried once.
// SIGPIPE must be ignored.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kube/access.h"
#include "kube/connection.h"
#include "kube/failure.h"
#include "kube/http.h"
#include "kube/stop.h"

namespace tripline::kube {

struct Times {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds answer{30'000};  // all of an answer, but of a stream
  std::chrono::milliseconds token{60'000};   // how old what was read from a file may be
};

// How the body of a PATCH says what is to change.
enum class Patch : uint8_t { kMerge, kJson, kStrategic, kApply };

class Client {
 public:
  explicit Client(Access access, std::shared_ptr<const Stop> stop = std::make_shared<Stop>(),
                  Times times = {});

  // The body of the answer; no more than 16 MiB of it.
  [[nodiscard]] Answer<std::string> get(const std::string& path);
  [[nodiscard]] Answer<std::string> post(const std::string& path, std::string body);
  [[nodiscard]] Answer<std::string> put(const std::string& path, std::string body);
  [[nodiscard]] Answer<std::string> patch(const std::string& path, Patch kind, std::string body);
  [[nodiscard]] Answer<std::string> remove(const std::string& path, std::string body = {});

  // Hands the body to `take` as it comes, until it ends or `take` says false. An error that `take` had in mind is the
  // caller's to know.
  // `total`: for all of it; `silence`: between two pieces.
  using Take = std::function<bool(std::string_view)>;
  [[nodiscard]] Answer<void> stream(const std::string& path, std::chrono::milliseconds total,
                                    std::chrono::milliseconds silence, const Take& take);

  [[nodiscard]] const Access& access() const { return access_; }
  [[nodiscard]] const Stop& stop() const { return *stop_; }

 private:
  Answer<std::string> whole(HttpRequest request);
  // Sends it, with the headers that all have, and again where that is called for.
  Answer<void> exchange(HttpRequest& request, std::chrono::milliseconds total,
                        std::chrono::milliseconds silence, const Take& take);
  struct Tried {
    HttpHead head;
    bool began = false;  // something of the answer came
  };
  Answer<void> attempt(const HttpRequest& request, Deadline deadline, std::chrono::milliseconds silence,
                       const Take& take, Tried& tried);
  Answer<void> authorize(HttpRequest& request, bool anew);

  Access access_;
  std::shared_ptr<const Stop> stop_;
  Times times_;
  std::unique_ptr<Connection> connection_;  // null: none is kept
  std::string token_;
  Deadline token_read_{};
};

}  // namespace tripline::kube
