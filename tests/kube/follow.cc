// SPDX-License-Identifier: Apache-2.0
// Follows one kind of object with a Reflector and prints a line for whatever it is told: for server_test.py.
//   follow KUBECONFIG {pods NODE | cluster | namespaced | PATH}
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "kube/access.h"
#include "kube/read_pod.h"
#include "kube/read_policy.h"
#include "kube/reflector.h"

namespace tripline::kube {
namespace {

void say(const std::string& line) {
  std::puts(line.c_str());
  std::fflush(stdout);
}

std::string pod_text(const Json& object) {
  const auto pod = read_pod(object);
  if (!pod) return " unreadable";
  std::string out;
  for (const Container& each : pod->containers)
    out += " " + each.name +
           (each.state == Container::State::kRunning ? "=" + each.runtime + ":" + each.id : "");
  for (const auto& [name, value] : pod->labels) out += " " + name + ":" + value;
  return out;
}

std::string policy_text(const Json& object, PolicyScope scope) {
  const PolicyObject policy = read_policy(object, scope);
  return " generation " + std::to_string(policy.generation) + " bytes " +
         std::to_string(policy.document.size());
}

int follow(const std::string& file, const std::string& what, const std::string& node) {
  auto access = access_by_kubeconfig({&file, 1});
  if (!access) {
    say("no access: " + access.error().text());
    return 1;
  }
  const PolicyScope scope = what == "cluster" ? PolicyScope::kCluster : PolicyScope::kNamespaced;
  const bool is_policy = what == "cluster" || what == "namespaced";
  Resource resource{.path = what};
  if (what == "pods") resource = pods_of(node);
  if (is_policy) resource = policies_of(scope);
  Listener listener{.put =
                        [&](const ObjectKey& key, const Json& object) {
                          say("put " + key.name_space + "/" + key.name +
                              (what == "pods" ? pod_text(object)
                               : is_policy    ? policy_text(object, scope)
                                              : ""));
                        },
                    .removed = [](const ObjectKey& key,
                                  const std::string&) { say("removed " + key.name_space + "/" + key.name); },
                    .synced = [] { say("synced"); },
                    .trouble = [](const Failure& failure) { say("trouble " + failure.text()); },
                    .recovered = [] { say("recovered"); }};
  Surroundings around;
  // As short as the API server is busy at the most here: the tests wait for what happens then.
  if (const char* silence = std::getenv("SILENCE_MS"))
    around.silence = std::chrono::milliseconds(std::atoi(silence));
  const auto stop = std::make_shared<Stop>();
  const char* token_age = std::getenv("TOKEN_MS");
  Client client(*std::move(access), stop,
                {.token = std::chrono::milliseconds(token_age ? std::atoi(token_age) : 60'000)});
  Reflector(std::move(client), std::move(resource), std::move(listener), around).run();
  return 0;
}

}  // namespace
}  // namespace tripline::kube

int main(int count, char** words) {
  if (count < 3) return 2;
  signal(SIGPIPE, SIG_IGN);
  return tripline::kube::follow(words[1], words[2], count > 3 ? words[3] : "");
}
