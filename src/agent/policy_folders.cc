// SPDX-License-Identifier: Apache-2.0
#include "agent/policy_folders.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace tripline {

std::string policy_folder(const PolicyName& name) {
  std::string out = name.namespace_name.empty() ? name.name : name.namespace_name + ":" + name.name;
  std::ranges::replace_if(out, [](char c) { return c == '.' || c == '/'; }, '_');
  return out;
}

void PolicyFolders::show(std::span<const Member> members) {
  if (folder_.empty()) return;
  std::set<std::string> wanted;
  for (const Member& member : members) {
    if (member.enabled && !member.policy->hooks.empty()) wanted.insert(policy_folder(member.id.name));
  }
  for (const std::string& name : wanted) {
    if (!there_.contains(name)) mkdir((folder_ + "/" + name).c_str(), 0700);
  }
  for (const std::string& name : there_) {
    if (!wanted.contains(name)) rmdir((folder_ + "/" + name).c_str());
  }
  there_ = std::move(wanted);
}

}  // namespace tripline
