// SPDX-License-Identifier: Apache-2.0
// What typed programs may read of a parameter depends on its type, qualifiers and all, and on the kernel. For every
// chain of types that a parameter or a result of this kernel has, here is one hook of each kind that reads such a one:
// what check() accepts must load.
//
// usage: types_test      (only in a guest)
#include <bpf/btf.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "taker.h"

using namespace tripline;

namespace {

constexpr size_t kCandidates = 6;  // of a chain; loaded until one is a typed program

struct Place {
  std::string function;
  int index = 0;  // of a parameter; -1: what it returns
};
// By chain.
using Places = std::map<std::string, std::vector<Place>>;

// "ptr const void"
std::string chain_of(const btf* types, uint32_t id) {
  std::string out;
  while (id != 0) {
    const btf_type* type = btf__type_by_id(types, id);
    const std::string_view name = btf__name_by_offset(types, type->name_off);
    switch (btf_kind(type)) {
      case BTF_KIND_PTR:
        out += "ptr ";
        break;
      case BTF_KIND_CONST:
        out += "const ";
        break;
      case BTF_KIND_VOLATILE:
        out += "volatile ";
        break;
      case BTF_KIND_RESTRICT:
        out += "restrict ";
        break;
      case BTF_KIND_TYPEDEF:
        out += "typedef ";
        break;
      case BTF_KIND_TYPE_TAG:
        out += "tag:" + std::string(name) + " ";
        break;
      case BTF_KIND_ARRAY:
        out += "array ";
        id = btf_array(type)->type;
        continue;
      case BTF_KIND_INT:
        return out + (name == "char" ? "char" : "int") + std::to_string(8 * type->size);
      default:
        return out + "kind " + std::to_string(btf_kind(type));
    }
    id = type->type;
  }
  return out + "void";
}

void add(Places& places, const std::string& chain, Place place) {
  std::vector<Place>& known = places[chain];
  if (known.size() < kCandidates) known.push_back(std::move(place));
}

// Of the functions whose names begin like that and that `takes` accepts, without that beginning if `cut`.
Places places_of(const btf* types, std::string_view prefix, bool cut,
                 const std::function<bool(const std::string&)>& takes) {
  Places out;
  for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* function = btf__type_by_id(types, id);
    if (!btf_is_func(function)) continue;
    std::string name = btf__name_by_offset(types, function->name_off);
    if (!name.starts_with(prefix) || !takes(name)) continue;
    if (cut) name.erase(0, prefix.size());
    const btf_type* prototype = btf__type_by_id(types, function->type);
    for (int n = 0; n < btf_vlen(prototype); ++n)
      add(out, chain_of(types, btf_params(prototype)[n].type), {name, n});
    if (prototype->type != 0) add(out, chain_of(types, prototype->type), {name, -1});
  }
  return out;
}

Places places_of_tracepoints(const btf* types) {
  constexpr std::string_view kPrefix = "btf_trace_";
  Places out;
  for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* name = btf__type_by_id(types, id);
    const std::string_view text = btf__name_by_offset(types, name->name_off);
    if (!btf_is_typedef(name) || !text.starts_with(kPrefix)) continue;
    const btf_type* prototype = btf__type_by_id(types, btf__type_by_id(types, name->type)->type);
    for (int n = 1; n < btf_vlen(prototype); ++n) {
      add(out, chain_of(types, btf_params(prototype)[n].type),
          {std::string(text.substr(kPrefix.size())), n - 1});
    }
  }
  return out;
}

// Reads the place as a number and as text, both in the filter and for the event.
std::string reads(const Place& place) {
  const std::string index = std::to_string(place.index);
  return ", args: [{index: " + index + ", type: uint64}, {index: " + index +
         ", type: string}], selectors: [{matchArgs: [{index: " + index +
         ", operator: Equal, values: ['7']}]}, {matchArgs: [{args: [1], operator: Postfix, values: ['x']}]}]";
}
std::string returns() {
  return ", args: [], return: true, returnArg: {index: 0, type: uint64}, selectors: [{matchReturnArgs: "
         "[{operator: Equal, values: ['7']}]}]";
}

