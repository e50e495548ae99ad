// SPDX-License-Identifier: Apache-2.0
// spec.loader: which code of which files processes map. It becomes one hook, on a function that the kernel calls for
// every mapping, whatever makes it: exec itself, mmap, mprotect.
#include <string>
#include <string_view>
#include <utility>

#include "policy/check/check.h"

namespace tripline::policy {
namespace {

constexpr uint32_t kExecutable = 4;  // VM_EXEC

// Code that calls a function with what it maps as its parameters, or with a struct that has them.
struct Place {
  std::string_view function;
  std::string_view structure;  // empty: they are parameters
  uint32_t file = 0;           // positions of those
  uint32_t flags = 0;
  std::string_view reason;
};
// After the mapping is made, where that function can be hooked (Linux 5.19); else a moment before.
constexpr Place kPlaces[] = {
    {.function = "perf_event_mmap",
     .structure = "vm_area_struct",
     .reason = "the kernel calls it when a mapping is made, or made executable"},
    {.function = "mmap_region",
     .structure = {},
     .file = 0,
     .flags = 3,
     .reason = "the kernel calls it to make a mapping; one that is made executable later is not seen"}};

bool has(const Kernel& kernel, const Place& place) {
  if (!kernel.btf || !kernel.btf->function(std::string(place.function)) || !kernel.traceable(place.function))
    return false;
  return place.structure.empty() ||
         (kernel.btf->member(place.structure, "vm_file") && kernel.btf->member(place.structure, "vm_flags"));
}

const Place* find_place(const Kernel& kernel) {
  for (const Place& place : kPlaces) {
    if (has(kernel, place)) return &place;
  }
  return nullptr;
}

ArgSource source(const Kernel& kernel, const Place& place, std::string_view member, uint32_t parameter) {
  if (place.structure.empty()) return {.kind = ArgSource::Kind::kParameter, .index = parameter};
  return {.kind = ArgSource::Kind::kMember,
          .index = 0,
          .offset = kernel.btf->member(place.structure, member)->offset};
}

// It tells of processes whatever they run in.
void refuse_workloads(const Checking& checking) {
  const Policy& policy = checking.policy;
  const auto refuse = [&](const Span& span) {
    checking.out.error(span, "loader cannot be limited to some workloads", {},
                       "put it into a TracingPolicy without selectors");
  };
  if (policy.kind.value == PolicyKind::kTracingPolicyNamespaced) refuse(policy.spec.loader.span);
  for (const auto* selector :
       {&policy.spec.pod_selector, &policy.spec.container_selector, &policy.spec.host_selector}) {
    if (*selector) refuse((*selector)->span);
  }
}

}  // namespace

std::optional<CheckedHook> check_loader(const Checking& checking) {
  const Kernel& kernel = checking.kernel;
  const Span span = checking.policy.spec.loader.span;
  refuse_workloads(checking);
  if (!kernel.btf) {
    checking.out.error(span, "this kernel has no type information (BTF)", {},
                       "it needs a kernel built with CONFIG_DEBUG_INFO_BTF=y");
    return std::nullopt;
  }
  const Place* place = find_place(kernel);
  if (place == nullptr || !(kernel.features.fentry || kernel.features.kprobe)) {
    checking.out.error(span, "this kernel cannot tell what processes map", {},
                       place == nullptr ? "neither perf_event_mmap nor mmap_region can be traced"
                                        : "neither fentry (CONFIG_FUNCTION_TRACER, Linux 5.5) nor kprobe "
                                          "programs (CONFIG_KPROBES) can be attached; lockdown forbids both");
    return std::nullopt;
  }
  CheckedHook out;
  out.kind = HookKind::kLoader;
  out.call = "loader";
  out.span = span;
  out.target = target::Function{std::string(place->function)};
  out.parameters =
      static_cast<uint32_t>(kernel.btf->function(std::string(place->function))->parameters.size());
  out.attachment = kernel.features.fentry ? Attachment::kFentry : Attachment::kKprobe;
  out.attachment_reason = place->reason;
  CheckedArg file{
      .type = ArgType::kFile, .source = source(kernel, *place, "vm_file", place->file), .span = span};
  file.source.is_pointer = true;
  out.args.push_back(std::move(file));
  out.args.push_back({.type = ArgType::kUint64,
                      .source = source(kernel, *place, "vm_flags", place->flags),
                      .place = ArgPlace::kHidden,
                      .span = span});
  CheckedSelector selector{.actions = {{.span = span}}, .return_actions = {{.span = span}}, .span = span};
  selector.filters.emplace_back(IntFilter{1, IntFilter::Op::kMask, {{kExecutable, kExecutable}}, span});
  out.selectors.push_back(std::move(selector));
  return out;
}

}  // namespace tripline::policy
