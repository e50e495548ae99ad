// SPDX-License-Identifier: Apache-2.0
#include "kube/reflector.h"

#include <gtest/gtest.h>

#include "kube/fake_server.h"

namespace tripline::kube {
namespace {

using namespace std::chrono_literals;

std::string object(const std::string& name, const std::string& uid, int version) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"n","uid":")" + uid +
         R"(","resourceVersion":")" + std::to_string(version) + R"("},"spec":{"x":1},"status":null})";
}
std::string event(const std::string& type, const std::string& of) {
  return R"({"type":")" + type + R"(","object":)" + of + "}\n";
}
std::string bookmark(int version) {
  return event("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":")" + std::to_string(version) +
                               R"("},"spec":{"containers":null},"status":{}})");
}
std::string list(int version, const std::vector<std::string>& items, const std::string& proceed = "") {
  std::string out = R"({"kind":"List","metadata":{"resourceVersion":")" + std::to_string(version) +
                    R"(","continue":")" + proceed + R"("},"items":[)";
  for (size_t n = 0; n < items.size(); ++n) out += (n > 0 ? "," : "") + items[n];
  return out + "]}";
}
std::string error(int code) {
  return event("ERROR",
               R"({"kind":"Status","code":)" + std::to_string(code) + R"(,"reason":"R","message":"m"})");
}

// Plays one answer after the other, and ends the reflector when there are no more.
class Played {
 public:
  using Step = std::function<void(FakePeer&)>;

  explicit Played(std::vector<Step> steps)
      : steps_(std::move(steps)), server_([this](FakePeer& peer) { serve(peer); }) {}

  // What the listener was told, and what was asked for.
  std::vector<std::string> told;
  std::vector<std::string> asked;
  std::vector<std::chrono::milliseconds> pauses;

  void run(std::chrono::milliseconds silence = 120s) {
    Listener listener{
        .put =
            [this](const ObjectKey& key, const Json& json) {
              told.push_back("put " + key.name_space + "/" + key.name + " " +
                             json.at("metadata").at("uid").text +
                             (json.at("spec").at("x").integer() == 1 ? "" : " without spec"));
            },
        .removed = [this](const ObjectKey& key,
                          const std::string& uid) { told.push_back("removed " + key.name + " " + uid); },
        .synced = [this] { told.emplace_back("synced"); },
        .trouble = [this](const Failure& failure) { told.push_back("trouble " + failure.text()); },
        .recovered = [this] { told.emplace_back("recovered"); }};
    Surroundings around{.now = [this] { return now_; },
                        .pause =
                            [this](std::chrono::milliseconds time) {
                              pauses.push_back(time);
                              now_ += time;
                              return !stop_->is_set();
                            },
                        .chance = [] { return 0.0; },
                        .silence = silence};
    Reflector(Client(server_.access(), stop_), {.path = "/p", .wanted = {"spec"}}, listener, around).run();
  }

 private:
  void serve(FakePeer& peer) {
    for (std::string text = peer.request(); !text.empty(); text = peer.request()) {
      if (next_ == steps_.size()) {
        stop_->set();
        return;
      }
      asked.push_back(line_of(text).substr(4));
      const size_t step = next_++;
      steps_[step](peer);
      if (closes_) return;
    }
  }

 public:
  bool closes_ = false;  // the connection, after each answer

 private:
  std::vector<Step> steps_;
  size_t next_ = 0;
  Clock::time_point now_{1h};
  std::shared_ptr<Stop> stop_ = std::make_shared<Stop>();
  FakeServer server_;
};

Played::Step answer(int status, const std::string& body, const std::string& headers = "") {
  return [=](FakePeer& peer) { peer.answer(status, body, headers); };
}
Played::Step watch(const std::vector<std::string>& chunks) {
  return [=](FakePeer& peer) {
    peer.begin_stream();
    for (const std::string& each : chunks) peer.chunk(each);
    peer.end_stream();
  };
}
std::string watch_from(int version) {
  return "/p?watch=1&resourceVersion=" + std::to_string(version) +
         "&allowWatchBookmarks=true&timeoutSeconds=300";
}

using Told = std::vector<std::string>;
constexpr const char* kList = "/p?limit=500";

