// SPDX-License-Identifier: Apache-2.0
// Filters on the process: what each becomes, and what is refused or warned of, with its place.
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/policy.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using Kind = FactClause::Kind;
using What = ChangeFilter::What;

constexpr uint32_t kHostUser = 4026531837;
constexpr uint32_t kHostNet = 4026531840;

// The filter begins in line 9, column 7.
Source with(std::string_view filter) {
  return policy_with("  kprobes:\n  - call: sys_lseek\n    selectors:\n    - " + std::string(filter) + "\n");
}

// A kernel that knows some namespaces of its host, and an agent that records parents.
struct Known {
  std::optional<CheckedPolicy> checked;
  std::string said;
};
Known look(std::string_view filter, bool parents = true) {
  Kernel kernel = tiny_kernel();
  kernel.namespaces[static_cast<size_t>(policy::Namespace::kUser)] = kHostUser;
  kernel.namespaces[static_cast<size_t>(policy::Namespace::kNet)] = kHostNet;
  Diagnostics diagnostics;
  const auto parsed = parse(with(filter), diagnostics);
  Known out;
  if (parsed) out.checked = check(*parsed, kernel, diagnostics, {.parents_map = parents});
  diagnostics.sort();
  out.said = messages(diagnostics);
  return out;
}

std::string told(std::string_view filter) { return look(filter).said; }

// The filters of the one selector, about which nothing is said.
std::vector<Filter> filters(std::string_view filter) {
  const Known known = look(filter);
  EXPECT_EQ(known.said, "") << filter;
  EXPECT_TRUE(known.checked) << filter;
  return known.checked ? known.checked->hooks.at(0).selectors.at(0).filters : std::vector<Filter>{};
}
template <typename T>
T only(std::string_view filter) {
  const std::vector<Filter> all = filters(filter);
  EXPECT_EQ(all.size(), 1U) << filter;
  const T* found = all.empty() ? nullptr : std::get_if<T>(&all[0]);
  EXPECT_NE(found, nullptr) << filter;
  return found != nullptr ? *found : T{};
}

using Values = std::vector<uint64_t>;
using Paths = std::vector<std::string>;

// ---- matchPIDs

TEST(CheckProcess, Pids) {
  const auto in = only<TaskFilter>("matchPIDs: [{operator: In, values: [7, 1, 7]}]");
  EXPECT_EQ(in.number, TaskNumber::kPid);
  EXPECT_FALSE(in.negated);
  EXPECT_FALSE(in.is_mask);
  EXPECT_EQ(in.values, (Values{1, 7}));
  const auto not_in =
      only<TaskFilter>("matchPIDs: [{operator: NotIn, values: [4294967295], isNamespacePID: true}]");
  EXPECT_EQ(not_in.number, TaskNumber::kNamespacePid);
  EXPECT_TRUE(not_in.negated);
  EXPECT_EQ(not_in.values, Values{UINT32_MAX});
  EXPECT_EQ(told("matchPIDs: [{operator: In, values: []}]"),
            "9:19 warning: without values this filter never passes\n");
  EXPECT_EQ(told("matchPIDs: [{operator: NotIn, values: []}]"),
            "9:19 warning: without values this filter always passes\n");
  EXPECT_EQ(filters("matchPIDs: [{operator: In, values: [1]}, {operator: NotIn, values: [2]}]").size(), 2U);
}

TEST(CheckProcess, PidsOfDescendants) {
  const auto in = only<FactFilter>("matchPIDs: [{operator: In, values: [7, 1, 7], followForks: true}]");
  EXPECT_EQ(in.clause, (FactClause{.kind = Kind::kFollowPid, .paths = {}, .pids = {1, 7}}));
  EXPECT_FALSE(in.negated);
  EXPECT_FALSE(in.parent);
  // Of processes that are in no pid namespace it fails, whatever the operator.
  const std::vector<Filter> inside =
      filters("matchPIDs: [{operator: NotIn, values: [1], followForks: true, isNamespacePID: true}]");
  ASSERT_EQ(inside.size(), 2U);
  const auto& task = std::get<TaskFilter>(inside[0]);
  EXPECT_EQ(task.number, TaskNumber::kNamespacePid);
  EXPECT_TRUE(task.negated);
  EXPECT_EQ(task.values, Values{0});
  const auto& fact = std::get<FactFilter>(inside[1]);
  EXPECT_EQ(fact.clause, (FactClause{.kind = Kind::kFollowNamespacePid, .paths = {}, .pids = {1}}));
  EXPECT_TRUE(fact.negated);
}

