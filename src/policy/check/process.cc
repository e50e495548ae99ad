// SPDX-License-Identifier: Apache-2.0
// What a selector asks of the process that makes the call. Each filter becomes one of three kinds: a number of the
// current task (TaskFilter), what is decided when the process changes (FactFilter), what changed since it was recorded
// (ChangeFilter). Elements of one list are ANDed.
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"

namespace tripline::policy {
namespace {

bool is_not(const Located<SetOperator>& op) { return op.value == SetOperator::kNotIn; }

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

TaskNumber number_of(Namespace kind) {
  return static_cast<TaskNumber>(static_cast<int>(TaskNumber::kUts) + static_cast<int>(kind));
}
TaskNumber number_of(CapabilitySet set) {
  return static_cast<TaskNumber>(static_cast<int>(TaskNumber::kEffective) + static_cast<int>(set));
}

class ProcessCheck {
 public:
  ProcessCheck(const Checking& checking, std::vector<Filter>& out) : checking_(checking), out_(out) {}

  void pids(const PidFilter& filter) {
    warn_of_no_values(filter.span, filter.values.empty(), is_not(filter.op));
    std::vector<uint32_t> values;
    for (const Located<uint32_t>& value : filter.values) values.push_back(value.value);
    sort_unique(values);
    const bool in_namespace = filter.is_namespace_pid.value;
    if (!filter.follow_forks.value) {
      TaskFilter task{.number = in_namespace ? TaskNumber::kNamespacePid : TaskNumber::kPid,
                      .negated = is_not(filter.op),
                      .span = filter.span};
      task.values.assign(values.begin(), values.end());
      out_.emplace_back(std::move(task));
      return;
    }
    // Of processes in the root namespace it is not asked, not even by NotIn.
    if (in_namespace) {
      out_.emplace_back(TaskFilter{
          .number = TaskNumber::kNamespacePid, .negated = true, .values = {0}, .span = filter.span});
    }
    FactFilter fact{.negated = is_not(filter.op), .span = filter.span};
    fact.clause.kind = in_namespace ? FactClause::Kind::kFollowNamespacePid : FactClause::Kind::kFollowPid;
    fact.clause.pids = std::move(values);
    out_.emplace_back(std::move(fact));
  }

  void binaries(const std::vector<BinaryFilter>& filters, std::string_view field, bool parent) {
    if (filters.empty()) return;
    if (filters.size() > 1) {
      checking_.out.error(filters[1].span, "a selector can have only one element in " + std::string(field),
                          "one element", "values of one element are alternatives; use another selector");
    }
    if (parent && !checking_.options.parents_map) {
      checking_.out.error(filters.front().span, std::string(field) + " is disabled", "",
                          "start with --parents-map-enabled");
    }
    binary(filters.front(), parent);
  }

  void namespaces(const NamespaceFilter& filter) {
    TaskFilter task{
        .number = number_of(filter.kind.value), .negated = is_not(filter.op), .span = filter.span};
    if (filter.values.empty()) {
      checking_.out.error(filter.op.span, "this filter has no values", "an inode number or host_ns");
    }
    for (const Text& text : filter.values) {
      if (const auto value = namespace_number(text, filter.kind.value)) task.values.push_back(*value);
    }
    out_.emplace_back(std::move(task));
  }

  void capabilities(const CapabilityFilter& filter) {
    warn_of_no_values(filter.span, filter.values.empty(), is_not(filter.op));
    const uint64_t listed = mask(filter.values);
    in_own_namespace(filter);
    out_.emplace_back(TaskFilter{.number = number_of(filter.set.value),
                                 .is_mask = true,
                                 .negated = is_not(filter.op),
                                 .values = {listed},
                                 .span = filter.span});
  }

  void namespace_changes(const std::vector<NamespaceChangeFilter>& filters) {
    if (filters.empty()) return;
    if (filters.size() > 1) {
      checking_.out.error(filters[1].span, "a selector can have only one element in matchNamespaceChanges",
                          "one element");
    }
    const NamespaceChangeFilter& filter = filters.front();
    if (!is_not(filter.op)) warn_of_no_values(filter.span, filter.values.empty(), false);
    ChangeFilter change{.others = is_not(filter.op), .span = filter.span};
    for (const Text& text : filter.values) {
      if (const auto kind = any_case<Namespace>(text))
        change.listed |= uint64_t{1} << static_cast<int>(*kind);
    }
    out_.emplace_back(change);
  }

  void capability_changes(const std::vector<CapabilityFilter>& filters) {
    if (filters.empty()) return;
    if (filters.size() > 1) {
      checking_.out.warning(filters[1].span, "only the first element of matchCapabilityChanges is used");
    }
    const CapabilityFilter& filter = filters.front();
    in_own_namespace(filter);
    if (!is_not(filter.op)) warn_of_no_values(filter.span, filter.values.empty(), false);
    ChangeFilter change{.listed = mask(filter.values), .others = is_not(filter.op), .span = filter.span};
    change.what = static_cast<ChangeFilter::What>(static_cast<int>(ChangeFilter::What::kEffective) +
                                                  static_cast<int>(filter.set.value));
    out_.emplace_back(change);
  }

 private:
  void warn_of_no_values(Span span, bool none, bool negated) const {
    if (!none) return;
    checking_.out.warning(span, negated ? "without values this filter always passes"
                                        : "without values this filter never passes");
  }

