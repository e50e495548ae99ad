// SPDX-License-Identifier: Apache-2.0
#include "crd/definition.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace tripline::crd {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Definition, FilesAreUpToDate) {
  for (const Names& names : kDefinitions) {
    const std::string path = std::string(TRIPLINE_CRDS "/cilium.io_") + std::string(names.plural) + ".yaml";
    EXPECT_TRUE(contents(path) == "---\n# Made by `tripline crds`.\n" + yaml(definition(names)))
        << path << " is out of date: build/tripline crds " << full_name(names) << " >" << path;
  }
}

// Someone who applies a definition by `kubectl apply` gets a copy of it as an annotation, of which there may be 256 KiB.
TEST(Definition, FitsIntoAnAnnotation) {
  for (const Names& names : kDefinitions)
    EXPECT_LT(json(definition(names)).size(), size_t{256} << 10) << names.kind;
}

TEST(Definition, Names) {
  const Tree all = definition(kDefinitions[1]);
  EXPECT_EQ(json(*member(*member(all, "metadata"), "name")), R"("tracingpoliciesnamespaced.cilium.io")");
  EXPECT_EQ(json(*member(*member(all, "spec"), "scope")), R"("Namespaced")");
  EXPECT_EQ(
      json(*member(*member(all, "spec"), "names")),
      R"({"kind":"TracingPolicyNamespaced","listKind":"TracingPolicyNamespacedList",)"
      R"("plural":"tracingpoliciesnamespaced","singular":"tracingpolicynamespaced","shortNames":["tgtpn"],)"
      R"("categories":["tetragon"]})");
}

TEST(Definition, OnlyPoliciesHaveAStatusOfTheirOwn) {
  for (const Names& names : kDefinitions) {
    const std::string text = json(definition(names));
    EXPECT_EQ(text.contains(R"("subresources":{"status":{}})"), names.holds == Holds::kPolicy) << names.kind;
  }
}

}  // namespace
}  // namespace tripline::crd
