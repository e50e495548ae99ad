// SPDX-License-Identifier: Apache-2.0
#include "operator/definitions.h"

#include <array>
#include <charconv>
#include <optional>

#include "crd/tree.h"

namespace tripline::op {
namespace {

using crd::Tree;
using kube::Json;

const std::string kPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr std::string_view kOldest = "1.16.0";  // of Kubernetes: the first with this version of definitions

Tree tree_of(const Json& json) {
  switch (json.kind) {
    case Json::Kind::kBoolean:
      return json.is_true();
    case Json::Kind::kNumber:
      return json.integer().value_or(0);
    case Json::Kind::kArray: {
      Tree::List out;
      for (const Json& each : json.items) out.push_back(tree_of(each));
      return out;
    }
    case Json::Kind::kObject: {
      Tree::Object out;
      for (const auto& each : json.members)
        if (each.value.kind != Json::Kind::kNull) out.push_back({each.name, tree_of(each.value)});
      return out;
    }
    case Json::Kind::kNull:
    case Json::Kind::kText:
      break;
  }
  return json.text;
}

void set(Tree::Object& object, std::string_view key, Tree value) {
  for (crd::Member& each : object) {
    if (each.key == key) {
      each.value = std::move(value);
      return;
    }
  }
  object.push_back({std::string(key), std::move(value)});
}

// Ours with what others have put on theirs: labels, annotations, and by which update it is.
std::string replacement(const Json& existing, const crd::Names& names) {
  Tree ours = crd::definition(names);
  Tree metadata = tree_of(existing.at("metadata"));
  auto& members = std::get<Tree::Object>(metadata.is);
  std::erase_if(members, [](const crd::Member& each) { return each.key == "managedFields"; });
  Tree labels = tree_of(existing.at("metadata").at("labels"));
  if (!std::holds_alternative<Tree::Object>(labels.is)) labels = Tree::Object{};
  set(std::get<Tree::Object>(labels.is), crd::kSchemaLabel, crd::kSchemaVersion);
  set(members, "labels", std::move(labels));
  auto& whole = std::get<Tree::Object>(ours.is);
  set(whole, "metadata", std::move(metadata));
  for (crd::Member& each : whole)
    if (each.key == "spec") set(std::get<Tree::Object>(each.value.is), "preserveUnknownFields", false);
  return crd::json(ours);
}

class Bringer {
 public:
  Bringer(kube::Client& client, const crd::Names& names, bool force, const Say& say, Patience patience)
      : client_(client),
        names_(names),
        force_(force),
        say_(say),
        patience_(patience),
        path_(kPath + "/" + full_name(names)) {}

  // Empty: it is there.
  std::string bring() {
    const auto existing = get_lasting();
    if (!existing && !existing.error().is(404)) return trouble("look for it", existing.error());
    if (!existing) {
      const auto made = client_.post(kPath, crd::json(crd::definition(names_)));
      if (!made && !made.error().is(409)) return trouble("create it", made.error());
      note("Created custom resource definition");
    } else if (is_outdated(*existing, names_, force_)) {
      if (auto failed = update(); !failed.empty()) return failed;
      note("Updated custom resource definition");
    } else {
      note("Custom resource definition is up to date");
    }
    return wait();
  }

 private:
  kube::Answer<Json> get() {
    auto text = client_.get(path_);
    if (!text) return std::unexpected(text.error());
    auto json = kube::read_json(*text);
    if (!json) return kube::failed(kube::Failure::Kind::kMalformed, "the answer is not JSON");
    return *std::move(json);
  }

  // Not one that is about to go: that one takes no more objects, and the next has to be created.
  kube::Answer<Json> get_lasting() {
    const auto end = kube::Clock::now() + patience_.longest;
    while (true) {
      auto existing = get();
      if (!existing || existing->at("metadata").at("deletionTimestamp").text.empty()) return existing;
      if (kube::Clock::now() >= end || client_.stop().wait(patience_.pause))
        return kube::failed(kube::Failure::Kind::kLate, "it is being deleted");
    }
  }

