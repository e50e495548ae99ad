// SPDX-License-Identifier: Apache-2.0
#include "daemon/kube_policies.h"

#include <gtest/gtest.h>

#include <deque>

namespace tripline {
namespace {

// The answers wait until the test gives them.
class KubePoliciesTest : public testing::Test {
 protected:
  std::vector<std::string> steps_;  // since the last look
  std::vector<std::string> log_;
  std::string kept_;
  std::deque<Registry::Answer> waiting_;
  KubePolicies policies_{PolicySteps{
      .update =
          [this](const PolicyName& name, const Source& document, Registry::Answer answer) {
            EXPECT_TRUE(document.loose);
            taken("update " + text_of(name) + " " + document.text, std::move(answer));
          },
      .skip = [this](const PolicyName& name,
                     Registry::Answer answer) { taken("skip " + text_of(name), std::move(answer)); },
      .remove = [this](const PolicyName& name,
                       Registry::Answer answer) { taken("remove " + text_of(name), std::move(answer)); },
      .log = [this](const LogLine& line) { log_.push_back(line.text()); },
      .keep =
          [this](const PolicyName& name, const std::optional<std::string>& document) {
            kept_ += name.namespace_name + "/" + name.name + (document ? "=" + *document : "-") + " ";
          }}};

  static std::string text_of(const PolicyName& name) {
    return name.domain + ":" + name.namespace_name + "/" + name.name;
  }
  void taken(std::string step, Registry::Answer answer) {
    steps_.push_back(std::move(step));
    waiting_.push_back(std::move(answer));
  }
  std::vector<std::string> steps() { return std::exchange(steps_, {}); }
  std::string kept() { return std::exchange(kept_, {}); }
  void answer(const Registry::Outcome& outcome = {}) {
    ASSERT_FALSE(waiting_.empty());
    Registry::Answer next = std::move(waiting_.front());
    waiting_.pop_front();
    next(outcome);
  }
  static kube::PolicyObject object(const std::string& name, const std::string& document,
                                   std::optional<Requirements> nodes = {}) {
    return {.key = {"n", name}, .uid = "u", .document = document, .nodes = std::move(nodes)};
  }
};

using Steps = std::vector<std::string>;
const Requirements kLinux = {{"os", Requirement::Operator::kIn, {"linux"}}};

TEST_F(KubePoliciesTest, ComesChangesAndGoes) {
  policies_.put(object("p", "one"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one"}));
  answer();
  policies_.put(object("p", "one"));  // only its labels changed
  EXPECT_EQ(steps(), (Steps{}));
  policies_.put(object("p", "two"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p two"}));
  answer();
  policies_.remove({"n", "p"});
  EXPECT_EQ(steps(), (Steps{"remove k8s:n/p"}));
  answer();
  EXPECT_EQ(policies_.size(), 0U);
  policies_.remove({"n", "p"});
  EXPECT_EQ(steps(), (Steps{}));
}

TEST_F(KubePoliciesTest, SaysWhatBecameOfEach) {
  const auto said = [this](const std::vector<PolicyStatus>& listed) {
    std::string out;
    for (const kube::PolicySaid& each : policies_.said(listed))
      out += each.key.name + "@" + std::to_string(each.generation) + " " +
             std::to_string(static_cast<int>(each.word)) + " " + std::to_string(each.line) + ":" +
             std::to_string(each.column) + " " + each.message + "\n";
    return out;
  };
  kube::PolicyObject one = object("p", "one");
  one.generation = 1;
  policies_.put(one);
  PolicyStatus status{.name = "p", .namespace_name = "n", .domain = kKubeDomain};
  EXPECT_EQ(said({status}), "p@1 0 0:0 \n");  // on its way
  answer();
  EXPECT_EQ(said({status}), "p@1 1 0:0 \n");
  EXPECT_EQ(said({}), "p@1 0 0:0 \n");
  status.domain = "other";
  EXPECT_EQ(said({status}), "p@1 0 0:0 \n");
  status.domain = kKubeDomain;
  status.error = "it is refused";
  EXPECT_EQ(said({status}), "p@1 6 0:0 it is refused\n");
  status.mistake = Mistake{4, 5, "no such call"};
  status.state = PolicyState::kLoadError;
  EXPECT_EQ(said({status}), "p@1 5 4:5 no such call\n");
  status.error.clear();
  status.state = PolicyState::kDisabled;
  EXPECT_EQ(said({status}), "p@1 3 0:0 \n");
  policies_.remove({"n", "p"});
  EXPECT_EQ(said({status}), "");
}

TEST_F(KubePoliciesTest, OfSeveralChangesTheLastCounts) {
  policies_.put(object("p", "one"));
  policies_.put(object("p", "two"));
  policies_.put(object("p", "three"));
  policies_.put(object("q", "other"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one", "update k8s:n/q other"}));
  answer();
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p three"}));
  policies_.put(object("p", "four"));
  policies_.put(object("p", "three"));
  answer();
  answer();
  EXPECT_EQ(steps(), (Steps{}));
}

TEST_F(KubePoliciesTest, GoneBeforeItCame) {
  policies_.put(object("p", "one"));
  policies_.remove({"n", "p"});
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one"}));
  answer();
  EXPECT_EQ(steps(), (Steps{"remove k8s:n/p"}));
  answer();
  EXPECT_EQ(policies_.size(), 0U);
}

// Another object of the same name, even if it says the same.
TEST_F(KubePoliciesTest, MadeAnew) {
  policies_.put(object("p", "one"));
  answer();
  policies_.put(object("q", "one"));
  (void)steps();
  policies_.remove({"n", "p"});
  policies_.put(object("p", "one"));
  answer();
  answer();
  EXPECT_EQ(steps(), (Steps{"remove k8s:n/p", "update k8s:n/p one"}));
  answer();
  // Told of both while a step is on its way.
  policies_.put(object("q", "two"));
  policies_.remove({"n", "q"});
  policies_.put(object("q", "two"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/q two"}));
  answer();
  EXPECT_EQ(steps(), (Steps{"remove k8s:n/q"}));
  answer();
  EXPECT_EQ(steps(), (Steps{"update k8s:n/q two"}));
}

TEST_F(KubePoliciesTest, SaysWhatBecameOfIt) {
  policies_.put(object("p", "bad"));
  answer(std::unexpected("no such function"));
  policies_.put(object("p", "good"));
  answer();
  policies_.put(object("p", "bad"));
  answer(std::unexpected("no such function"));
  EXPECT_EQ(
      log_,
      (Steps{
          R"(level=error msg="Refused a policy from the API server" name=p namespace=n error="no such function")",
          R"(level=info msg="A policy from the API server is in force" name=p namespace=n)",
          R"(level=error msg="A policy of the API server is refused; its earlier version stays in force" name=p )"
          R"(namespace=n error="no such function")"}));
  // It is not tried again until it changes.
  (void)steps();
  policies_.put(object("p", "bad"));
  EXPECT_EQ(steps(), (Steps{}));
  policies_.put(object("p", "good"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p good"}));
}

TEST_F(KubePoliciesTest, FollowsTheLabelsOfTheNode) {
  policies_.put(object("p", "one", kLinux));
  policies_.put(object("q", "two"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/q two"}));
  answer();
  policies_.set_node({{"os", "linux"}});
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one"}));
  answer();
  policies_.set_node({{"os", "linux"}, {"zone", "a"}});
  EXPECT_EQ(steps(), (Steps{}));
  policies_.set_node({{"os", "other"}});
  EXPECT_EQ(steps(), (Steps{"skip k8s:n/p"}));
  answer();
  policies_.put(object("p", "changed", kLinux));
  EXPECT_EQ(steps(), (Steps{}));
  policies_.set_node({{"os", "linux"}});
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p changed"}));
  answer();
  policies_.put(object("p", "changed", Requirements{{"zone", Requirement::Operator::kExists, {}}}));
  EXPECT_EQ(steps(), (Steps{"skip k8s:n/p"}));
  answer();
  policies_.remove({"n", "p"});
  EXPECT_EQ(steps(), (Steps{"remove k8s:n/p"}));
}

TEST_F(KubePoliciesTest, IsInForceWhenTheNodeCannotBeRead) {
  policies_.put(object("p", "one", kLinux));
  EXPECT_EQ(steps(), (Steps{}));
  policies_.node_unreadable("403");
  policies_.node_unreadable("403");
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one"}));
  EXPECT_EQ(log_.size(), 1U);
  answer();
  policies_.set_node({});
  EXPECT_EQ(steps(), (Steps{"skip k8s:n/p"}));
  answer();
  // What was known of it stays.
  policies_.node_unreadable("403");
  EXPECT_EQ(steps(), (Steps{}));
}

TEST_F(KubePoliciesTest, ASelectorThatCannotBeUsedIsForEveryNode) {
  auto wrong = object("p", "one");
  wrong.nodes_mistake = "\"Gt\" is not a valid operator of nodeSelector";
  policies_.put(std::move(wrong));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one"}));
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(KubePoliciesTest, BeginsNothingAtTheEnd) {
  policies_.put(object("p", "one"));
  policies_.put(object("p", "two"));
  policies_.end();
  answer();
  policies_.put(object("q", "one"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/p one"}));
}

TEST_F(KubePoliciesTest, WhatAnEarlierDaemonWasToldOf) {
  for (const char* name : {"same", "other", "gone"}) policies_.restore({kKubeDomain, "n", name}, "one");
  policies_.restore({kKubeDomain, "", "cluster"}, "one");
  EXPECT_EQ(steps(), (Steps{})) << "they are in force";
  policies_.put(object("same", "one"));
  EXPECT_EQ(steps(), (Steps{}));
  policies_.put(object("other", "two"));
  EXPECT_EQ(steps(), (Steps{"update k8s:n/other two"}));
  answer();
  policies_.synced(kube::PolicyScope::kNamespaced);
  EXPECT_EQ(steps(), (Steps{"remove k8s:n/gone"})) << "those of the other kind were not told yet";
  answer();
  policies_.synced(kube::PolicyScope::kNamespaced);
  EXPECT_EQ(steps(), (Steps{}));
  policies_.synced(kube::PolicyScope::kCluster);
  EXPECT_EQ(steps(), (Steps{"remove k8s:/cluster"}));
  answer();
  EXPECT_EQ(policies_.size(), 2U);
}

TEST_F(KubePoliciesTest, OneThatIsForOtherNodesNow) {
  policies_.restore({kKubeDomain, "n", "p"}, "one");
  policies_.set_node({{"os", "plan9"}});
  EXPECT_EQ(steps(), (Steps{})) << "nobody said for which nodes it is";
  policies_.put(object("p", "one", kLinux));
  EXPECT_EQ(steps(), (Steps{"skip k8s:n/p"}));
  answer();
}

TEST_F(KubePoliciesTest, WhatIsInForceIsKept) {
  policies_.put(object("p", "one"));
  EXPECT_EQ(kept(), "") << "not before it is";
  answer();
  EXPECT_EQ(kept(), "n/p=one ");
  policies_.put(object("p", "bad"));
  answer(std::unexpected("refused"));
  EXPECT_EQ(kept(), "");
  policies_.put(object("p", "one", kLinux));
  policies_.set_node({{"os", "plan9"}});
  answer();
  EXPECT_EQ(kept(), "n/p- ");
}

}  // namespace
}  // namespace tripline
