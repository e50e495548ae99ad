// SPDX-License-Identifier: Apache-2.0
// What a function returns: returnArg and returnArgAction.
#include <algorithm>
#include <string>
#include <string_view>

#include "policy/check/arguments.h"

namespace tripline::policy {
namespace {

using Function = Btf::Function;
using Kind = Btf::Kind;

// Fields that returnArg has no use for: what is returned is read as it is.
void check_result_fields(const Checking& checking, const Argument& result) {
  const auto refuse = [&](const Text& text, std::string_view name) {
    if (text.value.empty()) return;
    checking.out.error(text.span, quoted(name) + " cannot be used in returnArg");
  };
  refuse(result.resolve, "resolve");
  refuse(result.btf_type, "btfType");
  refuse(result.btf_type_module, "btfTypeModule");
  refuse(result.source, "source");
  const auto warn = [&](Span span, bool given, std::string_view name) {
    if (given) checking.out.warning(span, std::string(name) + " has no effect in returnArg");
  };
  warn(result.size_arg_index.span, result.size_arg_index.value != 0, "sizeArgIndex");
  warn(result.return_copy.span, result.return_copy.value, "returnCopy");
  check_max_data(checking, result);
  warn_of_no_length(checking, result);
}

// Letters of ASCII in either case.
bool is_word(std::string_view text, std::string_view word) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text, word, {}, small, small);
}

}  // namespace

std::optional<CheckedArg> check_result(const Checking& checking, const FunctionHook& hook,
                                       const std::optional<Function>& function) {
  if (!hook.wants_return.value || !hook.return_arg) return std::nullopt;  // parse() asked for both or none
  const TypeInfo* how = check_type(checking, *hook.return_arg);
  if (how == nullptr) return std::nullopt;
  check_result_fields(checking, *hook.return_arg);
  if (function && !function->result) {
    checking.out.error(hook.wants_return.span, quoted(function->name) + " returns nothing");
  }
  return CheckedArg{
      .type = how->type,
      .source = {.kind = ArgSource::Kind::kResult,
                 .index = function ? static_cast<uint32_t>(function->parameters.size()) : 0,
                 .is_pointer = function && function->result && function->result->kind == Kind::kPointer},
      .max_data = has_max_data(*hook.return_arg),
      .span = hook.return_arg->span};
}

SockTracking check_tracking(const Checking& checking, const FunctionHook& hook,
                            const std::optional<CheckedArg>& result) {
  const Text& action = hook.return_arg_action;
  if (action.value.empty()) return SockTracking::kNone;
  const bool tracks = is_word(action.value, "TrackSock");
  if (!tracks && !is_word(action.value, "UntrackSock")) {
    checking.out.error(action.span, "returnArgAction cannot be " + quoted(action.value),
                       "one of TrackSock, UntrackSock",
                       "leave it out if nothing is to be done with the returned socket");
    return SockTracking::kNone;
  }
  if (!result || !is_socket(result->type)) {
    checking.out.warning(action.span, "returnArgAction has no effect: no socket is returned",
                         "\"return: true\" and returnArg of type sock or socket");
    return SockTracking::kNone;
  }
  return tracks ? SockTracking::kTrack : SockTracking::kUntrack;
}

}  // namespace tripline::policy
