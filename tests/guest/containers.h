// SPDX-License-Identifier: Apache-2.0
// Containers for tests in a guest: cgroups that are made here, pods they are said to be of, and an agent that is told of
// both. What does not hold is said, and counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "pods/pod.h"

namespace tripline::guest {

// Of the tree of cgroups; mount_cgroups() says.
const std::string& cgroup_root();
// `v1`: of the first version.
bool mount_cgroups(bool v1);
// With those above it. Returns its number.
uint64_t make_cgroup(const std::string& name);
// The process, or this one when it is 0, is in it from now on.
bool enter_cgroup(const std::string& name, pid_t pid = 0);

std::shared_ptr<const Pod> pod(const std::string& name_space, const std::string& name, Labels labels);
Container container(const std::string& id, const std::string& name = "main");

// Whether it came into force; what is wrong with it is printed.
bool add(Agent& agent, const Source& document);
void clear(Agent& agent);
void put(Agent& agent, const std::shared_ptr<const Pod>& of, const Container& which,
         std::vector<uint64_t> cgroups);
// Null when it did not start. It has asked nothing of the kernel yet.
std::unique_ptr<Agent> start_agent(Agent::Sink sink);

void expect(bool holds, const std::string& what);
bool done(const Result<void>& result);
int failures();

}  // namespace tripline::guest