  void binary(const BinaryFilter& filter, bool parent) {
    using enum BinaryOperator;
    const BinaryOperator op = filter.op.value;
    const bool whole = op == kIn || op == kNotIn;
    FactFilter fact{.negated = op == kNotIn || op == kNotPrefix || op == kNotPostfix,
                    .parent = parent,
                    .span = filter.span};
    fact.clause.kind = whole                               ? FactClause::Kind::kEqual
                       : op == kPrefix || op == kNotPrefix ? FactClause::Kind::kPrefix
                                                           : FactClause::Kind::kPostfix;
    const TextOp compared = whole                               ? TextOp::kEqual
                            : op == kPrefix || op == kNotPrefix ? TextOp::kPrefix
                                                                : TextOp::kPostfix;
    if (filter.follow_children.value) {
      if (!whole) {
        checking_.out.error(filter.follow_children.span,
                            "followChildren cannot be used with operator " + std::string(word(op)),
                            "In or NotIn");
      }
      fact.clause.kind = FactClause::Kind::kFollowBinary;
    }
    for (const Text& text : filter.values) fact.clause.paths.push_back(path(text, compared));
    sort_unique(fact.clause.paths);
    if (fact.clause.paths.empty()) {
      checking_.out.warning(filter.span, "without values this filter has no effect");
      return;
    }
    out_.emplace_back(std::move(fact));
  }

  std::string path(const Text& text, TextOp op) const {
    if (text.value.contains('\0')) {
      checking_.out.warning(text.span, "no path contains a NUL byte");
      return text.value;
    }
    const std::string_view why = op == TextOp::kEqual && text.value.empty() ? "it does not start with a slash"
                                                                            : impossible_path(op, text.value);
    if (!why.empty()) {
      checking_.out.warning(text.span, std::string("no binary has ") +
                                           (op == TextOp::kEqual ? "this path: " : "a path like this: ") +
                                           std::string(why));
    }
    return text.value;
  }

  std::optional<uint64_t> namespace_number(const Text& text, Namespace kind) const {
    if (text.value == "host_ns") {
      const uint32_t number = checking_.kernel.namespaces[static_cast<size_t>(kind)];
      if (number == 0) {
        checking_.out.error(text.span,
                            "the host's " + std::string(word(kind)) + " namespace is unknown for this kernel",
                            "its inode number", "a new \"tripline kernel dump\" records it");
      }
      return number;
    }
    uint32_t number = 0;
    const char* end = text.value.data() + text.value.size();
    const auto [stop, error] = std::from_chars(text.value.data(), end, number);
    if (error == std::errc{} && stop == end) return number;
    checking_.out.error(text.span, quoted(text.value) + " is not a valid namespace",
                        "a decimal inode number or host_ns");
    return std::nullopt;
  }

  // A name written in any case, blanks around it ignored; one that is none is reported.
  template <typename E>
  std::optional<E> any_case(const Text& text) const {
    constexpr std::string_view kBlank = " \t\r\n\v\f";
    const size_t from = std::min(text.value.find_first_not_of(kBlank), text.value.size());
    const size_t to = text.value.find_last_not_of(kBlank);
    const std::string_view trimmed =
        std::string_view(text.value).substr(from, to == std::string::npos ? 0 : to + 1 - from);
    const auto same = [&](std::string_view name) {
      return std::ranges::equal(name, trimmed, [](char a, char b) { return upper(a) == upper(b); });
    };
    for (size_t i = 0; i < Words<E>::all.size(); ++i) {
      if (same(Words<E>::all[i])) return static_cast<E>(i);
    }
    for (const auto& [spelling, value] : Words<E>::also) {
      if (!spelling.empty() && same(spelling)) return value;
    }
    std::string shouted(trimmed);
    std::ranges::transform(shouted, shouted.begin(), upper);
    checking_.out.error(text.span, quoted(text.value) + " is not a valid " + std::string(Words<E>::what),
                        "one of " + listed(Words<E>::all), did_you_mean(shouted, Words<E>::all));
    return std::nullopt;
  }
  static char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

  uint64_t mask(const TextList& values) const {
    uint64_t out = 0;
    for (const Text& text : values) {
      if (const auto capability = any_case<Capability>(text))
        out |= uint64_t{1} << static_cast<int>(*capability);
    }
    return out;
  }

  // isNamespaceCapability: not in the user namespace of the host.
  void in_own_namespace(const CapabilityFilter& filter) {
    if (!filter.is_namespace_capability.value) return;
    const uint32_t host = checking_.kernel.namespaces[static_cast<size_t>(Namespace::kUser)];
    if (host == 0) {
      checking_.out.error(filter.is_namespace_capability.span,
                          "the host's user namespace is unknown for this kernel", "",
                          "a new \"tripline kernel dump\" records it");
    }
    out_.emplace_back(
        TaskFilter{.number = TaskNumber::kUser, .negated = true, .values = {host}, .span = filter.span});
  }

  const Checking& checking_;
  std::vector<Filter>& out_;
};

}  // namespace

void check_process_filters(const Checking& checking, const Selector& selector, std::vector<Filter>& out) {
  ProcessCheck check(checking, out);
  for (const PidFilter& filter : selector.match_pids) check.pids(filter);
  check.binaries(selector.match_binaries, "matchBinaries", false);
  check.binaries(selector.match_parent_binaries, "matchParentBinaries", true);
  for (const NamespaceFilter& filter : selector.match_namespaces) check.namespaces(filter);
  for (const CapabilityFilter& filter : selector.match_capabilities) check.capabilities(filter);
  check.namespace_changes(selector.match_namespace_changes);
  check.capability_changes(selector.match_capability_changes);
}

}  // namespace tripline::policy
