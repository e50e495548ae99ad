// SPDX-License-Identifier: Apache-2.0
#include "daemon/kube.h"

#include <chrono>
#include <optional>
#include <utility>

#include "kube/read_pod.h"

namespace tripline {
namespace {

constexpr std::chrono::seconds kSayAgain{30};

// What the log is told of one thing that is followed.
class Talk {
 public:
  Talk(Kube::Say say, std::string what) : say_(std::move(say)), what_(std::move(what)) {}

  void trouble(const kube::Failure& failure) {
    const auto now = kube::Clock::now();
    if (last_ && now - *last_ < kSayAgain) return;
    last_ = now;
    if (failure.is(404)) {
      say_({LogLevel::kInfo, "The API server does not have this kind of object", {{"resource", what_}}});
    } else {
      say_({LogLevel::kWarning,
            "Cannot watch the API server; retrying",
            {{"resource", what_}, {"error", failure.text()}}});
    }
  }
  void recovered() {
    last_.reset();
    say_({LogLevel::kInfo, "Watching the API server again", {{"resource", what_}}});
  }

 private:
  Kube::Say say_;
  std::string what_;
  std::optional<kube::Clock::time_point> last_;
};

}  // namespace

Kube::Kube(KubeOptions options, KubeEnds ends, Post post, Say say)
    : options_(std::move(options)),
      ends_(std::make_shared<const KubeEnds>(std::move(ends))),
      post_(std::move(post)),
      say_(std::move(say)) {
  follow_node();
  if (options_.pods) follow_pods();
  if (options_.policies) {
    follow_policies(kube::PolicyScope::kCluster);
    follow_policies(kube::PolicyScope::kNamespaced);
  }
}

Kube::~Kube() {
  stop_->set();
  for (std::thread& thread : threads_) thread.join();
}

void Kube::follow(kube::Resource&& resource, kube::Listener&& listener, std::string&& what) {
  const auto talk = std::make_shared<Talk>(say_, std::move(what));
  listener.trouble = [talk, inner = std::move(listener.trouble)](const kube::Failure& failure) {
    talk->trouble(failure);
    inner(failure);
  };
  listener.recovered = [talk] { talk->recovered(); };
  threads_.emplace_back([client = kube::Client(options_.access, stop_), resource = std::move(resource),
                         listener = std::move(listener)]() mutable {
    kube::Reflector(std::move(client), std::move(resource), std::move(listener)).run();
  });
}

void Kube::follow_policies(kube::PolicyScope scope) {
  kube::Resource resource = kube::policies_of(scope);
  std::string what = resource.path.substr(resource.path.rfind('/') + 1);
  kube::Listener listener;
  listener.put = [post = post_, ends = ends_, scope](const kube::ObjectKey&, const kube::Json& object) {
    post(
        [ends, policy = kube::read_policy(object, scope)]() mutable { ends->put_policy(std::move(policy)); });
  };
  listener.removed = [post = post_, ends = ends_](const kube::ObjectKey& key, const std::string&) {
    post([ends, key] { ends->remove_policy(key); });
  };
  listener.synced = [post = post_, ends = ends_, scope] {
    post([ends, scope] { ends->policies_synced(scope); });
  };
  follow(std::move(resource), std::move(listener), std::move(what));
}

void Kube::follow_pods() {
  kube::Listener listener;
  listener.put = [post = post_, ends = ends_](const kube::ObjectKey&, const kube::Json& object) {
    if (auto pod = kube::read_pod(object))
      post([ends, pod = *std::move(pod)]() mutable { ends->put_pod(std::move(pod)); });
  };
  listener.removed = [post = post_, ends = ends_](const kube::ObjectKey&, const std::string& uid) {
    post([ends, uid] { ends->remove_pod(uid); });
  };
  listener.synced = [post = post_, ends = ends_] { post([ends] { ends->pods_synced(); }); };
  follow(kube::pods_of(options_.node), std::move(listener), "pods");
}

void Kube::follow_node() {
  const auto is_there = std::make_shared<bool>(false);
  kube::Listener listener;
  listener.put = [post = post_, ends = ends_, is_there](const kube::ObjectKey&, const kube::Json& object) {
    *is_there = true;
    post([ends, labels = kube::read_labels(object), uid = object.at("metadata").at("uid").text] {
      ends->set_node(labels, uid);
    });
  };
  // What was known of it stays: a node that is made anew has the same labels as a rule.
  listener.removed = [](const kube::ObjectKey&, const std::string&) {};
  listener.synced = [post = post_, ends = ends_, is_there, node = options_.node] {
    if (!*is_there) post([ends, node] { ends->node_unreadable("no such node: " + node); });
  };
  listener.trouble = [post = post_, ends = ends_](const kube::Failure& failure) {
    // An API server that is away has no policies for us either.
    if (failure.kind == kube::Failure::Kind::kRefused && (failure.is(401) || failure.is(403)))
      post([ends, why = failure.text()] { ends->node_unreadable(why); });
  };
  follow(kube::node_called(options_.node), std::move(listener), "nodes");
}

}  // namespace tripline
