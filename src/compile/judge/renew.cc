// SPDX-License-Identifier: Apache-2.0
#include "compile/judge/renew.h"

#include <cstdint>
#include <utility>
#include <variant>

namespace tripline {
namespace {

using ir::Callee;

constexpr int64_t kNamespaces = 1;
constexpr int64_t kCapabilities = 2;

}  // namespace

Renewals::Renewals(Builder& builder, const FactTable& table)
    : builder_(builder), table_(table), due_(builder.constant(0)) {}

void Renewals::note(const CheckedSelector& selector) {
  int64_t bits = 0;
  for (const Filter& filter : selector.filters) {
    const auto* change = std::get_if<ChangeFilter>(&filter);
    if (change == nullptr) continue;
    bits |= change->what == ChangeFilter::What::kNamespaces ? kNamespaces : kCapabilities;
  }
  if (bits != 0) builder_.add(ir::Binary{ir::BinaryOp::kOr, due_, bits});
}

void Renewals::write() {
  for (const auto& [bit, callee] : {std::pair{kNamespaces, Callee::tl_renew_namespaces},
                                    std::pair{kCapabilities, Callee::tl_renew_capabilities}}) {
    const Label yes = builder_.label("renew");
    const Label no = builder_.label("keep");
    builder_.branch(ir::Compare::kTestBits, ir::Width::k8, due_, bit, yes, no);
    builder_.place(yes);
    builder_.call(callee, {int64_t{table_.recorded_offset()}});
    builder_.place(no);
  }
}

}  // namespace tripline
