// SPDX-License-Identifier: Apache-2.0
// Turns the set in force and a change into the programs of the next set: first the members, then the plan of each hook.
// Plans whose programs are already in the kernel are kept; the others are loaded one by one. The first failure stops
// this, and the programs made so far are destroyed with the vector that holds them.
#include "agent/prepare.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tripline {
namespace {

bool same_hook(const HookPlan& a, const HookPlan& b) {
  return a.attachment == b.attachment && a.target == b.target;
}

// The same sections of the same policies in the same order: nothing to compile anew.
bool same_plan(const HookPlan& a, const HookPlan& b) {
  return same_hook(a, b) &&
         std::ranges::equal(a.sections, b.sections,
                            [](const auto& x, const auto& y) { return x.id == y.id && x.hook == y.hook; }) &&
         std::ranges::equal(a.enforced, b.enforced,
                            [](const auto& x, const auto& y) { return x.id == y.id && x.call == y.call; });
}

bool posts_kernel_stacks(const Live& live) {
  return std::ranges::any_of(live.layouts, [](const auto& owned) {
    const auto& fields = owned.second.fields;
    return std::ranges::find(fields, FieldType::kKernelStack, &Field::type) != fields.end();
  });
}

// FNV-1a, 64 bits.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3;
  return std::max<uint64_t>(hash, 1);
}

PolicyName name_of(const CheckedPolicy& policy, const std::string& domain) {
  return {domain, policy.namespace_name, policy.name};
}

class Preparing {
 public:
  Preparing(Preparation given, const Steps& steps, Host& host, const std::stop_token& stop)
      : steps_(steps),
        host_(host),
        stop_(stop),
        change_(std::move(given.change)),
        live_(std::move(given.live)),
        book_before_(given.book),
        kernel_before_(given.kernel.kernel),
        current_facts_(std::move(given.facts)),
        current_scopes_(std::move(given.scopes)),
        admission_(given.admission),
        born_(given.born),
        out_{.result = {}, .book = std::move(given.book)} {
    out_.kernel = std::move(given.kernel);
    out_.members = std::move(given.members);
  }

  Prepared run() && {
    out_.result.status = all();
    if (!out_.result.status) give_back();
    return std::move(out_);
  }

 private:
  Result<void> all() {
    if (auto done = admit_documents(); !done) return done;
    if (auto done = change_members(); !done) return done;
    return make_programs();
  }

  [[nodiscard]] Result<void> going_on() const {
    if (stop_.stop_requested()) return fail("change policies", "", ECANCELED, "the agent is stopping");
    return {};
  }

  // --- documents ------------------------------------------------------------------------------------------------

  // All of them, so that everything that is wrong is told at once.
  Result<void> admit_documents() {
    std::vector<Document> documents;
    for (const NewPolicy& added : change_.in) {
      if (const auto* source = std::get_if<Source>(&added.document))
        documents.push_back(parse_document(*source));
    }
    if (documents.empty()) return {};
    learn(scope_for(documents));
    auto document = documents.begin();
    Result<void> status;
    for (NewPolicy& added : change_.in) {
      if (!std::holds_alternative<Source>(added.document)) continue;
      if (const auto on = going_on(); !on) return on;
      Admission admitted = steps_.admit(std::move(*document++), *out_.kernel.kernel, admission_);
      if (admitted.policy == nullptr && status) status = refusal(admitted);
      added.document = admitted.policy;
      added.text = hash_of(admitted.source.text);
      if (admitted.policy != nullptr && !hooked_files(*admitted.policy).empty())
        added.source = std::make_shared<const Source>(admitted.source);
      out_.result.documents.push_back(std::move(admitted));
    }
    return status;
  }

  static Result<void> refusal(const Admission& refused) {
    for (const Diagnostic& diagnostic : refused.diagnostics.all()) {
      if (diagnostic.severity == Severity::kError)
        return fail("add policy", refused.source.name, 0, diagnostic.message);
    }
    return fail("add policy", refused.source.name, 0, "it was refused");
  }

  void learn(const ProbeScope& wanted) {
    const KnownKernel& known = out_.kernel;
    if (asks_nothing(missing_from(*known.kernel, known.asked, wanted))) return;
    ProbeReport more = steps_.probe(*known.kernel, known.asked, wanted);
    out_.kernel = {std::make_shared<const Kernel>(std::move(more.kernel)), std::move(more.scope)};
    host_.use(*out_.kernel.kernel);
  }

  // --- members --------------------------------------------------------------------------------------------------

  [[nodiscard]] std::vector<Member>::iterator find(const PolicyName& name) {
    return std::ranges::find(out_.members, name, [](const Member& member) { return member.id.name; });
  }

