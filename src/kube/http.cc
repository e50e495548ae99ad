// SPDX-License-Identifier: Apache-2.0
#include "kube/http.h"

#include <http_parser.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <climits>

namespace tripline::kube {
namespace {

constexpr int kMostSeconds = 3600;
constexpr int kLowestStatus = 100;

bool is_same(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Dates, which are allowed as well, are not read: the API server writes seconds.
std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  int out = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (problem != std::errc() || end != text.data() + text.size() || out < 0) return std::nullopt;
  return std::chrono::seconds(std::min(out, kMostSeconds));
}

}  // namespace

std::string request_text(const HttpRequest& request) {
  std::string out = request.method + " " + request.path + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  if (!request.body.empty()) out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  out += "\r\n";
  return out + request.body;
}

struct HttpResponse::Parts {
  http_parser parser{};
  TakeBody take;
  HttpHead head;
  std::string name;  // of the header that is being read
  std::string value;
  bool in_value = false;
  bool complete = false;
  bool enough = false;

  static Parts& of(http_parser* parser) { return *static_cast<Parts*>(parser->data); }

  void end_header() {
    if (is_same(name, "retry-after")) head.retry_after = seconds_of(value);
    name.clear();
    value.clear();
    in_value = false;
  }

  static int on_field(http_parser* parser, const char* at, size_t size) {
    Parts& self = of(parser);
    if (self.in_value) self.end_header();
    self.name.append(at, size);
    return 0;
  }
  static int on_value(http_parser* parser, const char* at, size_t size) {
    Parts& self = of(parser);
    self.in_value = true;
    self.value.append(at, size);
    return 0;
  }
  static int on_headers(http_parser* parser) {
    Parts& self = of(parser);
    self.end_header();
    self.head.status = static_cast<int>(parser->status_code);
    self.head.keep = http_should_keep_alive(parser) != 0;
    return self.head.status < kLowestStatus ? -1 : 0;
  }
  static int on_body(http_parser* parser, const char* at, size_t size) {
    Parts& self = of(parser);
    if (self.take(self.head, {at, size})) return 0;
    self.enough = true;
    return 1;
  }
  // An interim response (100 and the like) is followed by the one that counts.
  static int on_end(http_parser* parser) {
    Parts& self = of(parser);
    if (parser->status_code < 200) {
      self.head = {};
      return 0;
    }
    self.complete = true;
    http_parser_pause(parser, 1);
    return 0;
  }
};

HttpResponse::HttpResponse(TakeBody take) : parts_(std::make_unique<Parts>()) {
  parts_->take = std::move(take);
  http_parser_init(&parts_->parser, HTTP_RESPONSE);
  parts_->parser.data = parts_.get();
}
HttpResponse::~HttpResponse() = default;

Answer<bool> HttpResponse::add(std::string_view bytes) {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_header_field = Parts::on_field;
  settings.on_header_value = Parts::on_value;
  settings.on_headers_complete = Parts::on_headers;
  settings.on_body = Parts::on_body;
  settings.on_message_complete = Parts::on_end;
  const size_t used = http_parser_execute(&parts_->parser, &settings, bytes.data(), bytes.size());
  if (parts_->complete) {
    // Bytes behind the end are no answer to anything.
    if (used < bytes.size()) parts_->head.keep = false;
    return true;
  }
  if (parts_->enough) return true;
  const http_errno problem = HTTP_PARSER_ERRNO(&parts_->parser);
  if (bytes.empty())
    return failed(Failure::Kind::kUnreachable, "the connection was closed before the end of the answer");
  if (problem != HPE_OK || parts_->parser.upgrade != 0)
    return failed(Failure::Kind::kMalformed,
                  std::string("the answer is not HTTP: ") + http_errno_description(problem));
  return false;
}

struct HttpRequestReader::Parts {
  http_parser parser{};
  size_t longest = 0;
  HttpRequest request;
  bool complete = false;
  bool too_long = false;
  bool keep = false;

  static Parts& of(http_parser* parser) { return *static_cast<Parts*>(parser->data); }

  static int on_path(http_parser* parser, const char* at, size_t size) {
    of(parser).request.path.append(at, size);
    return 0;
  }
  static int on_body(http_parser* parser, const char* at, size_t size) {
    Parts& self = of(parser);
    self.too_long = self.request.body.size() + size > self.longest;
    if (!self.too_long) self.request.body.append(at, size);
    return self.too_long ? 1 : 0;
  }
  static int on_headers(http_parser* parser) {
    Parts& self = of(parser);
    self.request.method = http_method_str(static_cast<http_method>(parser->method));
    self.too_long = parser->content_length != ULLONG_MAX && parser->content_length > self.longest;
    return self.too_long ? -1 : 0;
  }
  static int on_end(http_parser* parser) {
    Parts& self = of(parser);
    self.complete = true;
    self.keep = http_should_keep_alive(parser) != 0;
    http_parser_pause(parser, 1);
    return 0;
  }
};

HttpRequestReader::HttpRequestReader(size_t longest) : parts_(std::make_unique<Parts>()) {
  parts_->longest = longest;
  http_parser_init(&parts_->parser, HTTP_REQUEST);
  parts_->parser.data = parts_.get();
}
HttpRequestReader::~HttpRequestReader() = default;

Answer<bool> HttpRequestReader::add(std::string_view bytes) {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_url = Parts::on_path;
  settings.on_headers_complete = Parts::on_headers;
  settings.on_body = Parts::on_body;
  settings.on_message_complete = Parts::on_end;
  if (bytes.empty())
    return failed(Failure::Kind::kUnreachable, "the connection was closed before the end of the request");
  const size_t used = http_parser_execute(&parts_->parser, &settings, bytes.data(), bytes.size());
  if (parts_->complete) {
    if (used < bytes.size()) parts_->keep = false;  // a request that did not wait for the answer
    return true;
  }
  const http_errno problem = HTTP_PARSER_ERRNO(&parts_->parser);
  if (problem != HPE_OK || parts_->parser.upgrade != 0)
    return failed(Failure::Kind::kMalformed,
                  std::string("the request is no HTTP: ") + http_errno_description(problem));
  return false;
}

bool HttpRequestReader::is_too_long() const { return parts_->too_long; }
bool HttpRequestReader::keeps() const { return parts_->keep; }
const HttpRequest& HttpRequestReader::request() const { return parts_->request; }

std::string answer_text(int status, std::string_view type, std::string_view body, bool keep) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " +
                    http_status_str(static_cast<http_status>(status)) + "\r\nContent-Type: ";
  out.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  if (!keep) out += "\r\nConnection: close";
  out += "\r\n\r\n";
  return out.append(body);
}

bool HttpResponse::is_enough() const { return parts_->enough; }
const HttpHead& HttpResponse::head() const { return parts_->head; }

}  // namespace tripline::kube
