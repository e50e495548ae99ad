// SPDX-License-Identifier: Apache-2.0
// An expression as a tree. The parser makes it, with macros already in the forms that stand for them; the checker
// replaces names by what they mean and says which functions a call may be to; the evaluator only reads it.
//
// What each form says about evaluation is in eval.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cel/value.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace tripline::cel {

struct Node;
struct Function;
struct Prepared;
using NodePtr = std::unique_ptr<Node>;

struct Literal {
  Value value;
};

struct Name {
  std::string text;
  bool absolute = false;  // begins with a dot
};

// These two are what a Name becomes.
struct Local {
  uint32_t slot = 0;
};
struct Variable {
  uint32_t index = 0;  // in Environment::variables
};

struct Select {
  NodePtr operand;
  std::string field;
  bool test = false;                                         // has(operand.field)
  bool optional = false;                                     // operand.?field
  const google::protobuf::FieldDescriptor* known = nullptr;  // when the operand is a message of a known type
};

struct Call {
  std::string function;
  NodePtr target;  // null: not called on anything; once checked, it is the first argument
  std::vector<NodePtr> arguments;
  std::vector<const Function*> candidates;   // of the checker
  std::shared_ptr<const Prepared> prepared;  // what a literal argument was made into
  bool lazy = false;  // the second argument only when the first is an optional without a value
};

// `a && b && c` is one node.
struct Logic {
  bool all = false;  // &&, not ||
  std::vector<NodePtr> operands;
};

struct Choice {
  NodePtr condition;
  NodePtr yes;
  NodePtr no;
};

struct MakeList {
  struct Element {
    NodePtr value;
    bool optional = false;
  };
  std::vector<Element> elements;
};

struct MakeMap {
  struct Entry {
    NodePtr key;
    NodePtr value;
    bool optional = false;
  };
  std::vector<Entry> entries;
};

struct MakeMessage {
  struct Field {
    std::string name;
    NodePtr value;
    uint32_t at = 0;
    bool optional = false;
    const google::protobuf::FieldDescriptor* known = nullptr;
  };
  std::string type;
  bool absolute = false;
  std::vector<Field> fields;
  const google::protobuf::Descriptor* known = nullptr;
};

// A macro over the elements of a list or the keys of a map.
struct Fold {
  enum class Mode : uint8_t { kAll, kExists, kExistsOne, kList, kMap, kMapEntries, kSortBy };
  Mode mode = Mode::kAll;
  NodePtr range;
  std::string first;   // names; with two: index and element, or key and value
  std::string second;  // empty: there is one
  NodePtr filter;      // null: every element
  NodePtr body;        // of kMapEntries: a map of one entry
  uint32_t first_slot = 0;
  uint32_t second_slot = 0;
};

// `names[0]` is `values[0]` in all that follows, and so on. A value is evaluated when it is first used, if at all.
struct Let {
  std::vector<std::string> names;
  std::vector<NodePtr> values;
  NodePtr body;
  std::vector<uint32_t> slots;
};

// optMap and optFlatMap.
struct OptionalMap {
  NodePtr target;
  std::string name;
  NodePtr body;
  bool flat = false;
  uint32_t slot = 0;
};

struct Node {
  using Is = std::variant<Literal, Name, Local, Variable, Select, Call, Logic, Choice, MakeList, MakeMap,
                          MakeMessage, Fold, Let, OptionalMap>;
  Is is;
  uint32_t at = 0;  // byte offset in the text
};

}  // namespace tripline::cel
