// SPDX-License-Identifier: Apache-2.0
#include "compile/filter_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/meaning.h"
#include "policy/words.h"

namespace tripline {
namespace {

// Words of the language, by what check() made of them.
using policy::Operator;
using policy::word;

Operator operator_of(IntFilter::Op op) {
  return row_with(policy::kIntMeanings, &policy::IntMeaning::op, op).word;
}
Operator operator_of(TextOp op) { return row_with(policy::kTextMeanings, &policy::TextMeaning::op, op).word; }
Operator operator_of(const SocketFilter& filter) {
  const auto* const found = std::ranges::find_if(policy::kSocketMeanings, [&](const auto& row) {
    return row.field == filter.field && row.negated == filter.negated;
  });
  return found->word;
}

constexpr auto kCapabilitySets = std::to_array<std::string_view>(
    {"effective capabilities", "inheritable capabilities", "permitted capabilities"});

std::string_view task_name(TaskNumber number) {
  constexpr std::array<std::string_view, 12> kNames = {"process id",
                                                       "process id in its namespace",
                                                       "uts namespace",
                                                       "ipc namespace",
                                                       "mnt namespace",
                                                       "pid namespace",
                                                       "pid namespace for children",
                                                       "net namespace",
                                                       "time namespace",
                                                       "time namespace for children",
                                                       "cgroup namespace",
                                                       "user namespace"};
  const auto first = static_cast<size_t>(TaskNumber::kEffective);
  static_assert(kNames.size() == static_cast<size_t>(TaskNumber::kEffective));
  const auto position = static_cast<size_t>(number);
  return position < first ? kNames[position] : kCapabilitySets[position - first];
}

std::string_view fact_name(FactClause::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames = {
      "binary In",           "binary Prefix",
      "binary Postfix",      "descends from binary In",
      "descends from id In", "descends from id in its namespace In"};
  return kNames[static_cast<size_t>(kind)];
}

std::string block_text(const AddressBlock& block) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  inet_ntop(block.is_ipv6 ? AF_INET6 : AF_INET, block.bytes.data(), text.data(), text.size());
  return std::string(text.data()) + "/" + std::to_string(block.prefix);
}

// Bytes that are no plain characters as \xNN.
std::string quote(const std::string& bytes) {
  std::string out = "\"";
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    if (byte >= 0x20 && byte != 0x7f) {
      out += each;
    } else {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out + '"';
}

// The first values of a list, each with a space before it, and how many there are besides.
template <typename T, typename Text>
std::string list_text(const std::vector<T>& values, size_t most, Text text) {
  std::string out;
  for (size_t n = 0; n < values.size() && n < most; ++n) out += " " + std::string(text(values[n]));
  if (values.size() > most) out += " and " + std::to_string(values.size() - most) + " more";
  return out;
}

template <typename T>
std::string number_text(T number) {
  return std::to_string(number);
}

std::string range_text(const IntRange& value) {
  std::string out = std::to_string(value.low);
  if (value.high != value.low) out += ":" + std::to_string(value.high);
  return out;
}

struct FilterText {
  size_t most;  // values of a filter that are shown

  std::string operator()(const IntFilter& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(word(operator_of(filter.op)));
    return out + list_text(filter.values, most, range_text);
  }
  std::string operator()(const PathFilter& filter) const { return text(filter); }
  std::string operator()(const TextFilter& filter) const { return text(filter); }
  template <typename T>
  std::string text(const T& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(word(operator_of(filter.op)));
    return out + list_text(filter.values, most, quote);
  }
  std::string operator()(const FileTypeFilter& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " +
                      std::string(word(filter.negated ? Operator::kNotFileType : Operator::kFileType));
    return out + list_text(filter.types, most, [](uint16_t type) {
             return row_with(policy::kFileTypeMeanings, &policy::FileTypeMeaning::type, type).word;
           });
  }
  std::string operator()(const CelFilter&) const { return std::string(word(Operator::kCelExpr)); }
  std::string operator()(const SocketFilter& filter) const {
    std::string out = "args[" + std::to_string(filter.arg) + "] " + std::string(word(operator_of(filter)));
    return out + list_text(filter.addresses, most, block_text) + list_text(filter.numbers, most, range_text);
  }
  std::string operator()(const CapabilitiesGainedFilter& filter) const {
    return "args[" + std::to_string(filter.old) + "] " + std::string(word(Operator::kCapabilitiesGained)) +
           " args[" + std::to_string(filter.gained) + "]";
  }
  std::string operator()(const TaskFilter& filter) const {
    std::string out(task_name(filter.number));
    out += filter.is_mask   ? filter.negated ? " has none of" : " has one of"
           : filter.negated ? " is none of"
                            : " is one of";
    return out + list_text(filter.values, most, number_text<uint64_t>);
  }
  std::string operator()(const FactFilter& filter) const {
    std::string out(filter.parent ? "parent " : "process ");
    out += filter.negated ? "not " : "";
    out += fact_name(filter.clause.kind);
    return out + list_text(filter.clause.paths, most, quote) +
           list_text(filter.clause.pids, most, number_text<uint32_t>);
  }
  std::string operator()(const ChangeFilter& filter) const {
    const bool namespaces = filter.what == ChangeFilter::What::kNamespaces;
    const std::string_view what =
        namespaces ? "namespaces" : kCapabilitySets[static_cast<size_t>(filter.what) - 1];
    return std::string(what) + " changed" + (filter.others ? " outside " : " among ") +
           std::to_string(filter.listed);
  }
  std::string operator()(const ConstantFilter& filter) const { return filter.passes ? "always" : "never"; }
};

}  // namespace

std::string filter_text(const Filter& filter, size_t most) { return std::visit(FilterText{most}, filter); }

int line_of(const Filter& filter) {
  return std::visit([](const auto& f) { return f.span.line; }, filter);
}

}  // namespace tripline
