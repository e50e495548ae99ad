// SPDX-License-Identifier: Apache-2.0
// A YAML document as a tree of nodes that know their position and kind of scalar. Private to the policy room;
// parse_yaml.cc is the only place that sees the YAML library.
//
// Scalars are resolved as YAML 1.1 does: unquoted yes, no, on, off, y, n are booleans, 010 is octal, 1e0 a number.
// Aliases share the node they refer to. Merge keys are already merged.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "policy/number.h"

namespace tripline::policy {

struct Node {
  enum class Kind { kNull, kBoolean, kNumber, kText, kSequence, kMapping };
  struct Entry {
    std::string key;
    Span key_span;
    const Node* value = nullptr;
  };

  Kind kind = Kind::kNull;
  Span span;
  std::string text;                // of a scalar: as written, without quotes
  bool boolean = false;            // of a boolean
  std::optional<Integer> integer;  // of a number without a fraction
  std::vector<const Node*> items;  // of a sequence
  std::vector<Entry> entries;      // of a mapping, in order; no key twice
  size_t size = 1;    // how many nodes this one is, with itself and aliases expanded; long texts are several
  size_t height = 1;  // levels of nesting, itself included

  // The text of a scalar as if it had been text: booleans and numbers in their usual form.
  [[nodiscard]] std::string plain_text() const;
};

struct Document {
  std::deque<Node> nodes;      // owns them all
  const Node* root = nullptr;  // null, or a null, when the document is empty
};

// The first document of `source`. Absent when it is not readable or too large. Mistakes that leave the rest readable,
// such as a key given twice, are in `diagnostics` too.
[[nodiscard]] std::optional<Document> read_yaml(const Source& source, Diagnostics& diagnostics);

}  // namespace tripline::policy
