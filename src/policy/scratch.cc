// SPDX-License-Identifier: Apache-2.0
#include "policy/scratch.h"

namespace tripline {

bool comes_later(const CheckedArg& arg) {
  return arg.return_copy && arg.source.kind != ArgSource::Kind::kSaved;
}

bool is_held(const CheckedArg& arg) {
  const ArgFamily family = family_of(arg.type);
  if (family == ArgFamily::kInteger) return !arg.source.steps.empty();
  return family != ArgFamily::kNone && !comes_later(arg);
}

ArgKey key_of(const CheckedArg& arg) { return {arg.type, arg.source, arg.size}; }

bool Room::take(const CheckedArg& arg) {
  if (!is_held(arg) || held_.contains(key_of(arg))) return true;
  const size_t texts = texts_ + (has_bytes(arg.type) ? 1 : 0);
  if (texts > kMostTexts || held_.size() == kMostValues) return false;
  texts_ = texts;
  held_.insert(key_of(arg));
  return true;
}

}  // namespace tripline