  Result<void> change_members() {
    std::vector<Member> before;
    if (change_.everything) before = std::exchange(out_.members, {});
    for (const PolicyName& name : change_.out) {
      const auto member = find(name);
      if (member == out_.members.end()) return fail("delete policy", shown(name), ENOENT);
      out_.members.erase(member);
    }
    for (const auto& [names, enabled] : {std::pair{&change_.off, false}, std::pair{&change_.on, true}}) {
      for (const PolicyName& name : *names) {
        if (auto done = enable(name, enabled); !done) return done;
      }
    }
    for (const Renewal& renewal : change_.renewed) {
      if (auto done = renew(renewal); !done) return done;
    }
    for (const NewPolicy& added : change_.in) {
      if (auto done = add(added, before); !done) return done;
    }
    return {};
  }

  // By its document, under its number.
  Result<void> renew(const Renewal& renewal) {
    const auto member = find(renewal.name);
    if (member == out_.members.end() || !member->source) return {};
    std::vector<Document> documents;
    documents.push_back(parse_document(*member->source));
    learn(scope_for(documents));
    const Admission admitted = steps_.admit(std::move(documents.front()), *out_.kernel.kernel, admission_);
    if (admitted.policy == nullptr) return refusal(admitted);
    if (auto policy = renewed(*member->policy, *admitted.policy, renewal.gone))
      member->policy = std::make_shared<const CheckedPolicy>(*std::move(policy));
    return {};
  }

  Result<void> enable(const PolicyName& name, bool enabled) {
    const std::string operation = enabled ? "enable policy" : "disable policy";
    const auto member = find(name);
    if (member == out_.members.end()) return fail(operation, shown(name), ENOENT);
    if (member->enabled == enabled)
      return fail(operation, shown(name), EALREADY, enabled ? "it is not disabled" : "it is not enabled");
    member->enabled = enabled;
    return {};
  }

  // `before`: those that were taken out with everything.
  Result<void> add(const NewPolicy& added, const std::vector<Member>& before) {
    const PolicyPtr& policy = std::get<PolicyPtr>(added.document);
    Member member{.id = {0, name_of(*policy, added.domain)},
                  .policy = policy,
                  .enabled = added.enabled,
                  .text = added.text,
                  .source = added.source};
    if (find(member.id.name) != out_.members.end())
      return fail("add policy", shown(member.id.name), EEXIST, "there is already one of that name");
    const auto same = std::ranges::find_if(before, [&](const Member& old) {
      return old.policy == policy && old.id.name == member.id.name && old.enabled == added.enabled;
    });
    if (same != before.end()) {
      member = *same;
    } else {
      member.id.generation = out_.book.next_generation++;
      const auto mode = out_.book.modes.take(1);
      if (!mode) return fail("add policy", shown(member.id.name), ENOSPC, "too many policies at once");
      member.mode = *mode;
      host_.set_enforces(member.mode, policy->enforce);
    }
    out_.result.ids.push_back(member.id);
    out_.members.push_back(std::move(member));
    return {};
  }

  // --- programs -------------------------------------------------------------------------------------------------

  [[nodiscard]] std::vector<HookPlan> plans() const {
    std::vector<PlannedPolicy> planned;
    for (const Member& member : out_.members) {
      if (member.enabled) planned.push_back({member.policy, member.id.generation});
    }
    return plan_hooks(planned);
  }

  [[nodiscard]] bool serves(const Preparation::Known& live, const HookPlan& plan) const {
    return same_plan(*live.plan, plan) && (!live.facts || (out_.facts && live.facts == out_.facts->maps)) &&
           (!live.scopes || (out_.scopes && live.scopes == out_.scopes->maps));
  }

  Result<void> make_programs() {
    std::vector<HookPlan> wanted = plans();
    Result<FactsPtr> facts =
        steps_.facts(facts_of(wanted), current_facts_, out_.book.fact_versions, *out_.kernel.kernel, host_);
    if (!facts) return std::unexpected(facts.error());
    out_.facts = *facts;
    if (auto found = find_scopes(scopes_of(wanted)); !found) return found;
    for (const Member& member : out_.members) modes_.emplace(member.id.generation, member.mode);
    for (HookPlan& plan : wanted) {
      bool stays = false;
      for (const Preparation::Known& live : live_) {
        if (!serves(live, plan)) continue;
        out_.staying.push_back(live.slot);
        stays = true;
      }
      if (stays) continue;
      if (const auto on = going_on(); !on) return on;
      if (auto made = bring_up(std::move(plan)); !made) return made;
    }
    if (std::ranges::any_of(out_.fresh, posts_kernel_stacks)) steps_.expect_kernel_stacks();
    std::ranges::sort(out_.staying);
    for (const Preparation::Known& live : live_) {
      if (std::ranges::any_of(out_.fresh,
                              [&](const Live& fresh) { return same_hook(*fresh.plan, *live.plan); }))
        out_.followed.push_back(live.slot);
    }
    std::ranges::sort(out_.followed);
    return {};
  }

