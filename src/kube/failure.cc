// SPDX-License-Identifier: Apache-2.0
#include "kube/failure.h"

#include <algorithm>
#include <array>

#include "kube/json.h"

namespace tripline::kube {
namespace {

constexpr size_t kLongestMessage = 1024;

// A message of a stranger, as one line of the log.
std::string one_line(std::string_view text) {
  std::string out(text.substr(0, kLongestMessage));
  std::ranges::replace_if(out, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

std::string Failure::text() const {
  if (kind != Kind::kRefused) return message;
  std::string out = std::to_string(code);
  if (!reason.empty()) out += " " + reason;
  if (!message.empty()) out += ": " + message;
  return out;
}

Failure refusal_of(int code, std::string_view body) {
  Failure out{.kind = Failure::Kind::kRefused, .code = code};
  static constexpr std::array<std::string_view, 5> kWanted = {"kind", "reason", "message", "code",
                                                              "details.retryAfterSeconds"};
  const auto status = read_json(body, kWanted);
  if (!status || status->at("kind").text != "Status") {
    out.message = one_line(body);
    return out;
  }
  out.reason = one_line(status->at("reason").text);
  out.message = one_line(status->at("message").text);
  if (const auto said = status->at("code").integer(); said && *said > 0 && *said < 1000)
    out.code = static_cast<int>(*said);
  if (const auto after = status->at("details").at("retryAfterSeconds").integer(); after && *after > 0)
    out.retry_after = std::chrono::seconds(*after);
  return out;
}

}  // namespace tripline::kube
