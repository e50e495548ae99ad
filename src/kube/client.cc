// SPDX-License-Identifier: Apache-2.0
#include "kube/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kube/base64.h"

namespace tripline::kube {
namespace {

using Kind = Failure::Kind;

constexpr size_t kLargestAnswer = size_t{16} << 20;
constexpr size_t kLargestRefusal = size_t{64} << 10;
constexpr size_t kPiece = size_t{32} << 10;

constexpr std::string_view content_type(Patch kind) {
  switch (kind) {
    case Patch::kMerge:
      return "application/merge-patch+json";
    case Patch::kJson:
      return "application/json-patch+json";
    case Patch::kStrategic:
      return "application/strategic-merge-patch+json";
    case Patch::kApply:
      return "application/apply-patch+yaml";
  }
  return "";
}

HttpRequest with_body(std::string method, const std::string& path, std::string_view type, std::string body) {
  HttpRequest out{.method = std::move(method), .path = path};
  if (!body.empty()) out.headers.emplace_back("Content-Type", type);
  out.body = std::move(body);
  return out;
}

bool is_good(int status) { return status >= 200 && status < 300; }

}  // namespace

Client::Client(Access access, std::shared_ptr<const Stop> stop, Times times)
    : access_(std::move(access)), stop_(std::move(stop)), times_(times) {}

Answer<std::string> Client::get(const std::string& path) { return whole({.method = "GET", .path = path}); }
Answer<std::string> Client::post(const std::string& path, std::string body) {
  return whole(with_body("POST", path, "application/json", std::move(body)));
}
Answer<std::string> Client::put(const std::string& path, std::string body) {
  return whole(with_body("PUT", path, "application/json", std::move(body)));
}
Answer<std::string> Client::patch(const std::string& path, Patch kind, std::string body) {
  return whole(with_body("PATCH", path, content_type(kind), std::move(body)));
}
Answer<std::string> Client::remove(const std::string& path, std::string body) {
  return whole(with_body("DELETE", path, "application/json", std::move(body)));
}

Answer<std::string> Client::whole(HttpRequest request) {
  std::string body;
  bool too_large = false;
  const auto take = [&](std::string_view piece) {
    too_large = body.size() + piece.size() > kLargestAnswer;
    if (!too_large) body += piece;
    return !too_large;
  };
  if (auto done = exchange(request, times_.answer, times_.answer, take); !done)
    return std::unexpected(std::move(done.error()));
  if (too_large) return failed(Kind::kMalformed, "the answer is larger than 16 MiB");
  return body;
}

Answer<void> Client::stream(const std::string& path, std::chrono::milliseconds total,
                            std::chrono::milliseconds silence, const Take& take) {
  HttpRequest request{.method = "GET", .path = path};
  return exchange(request, total, silence, take);
}

Answer<void> Client::exchange(HttpRequest& request, std::chrono::milliseconds total,
                              std::chrono::milliseconds silence, const Take& take) {
  const Deadline deadline = Clock::now() + total;
  request.path.insert(0, access_.prefix);
  const bool is_six = access_.host.contains(':');
  request.headers.emplace_back(
      "Host", (is_six ? "[" + access_.host + "]" : access_.host) + ":" + std::to_string(access_.port));
  request.headers.emplace_back("User-Agent", "tripline");
  request.headers.emplace_back("Accept", "application/json");
  const size_t without_us = request.headers.size();
  bool again = false;
  while (true) {
    request.headers.resize(without_us);
    if (auto authorized = authorize(request, again); !authorized) return authorized;
    const bool kept = connection_ != nullptr && connection_->is_quiet();
    if (!kept) connection_.reset();
    Tried tried;
    Answer<void> done = attempt(request, deadline, silence, take, tried);
    if (done) return done;
    // A server may close what was kept at the moment we use it.
    if (kept && !tried.began && request.method == "GET" && done.error().kind == Kind::kUnreachable) continue;
    if (done.error().is(401) && !access_.token.file.empty() && !again) {
      again = true;
      continue;
    }
    return done;
  }
}

Answer<void> Client::authorize(HttpRequest& request, bool anew) {
  if (!access_.token.empty()) {
    const auto now = Clock::now();
    if (token_.empty() || anew || (!access_.token.file.empty() && now - token_read_ >= times_.token)) {
      auto read = read_secret(access_.token);
      if (!read && token_.empty()) return failed(Kind::kUnreachable, read.error().text());
      if (read && (read->empty() || read->find_first_of("\r\n") != std::string::npos))
        return failed(Kind::kUnreachable, "there is no token in " + access_.token.file);
      // One that cannot be read at the moment it is replaced may still be good.
      if (read) token_ = *std::move(read);
      token_read_ = now;
    }
    request.headers.emplace_back("Authorization", "Bearer " + token_);
  } else if (!access_.user.empty()) {
    request.headers.emplace_back("Authorization",
                                 "Basic " + to_base64(access_.user + ":" + access_.password));
  }
  return {};
}

Answer<void> Client::attempt(const HttpRequest& request, Deadline deadline, std::chrono::milliseconds silence,
                             const Take& take, Tried& tried) {
  if (!connection_) {
    auto opened = Connection::open(access_, std::min(deadline, Clock::now() + times_.connect), *stop_);
    if (!opened) return std::unexpected(std::move(opened.error()));
    connection_ = *std::move(opened);
  }
  // Kept only when the exchange ends as it should.
  std::unique_ptr<Connection> connection = std::move(connection_);
  std::string refusal;
  HttpResponse response([&](const HttpHead& head, std::string_view piece) {
    if (is_good(head.status)) return take(piece);
    refusal.append(piece.substr(0, kLargestRefusal - std::min(refusal.size(), kLargestRefusal)));
    return refusal.size() < kLargestRefusal;
  });
  const auto limit = [&] { return std::min(deadline, Clock::now() + silence); };
  if (auto written = connection->write(request_text(request), limit(), *stop_); !written) return written;
  std::array<char, kPiece> piece{};
  bool complete = false;
  while (!complete) {
    const auto got = connection->read(piece, limit(), *stop_);
    if (!got) return std::unexpected(got.error());
    tried.began = tried.began || *got > 0;
    const auto added = response.add({piece.data(), *got});
    if (!added) return std::unexpected(added.error());
    complete = *added;
    if (!complete && Clock::now() >= deadline) return failed(Kind::kLate, "the answer took too long");
  }
  tried.head = response.head();
  if (tried.head.keep && !response.is_enough()) connection_ = std::move(connection);
  if (is_good(tried.head.status)) return {};
  Failure refused = refusal_of(tried.head.status, refusal);
  if (tried.head.retry_after) refused.retry_after = tried.head.retry_after;
  return std::unexpected(std::move(refused));
}

}  // namespace tripline::kube
