// SPDX-License-Identifier: Apache-2.0
// The unary methods of the API: request bytes in, response bytes or a refusal out. The transport does not matter
// here; event streams belong to the server (server.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "serve/backend.h"

namespace tripline {

struct Answer {
  enum class Code { kOk, kUnknown, kNotFound, kUnimplemented, kInternal };
  Code code = Code::kOk;
  std::string bytes;  // of the response; a refusal's text otherwise
};

// From any thread, once, perhaps before call_method() returns.
using Reply = std::move_only_function<void(Answer)>;

// `method` as in a request's path: "/tetragon.FineGuidanceSensors/GetVersion". The backend must outlive the reply.
void call_method(const Backend& backend, std::string_view method, const std::string& request, Reply reply);

// The refusal of bytes that are no message.
[[nodiscard]] Answer no_message();

// Answers of a transport that knows more methods than the API: why `method` is none.
[[nodiscard]] Answer unknown_method(std::string_view method, std::string_view service);

}  // namespace tripline