  Result<void> find_scopes(const ScopeNeeds& needs) {
    if (!steps_.scopes) {
      if (needs.empty()) return {};
      return fail("add policy", "", 0, "the agent has no information about containers");
    }
    Result<ScopesPtr> scopes = steps_.scopes(needs, current_scopes_, host_);
    if (!scopes) return std::unexpected(scopes.error());
    out_.scopes = *std::move(scopes);
    return {};
  }

  [[nodiscard]] std::vector<uint32_t> modes_of(const HookPlan& plan) const {
    std::vector<uint32_t> out;
    for (const HookSection& section : plan.sections) out.push_back(modes_.at(section.id));
    return out;
  }

  // Compiles, loads and attaches the program of one hook, inert.
  Result<void> bring_up(HookPlan plan) {
    Result<Claim> claim = make_claim(out_.book, plan, modes_of(plan), born_);
    if (!claim) return std::unexpected(claim.error());
    for (uint32_t i = 0; i < claim->counters; ++i) {
      if (const auto reset = host_.reset_counter(claim->numbers.first_counter + i); !reset) return reset;
    }
    const bool asks = out_.facts && facts_of({&plan, 1}).any();
    if (asks) claim->numbers.facts = out_.facts->table;
    const bool scoped = out_.scopes && !scopes_of({&plan, 1}).empty();
    if (scoped) claim->numbers.scopes = out_.scopes->table;
    const auto begin = std::chrono::steady_clock::now();
    Result<Object> object = steps_.compile(plan, *out_.kernel.kernel, claim->numbers);
    out_.compiled.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (!object) return std::unexpected(object.error());
    Result<Programs> programs = steps_.load(host_, *object,
                                            {.facts = asks ? out_.facts->maps.get() : nullptr,
                                             .scopes = scoped ? &out_.scopes->maps->maps : nullptr});
    if (!programs) {
      host_.set_died(claim->numbers.slot, 0);
      return std::unexpected(programs.error());
    }
    out_.fresh.push_back({std::make_shared<const HookPlan>(std::move(plan)), std::move(*claim),
                          std::move(*programs), asks ? out_.facts->maps : nullptr,
                          scoped ? out_.scopes->maps : nullptr});
    Live& live = out_.fresh.back();
    if (auto attached = steps_.attach(live.programs); !attached) return attached;
    own(live, std::move(object->schemas));
    return {};
  }

  // Notes whose the counters and schemas are.
  void own(Live& live, std::vector<Schema> schemas) {
    const HookPlan& plan = *live.plan;
    for (size_t n = 0; n < schemas.size(); ++n) {
      const HookSection& section = plan.sections[n / schemas_of_section(plan)];
      if (n % schemas_of_section(plan) == 0) {
        PolicyPart part{section.section().kind, section.section().index, 0, is_return(plan.attachment)};
        for (const SelectorInfo& selector : schemas[n].selectors) {
          live.claim.owned.push_back({section.id, part, selector.counter});
          ++part.selector;
        }
      }
      live.claim.schemas.push_back(schemas[n].id);
      live.layouts.emplace_back(section.id, std::move(schemas[n]));
    }
  }

  // --- after a failure ------------------------------------------------------------------------------------------

  // Numbers of programs that were attached stay taken: a task can be on its way into one. All others are free again.
  void give_back() {
    host_.use(*kernel_before_);
    Book book = std::move(book_before_);
    book.next_schema = out_.book.next_schema;
    book.next_pair = out_.book.next_pair;
    book.fact_versions = out_.book.fact_versions;
    book.next_generation = out_.book.next_generation;
    for (Live& undone : out_.fresh) {
      host_.set_died(undone.claim.numbers.slot, 0);
      book.slots.retake(undone.claim.numbers.slot, 1);
      book.counters.retake(undone.claim.numbers.first_counter, undone.claim.counters);
      undone.claim.owned.clear();
      undone.claim.schemas.clear();
      out_.abandoned.push_back(std::move(undone.claim));
    }
    out_.book = std::move(book);
    out_.fresh.clear();  // detaches them
    out_.facts = nullptr;
    out_.scopes = nullptr;
  }

  const Steps& steps_;
  Host& host_;
  const std::stop_token& stop_;
  Change change_;
  std::vector<Preparation::Known> live_;
  Book book_before_;
  std::shared_ptr<const Kernel> kernel_before_;
  FactsPtr current_facts_;
  ScopesPtr current_scopes_;
  AdmissionOptions admission_;
  uint32_t born_;
  std::map<Generation, uint32_t> modes_;
  Prepared out_;
};

}  // namespace

Prepared prepare(Preparation given, const Steps& steps, Host& host, const std::stop_token& stop) {
  return Preparing(std::move(given), steps, host, stop).run();
}

std::string shown(const PolicyName& name) {
  return name.namespace_name.empty() ? name.name : name.namespace_name + "/" + name.name;
}

}  // namespace tripline