TEST(CheckProcess, PidsThatAreNone) {
  EXPECT_EQ(told("matchPIDs: [{operator: In, values: [-1]}]"), "9:43 error: -1 does not fit\n");
  EXPECT_EQ(told("matchPIDs: [{operator: Equal, values: [1]}]"), "9:30 error: unknown operator \"Equal\"\n");
}

// ---- matchBinaries

TEST(CheckProcess, Binaries) {
  const struct {
    std::string_view op;
    Kind kind;
    bool negated;
  } rows[] = {{"In", Kind::kEqual, false},        {"NotIn", Kind::kEqual, true},
              {"Prefix", Kind::kPrefix, false},   {"NotPrefix", Kind::kPrefix, true},
              {"Postfix", Kind::kPostfix, false}, {"NotPostfix", Kind::kPostfix, true}};
  for (const std::string_view field : {"matchBinaries", "matchParentBinaries"}) {
    for (const auto& row : rows) {
      const std::string text =
          std::string(field) + ": [{operator: " + std::string(row.op) + ", values: [/b, /a, /b]}]";
      const auto fact = only<FactFilter>(text);
      EXPECT_EQ(fact.clause, (FactClause{.kind = row.kind, .paths = {"/a", "/b"}, .pids = {}})) << text;
      EXPECT_EQ(fact.negated, row.negated) << text;
      EXPECT_EQ(fact.parent, field == "matchParentBinaries") << text;
    }
  }
}

TEST(CheckProcess, BinariesOfDescendants) {
  for (const bool negated : {false, true}) {
    const auto fact = only<FactFilter>(std::string("matchBinaries: [{operator: ") +
                                       (negated ? "NotIn" : "In") + ", values: [/a], followChildren: true}]");
    EXPECT_EQ(fact.clause.kind, Kind::kFollowBinary);
    EXPECT_EQ(fact.negated, negated);
  }
  EXPECT_TRUE(
      only<FactFilter>("matchParentBinaries: [{operator: In, values: [/a], followChildren: true}]").parent);
  for (const std::string_view op : {"Prefix", "NotPrefix", "Postfix", "NotPostfix"}) {
    const std::string text =
        "matchBinaries: [{values: [/a], followChildren: true, operator: " + std::string(op);
    EXPECT_EQ(told(text + "}]"),
              "9:54 error: followChildren cannot be used with operator " + std::string(op) + "\n");
  }
}

TEST(CheckProcess, BinariesThatCannotBe) {
  EXPECT_EQ(told("matchBinaries: [{operator: In, values: [sh, '', /x]}, {operator: In, values: [/y]}]"),
            "9:47 warning: no binary has this path: it does not start with a slash\n"
            "9:51 warning: no binary has this path: it does not start with a slash\n"
            "9:61 error: a selector can have only one element in matchBinaries\n");
  EXPECT_EQ(told("matchBinaries: [{operator: Postfix, values: [sh, \"a\\0\"]}]"),
            "9:56 warning: no path contains a NUL byte\n");
  EXPECT_EQ(told("matchBinaries: [{operator: In}]"), "9:23 error: the field \"values\" is missing here\n");
  const Known parents = look("matchParentBinaries: [{operator: In, values: [/x]}]", false);
  EXPECT_EQ(parents.said, "9:29 error: matchParentBinaries is disabled\n");
  EXPECT_FALSE(parents.checked);
}

TEST(CheckProcess, BinariesWhosePathsCannotBe) {
  const std::string path = "no binary has this path: ";
  const std::string like = "no binary has a path like this: ";
  EXPECT_EQ(told("matchBinaries: [{operator: In, values: [/usr//bin/x, /usr/bin/, /usr/../x, /x/.]}]"),
            "9:47 warning: " + path + "it has two slashes in a row\n9:60 warning: " + path +
                "it ends with a slash\n9:71 warning: " + path +
                "it has a . or .. component\n9:82 warning: " + path + "it has a . or .. component\n");
  EXPECT_EQ(told("matchBinaries: [{operator: Prefix, values: [usr, /usr/, /usr//, /x/.]}]"),
            "9:51 warning: " + like + "it does not start with a slash\n9:63 warning: " + like +
                "it has two slashes in a row\n");
  EXPECT_EQ(told("matchBinaries: [{operator: NotPostfix, values: [x//y, /sh, sh/, sh]}]"),
            "9:55 warning: " + like + "it has two slashes in a row\n9:66 warning: " + like +
                "it ends with a slash\n");
}

