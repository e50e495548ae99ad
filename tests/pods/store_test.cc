// SPDX-License-Identifier: Apache-2.0
#include "pods/store.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tripline {
namespace {

using State = Container::State;

std::string id_of(char digit) { return std::string(64, digit); }

Container container(std::string name, std::string id, State state = State::kRunning) {
  return {.id = std::move(id), .runtime = "containerd", .name = std::move(name), .state = state};
}

Pod pod(std::string uid, std::vector<Container> containers, Labels labels = {}) {
  return {.uid = uid,
          .name_space = "shop",
          .name = "pod-" + uid,
          .labels = std::move(labels),
          .containers = std::move(containers)};
}

std::vector<std::string> ids(const PodChange& change) {
  std::vector<std::string> out;
  for (const Resident& each : change.residents) out.push_back(each.container.id);
  std::ranges::sort(out);
  return out;
}

using Ids = std::vector<std::string>;

TEST(PodStore, FindsByTheStartOfAnId) {
  PodStore store({});
  (void)store.put(
      pod("u", {container("main", id_of('a')), container("side", "a00000000000000" + id_of('b'))}));
  ASSERT_TRUE(store.find(id_of('a').substr(0, 31)));
  EXPECT_EQ(store.find(id_of('a').substr(0, 31))->container.name, "main");
  EXPECT_EQ(store.find(id_of('a'))->name, "pod-u");
  EXPECT_EQ(store.find(("a00000000000000" + id_of('b')).substr(0, 31))->container.name, "side");
  EXPECT_FALSE(store.find(id_of('c')));
  EXPECT_FALSE(store.find(id_of('a') + "a")) << "longer than the id";
  EXPECT_FALSE(store.find("aaa"));
  EXPECT_EQ(store.counts().found, 4u);
  EXPECT_EQ(store.counts().not_found, 3u);
}

TEST(PodStore, IdsThatBeginAlike) {
  PodStore store({});
  const std::string one = "aaaaaaaaaaaaaaa1" + id_of('1').substr(16),
                    two = "aaaaaaaaaaaaaaa2" + id_of('2').substr(16);
  (void)store.put(pod("u", {container("main", one)}));
  (void)store.put(pod("v", {container("main", two)}));
  EXPECT_EQ(store.find(one.substr(0, 31))->uid, "u");
  EXPECT_EQ(store.find(two.substr(0, 31))->uid, "v");
  (void)store.remove("u");
  EXPECT_EQ(store.find(two.substr(0, 31))->uid, "v");
}

TEST(PodStore, AChangedPodHasANewView) {
  PodStore store({});
  (void)store.put(pod("u", {container("main", id_of('a'))}, {{"app", "web"}}));
  const PodViewPtr before = store.find(id_of('a'));
  const PodChange change = store.put(pod("u", {container("main", id_of('a'))}, {{"app", "db"}}));
  EXPECT_EQ(before->labels.at("app"), "web");
  EXPECT_EQ(store.find(id_of('a'))->labels.at("app"), "db");
  ASSERT_EQ(change.residents.size(), 1u);
  EXPECT_EQ(change.residents[0].pod->labels.at("app"), "db");
}

TEST(PodStore, WhatIsGoneIsRememberedUpToALimit) {
  PodStore store({.gone = 2});
  for (const char digit : {'a', 'b', 'c'})
    (void)store.put(pod(std::string(1, digit), {container("m", id_of(digit))}));
  (void)store.remove("a");
  (void)store.remove("b");
  EXPECT_TRUE(store.find(id_of('a')));
  EXPECT_EQ(store.counts().found_gone, 1u);
  (void)store.remove("c");
  EXPECT_FALSE(store.find(id_of('b'))) << "it was used before the other";
  EXPECT_TRUE(store.find(id_of('a')));
  EXPECT_TRUE(store.find(id_of('c')));
  EXPECT_EQ(store.counts().forgotten, 1u);
  PodStore none({.gone = 0});
  (void)none.put(pod("a", {container("m", id_of('a'))}));
  (void)none.remove("a");
  EXPECT_FALSE(none.find(id_of('a')));
}

TEST(PodStore, AContainerThatWasReplacedIsRemembered) {
  PodStore store({});
  (void)store.put(pod("u", {container("main", id_of('a'))}));
  const PodChange change = store.put(pod("u", {container("main", id_of('b'))}));
  EXPECT_EQ(ids(change), Ids{id_of('b')});
  EXPECT_EQ(change.gone, Ids{id_of('a')});
  EXPECT_TRUE(store.find(id_of('a')));
}

TEST(PodStore, ContainersRunUntilTheyAreSaidToHaveEnded) {
  PodStore store({});
  EXPECT_EQ(ids(store.put(pod("u", {container("main", "", State::kWaiting)}))), Ids{});
  EXPECT_EQ(ids(store.put(pod("u", {container("main", id_of('a'))}))), Ids{id_of('a')});
  PodChange change = store.put(pod("u", {container("main", "", State::kWaiting)}));
  EXPECT_EQ(ids(change), Ids{id_of('a')}) << "not running yet, or not any more: it does not say";
  EXPECT_EQ(change.gone, Ids{});
  change = store.put(pod("u", {container("main", id_of('a'), State::kTerminated)}));
  EXPECT_EQ(ids(change), Ids{});
  EXPECT_EQ(change.gone, Ids{id_of('a')});
  EXPECT_TRUE(store.find(id_of('a'))) << "its pod is there";
  EXPECT_EQ(ids(store.put(pod("u", {container("main", id_of('a'))}))), Ids{id_of('a')});
  EXPECT_EQ(store.remove("u").gone, Ids{id_of('a')});
  EXPECT_EQ(store.remove("u").gone, Ids{});
}

TEST(PodStore, AHookTellsOfAContainerOfAKnownPod) {
  PodStore store({});
  (void)store.put(pod("u", {container("main", "", State::kWaiting), container("side", id_of('b'))}));
  const PodChange change = store.announce(pod("u", {}), container("main", id_of('a'), State::kWaiting));
  EXPECT_EQ(ids(change), (Ids{id_of('a'), id_of('b')}));
  EXPECT_EQ(store.find(id_of('a'))->container.name, "main");
  EXPECT_EQ(store.find(id_of('b'))->container.name, "side");
  // Another container of the pod has started: nothing is said of this one.
  EXPECT_EQ(ids(store.put(pod("u", {container("main", "", State::kWaiting), container("side", id_of('c'))}))),
            (Ids{id_of('a'), id_of('c')}));
  Container told = container("main", id_of('a'));
  told.image = "nginx";
  EXPECT_EQ(ids(store.put(pod("u", {told}))), (Ids{id_of('a'), id_of('c')}));
  EXPECT_EQ(store.find(id_of('a'))->container.image, "nginx");
  EXPECT_EQ(store.put(pod("u", {container("main", id_of('d'))})).gone, Ids{id_of('a')});
}

TEST(PodStore, AHookTellsOfAPodBeforeTheApiServerDoes) {
  PodStore store({});
  EXPECT_EQ(ids(store.announce(pod("u", {}), container("main", id_of('a'), State::kWaiting))),
            Ids{id_of('a')});
  EXPECT_FALSE(store.find(id_of('a'))) << "its labels are not known";
  EXPECT_FALSE(store.pod("u"));
  EXPECT_EQ(store.find_announced(id_of('a'))->name, "pod-u");
  EXPECT_EQ(ids(store.put(pod("u", {container("main", "", State::kWaiting)}, {{"app", "web"}}))),
            Ids{id_of('a')});
  EXPECT_EQ(store.find(id_of('a'))->labels.at("app"), "web");
  EXPECT_EQ(store.end(id_of('a')).gone, Ids{id_of('a')});
  EXPECT_EQ(ids(store.put(pod("u", {container("main", "", State::kWaiting)}))), Ids{});
}

TEST(PodStore, TheTwoUidsOfAStaticPod) {
  PodStore store({});
  (void)store.announce(pod("hash", {}), container("main", id_of('a'), State::kWaiting));
  Pod mirror = pod("mirror", {container("main", "", State::kWaiting)});
  mirror.annotations = {{"kubernetes.io/config.mirror", "hash"}};
  EXPECT_EQ(ids(store.put(mirror)), Ids{id_of('a')});
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(store.find(id_of('a'))->uid, "mirror");
  EXPECT_EQ(store.pod("hash")->uid, "mirror");
  (void)store.announce(pod("hash", {}), container("side", id_of('b'), State::kWaiting));
  EXPECT_EQ(store.size(), 1u);
  EXPECT_EQ(store.find(id_of('b'))->uid, "mirror");
  const PodChange change = store.remove("mirror");
  EXPECT_EQ(change.gone, (Ids{id_of('a'), id_of('b')}));
  EXPECT_FALSE(store.pod("hash"));
}

TEST(PodStore, PodsOfWhichOnlyHooksTellAreNotKeptForEver) {
  PodStore store({.strangers = 2});
  (void)store.announce(pod("u", {}), container("m", id_of('a')));
  (void)store.announce(pod("v", {}), container("m", id_of('b')));
  EXPECT_EQ(store.announce(pod("w", {}), container("m", id_of('c'))).gone, Ids{id_of('a')});
  EXPECT_EQ(store.size(), 2u);
  EXPECT_EQ(store.end(id_of('b')).gone, Ids{id_of('b')});
  EXPECT_EQ(store.size(), 1u);
  (void)store.put(pod("w", {}));
  EXPECT_EQ(ids(store.announce(pod("x", {}), container("m", id_of('d')))), Ids{id_of('d')});
  EXPECT_EQ(store.size(), 2u);
}

TEST(PodStore, AnIdThatTwoPodsClaim) {
  PodStore store({});
  (void)store.put(pod("u", {container("main", id_of('a'))}));
  EXPECT_EQ(ids(store.put(pod("v", {container("main", id_of('a')), container("side", id_of('b'))}))),
            Ids{id_of('b')});
  EXPECT_EQ(store.counts().clashes, 1u);
  EXPECT_EQ(store.find(id_of('a'))->uid, "u");
  const PodChange gone = store.remove("v");
  EXPECT_EQ(gone.gone, Ids{id_of('b')}) << "not what is another's";
  EXPECT_EQ(store.find(id_of('a'))->uid, "u");
  // A runtime knows whose it is.
  (void)store.put(pod("v", {}));
  const PodChange told = store.announce(pod("v", {}), container("main", id_of('a')));
  EXPECT_EQ(told.gone, Ids{id_of('a')}) << "with the cgroups that were its";
  EXPECT_EQ(ids(told), Ids{id_of('a')});
  EXPECT_EQ(store.find_announced(id_of('a'))->uid, "v");
  EXPECT_EQ(ids(store.put(pod("u", {container("main", id_of('a'))}))), Ids{});
  // It is free again when it has ended.
  (void)store.remove("v");
  EXPECT_EQ(ids(store.put(pod("u", {container("main", id_of('a'))}))), Ids{id_of('a')});
}

TEST(PodStore, AllPodsWithWhatHooksTold) {
  PodStore store({});
  (void)store.put(pod("u", {container("main", "", State::kWaiting), container("side", id_of('b'))}));
  (void)store.announce(pod("u", {}), container("main", id_of('a')));
  const std::vector<Pod> pods = store.pods();
  ASSERT_EQ(pods.size(), 1u);
  // Told so to another store, the same run.
  PodStore next({});
  EXPECT_EQ(ids(next.put(pods[0])), (Ids{id_of('a'), id_of('b')}));
}

}  // namespace
}  // namespace tripline