TEST(Reflector, ListsAndWatches) {
  const std::string two_lines =
      event("ADDED", object("c", "u3", 12)) + event("DELETED", object("a", "u1", 13));
  Played played({answer(200, list(10, {object("a", "u1", 1), object("b", "u2", 2)})),
                 watch({event("MODIFIED", object("a", "u1", 11)), two_lines.substr(0, 40),
                        two_lines.substr(40, 150), two_lines.substr(190), bookmark(20)}),
                 watch({event("ADDED", object("b", "u2", 21))})});
  played.run();
  EXPECT_EQ(played.told, (Told{"put n/a u1", "put n/b u2", "synced", "put n/a u1", "put n/c u3",
                               "removed a u1", "put n/b u2"}));
  EXPECT_EQ(played.asked, (Told{kList, watch_from(10), watch_from(20)}));
  EXPECT_TRUE(played.pauses.empty());
}

TEST(Reflector, FollowsPages) {
  Played played({answer(200, list(10, {object("a", "u1", 1)}, "x/y=")),
                 answer(200, list(10, {object("b", "u2", 2)})), watch({bookmark(11)})});
  played.run();
  EXPECT_EQ(played.told, (Told{"put n/a u1", "put n/b u2", "synced"}));
  EXPECT_EQ(played.asked[1], "/p?limit=500&continue=x%2Fy%3D");
}

// What happened meanwhile is told once, also of what was deleted and made again under the same name.
TEST(Reflector, ListsAgainWhenTheVersionIsTooOld) {
  Played played({answer(200, list(10, {object("a", "u1", 1), object("b", "u2", 2), object("c", "u3", 3),
                                       object("d", "u4", 4)})),
                 watch({error(410)}),
                 answer(200, list(30, {object("a", "u1", 1), object("b", "u9", 20), object("d", "u4", 25)})),
                 answer(410, R"({"kind":"Status","code":410,"reason":"Expired","message":"m"})"),
                 answer(200, list(40, {object("a", "u1", 1)})), watch({bookmark(41)})});
  played.run();
  EXPECT_EQ(played.told, (Told{"put n/a u1", "put n/b u2", "put n/c u3", "put n/d u4", "synced",
                               "removed b u2", "put n/b u9", "put n/d u4", "removed c u3", "synced",
                               "removed b u9", "removed d u4", "synced"}));
  EXPECT_EQ(played.asked, (Told{kList, watch_from(10), kList, watch_from(30), kList, watch_from(40)}));
  EXPECT_TRUE(played.pauses.empty());
}

TEST(Reflector, GoesOnFromTheLastLineAfterAFailure) {
  Played played({answer(200, list(10, {object("a", "u1", 1)})),
                 [](FakePeer& peer) {
                   peer.begin_stream();
                   peer.chunk(event("ADDED", object("b", "u2", 11)) +
                              event("ADDED", object("c", "u3", 12)).substr(0, 30));
                   peer.end_stream();
                 },
                 answer(200, list(15, {object("a", "u1", 1), object("b", "u2", 11), object("c", "u3", 12)})),
                 watch({event("MODIFIED", object("c", "u3", 16)), error(500)}), watch({bookmark(17)})});
  played.run();
  EXPECT_EQ(played.told,
            (Told{"put n/a u1", "synced", "put n/b u2", "trouble the watch of /p ended within a line",
                  "put n/c u3", "recovered", "synced", "put n/c u3", "trouble 500 R: m", "recovered"}));
  EXPECT_EQ(played.asked, (Told{kList, watch_from(10), kList, watch_from(15), watch_from(16)}));
  EXPECT_EQ(played.pauses, (std::vector<std::chrono::milliseconds>{800ms, 1600ms}));
}

TEST(Reflector, WaitsAsLongAsTheServerSays) {
  Played played({answer(429, "{}", "Retry-After: 7\r\n"), answer(503, "{}", "Retry-After: 1\r\n"),
                 answer(200, list(10, {})), watch({bookmark(11)})});
  played.run();
  EXPECT_EQ(played.told, (Told{"trouble 429: {}", "trouble 503: {}", "recovered", "synced"}));
  EXPECT_EQ(played.pauses, (std::vector<std::chrono::milliseconds>{7s, 1600ms}));
}

