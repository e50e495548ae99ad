// SPDX-License-Identifier: Apache-2.0
// The fields of every mapping of the language: the name in the document, the member that holds it, and whether it
// must be there. Both parse.cc and print.cc are written once, over these tables.
#pragma once

#include <string_view>
#include <tuple>

#include "policy/policy.h"
#include "policy/sections.h"

namespace tripline::policy {

template <typename Struct, typename Member>
struct Field {
  std::string_view name;
  Member Struct::* member;
  bool required = false;
};

template <typename Struct, typename Member>
constexpr Field<Struct, Member> must(std::string_view name, Member Struct::* member) {
  return {name, member, true};
}
template <typename Struct, typename Member>
constexpr Field<Struct, Member> may(std::string_view name, Member Struct::* member) {
  return {name, member, false};
}

// fields(static_cast<const T*>(nullptr)): the tuple of T's fields, in the order of the normal form.

constexpr auto fields(const LabelRequirement*) {
  using T = LabelRequirement;
  return std::tuple(must("key", &T::key), must("operator", &T::op), may("values", &T::values));
}

constexpr auto fields(const LabelSelector*) {
  using T = LabelSelector;
  return std::tuple(may("matchLabels", &T::match_labels), may("matchExpressions", &T::match_expressions));
}

constexpr auto fields(const Argument*) {
  using T = Argument;
  return std::tuple(must("index", &T::index), may("type", &T::type), may("resolve", &T::resolve),
                    may("btfType", &T::btf_type), may("btfTypeModule", &T::btf_type_module),
                    may("source", &T::source), may("sizeArgIndex", &T::size_arg_index),
                    may("returnCopy", &T::return_copy), may("maxData", &T::max_data),
                    may("label", &T::label));
}

constexpr auto fields(const ArgFilter*) {
  using T = ArgFilter;
  return std::tuple(may("index", &T::index), may("args", &T::args), must("operator", &T::op),
                    may("values", &T::values));
}

constexpr auto fields(const PidFilter*) {
  using T = PidFilter;
  return std::tuple(must("operator", &T::op), must("values", &T::values),
                    may("isNamespacePID", &T::is_namespace_pid), may("followForks", &T::follow_forks));
}

constexpr auto fields(const BinaryFilter*) {
  using T = BinaryFilter;
  return std::tuple(must("operator", &T::op), must("values", &T::values),
                    may("followChildren", &T::follow_children));
}

constexpr auto fields(const NamespaceFilter*) {
  using T = NamespaceFilter;
  return std::tuple(must("namespace", &T::kind), must("operator", &T::op), may("values", &T::values));
}

constexpr auto fields(const NamespaceChangeFilter*) {
  using T = NamespaceChangeFilter;
  return std::tuple(must("operator", &T::op), may("values", &T::values));
}

constexpr auto fields(const CapabilityFilter*) {
  using T = CapabilityFilter;
  return std::tuple(may("type", &T::set), must("operator", &T::op),
                    may("isNamespaceCapability", &T::is_namespace_capability), may("values", &T::values));
}

constexpr auto fields(const Workloads*) {
  using T = Workloads;
  return std::tuple(may("podSelector", &T::pod_selector), may("containerSelector", &T::container_selector),
                    may("hostSelector", &T::host_selector));
}

constexpr auto fields(const Action*) {
  using T = Action;
  return std::tuple(must("action", &T::kind), may("argUrl", &T::url), may("argFqdn", &T::fqdn),
                    may("argError", &T::error), may("argSig", &T::signal), may("argSock", &T::sock),
                    may("argIndex", &T::arg_index), may("argValue", &T::arg_value),
                    may("argRegs", &T::registers), may("argNewSymbol", &T::new_symbol),
                    may("argNewAddr", &T::new_address), may("argNewOffset", &T::new_offset),
                    may("rateLimit", &T::rate_limit), may("rateLimitScope", &T::rate_limit_scope),
                    may("kernelStackTrace", &T::kernel_stack_trace),
                    may("userStackTrace", &T::user_stack_trace), may("imaHash", &T::ima_hash));
}

constexpr auto fields(const Selector*) {
  using T = Selector;
  return std::tuple(
      may("label", &T::label), may("macros", &T::macros), may("matchPIDs", &T::match_pids),
      may("matchArgs", &T::match_args), may("matchData", &T::match_data),
      may("matchReturnArgs", &T::match_return_args), may("matchBinaries", &T::match_binaries),
      may("matchParentBinaries", &T::match_parent_binaries), may("matchNamespaces", &T::match_namespaces),
      may("matchNamespaceChanges", &T::match_namespace_changes),
      may("matchCapabilities", &T::match_capabilities),
      may("matchCapabilityChanges", &T::match_capability_changes), may("matchWorkloads", &T::match_workloads),
      may("matchActions", &T::match_actions), may("matchReturnActions", &T::match_return_actions));
}

constexpr auto fields(const Ignore*) {
  using T = Ignore;
  return std::tuple(may("callNotFound", &T::call_not_found),
                    may("digestVerificationFailure", &T::digest_verification_failure));
}

constexpr auto fields(const FunctionHook*) {
  using T = FunctionHook;
  return std::tuple(must("call", &T::call), may("syscall", &T::syscall), may("return", &T::wants_return),
                    may("args", &T::args), may("data", &T::data), may("returnArg", &T::return_arg),
                    may("returnArgAction", &T::return_arg_action), may("ignore", &T::ignore),
                    may("message", &T::message), may("tags", &T::tags), may("selectors", &T::selectors));
}

constexpr auto fields(const TracepointHook*) {
  using T = TracepointHook;
  return std::tuple(must("subsystem", &T::subsystem), must("event", &T::event), may("raw", &T::raw),
                    may("args", &T::args), may("message", &T::message), may("tags", &T::tags),
                    may("selectors", &T::selectors));
}

constexpr auto fields(const LsmHook*) {
  using T = LsmHook;
  return std::tuple(must("hook", &T::hook), may("args", &T::args), may("message", &T::message),
                    may("tags", &T::tags), may("selectors", &T::selectors));
}

constexpr auto fields(const UprobeHook*) {
  using T = UprobeHook;
  return std::tuple(must("path", &T::path), may("symbols", &T::symbols), may("offsets", &T::offsets),
                    may("addrs", &T::addresses), may("refCtrOffsets", &T::ref_ctr_offsets),
                    may("btfPath", &T::btf_path), may("return", &T::wants_return), may("args", &T::args),
                    may("data", &T::data), may("returnArg", &T::return_arg),
                    may("binaryDigests", &T::binary_digests), may("ignore", &T::ignore),
                    may("message", &T::message), may("tags", &T::tags), may("selectors", &T::selectors));
}

constexpr auto fields(const UsdtHook*) {
  using T = UsdtHook;
  return std::tuple(must("path", &T::path), must("provider", &T::provider), must("name", &T::name),
                    may("btfPath", &T::btf_path), may("args", &T::args), may("message", &T::message),
                    may("tags", &T::tags), may("selectors", &T::selectors));
}

constexpr auto fields(const Enforcer*) {
  using T = Enforcer;
  return std::tuple(must("calls", &T::calls));
}

constexpr auto fields(const NameList*) {
  using T = NameList;
  return std::tuple(must("name", &T::name), may("type", &T::type), may("values", &T::values),
                    may("pattern", &T::pattern), may("validated", &T::validated));
}

constexpr auto fields(const Option*) {
  using T = Option;
  return std::tuple(must("name", &T::name), may("value", &T::value));
}

constexpr auto fields(const Spec*) {
  using T = Spec;
  const auto sections = std::apply(
      [](const auto&... section) { return std::tuple(may(section.name, section.hooks)...); }, kSections);
  return std::tuple_cat(
      sections,
      std::tuple(may("loader", &T::loader), may("enforcers", &T::enforcers), may("lists", &T::lists),
                 may("options", &T::options), may("selectorsMacros", &T::selectors_macros),
                 may("podSelector", &T::pod_selector), may("containerSelector", &T::container_selector),
                 may("hostSelector", &T::host_selector), may("nodeSelector", &T::node_selector)));
}

// A struct that stands for a mapping.
template <typename T>
concept Mapping = requires { fields(static_cast<const T*>(nullptr)); };

}  // namespace tripline::policy
