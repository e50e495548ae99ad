// SPDX-License-Identifier: Apache-2.0
// What an API server answers, and what a caller of the webhook asks: any bytes are read or refused, the same in one piece
// and byte by byte, and no more is kept than is allowed.
#include <optional>
#include <string>

#include "fuzz/input.h"
#include "kube/http.h"

namespace {

using namespace tripline;
using fuzz::require;

constexpr size_t kLongestBody = 256;

struct Seen {
  std::optional<bool> complete;  // absent: refused
  int status = 0;
  std::optional<std::chrono::seconds> retry_after;
  std::string path, method, body;
  bool operator==(const Seen&) const = default;
};

template <typename Reader>
std::optional<bool> feed(Reader& reader, std::string_view text, size_t piece) {
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    const auto added = reader.add(text.substr(0, piece));
    if (!added) {
      require(!added.error().text().empty());
      return std::nullopt;
    }
    if (*added) return true;
  }
  // An answer may end where the connection does.
  const auto closed = reader.add({});
  return closed ? std::optional(*closed) : std::optional(false);
}

Seen read_answer(std::string_view text, size_t piece) {
  Seen out;
  kube::HttpResponse reader([&out](const kube::HttpHead& head, std::string_view bytes) {
    require(head.status >= 100 || head.status == 0);
    out.body += bytes;
    return out.body.size() < kLongestBody;
  });
  out.complete = feed(reader, text, piece);
  if (reader.is_enough()) out.body.resize(kLongestBody);
  if (!out.complete) return {};
  out.status = reader.head().status;
  out.retry_after = reader.head().retry_after;
  if (out.retry_after) require(*out.retry_after >= std::chrono::seconds(0));
  return out;
}

Seen read_request(std::string_view text, size_t piece) {
  Seen out;
  kube::HttpRequestReader reader(kLongestBody);
  out.complete = feed(reader, text, piece);
  require(reader.request().body.size() <= kLongestBody);
  if (!out.complete) return {};
  out.method = reader.request().method;
  out.path = reader.request().path;
  out.body = reader.request().body;
  return out;
}

// What is written from what was read is read as the same.
void write_again(const Seen& asked) {
  const std::string text = kube::request_text({asked.method, asked.path, {{"Host", "h"}}, asked.body});
  require(read_request(text, text.size()) == asked);
  const std::string answer = kube::answer_text(200, "text/plain", asked.body, true);
  const Seen answered = read_answer(answer, answer.size());
  require(answered.complete == true && answered.status == 200);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  require(read_answer(text, size + 1) == read_answer(text, 1));
  const Seen asked = read_request(text, size + 1);
  require(asked == read_request(text, 1));
  if (asked.complete == true && asked.method != "CONNECT") write_again(asked);
  return 0;
}
