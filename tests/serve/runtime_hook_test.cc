// SPDX-License-Identifier: Apache-2.0
#include "serve/runtime_hook.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <set>

#include "serve/api.h"
#include "tetragon/sensors.pb.h"

namespace tripline {
namespace {

const std::string kUid = "11111111-2222-3333-4444-555566667777";
const std::string kId = std::string(64, 'a');

TEST(RuntimeHook, WhatIsSaid) {
  tetragon::CreateContainer told;
  told.set_cgroupspath("/kubepods/x/y");
  told.set_poduid(kUid);
  told.set_podname("web");
  told.set_podnamespace("shop");
  told.set_containerid(kId);
  told.set_containername("main");
  told.set_containerimage("docker.io/nginx:1");
  const auto read = read_starting(told);
  ASSERT_TRUE(read && *read) << read.error();
  const StartingContainer& starting = **read;
  EXPECT_EQ(starting.cgroup, "kubepods/x/y");
  EXPECT_EQ(starting.pod.uid, kUid);
  EXPECT_EQ(starting.pod.name, "web");
  EXPECT_EQ(starting.pod.name_space, "shop");
  EXPECT_EQ(starting.container.id, kId);
  EXPECT_EQ(starting.container.name, "main");
  EXPECT_EQ(starting.container.image, "docker.io/nginx:1");
}

TEST(RuntimeHook, IdsOfPaths) {
  for (const auto& [path, uid] : std::vector<std::pair<std::string, std::string>>{
           {"/kubepods/burstable/pod" + kUid + "/" + kId, kUid},
           {"kubepods-burstable-pod11111111_2222_3333_4444_555566667777.slice:cri-containerd:" + kId, kUid},
           {"/kubepods/besteffort/pod0123456789abcdef0123456789abcdef/" + kId,
            "0123456789abcdef0123456789abcdef"}}) {
    tetragon::CreateContainer told;
    told.set_cgroupspath(path);
    const auto read = read_starting(told);
    ASSERT_TRUE(read && *read) << path << ": " << read.error();
    EXPECT_EQ((*read)->pod.uid, uid);
    EXPECT_EQ((*read)->container.id, kId);
  }
}

TEST(RuntimeHook, AnnotationsOfBothRuntimes) {
  tetragon::CreateContainer told;
  told.set_cgroupspath("/a/" + kId);
  auto& annotations = *told.mutable_annotations();
  annotations["io.kubernetes.cri.sandbox-uid"] = kUid;
  annotations["io.kubernetes.cri.sandbox-namespace"] = "shop";
  annotations["io.kubernetes.pod.name"] = "web";
  annotations["io.kubernetes.container.name"] = "main";
  annotations["io.kubernetes.cri.image-name"] = "nginx";
  const auto read = read_starting(told);
  ASSERT_TRUE(read && *read) << read.error();
  EXPECT_EQ((*read)->pod.uid, kUid);
  EXPECT_EQ((*read)->pod.name_space, "shop");
  EXPECT_EQ((*read)->pod.name, "web");
  EXPECT_EQ((*read)->container.name, "main");
  EXPECT_EQ((*read)->container.image, "nginx");
}

TEST(RuntimeHook, TheContainerThatHoldsTheNamespaces) {
  tetragon::CreateContainer told;
  (*told.mutable_annotations())["io.kubernetes.cri.container-type"] = "sandbox";
  const auto read = read_starting(told);
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
}

TEST(RuntimeHook, WhatIsMissing) {
  const auto why = [](const std::string& path, const std::string& uid) {
    tetragon::CreateContainer told;
    told.set_cgroupspath(path);
    told.set_poduid(uid);
    const auto read = read_starting(told);
    return read ? std::string() : read.error();
  };
  EXPECT_EQ(why("/a/" + kId, ""), "the uid of the pod was not said, and is not in the path of the cgroup");
  EXPECT_EQ(why("/a/" + kId, "11111111"), "the uid of the pod is none: 11111111");
  EXPECT_EQ(why("/a/" + kId, "11111111-2222-3333-4444-55556666777g"),
            "the uid of the pod is none: 11111111-2222-3333-4444-55556666777g");
  EXPECT_EQ(why("/a/b", kUid), "the id of the container was not said, and is not in the path of the cgroup");
  EXPECT_EQ(why("", kUid), "the id of the container was not said, and is not in the path of the cgroup");
  EXPECT_EQ(why("/a/../b", kUid), "read cgroupsPath a/../b: is not a valid cgroup path");
}

// As a request comes in.
class RuntimeHookCall : public testing::Test {
 protected:
  RuntimeHookCall() {
    std::filesystem::create_directories(root_ + "/a/" + kId);
    pods_.start({.put = [this](const PodPtr&, const Container& container,
                               const std::vector<uint64_t>&) { known_.insert(container.id); },
                 .remove = [](const std::string&) {},
                 .post = [](const std::function<void()>&) {},
                 .changed = [] {}},
                root_);
    backend_.post = [](const std::function<void()>& command) { command(); };
    backend_.pods = &pods_;
  }
  ~RuntimeHookCall() override {
    pods_.stop();
    std::filesystem::remove_all(root_);
  }
  Answer call(const tetragon::RuntimeHookRequest& request) {
    std::promise<Answer> answer;
    call_method(backend_, "/tetragon.FineGuidanceSensors/RuntimeHook", request.SerializeAsString(),
                [&answer](Answer given) { answer.set_value(std::move(given)); });
    return answer.get_future().get();
  }

