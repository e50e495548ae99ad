// SPDX-License-Identifier: Apache-2.0
#include "hook/target.h"

#include <algorithm>

namespace tripline {
namespace {

struct ShortName {
  std::string operator()(const target::Function& function) const { return function.name; }
  std::string operator()(const target::Functions& functions) const {
    return functions.names.empty() ? "" : function_named(functions.names.front()).name;
  }
  std::string operator()(const target::Tracepoint& tracepoint) const { return tracepoint.event; }
  std::string operator()(const target::LsmHook& hook) const { return hook.name; }
  std::string operator()(const target::Iterator& iterator) const { return iterator.objects; }
  std::string operator()(const target::UserCode& code) const {
    return code.file.path.substr(code.file.path.rfind('/') + 1) + ":" + place_name(code);
  }

  static std::string place_name(const target::UserCode& code) {
    if (code.places.empty()) return "";
    const target::UserPlace& place = code.places.front();
    return place.name.empty() ? std::to_string(place.offset) : place.name;
  }
};

}  // namespace

std::string full_name(const target::Function& function) {
  return function.module.empty() ? function.name : function.module + ":" + function.name;
}

target::Function function_named(std::string_view full_name) {
  const size_t colon = full_name.find(':');
  if (colon == full_name.npos) return {std::string(full_name)};
  return {std::string(full_name.substr(colon + 1)), std::string(full_name.substr(0, colon))};
}

std::string short_name(const Target& target) { return std::visit(ShortName(), target); }

std::string full_name(const Target& target) {
  if (const auto* function = std::get_if<target::Function>(&target)) return full_name(*function);
  if (const auto* functions = std::get_if<target::Functions>(&target))
    return functions->names.empty() ? "" : functions->names.front();
  if (const auto* code = std::get_if<target::UserCode>(&target))
    return code->file.path + ":" + ShortName::place_name(*code);
  return short_name(target);
}

std::string section_target(const Target& target) {
  const auto* tracepoint = std::get_if<target::Tracepoint>(&target);
  if (tracepoint == nullptr || tracepoint->subsystem.empty()) return full_name(target);
  return tracepoint->subsystem + "/" + tracepoint->event;
}

uint32_t functions_of(const Target& target) {
  size_t count = 1;
  if (const auto* functions = std::get_if<target::Functions>(&target)) count = functions->names.size();
  if (const auto* code = std::get_if<target::UserCode>(&target)) count = code->places.size();
  return std::max<uint32_t>(1, static_cast<uint32_t>(count));
}

}  // namespace tripline
