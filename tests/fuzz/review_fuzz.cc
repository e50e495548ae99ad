// SPDX-License-Identifier: Apache-2.0
// A request to the webhook: any bytes are a review or none, and the answer to a review is JSON that names its uid and says
// what the judge said.
#include "webhook/review.h"

#include <string>

#include "fuzz/input.h"
#include "kube/json.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  const std::string_view text = fuzz::text_of(data, size);
  bool was_asked = false;
  const auto refuse = [&was_asked](const Source& document) {
    was_asked = true;
    require(kube::read_json(document.text).has_value());
    return webhook::Verdict{.allowed = false, .refusal = document.text, .warnings = {document.text}};
  };
  const auto reviewed = webhook::review(text, refuse);
  if (!reviewed) {
    require(!was_asked);
    return 0;
  }
  require(reviewed->allowed != was_asked);
  const auto answer = kube::read_json(reviewed->answer);
  const auto asked = kube::read_json(text, std::to_array<std::string_view>({"request.uid"}));
  require(answer && asked);
  const kube::Json& response = answer->at("response");
  require(response.at("uid").text == asked->at("request").at("uid").text);
  require(response.at("allowed").is_true() == reviewed->allowed);
  require(response.at("warnings").items.size() == (was_asked ? 1 : 0));
  return 0;
}
