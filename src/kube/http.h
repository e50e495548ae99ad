// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 exchange, from either side: a request as bytes, and its response, parsed piece by piece from the
// connection; a request parsed likewise, and its response as bytes. Refuses anything that is not HTTP, and headers of
// more than 80 KiB. Does not interpret what it reads.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/failure.h"

namespace tripline::kube {

struct HttpRequest {
  std::string method;
  std::string path;  // with its query
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

[[nodiscard]] std::string request_text(const HttpRequest& request);

struct HttpHead {
  int status = 0;
  std::optional<std::chrono::seconds> retry_after = {};
  bool keep = false;  // the connection can carry another exchange
};

class HttpResponse {
 public:
  // Is called with pieces of the body, when the head is there; false: enough.
  using TakeBody = std::function<bool(const HttpHead&, std::string_view)>;

  explicit HttpResponse(TakeBody take);
  HttpResponse(const HttpResponse&) = delete;
  HttpResponse& operator=(const HttpResponse&) = delete;
  ~HttpResponse();

  // `bytes` as they come; none: the connection was closed. True when the response is complete.
  [[nodiscard]] Answer<bool> add(std::string_view bytes);
  // Taking the body was ended by whoever took it.
  [[nodiscard]] bool is_enough() const;
  [[nodiscard]] const HttpHead& head() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// A request that somebody sends us. Its headers are not kept; a body of more than `longest` bytes is refused.
class HttpRequestReader {
 public:
  explicit HttpRequestReader(size_t longest);
  HttpRequestReader(const HttpRequestReader&) = delete;
  HttpRequestReader& operator=(const HttpRequestReader&) = delete;
  ~HttpRequestReader();

  // `bytes` as they come; none: the connection was closed. True when the request is complete.
  [[nodiscard]] Answer<bool> add(std::string_view bytes);
  [[nodiscard]] bool is_too_long() const;
  // The other side means to send another on the same connection.
  [[nodiscard]] bool keeps() const;
  [[nodiscard]] const HttpRequest& request() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

[[nodiscard]] std::string answer_text(int status, std::string_view type, std::string_view body, bool keep);

}  // namespace tripline::kube