TEST(CheckProcess, ListsWithoutValues) {
  EXPECT_EQ(told("matchCapabilities: [{operator: In, values: []}]"),
            "9:27 warning: without values this filter never passes\n");
  EXPECT_EQ(told("matchCapabilities: [{operator: NotIn, values: []}]"),
            "9:27 warning: without values this filter always passes\n");
  EXPECT_EQ(told("matchCapabilityChanges: [{operator: In, values: []}]"),
            "9:32 warning: without values this filter never passes\n");
  EXPECT_EQ(told("matchNamespaceChanges: [{operator: In, values: []}]"),
            "9:31 warning: without values this filter never passes\n");
  // Any change is one that is not listed.
  EXPECT_EQ(told("matchNamespaceChanges: [{operator: NotIn, values: []}]"), "");
  EXPECT_EQ(told("matchCapabilityChanges: [{operator: NotIn, values: []}]"), "");
}

TEST(CheckProcess, NoBinariesAreNoFilter) {
  const Known known = look("matchBinaries: [{operator: NotIn, values: []}]");
  EXPECT_EQ(known.said, "9:23 warning: without values this filter has no effect\n");
  ASSERT_TRUE(known.checked);
  EXPECT_TRUE(known.checked->hooks.at(0).selectors.at(0).filters.empty());
}

// ---- matchNamespaces

TEST(CheckProcess, Namespaces) {
  using enum TaskNumber;
  constexpr auto kInOrder = std::to_array<TaskNumber>(
      {kUts, kIpc, kMnt, kPidNamespace, kPidForChildren, kNet, kTime, kTimeForChildren, kCgroup, kUser});
  for (size_t n = 0; n < kInOrder.size(); ++n) {
    const auto filter = only<TaskFilter>(
        "matchNamespaces: [{namespace: " + std::string(policy::Words<policy::Namespace>::all[n]) +
        ", operator: NotIn, values: ['5', '4294967295']}]");
    EXPECT_EQ(filter.number, kInOrder[n]);
    EXPECT_TRUE(filter.negated);
    EXPECT_FALSE(filter.is_mask);
    EXPECT_EQ(filter.values, (Values{5, UINT32_MAX}));
  }
  EXPECT_EQ(
      only<TaskFilter>("matchNamespaces: [{namespace: Net, operator: In, values: [host_ns, '6']}]").values,
      (Values{kHostNet, 6}));
}

TEST(CheckProcess, NamespacesThatAreNone) {
  EXPECT_EQ(
      told("matchNamespaces: [{namespace: Uts, operator: In, values: ['0x5', '4294967296', host, '', "
           "'-1', host_ns]}]"),
      "9:65 error: \"0x5\" is not a valid namespace\n9:72 error: \"4294967296\" is not a valid namespace\n"
      "9:86 error: \"host\" is not a valid namespace\n9:92 error: \"\" is not a valid namespace\n"
      "9:96 error: \"-1\" is not a valid namespace\n"
      "9:102 error: the host's Uts namespace is unknown for this kernel\n");
  EXPECT_EQ(told("matchNamespaces: [{namespace: Uts, operator: In, values: []}]"),
            "9:52 error: this filter has no values\n");
  EXPECT_EQ(told("matchNamespaces: [{namespace: uts, operator: In, values: ['1']}]"),
            "9:37 error: unknown namespace \"uts\"\n");
}

// ---- matchCapabilities

TEST(CheckProcess, Capabilities) {
  using enum TaskNumber;
  const auto plain =
      only<TaskFilter>("matchCapabilities: [{operator: In, values: [CAP_CHOWN, ' cap_bpf ']}]");
  EXPECT_EQ(plain.number, kEffective) << "which is meant when nothing is said";
  EXPECT_TRUE(plain.is_mask);
  EXPECT_FALSE(plain.negated);
  EXPECT_EQ(plain.values, Values{uint64_t{1} << 39 | 1});
  const auto other =
      only<TaskFilter>("matchCapabilities: [{type: Inheritable, operator: NotIn, values: [DAC_OVERRIDE]}]");
  EXPECT_EQ(other.number, kInheritable);
  EXPECT_TRUE(other.negated);
  EXPECT_EQ(other.values, Values{2});
  EXPECT_EQ(
      only<TaskFilter>("matchCapabilities: [{type: Permitted, operator: In, values: [cap_dac_override]}]")
          .number,
      kPermitted);
  EXPECT_EQ(
      filters("matchCapabilities: [{operator: In, values: [CAP_BPF]}, {operator: NotIn, values: [CAP_KILL]}]")
          .size(),
      2U);
}

