// SPDX-License-Identifier: Apache-2.0
#include "compile/saved.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <span>
#include <utility>

namespace tripline {

const Kernel& saved_kernel(const std::string& name) {
  static std::map<std::string, Kernel> read;
  if (const auto known = read.find(name); known != read.end()) return known->second;
  const std::string path = TRIPLINE_TEST_DATA "/kernels/" + name + ".kernel";
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  Result<Kernel> kernel = read_kernel(std::as_bytes(std::span(bytes)));
  if (!kernel) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), kernel.error().text().c_str());
    std::abort();
  }
  return read.emplace(name, std::move(*kernel)).first->second;
}

CheckedHook fd_install(std::vector<CheckedSelector> selectors, Attachment attachment) {
  CheckedHook hook;
  hook.call = "fd_install";
  hook.target = target::Function{"fd_install"};
  hook.attachment = attachment;
  hook.attachment_reason = "for a test";
  hook.args = {{.type = ArgType::kInt32, .source = {.index = 0}, .label = "fd"},
               {.type = ArgType::kFile, .source = {.index = 1}}};
  hook.selectors = std::move(selectors);
  return hook;
}

CheckedSelector selector(PathFilter::Op op, std::vector<std::string> values, CheckedAction::Kind action) {
  CheckedSelector out;
  out.filters = {PathFilter{1, op, std::move(values), {7, 9, 4}}};
  out.actions = {{.kind = action, .span = {12, 9, 6}}};
  out.span = {6, 5, 1};
  return out;
}

std::shared_ptr<const CheckedPolicy> policy_of(std::string name, std::vector<CheckedHook> hooks) {
  auto out = std::make_shared<CheckedPolicy>();
  out->source_name = name + ".yaml";
  out->name = std::move(name);
  out->hooks = std::move(hooks);
  return out;
}

HookPlan plan(std::vector<std::shared_ptr<const CheckedPolicy>> policies) {
  return plan_hooks(policies).front();
}

}  // namespace tripline
