// SPDX-License-Identifier: Apache-2.0
#include "crd/definition.h"

#include <string>

#include "crd/schema.h"

namespace tripline::crd {
namespace {

using Object = Tree::Object;

Tree text_schema(const char* description) {
  return object({{"description", description}, {"type", "string"}});
}
Tree flag_schema(const char* description) {
  return object({{"description", description}, {"type", "boolean"}});
}
Tree object_schema(const char* description, Object properties) {
  return object({{"description", description}, {"type", "object"}, {"properties", std::move(properties)}});
}

Tree count_schema(const char* description, const char* format = "int32") {
  return object({{"description", description}, {"type", "integer"}, {"format", format}, {"minimum", 0}});
}

// The place in the document that an error is about.
Object place_schema() {
  return {{"line", count_schema("The line of the mistake in the policy, as JSON in lines; 0 for none.")},
          {"column", count_schema("The column of the mistake.")},
          {"message", text_schema("What is wrong.")}};
}

// What became of a policy on all nodes, which the operator writes. One condition says whether it is in force.
Tree policy_status() {
  const Tree generation = count_schema("The generation of the policy that this is about.", "int64");
  Object condition{
      {"type", text_schema("Enabled: whether the policy is in force on each node that it is for.")},
      {"status", object({{"description", "True, False, or Unknown while nodes have not reported yet."},
                         {"type", "string"},
                         {"enum", Tree::List{"True", "False", "Unknown"}}})},
      {"observedGeneration", generation},
      {"lastTransitionTime",
       object({{"description", "When status last changed."}, {"type", "string"}, {"format", "date-time"}})},
      {"reason", text_schema("A one-word reason.")},
      {"message", text_schema("A human-readable message, with the first error.")},
  };
  const Tree item = object(
      {{"type", "object"}, {"required", Tree::List{"type", "status"}}, {"properties", std::move(condition)}});
  Object nodes{{"total", count_schema("The nodes that the policy is for.")},
               {"enabled", count_schema("Nodes where it is in force.")},
               {"disabled", count_schema("Nodes where it was disabled.")},
               {"failed", count_schema("Nodes where it is refused or cannot be loaded.")},
               {"pending", count_schema("Nodes that have not reported yet.")},
               {"skipped", count_schema("Nodes that nodeSelector excludes.")}};
  Object error{{"node", text_schema("The node that reports it, the first by name.")}};
  for (crd::Member& each : place_schema()) error.push_back(std::move(each));
  return object_schema(
      "The state of the policy on the nodes.",
      {{"observedGeneration", generation},
       {"enabled", text_schema("On how many nodes it is in force, and how many it is for: 4/5.")},
       {"nodes", object_schema("Numbers of nodes.", std::move(nodes))},
       {"error", object_schema("Why it is not in force on one of them.", std::move(error))},
       {"conditions", object({{"description", "One, of the type Enabled."},
                              {"type", "array"},
                              {"items", item},
                              {"x-kubernetes-list-type", "map"},
                              {"x-kubernetes-list-map-keys", Tree::List{"type"}}})}});
}

Object envelope() {
  return {{"apiVersion", text_schema("The group and version of this kind of object: cilium.io/v1alpha1.")},
          {"kind", text_schema("The kind of object.")},
          {"metadata", object({{"type", "object"}})}};
}

Tree policy_schema(const Names& names) {
  Object properties = envelope();
  properties.push_back({"spec", spec_schema()});
  properties.push_back({"status", policy_status()});
  Object schema{{"description",
                 names.namespaced ? "A policy for the pods of its namespace." : "A policy for all nodes."},
                {"type", "object"},
                {"required", Tree::List{"metadata", "spec"}},
                {"properties", std::move(properties)}};
  if (names.namespaced) {
    schema.push_back(
        {"x-kubernetes-validations",
         Tree::List{object({{"rule", "!has(self.spec.hostSelector)"},
                            {"message", "a TracingPolicyNamespaced cannot have a hostSelector"}})}});
  }
  return schema;
}

Tree pod_info_schema() {
  Object properties = envelope();
  properties.push_back(
      {"spec", object_schema("Of the pod's spec.",
                             {{"hostNetwork", flag_schema("The pod is in the network of its node.")},
                              {"nodeName", text_schema("The node that the pod is on.")}})});
  const Tree address =
      object({{"type", "object"}, {"properties", Object{{"IP", text_schema("The address.")}}}});
  properties.push_back(
      {"status",
       object_schema("Of the pod's status.", {{"podIP", text_schema("The pod's first address.")},
                                              {"podIPs", object({{"description", "All addresses of the pod."},
                                                                 {"type", "array"},
                                                                 {"items", address}})}})});
  properties.push_back({"workloadType", object_schema("The kind of the workload that the pod belongs to.",
                                                      {{"apiVersion", text_schema("Its group and version.")},
                                                       {"kind", text_schema("Its kind.")}})});
  properties.push_back({"workloadObject", object_schema("What the pod belongs to.",
                                                        {{"name", text_schema("Its name.")},
                                                         {"namespace", text_schema("Its namespace.")}})});
  return object({{"description", "Facts about a pod: its addresses and its workload."},
                 {"type", "object"},
                 {"properties", std::move(properties)}});
}

// What one node says of all policies. It is named after the node, and goes with it.
Tree report_schema() {
  Object one{
      {"namespace", text_schema("The policy's namespace; none for a TracingPolicy.")},
      {"name", text_schema("The policy's name.")},
      {"uid", text_schema("The policy's uid.")},
      {"generation", count_schema("The generation of the policy that this is about.", "int64")},
      {"state", text_schema("Loading, Enabled, PartiallyEnabled, Disabled, Skipped, LoadError, or Refused: "
                            "then an earlier generation is in force.")}};
  for (crd::Member& each : place_schema()) one.push_back(std::move(each));
  const Tree item = object({{"type", "object"},
                            {"required", Tree::List{"name", "uid", "generation", "state"}},
                            {"properties", std::move(one)}});
  Object properties = envelope();
  properties.push_back(
      {"policies", object({{"description", "One entry for each policy; those in error first."},
                           {"type", "array"},
                           {"items", item},
                           {"x-kubernetes-list-type", "atomic"}})});
  properties.push_back({"omitted", count_schema("How many policies there was no room for.")});
  return object({{"description", "What a node says of the policies. The agent of the node writes it."},
                 {"type", "object"},
                 {"properties", std::move(properties)}});
}

Tree schema_of(const Names& names) {
  switch (names.holds) {
    case Holds::kPolicy:
      return policy_schema(names);
    case Holds::kPodInfo:
      return pod_info_schema();
    case Holds::kReport:
      break;
  }
  return report_schema();
}

Tree column(const char* name, const char* path, const char* type) {
  return object({{"name", name}, {"type", type}, {"jsonPath", path}});
}

}  // namespace

std::string full_name(const Names& names) { return std::string(names.plural) + "." + std::string(kGroup); }

Tree definition(const Names& names) {
  const std::string kind(names.kind);
  Object about_names{{"kind", kind},
                     {"listKind", kind + "List"},
                     {"plural", names.plural},
                     {"singular", names.singular},
                     {"shortNames", Tree::List{names.letters}}};
  if (names.holds == Holds::kPolicy) about_names.push_back({"categories", Tree::List{"tetragon"}});
  Object version{{"name", kVersion},
                 {"served", true},
                 {"storage", true},
                 {"schema", object({{"openAPIV3Schema", schema_of(names)}})}};
  if (names.holds == Holds::kPolicy) {
    version.push_back({"subresources", object({{"status", Object{}}})});
    version.push_back(
        {"additionalPrinterColumns", Tree::List{column("Enabled", ".status.enabled", "string"),
                                                column("Reason", ".status.conditions[0].reason", "string"),
                                                column("Age", ".metadata.creationTimestamp", "date")}});
  }
  return object({{"apiVersion", "apiextensions.k8s.io/v1"},
                 {"kind", "CustomResourceDefinition"},
                 {"metadata", object({{"name", full_name(names)},
                                      {"labels", object({{std::string(kSchemaLabel), kSchemaVersion}})}})},
                 {"spec", object({{"group", kGroup},
                                  {"names", std::move(about_names)},
                                  {"scope", names.namespaced ? "Namespaced" : "Cluster"},
                                  {"versions", Tree::List{Tree(std::move(version))}}})}});
}

}  // namespace tripline::crd