TEST(CheckProcess, CapabilitiesInANamespace) {
  const std::vector<Filter> all =
      filters("matchCapabilities: [{operator: In, values: [CAP_BPF], isNamespaceCapability: true}]");
  ASSERT_EQ(all.size(), 2U);
  const auto& outside = std::get<TaskFilter>(all[0]);
  EXPECT_EQ(outside.number, TaskNumber::kUser);
  EXPECT_TRUE(outside.negated);
  EXPECT_EQ(outside.values, Values{kHostUser});
  // The tiny kernel knows nothing of its host.
  EXPECT_EQ(
      messages(
          judge(with("matchCapabilities: [{operator: In, values: [CAP_BPF], isNamespaceCapability: true}]"))
              .diagnostics),
      "9:84 error: the host's user namespace is unknown for this kernel\n");
}

TEST(CheckProcess, CapabilitiesThatAreNone) {
  EXPECT_EQ(
      told("matchCapabilities: [{operator: In, values: [CAP_CHOWM, BPF, '']}]"),
      "9:51 error: \"CAP_CHOWM\" is not a valid capability\n9:62 error: \"BPF\" is not a valid capability\n"
      "9:67 error: \"\" is not a valid capability\n");
  EXPECT_EQ(told("matchCapabilities: [{type: Ambient, operator: In, values: [CAP_BPF]}]"),
            "9:34 error: unknown capability set \"Ambient\"\n");
}

// ---- what changed

TEST(CheckProcess, NamespaceChanges) {
  const auto in = only<ChangeFilter>("matchNamespaceChanges: [{operator: In, values: [Uts, ' user ', NET]}]");
  EXPECT_EQ(in.what, What::kNamespaces);
  EXPECT_EQ(in.listed, uint64_t{1} << 9 | 1 << 5 | 1);
  EXPECT_FALSE(in.others);
  EXPECT_TRUE(only<ChangeFilter>("matchNamespaceChanges: [{operator: NotIn, values: [Mnt]}]").others);
  EXPECT_EQ(
      told("matchNamespaceChanges: [{operator: In, values: [Nett]}, {operator: In, values: [Net]}]"),
      "9:55 error: \"Nett\" is not a valid namespace\n9:63 error: a selector can have only one element in "
      "matchNamespaceChanges\n");
}

TEST(CheckProcess, CapabilityChanges) {
  const struct {
    std::string_view type;
    What what;
  } rows[] = {
      {"Effective", What::kEffective}, {"Inheritable", What::kInheritable}, {"Permitted", What::kPermitted}};
  for (const auto& row : rows) {
    const auto change = only<ChangeFilter>("matchCapabilityChanges: [{type: " + std::string(row.type) +
                                           ", operator: NotIn, values: [CAP_KILL]}]");
    EXPECT_EQ(change.what, row.what);
    EXPECT_EQ(change.listed, uint64_t{1} << 5);
    EXPECT_TRUE(change.others);
  }
  const std::vector<Filter> inside =
      filters("matchCapabilityChanges: [{operator: In, values: [CAP_KILL], isNamespaceCapability: true}]");
  ASSERT_EQ(inside.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<TaskFilter>(inside[0]));
  EXPECT_FALSE(std::get<ChangeFilter>(inside[1]).others);
}

// A second element of matchCapabilityChanges has no effect, and its mistakes neither.
TEST(CheckProcess, CapabilityChangesHaveOneElement) {
  const Known known =
      look("matchCapabilityChanges: [{operator: In, values: [CAP_KILL]}, {operator: In, values: [CAP_X]}]");
  EXPECT_EQ(known.said, "9:68 warning: only the first element of matchCapabilityChanges is used\n");
  ASSERT_TRUE(known.checked);
  EXPECT_EQ(known.checked->hooks.at(0).selectors.at(0).filters.size(), 1U);
}

}  // namespace
}  // namespace tripline