TEST(Reflector, KeepsWhatItHasWhenTheServerIsAway) {
  const std::vector<Played::Step> away(8, answer(403, "{}"));
  std::vector<Played::Step> steps = {answer(200, list(10, {object("a", "u1", 1)}))};
  steps.insert(steps.end(), away.begin(), away.end());
  steps.push_back(watch({bookmark(11)}));
  Played played(std::move(steps));
  played.run();
  EXPECT_EQ(std::ranges::count(played.told, "removed a u1"), 0);
  EXPECT_EQ(std::ranges::count(played.told, "trouble 403: {}"), 8);
  EXPECT_EQ(played.asked.back(), watch_from(10));
}

// A server that starts answers 404 for a while.
TEST(Reflector, BelievesThatAKindIsGoneAfterAWhile) {
  std::vector<Played::Step> steps = {answer(200, list(10, {object("a", "u1", 1)})), answer(404, "no"),
                                     answer(404, "no"), answer(200, list(20, {object("a", "u1", 1)}))};
  steps.resize(12, answer(404, "no"));
  steps.push_back(answer(200, list(30, {object("a", "u2", 25)})));
  steps.push_back(watch({bookmark(31)}));
  Played played(std::move(steps));
  played.run();
  std::erase(played.told, "trouble 404: no");
  std::erase(played.told, "recovered");
  EXPECT_EQ(played.told,
            (Told{"put n/a u1", "synced", "synced", "removed a u1", "synced", "put n/a u2", "synced"}));
}

TEST(Reflector, RestsWhenWatchesEndAtOnce) {
  Played played({answer(200, list(10, {})), watch({}), watch({}), watch({bookmark(12)}), watch({})});
  played.run();
  EXPECT_EQ(played.told, (Told{"synced"}));
  EXPECT_EQ(played.pauses, (std::vector<std::chrono::milliseconds>{800ms, 1600ms, 3200ms}));
}

TEST(Reflector, SilenceIsTheEndOfAWatch) {
  Played played({answer(200, list(10, {})),
                 [](FakePeer& peer) {
                   peer.begin_stream();
                   peer.wait_for_end();
                 },
                 watch({bookmark(11)})});
  played.run(100ms);
  EXPECT_EQ(played.told, (Told{"synced", "trouble no answer in time", "recovered"}));
  EXPECT_EQ(played.asked.back(), watch_from(10));
}

TEST(Reflector, NothingIsTakenThatCannotBeRead) {
  for (const std::string line :
       {"no json\n", "{\"type\":\"ADDED\"}\n", "{\"type\":\"ADDED\",\"object\":null}\n",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}\n", "[]\n"}) {
    Played played({answer(200, list(10, {object("a", "u1", 1)})), watch({line}), answer(200, "no list"),
                   answer(200, R"({"items":[{"metadata":{}}]})"),
                   answer(200, R"({"items":[],"metadata":{}})"),
                   answer(200, list(20, {object("a", "u1", 1)})), watch({bookmark(21)})});
    played.run();
    EXPECT_EQ(
        std::ranges::count_if(played.told, [](const auto& each) { return each.starts_with("trouble "); }), 4)
        << line;
    EXPECT_EQ(played.told.front(), "put n/a u1");
    EXPECT_EQ(played.told.back(), "synced");
    EXPECT_EQ(std::ranges::count(played.told, "removed a u1"), 0) << line;
  }
}

TEST(Reflector, AnEndlessLineIsNotKept) {
  bool sent_all = true;
  Played played({answer(200, list(10, {})),
                 [&](FakePeer& peer) {
                   peer.begin_stream();
                   const std::string piece(1 << 20, 'x');
                   for (int n = 0; n < 9; ++n) peer.chunk(piece);
                   peer.wait_for_end();
                   sent_all = false;
                 },
                 answer(200, list(20, {object("a", "u1", 1)})), watch({bookmark(21)})});
  played.run();
  EXPECT_FALSE(sent_all);
  EXPECT_EQ(played.told, (Told{"synced", "trouble an object of /p is larger than 8 MiB", "put n/a u1",
                               "recovered", "synced"}));
}

TEST(Reflector, ALineOfAMegabyteIsTaken) {
  std::string large = object("a", "u1", 11);
  large.insert(large.size() - 1, ",\"other\":\"" + std::string(2 << 20, 'x') + "\"");
  Played played({answer(200, list(10, {})), watch({event("ADDED", large)})});
  played.run();
  EXPECT_EQ(played.told, (Told{"synced", "put n/a u1"}));
}

}  // namespace
}  // namespace tripline::kube
