// SPDX-License-Identifier: Apache-2.0
#include "compile/present.h"

#include <set>

#include "compile/sources.h"
#include "policy/scratch.h"

namespace tripline {
namespace {

using ir::Callee;
using ir::Value;

constexpr int64_t kSocketAddress = 28;  // bytes of the longest of struct sockaddr_in and sockaddr_in6
constexpr int64_t kUnixAddress = 110;   // of struct sockaddr_un

class Present {
 public:
  Present(Builder& builder, const HookPlan& plan, const Kernel& kernel)
      : builder_(builder), sources_(builder, kernel, plan) {}

  void argument(const CheckedArg& arg) {
    if (!is_held(arg) || !in_process(arg) || !done_.insert(key_of(arg)).second) return;
    const ir::Line before = builder_.line();
    builder_.line(sources_.line_of(arg.source));
    const bool number = family_of(arg.type) == ArgFamily::kInteger;
    const Value at = follow(arg.source, number ? arg.source.steps.size() - 1 : arg.source.steps.size());
    content(arg, at);
    builder_.line(before);
  }

 private:
  // What the entry of a call saved was written by the call a moment ago.
  static bool in_process(const CheckedArg& arg) {
    using enum ArgSource::Kind;
    const ArgSource::Kind kind = arg.source.kind;
    return kind == kRegister || kind == kConstant || kind == kResult;
  }

  Value follow(const ArgSource& source, size_t pointers) {
    const Value at = builder_.copy(sources_.read(source));
    for (size_t n = 0; n < source.steps.size(); ++n) {
      const ResolveStep& step = source.steps[n];
      if (step.offset != 0) builder_.add(ir::Binary{ir::BinaryOp::kAdd, at, int64_t{step.offset}});
      if (step.dereference && n < pointers) builder_.call(at, Callee::tl_present_pointer, {at});
    }
    return at;
  }

  void content(const CheckedArg& arg, Value at) {
    switch (arg.type) {
      case ArgType::kString:
        return builder_.call(Callee::tl_present_text, {at});
      case ArgType::kCharBuf:
        if (arg.size) builder_.call(Callee::tl_present, {at, follow(*arg.size, arg.size->steps.size())});
        return;
      case ArgType::kCharIovec:
        if (arg.size)
          builder_.call(Callee::tl_present_vectors, {at, follow(*arg.size, arg.size->steps.size())});
        return;
      case ArgType::kSockaddr:
        return builder_.call(Callee::tl_present, {at, kSocketAddress});
      case ArgType::kSockaddrUn:
        return builder_.call(Callee::tl_present, {at, kUnixAddress});
      default:
        if (family_of(arg.type) == ArgFamily::kInteger)
          builder_.call(Callee::tl_present, {at, int64_t{arg.source.size}});
        return;
    }
  }

  Builder& builder_;
  Sources sources_;
  std::set<ArgKey> done_;
};

}  // namespace

void write_present(Builder& builder, const HookPlan& plan, const Kernel& kernel) {
  Present present(builder, plan, kernel);
  for (const HookSection& section : plan.sections)
    for (const CheckedArg& arg : section.section().args) present.argument(arg);
}

}  // namespace tripline
