// SPDX-License-Identifier: Apache-2.0
#include "kube/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace tripline::kube {
namespace {

class Kubeconfig : public testing::Test {
 protected:
  Kubeconfig() {
    std::string form = testing::TempDir() + "kubeXXXXXX";
    folder_ = mkdtemp(form.data());
  }
  ~Kubeconfig() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  Result<Access> read(const std::string& text) const {
    const std::string file = write("config", text);
    return access_by_kubeconfig({&file, 1});
  }
  std::string refusal(const std::string& text) const {
    const auto got = read(text);
    return got ? "" : got.error().text();
  }

  std::string folder_;
};

// A kubeconfig with these lines about the cluster and the user.
std::string config(const std::string& cluster, const std::string& user) {
  return "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
         "clusters: [{name: k, cluster: {" +
         cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n";
}

TEST_F(Kubeconfig, OneFile) {
  const auto access = read(R"(
apiVersion: v1
kind: Config
current-context: two
contexts:
- {name: one, context: {cluster: a, user: a}}
- name: two
  context: {cluster: b, user: b, namespace: here}
clusters:
- {name: a, cluster: {server: "https://elsewhere"}}
- name: b
  cluster:
    server: https://[::1]:6443/k8s/clusters/c1/
    certificate-authority: ca/ca.crt
    certificate-authority-data: UEVN
    tls-server-name: kubernetes
users:
- name: b
  user: {client-certificate: c.crt, client-key-data: S0VZ, tokenFile: /t, username: me, password: p}
)");
  ASSERT_TRUE(access) << access.error().text();
  EXPECT_EQ(*access, (Access{.host = "::1",
                             .port = 6443,
                             .prefix = "/k8s/clusters/c1",
                             .authorities = {.text = "PEM"},
                             .server_name = "kubernetes",
                             .token = {.file = "/t"},
                             .certificate = {.file = folder_ + "/c.crt"},
                             .key = {.text = "KEY"},
                             .user = "me",
                             .password = "p",
                             .name_space = "here"}));
}

TEST_F(Kubeconfig, InJson) {
  const auto access = read(
      R"({"current-context":"c","contexts":[{"name":"c","context":{"cluster":"k"}}],"clusters":[{"name":"k","cluster":{"server":"http://h","insecure-skip-tls-verify":true}}]})");
  ASSERT_TRUE(access) << access.error().text();
  EXPECT_EQ(*access,
            (Access{.host = "h", .port = 80, .tls = false, .skip_verify = true, .name_space = "default"}));
}

// Of what is defined twice the first counts, and relative paths begin at the file that has them.
TEST_F(Kubeconfig, OfSeveralFiles) {
  std::filesystem::create_directory(folder_ + "/other");
  const std::vector<std::string> files = {
      folder_ + "/missing",
      write("one", "current-context: c\nclusters: [{name: k, cluster: {server: 'https://one'}}]\n"),
      write("other/two",
            "current-context: other\ncontexts: [{name: c, context: {cluster: k, user: u}}]\n"
            "clusters: [{name: k, cluster: {server: 'https://two'}}]\nusers: [{name: u, user: {tokenFile: "
            "t}}]\n")};
  const auto access = access_by_kubeconfig(files);
  ASSERT_TRUE(access) << access.error().text();
  EXPECT_EQ(access->host, "one");
  EXPECT_EQ(access->token.file, folder_ + "/other/t");
  EXPECT_FALSE(access_by_kubeconfig({files.data(), 1}));
}

TEST_F(Kubeconfig, RefusesWhatItCannotDo) {
  const std::string server = "server: 'https://h'";
  EXPECT_THAT(refusal(config(server + ", proxy-url: 'http://p'", "")),
              testing::HasSubstr("proxy-url is not supported"));
  EXPECT_THAT(refusal(config(server, "exec: {command: aws}")), testing::HasSubstr("exec is not supported"));
  EXPECT_THAT(refusal(config(server, "auth-provider: {name: gcp}")),
              testing::HasSubstr("auth-provider is not supported"));
  EXPECT_THAT(refusal(config(server, "client-key: k")), testing::HasSubstr("go together"));
  EXPECT_THAT(refusal(config(server + ", certificate-authority-data: '*'", "")),
              testing::HasSubstr("not valid base64"));
  EXPECT_THAT(refusal(config(server + ", insecure-skip-tls-verify: true, certificate-authority: f", "")),
              testing::HasSubstr("exclude each other"));
  EXPECT_THAT(refusal(config("server: 'h:1'", "")), testing::HasSubstr("is not a valid address"));
  EXPECT_THAT(refusal("a: ["), testing::HasSubstr(folder_ + "/config"));
  EXPECT_THAT(refusal("[1, 2]"), testing::HasSubstr("no current-context"));
  EXPECT_THAT(refusal(""), testing::HasSubstr("no current-context"));
  EXPECT_THAT(refusal("current-context: x"), testing::HasSubstr("no context \"x\""));
  EXPECT_THAT(refusal("current-context: x\ncontexts: [{name: x, context: {cluster: k}}]"),
              testing::HasSubstr("no cluster \"k\""));
  EXPECT_THAT(refusal("current-context: [x]\ncontexts: 7\n"), testing::HasSubstr("no current-context"));
}

}  // namespace
}  // namespace tripline::kube