  // Somebody else may change it between our look and our write.
  std::string update() {
    const auto end = kube::Clock::now() + patience_.longest;
    while (true) {
      const auto existing = get();
      if (!existing) return trouble("look for it", existing.error());
      const auto put = client_.put(path_, replacement(*existing, names_));
      if (put) return {};
      if (!put.error().is(409) || kube::Clock::now() >= end || client_.stop().wait(patience_.pause))
        return trouble("update it", put.error());
    }
  }

  std::string wait() {
    const auto end = kube::Clock::now() + patience_.longest;
    while (true) {
      const auto existing = get();
      if (!existing) return trouble("look for it", existing.error());
      for (const Json& condition : existing->at("status").at("conditions").items) {
        const std::string& type = condition.at("type").text;
        const std::string& status = condition.at("status").text;
        if (type == "Established" && status == "True") return {};
        if (type == "NamesAccepted" && status == "False")
          return full_name(names_) + ": its names are taken: " + condition.at("message").text;
      }
      if (kube::Clock::now() >= end || client_.stop().wait(patience_.pause))
        return full_name(names_) + ": it is created, but the API server has not established it";
    }
  }

  std::string trouble(std::string_view what, const kube::Failure& failure) const {
    return full_name(names_) + ": cannot " + std::string(what) + ": " + failure.text();
  }
  void note(std::string message) const {
    say_({LogLevel::kInfo, std::move(message), {{"name", full_name(names_)}}});
  }

  kube::Client& client_;
  const crd::Names& names_;
  bool force_;
  const Say& say_;
  Patience patience_;
  std::string path_;
};

// Why this server is too old; empty: it is not.
std::string refuse_server(kube::Client& client) {
  const auto text = client.get("/version");
  if (!text) return "cannot ask the API server for its version: " + text.error().text();
  const auto json = kube::read_json(*text);
  std::string_view version = json ? std::string_view(json->at("gitVersion").text) : "";
  if (version.starts_with('v')) version.remove_prefix(1);
  version = version.substr(0, version.find_first_of("-+"));
  const auto compared = compare_versions(version, kOldest);
  if (!compared) return "the API server says no version";
  if (*compared < 0)
    return "Kubernetes " + std::string(version) + " is too old; " + std::string(kOldest) + " is needed";
  return {};
}

}  // namespace

std::optional<int> compare_versions(std::string_view version, std::string_view other) {
  std::array<std::array<unsigned, 3>, 2> parts{};
  std::array texts{version, other};
  for (size_t which = 0; which < texts.size(); ++which) {
    std::string_view text = texts[which];
    for (size_t at = 0; at < 3; ++at) {
      const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), parts[which][at]);
      if (fault != std::errc()) return {};
      text.remove_prefix(static_cast<size_t>(end - text.data()));
      if (text.empty()) break;
      if (text.front() != '.' || at == 2) return {};
      text.remove_prefix(1);
    }
  }
  return parts[0] < parts[1] ? -1 : parts[0] == parts[1] ? 0 : 1;
}

bool is_outdated(const Json& existing, const crd::Names& names, bool force) {
  if (force) return true;
  const Json& versions = existing.at("spec").at("versions");
  if (versions.items.empty() ||
      versions.items.front().at("schema").at("openAPIV3Schema").kind != Json::Kind::kObject)
    return true;
  const auto compared =
      compare_versions(existing.at("metadata").at("labels").at(crd::kSchemaLabel).text, crd::kSchemaVersion);
  if (!compared || *compared < 0) return true;
  const bool has_status = versions.items.front().at("subresources").at("status").kind == Json::Kind::kObject;
  return *compared == 0 && names.holds == crd::Holds::kPolicy && !has_status;
}

std::vector<std::string> bring_definitions(kube::Client& client, std::span<const crd::Names> wanted,
                                           bool force, const Say& say, Patience patience) {
  if (auto refused = refuse_server(client); !refused.empty()) return {std::move(refused)};
  std::vector<std::string> out;
  for (const crd::Names& names : wanted) {
    if (auto trouble = Bringer(client, names, force, say, patience).bring(); !trouble.empty())
      out.push_back(std::move(trouble));
  }
  return out;
}

}  // namespace tripline::op