struct Kind {
  std::string name;
  Places places;
  bool results = false;  // can they be asked for?
  std::function<std::string(const Place&)> section;
};

std::vector<Kind> kinds_of(const btf* types, const Kernel& kernel) {
  const auto traceable = [&](const std::string& name) { return kernel.traceable(name); };
  const auto any = [](const std::string&) { return true; };
  const auto function = [](const std::string& list, const std::string& more) {
    return [list, more](const Place& place) {
      const std::string what = place.index < 0 ? returns() : reads(place);
      return list + ": [{call: " + place.function + ", syscall: false" +
             (more.empty() ? what : what.substr(0, what.find(", selectors")) + more) + "}]";
    };
  };
  std::vector<Kind> out;
  out.push_back({"kprobes", places_of(types, "", false, traceable), true, function("kprobes", "")});
  out.push_back({"fentries", out.front().places, true, function("fentries", "")});
  out.push_back({"Override", places_of(types, "security_", false, traceable), false,
                 function("kprobes", ", selectors: [{matchActions: [{action: Override, argError: -1}]}]")});
  out.push_back({"lsmhooks", places_of(types, "bpf_lsm_", true, any), false, [](const Place& place) {
                   return "lsmhooks: [{hook: " + place.function + reads(place) + "}]";
                 }});
  out.push_back({"raw tracepoints", places_of_tracepoints(types), false, [](const Place& place) {
                   return "tracepoints: [{subsystem: any, raw: true, event: " + place.function +
                          reads(place) + "}]";
                 }});
  return out;
}

int sweep(const Kernel& kernel, Taker& taker) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), &btf__free);
  if (!types) return 1;
  int loaded = 0;
  int refused = 0;
  for (const Kind& kind : kinds_of(types.get(), kernel)) {
    const int before = loaded;
    std::string unread;
    for (const auto& [chain, places] : kind.places) {
      bool any = false;
      bool read = false;  // by a typed program
      std::string errors;
      for (const Place& place : places) {
        if (read || (place.index < 0 && !kind.results)) continue;
        const Answer answer =
            ask("apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: types}\nspec:\n  " +
                    kind.section(place) + "\n",
                kernel);
        if (answer.policy == nullptr) {
          errors = answer.errors;
          continue;
        }
        const Attachment attachment = answer.policy->hooks[0].attachment;
        read = attachment != Attachment::kKprobe;
        any = true;
        ++loaded;
        const std::string refusal = taker.refusal(answer.policy, false);
        if (refusal.empty()) continue;
        ++refused;
        std::printf("%s: %s of %s (%s)\n%s\n%s\n", kind.name.c_str(), chain.c_str(), place.function.c_str(),
                    std::string(attachment_name(attachment)).c_str(), kind.section(place).c_str(),
                    refusal.c_str());
      }
      if (!any) unread += "  " + chain + "\n" + errors;
    }
    std::printf("%s: %d hooks on %zu chains of types; check accepts none of\n%s", kind.name.c_str(),
                loaded - before, kind.places.size(), unread.c_str());
    std::fflush(stdout);
  }
  std::printf("%d loaded, %d refused by the kernel\n", loaded - refused, refused);
  return loaded > 0 && refused == 0 ? 0 : 1;
}

}  // namespace

int main() {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "types_test: only in a guest (tools/vm)\n");
    return 1;
  }
  const Result<ProbeReport> probed = probe_kernel({.formats = false});
  if (!probed) return 1;
  Result<Host> host = Host::open(probed->kernel, {});
  if (!host) return 1;
  Taker taker(probed->kernel, std::move(*host));
  return sweep(probed->kernel, taker);
}
