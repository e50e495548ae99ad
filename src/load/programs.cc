// SPDX-License-Identifier: Apache-2.0
#include "load/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cstring>

#include "load/refusal.h"

namespace tripline {
namespace {

// Room for what the verifier says, should it refuse; touched only then.
constexpr size_t kLogSize = (16 << 20) - 1;

std::string refusal_detail(const LoadPlan& plan, const char* log, int errnum) {
  const VerifierWord word = last_word(log, plan.lines);
  if (word.line.empty()) return advice(errnum);
  std::string detail = word.place.empty() ? "" : word.place + ": ";
  detail += "the verifier says: " + word.line;
  if (word.instruction) detail += " (instruction " + std::to_string(*word.instruction) + ")";
  return detail;
}

Result<void> share_maps(bpf_object* object, const LoadPlan& plan) {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    const Result<int> shared = plan.map(bpf_map__name(map));
    if (!shared) return std::unexpected(shared.error());
    if (*shared < 0) {
      const auto entries = plan.entries ? plan.entries(bpf_map__name(map)) : std::optional<uint32_t>();
      if (entries == 0U) bpf_map__set_autocreate(map, false);
      if (entries.value_or(0) > 0) bpf_map__set_max_entries(map, *entries);
      continue;
    }
    if (const int error = bpf_map__reuse_fd(map, *shared); error != 0) {
      return fail("share map", bpf_map__name(map), -error);
    }
  }
  return {};
}

// The link, or null and errno.
bpf_link* attach_one(const bpf_program* program, const ProgramInfo& info) {
  switch (info.attach) {
    case AttachType::kFentry:
    case AttachType::kTracingRaw:
      return bpf_program__attach_trace(program);
    case AttachType::kKprobe:
      return bpf_program__attach_kprobe(program, false, info.target.c_str());
  }
  return nullptr;
}

}  // namespace

void Programs::Close::operator()(bpf_object* object) const { bpf_object__close(object); }
void Programs::Close::operator()(bpf_link* link) const { bpf_link__destroy(link); }

Result<Programs> Programs::load(const LoadPlan& plan) {
  libbpf_set_print(nullptr);  // it would write to stderr
  const auto log = std::make_unique_for_overwrite<char[]>(kLogSize);
  log[0] = '\0';
  bpf_object_open_opts options{};
  options.sz = sizeof(options);
  options.object_name = plan.name.c_str();
  options.kernel_log_buf = log.get();
  options.kernel_log_size = kLogSize;
  Programs out;
  out.name_ = plan.name;
  out.by_section_ = plan.by_section;
  out.programs_.assign(plan.programs.begin(), plan.programs.end());
  out.object_.reset(bpf_object__open_mem(plan.elf.data(), plan.elf.size(), &options));
  if (!out.object_) return fail("open object", plan.name, errno);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, out.object_.get()) {
    const std::string_view name = bpf_program__name(program);
    const bool wanted =
        std::ranges::any_of(plan.programs, [&](const ProgramInfo& info) { return info.name == name; });
    bpf_program__set_autoload(program, wanted);
  }
  if (const auto shared = share_maps(out.object_.get(), plan); !shared)
    return std::unexpected(shared.error());
  if (const int error = bpf_object__load(out.object_.get()); error != 0) {
    return fail("load programs", plan.name, -error, refusal_detail(plan, log.get(), -error));
  }
  return out;
}

Result<void> Programs::attach() {
  for (const ProgramInfo& info : programs_) {
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), info.name.c_str());
    if (program == nullptr)
      return fail("attach program", info.name, ENOENT, "the object " + name_ + " has none");
    bpf_link* link = by_section_ ? bpf_program__attach(program) : attach_one(program, info);
    if (link == nullptr) {
      const int error = errno;
      return fail("attach to", info.target, error, advice(error));
    }
    links_.emplace_back(link);
  }
  return {};
}

Result<std::vector<ProgramFacts>> Programs::facts() const {
  std::vector<ProgramFacts> out;
  for (const ProgramInfo& info : programs_) {
    const bpf_program* program = bpf_object__find_program_by_name(object_.get(), info.name.c_str());
    bpf_prog_info facts{};
    uint32_t size = sizeof(facts);
    if (program == nullptr || bpf_obj_get_info_by_fd(bpf_program__fd(program), &facts, &size) != 0) {
      return fail("ask about program", info.name, errno);
    }
    out.push_back({info.name, info.target, facts.id, facts.xlated_prog_len / 8, facts.verified_insns,
                   facts.recursion_misses});
  }
  return out;
}

}  // namespace tripline
