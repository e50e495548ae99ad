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

// What nodes say of a policy. One condition stands for each state that it is in somewhere.
Tree policy_status() {
  const Tree generation = object({{"description", "The generation of the policy that this was said of."},
                                  {"type", "integer"},
                                  {"format", "int64"}});
  Object condition{
      {"type", text_schema("The state: Enabled, Disabled, LoadError, Error, Loading, Unloading, Skipped or "
                           "PartiallyEnabled.")},
      {"status", object({{"description", "Whether the policy is in this state on some node."},
                         {"type", "string"},
                         {"enum", Tree::List{"True", "False", "Unknown"}}})},
      {"observedGeneration", generation},
      {"lastTransitionTime",
       object({{"description", "When status last changed."}, {"type", "string"}, {"format", "date-time"}})},
      {"reason", text_schema("A one-word reason.")},
      {"message", text_schema("A human-readable message; for an error, what is wrong.")},
      {"nodes", object({{"description", "The number of nodes where the policy is in this state."},
                        {"type", "integer"},
                        {"format", "int32"},
                        {"minimum", 0}})},
  };
  const Tree item = object(
      {{"type", "object"}, {"required", Tree::List{"type", "status"}}, {"properties", std::move(condition)}});
  return object_schema("What became of the policy on the nodes.",
                       {{"observedGeneration", generation},
                        {"conditions", object({{"description", "One for each state."},
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

}  // namespace

std::string full_name(const Names& names) { return std::string(names.plural) + "." + std::string(kGroup); }

Tree definition(const Names& names) {
  const std::string kind(names.kind);
  Object about_names{{"kind", kind},
                     {"listKind", kind + "List"},
                     {"plural", names.plural},
                     {"singular", names.singular},
                     {"shortNames", Tree::List{names.letters}}};
  if (names.policy) about_names.push_back({"categories", Tree::List{"tetragon"}});
  Object version{
      {"name", kVersion},
      {"served", true},
      {"storage", true},
      {"schema", object({{"openAPIV3Schema", names.policy ? policy_schema(names) : pod_info_schema()}})}};
  if (names.policy) version.push_back({"subresources", object({{"status", Object{}}})});
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
