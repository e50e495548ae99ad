// SPDX-License-Identifier: Apache-2.0
// Kube: what the API server reports to the daemon: policies of both kinds, the pods of this node, and the node's
// labels. Each has a watching thread of its own; reports are made on the agent's loop, through `post`.
//
// An API server that is unavailable, refuses, or does not have the kinds yet does not affect the policies in force.
// The log says so, at most every 30 seconds for each watched resource.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log_line.h"
#include "kube/access.h"
#include "kube/read_policy.h"
#include "kube/reflector.h"
#include "pods/pod.h"

namespace tripline {

struct KubeOptions {
  kube::Access access;
  std::string node;      // whose pods and labels
  bool policies = true;  // follow policies
  bool pods = true;      // follow pods
};

// Called on the agent's loop.
struct KubeEnds {
  std::function<void(kube::PolicyObject)> put_policy;
  std::function<void(const kube::ObjectKey&)> remove_policy;
  // All there are of that kind were told.
  std::function<void(kube::PolicyScope)> policies_synced = [](kube::PolicyScope) {};
  std::function<void(Pod)> put_pod;
  std::function<void(const std::string& uid)> remove_pod;
  std::function<void()> pods_synced = [] {};
  std::function<void(Labels, const std::string& uid)> set_node;
  std::function<void(const std::string&)> node_unreadable;
};

class Kube {
 public:
  using Post = std::function<void(std::function<void()>)>;
  using Say = std::function<void(const LogLine&)>;  // from any thread

  Kube(KubeOptions options, KubeEnds ends, Post post, Say say);
  Kube(const Kube&) = delete;
  Kube& operator=(const Kube&) = delete;
  // Waits for the threads, which end at once. What they posted may still be carried out.
  ~Kube();

 private:
  void follow(kube::Resource&& resource, kube::Listener&& listener, std::string&& what);
  void follow_policies(kube::PolicyScope scope);
  void follow_pods();
  void follow_node();

  KubeOptions options_;
  std::shared_ptr<const KubeEnds> ends_;
  Post post_;
  Say say_;
  std::shared_ptr<kube::Stop> stop_ = std::make_shared<kube::Stop>();
  std::vector<std::thread> threads_;
};

}  // namespace tripline