  // Why a call is refused, as the log has it; the answer names the line of the log alone.
  std::string failure(const tetragon::RuntimeHookRequest& request) {
    std::string id;
    std::string why;
    backend_.hook_failed = [&](const std::string& given, const std::string& reason) {
      id = given;
      why = reason;
    };
    const Answer answer = call(request);
    backend_.hook_failed = [](const auto&, const auto&) {};  // those texts are gone when this returns
    EXPECT_EQ(answer.bytes, "server runtime hook failed. Check agent logs with logid=" + id + " for details");
    EXPECT_EQ(id.size(), 36U);
    return why;
  }

  const std::string root_ = testing::TempDir() + "runtime_hook_call";
  NodePods pods_{{.store = {}, .is_followed = false}};
  std::set<std::string> known_;
  Backend backend_;
};

TEST_F(RuntimeHookCall, IsAnsweredWhenTheContainerIsKnown) {
  tetragon::RuntimeHookRequest request;
  tetragon::CreateContainer& told = *request.mutable_createcontainer();
  told.set_cgroupspath("/a/" + kId);
  told.set_poduid(kUid);
  told.set_podname("web");
  told.set_podnamespace("shop");
  EXPECT_EQ(call(request).code, Answer::Code::kOk);
  EXPECT_EQ(known_, std::set{kId});
  EXPECT_EQ(pods_.counts().without_name, 1u);
  EXPECT_EQ(pods_.counts().without_image, 1u);
}

TEST_F(RuntimeHookCall, SaysWhyNot) {
  tetragon::RuntimeHookRequest request;
  EXPECT_EQ(failure(request), "unknown event");
  request.mutable_createcontainer()->set_cgroupspath("/a/" + kId);
  EXPECT_EQ(failure(request), "the uid of the pod was not said, and is not in the path of the cgroup");
  request.mutable_createcontainer()->set_poduid(kUid);
  EXPECT_EQ(failure(request),
            "the pod " + kUid + " is unknown, and the request has no name and namespace for it");
  EXPECT_EQ(call(request).code, Answer::Code::kUnknown);
  (*request.mutable_createcontainer()->mutable_annotations())["io.kubernetes.cri.container-type"] = "sandbox";
  EXPECT_EQ(call(request).code, Answer::Code::kOk) << "it is no container of the pod";
  backend_.pods = nullptr;
  request.mutable_createcontainer()->clear_annotations();
  EXPECT_EQ(failure(request), "containers are not followed");
}

}  // namespace
}  // namespace tripline
