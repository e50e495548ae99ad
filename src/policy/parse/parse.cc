// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "policy/parse/schema.h"
#include "policy/parse/yaml.h"
#include "policy/policy.h"

namespace tripline::policy {
namespace {

constexpr size_t kMostTags = 16;
constexpr size_t kLongestName = 253;
constexpr size_t kLongestNamespace = 63;
constexpr size_t kLongestLabelValue = 63;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

// Lower-case letters, digits and inner dashes.
bool is_dns_label(std::string_view text) {
  return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  for (;;) {
    const size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_label_value(std::string_view text) {
  return text.empty() || (is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
                          std::ranges::all_of(text, [](char c) {
                            return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
                          }));
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return "null";
    case Node::Kind::kBoolean:
      return "a boolean";
    case Node::Kind::kNumber:
      return "a number";
    case Node::Kind::kText:
      return "a string";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return "";
}

bool is_scalar(const Node& node) {
  return node.kind != Node::Kind::kSequence && node.kind != Node::Kind::kMapping;
}

// Reads nodes into the structs of policy.h. What is wrong is reported and the member keeps its default.
class Reader {
 public:
  // `loose` as in Source.
  Reader(Diagnostics& diagnostics, bool loose) : out_(diagnostics), loose_(loose) {}

  void read(const Node& node, Text& text) {
    if (node.kind != Node::Kind::kText) {
      const bool unquoted = node.kind == Node::Kind::kBoolean || node.kind == Node::Kind::kNumber;
      wrong_kind(node, "a string", unquoted ? "put it in quotes: " + quoted(node.text) : "");
      return;
    }
    text = {node.text, node.span};
  }

  void read(const Node& node, Flag& flag) {
    if (node.kind == Node::Kind::kNull) return;
    if (node.kind != Node::Kind::kBoolean) {
      wrong_kind(node, "true or false", one_word(node.text, "true", "false") ? "remove the quotes" : "");
      return;
    }
    flag = {node.boolean, node.span};
  }

  template <std::integral T>
  void read(const Node& node, Located<T>& number) {
    constexpr unsigned kBits = sizeof(T) * 8;
    const std::string range =
        std::is_signed_v<T>
            ? "a " + std::to_string(kBits) + "-bit integer"
            : "an integer from 0 to " + std::to_string(static_cast<uint64_t>(static_cast<T>(-1)));
    if (node.kind != Node::Kind::kNumber) {
      const bool in_quotes = node.kind == Node::Kind::kText && parse_integer(node.text);
      wrong_kind(node, range, in_quotes ? "remove the quotes" : "");
      return;
    }
    std::optional<T> value;
    if (node.integer) {
      if constexpr (std::is_signed_v<T>) {
        if (const auto fits = to_signed(*node.integer, kBits)) value = static_cast<T>(*fits);
      } else {
        if (const auto fits = to_unsigned(*node.integer, kBits)) value = static_cast<T>(*fits);
      }
    }
    if (!value) {
      out_.error(node.span, node.text + " does not fit", range);
      return;
    }
    number = {*value, node.span};
  }

  template <typename E>
    requires std::is_enum_v<E>
  void read(const Node& node, Located<E>& named) {
    const std::string choices = "one of " + listed(Words<E>::all);
    if (node.kind != Node::Kind::kText) {
      wrong_kind(node, choices, "");
      return;
    }
    const std::optional<E> value = parse_word<E>(node.text);
    if (!value) {
      out_.error(node.span, "unknown " + std::string(Words<E>::what) + " " + quoted(node.text), choices,
                 did_you_mean(node.text, Words<E>::all));
      return;
    }
    named = {*value, node.span};
  }

  template <typename T>
  void read(const Node& node, std::vector<T>& list) {
    if (node.kind != Node::Kind::kSequence) {
      wrong_kind(node, "a list", node.kind == Node::Kind::kNull ? "leave the field out, or write []" : "");
      return;
    }
    list.reserve(node.items.size());
    for (const Node* item : node.items) read(*item, list.emplace_back());
  }

  template <typename T>
  void read(const Node& node, std::map<std::string, T>& map) {
    if (!is_mapping(node)) return;
    for (const Node::Entry& entry : node.entries) read(*entry.value, map[entry.key]);
  }

  template <typename T>
  void read(const Node& node, std::optional<T>& optional) {
    if (Mapping<T> && node.kind == Node::Kind::kNull) return;
    read(node, optional.emplace());
  }

  template <Mapping T>
  void read(const Node& node, T& value) {
    if (!is_mapping(node)) return;
    value.span = node.span;
    std::apply(
        [&](const auto&... field) {
          constexpr size_t kCount = sizeof...(field);
          const std::array<std::string_view, kCount> names = {field.name...};
          const std::array<bool, kCount> required = {field.required...};
          std::array<const Node*, kCount> found{};
          find(node, names, required, found);
          size_t at = 0;
          ((found[at] != nullptr ? read(*found[at], value.*(field.member)) : void(), ++at), ...);
        },
        fields(static_cast<const T*>(nullptr)));
    rules(value);
  }

  // The value of each field of `names` in `node`; null for those that are not there. Optional fields may be
  // written in another case.
  void find(const Node& node, std::span<const std::string_view> names, std::span<const bool> required,
            std::span<const Node*> found) {
    for (const Node::Entry& entry : node.entries) {
      if (loose_ && entry.value->kind == Node::Kind::kNull) continue;  // written in place of nothing
      auto name = std::ranges::find(names, entry.key);
      const bool exact = name != names.end();
      if (!exact) {
        name = std::ranges::find_if(names, [&](auto each) { return equal_ignoring_case(each, entry.key); });
      }
      const auto at = static_cast<size_t>(name - names.begin());
      if (name == names.end() && loose_) {
        out_.warning(entry.key_span, "the field " + quoted(entry.key) + " is unknown and ignored");
      } else if (name == names.end()) {
        out_.error(entry.key_span, "unknown field " + quoted(entry.key), fields_text(names),
                   did_you_mean(entry.key, names));
      } else if (!exact && required[at]) {
        out_.error(entry.key_span, "the field " + quoted(*name) + " is spelled " + quoted(entry.key),
                   quoted(*name));
        found[at] = entry.value;
      } else if (found[at] != nullptr) {
        out_.error(entry.key_span, "the field " + quoted(*name) + " is given twice", {},
                   "field names are not case-sensitive");
      } else {
        found[at] = entry.value;
        if (!exact)
          out_.warning(entry.key_span, "the field " + quoted(*name) + " is spelled " + quoted(entry.key));
      }
    }
    for (size_t at = 0; at < names.size(); ++at) {
      if (required[at] && found[at] == nullptr) {
        out_.error(node.span, "the field " + quoted(names[at]) + " is missing here");
      }
    }
  }

  bool is_mapping(const Node& node) {
    if (node.kind != Node::Kind::kMapping) wrong_kind(node, "a mapping", "");
    return node.kind == Node::Kind::kMapping;
  }

  void wrong_kind(const Node& node, std::string expected, std::string hint) {
    out_.error(node.span, "this is " + std::string(kind_of(node)), std::move(expected), std::move(hint));
  }

 private:
  static bool one_word(std::string_view text, std::string_view a, std::string_view b) {
    return equal_ignoring_case(text, a) || equal_ignoring_case(text, b);
  }

  static std::string fields_text(std::span<const std::string_view> names) {
    std::string out = listed(names);
    if (names.size() > 1) out.insert(0, "one of ");
    return out;
  }

  // What must hold between the fields of one mapping.

  template <typename T>
  void rules(const T&) {}

  void rules(const LabelSelector& selector) {
    for (const auto& [key, value] : selector.match_labels) {
      if (value.value.size() > kLongestLabelValue) {
        out_.error(value.span, "this label value has " + std::to_string(value.value.size()) + " bytes",
                   "at most " + std::to_string(kLongestLabelValue) + " bytes");
      } else if (!is_label_value(value.value)) {
        out_.error(value.span, quoted(value.value) + " is not a valid label value",
                   "letters, digits, '-', '_' and '.', with a letter or digit at both ends");
      }
    }
  }

  void host_rule(const std::optional<LabelSelector>& host) {
    if (host && *host != LabelSelector{}) {
      out_.error(host->span, "hostSelector cannot have conditions",
                 "{} for the processes of the host, or null");
    }
  }
  void rules(const Workloads& workloads) { host_rule(workloads.host_selector); }
  void rules(const Spec& spec) { host_rule(spec.host_selector); }

  void rules(const Action& action) {
    const int targets =
        action.new_symbol.has_value() + action.new_address.has_value() + action.new_offset.has_value();
    if (targets > 1) {
      out_.error(action.span, "argNewSymbol, argNewAddr and argNewOffset are mutually exclusive",
                 "one of them");
    }
  }

  void tags_rule(const TextList& tags) {
    if (tags.size() > kMostTags) {
      out_.error(tags[kMostTags].span, "there are " + std::to_string(tags.size()) + " tags",
                 "at most " + std::to_string(kMostTags));
    }
  }
  void return_rule(const Flag& wants_return, const std::optional<Argument>& return_arg) {
    if (wants_return.value && !return_arg) {
      out_.error(wants_return.span, "\"return\" is true and \"returnArg\" is missing", {},
                 "returnArg says which type the returned value has");
    }
  }
  void rules(const FunctionHook& hook) {
    tags_rule(hook.tags);
    return_rule(hook.wants_return, hook.return_arg);
  }
  void rules(const TracepointHook& hook) { tags_rule(hook.tags); }
  void rules(const LsmHook& hook) { tags_rule(hook.tags); }
  void rules(const UsdtHook& hook) { tags_rule(hook.tags); }
  void rules(const UprobeHook& hook) {
    tags_rule(hook.tags);
    return_rule(hook.wants_return, hook.return_arg);
    const int ways = !hook.symbols.empty() + !hook.offsets.empty() + !hook.addresses.empty();
    if (ways > 1) out_.error(hook.span, "symbols, offsets and addrs are mutually exclusive", "one of them");
  }

  Diagnostics& out_;
  bool loose_;
};

// The object around the spec: kind, metadata.
class Envelope {
 public:
  Envelope(Diagnostics& diagnostics, Policy& policy, bool loose)
      : out_(diagnostics), reader_(diagnostics, loose), policy_(policy) {}

  void read(const Document& document) {
    if (document.root == nullptr || document.root->kind == Node::Kind::kNull) {
      out_.error({}, "the document is empty: it has no kind", kKinds);
      return;
    }
    const Node& root = *document.root;
    if (!reader_.is_mapping(root)) return;
    if (!read_kind(root)) return;
    constexpr auto kNames = std::to_array<std::string_view>({"apiVersion", "kind", "metadata", "spec"});
    constexpr auto kRequired = std::to_array({false, false, true, true});
    std::array<const Node*, 4> found{};
    reader_.find(root, kNames, kRequired, found);
    if (found[0] != nullptr && found[0]->kind != Node::Kind::kNull) {
      Text ignored;
      reader_.read(*found[0], ignored);
    }
    if (found[2] != nullptr) read_metadata(*found[2]);
    if (found[3] != nullptr) reader_.read(*found[3], policy_.spec);
    if (policy_.kind.value == PolicyKind::kTracingPolicyNamespaced && policy_.spec.host_selector) {
      out_.error(policy_.spec.host_selector->span, "a TracingPolicyNamespaced cannot have a hostSelector");
    }
  }

 private:
  static constexpr const char* kKinds = "kind: TracingPolicy or kind: TracingPolicyNamespaced";

  // Another kind of object is not worth reading on, a misspelt one is.
  bool read_kind(const Node& root) {
    const auto entry = std::ranges::find(root.entries, "kind", &Node::Entry::key);
    if (entry == root.entries.end()) {
      out_.error(root.span, "the field \"kind\" is missing", kKinds);
      return false;
    }
    const size_t before = out_.errors();
    reader_.read(*entry->value, policy_.kind);
    return out_.errors() == before || !nearest(entry->value->text, Words<PolicyKind>::all).empty();
  }

  void read_metadata(const Node& node) {
    if (!reader_.is_mapping(node)) return;
    constexpr auto kNames = std::to_array<std::string_view>(
        {"name", "namespace", "labels", "annotations", "generateName", "creationTimestamp",
         "deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "generation", "managedFields",
         "ownerReferences", "resourceVersion", "selfLink", "uid"});
    std::array<bool, kNames.size()> required{true};
    std::array<const Node*, kNames.size()> found{};
    reader_.find(node, kNames, required, found);
    if (found[0] != nullptr) read_name(*found[0]);
    read_namespace(node, found[1]);
    if (found[2] != nullptr) read_texts(*found[2], policy_.labels);
    if (found[3] != nullptr) read_texts(*found[3], policy_.annotations);
  }

  // Texts of metadata may be written as numbers or booleans.
  bool read_text(const Node& node, Text& text) {
    if (!is_scalar(node) || node.kind == Node::Kind::kNull) {
      reader_.wrong_kind(node, "a string", "");
      return false;
    }
    text = {node.plain_text(), node.span};
    return true;
  }

  void read_texts(const Node& node, std::map<std::string, Text>& texts) {
    if (node.kind == Node::Kind::kNull || !reader_.is_mapping(node)) return;
    for (const Node::Entry& entry : node.entries) read_text(*entry.value, texts[entry.key]);
  }

  void read_name(const Node& node) {
    if (!read_text(node, policy_.name)) return;
    const std::string& name = policy_.name.value;
    if (name.size() > kLongestName) {
      out_.error(node.span, "this name has " + std::to_string(name.size()) + " bytes",
                 "at most " + std::to_string(kLongestName) + " bytes");
    } else if (!is_dns_subdomain(name)) {
      out_.error(node.span, quoted(name) + " is not a valid policy name",
                 "lower-case letters, digits, '-' and '.', with a letter or digit at both ends of each part");
    }
  }

  void read_namespace(const Node& metadata, const Node* node) {
    const bool namespaced = policy_.kind.value == PolicyKind::kTracingPolicyNamespaced;
    if (node != nullptr && node->kind != Node::Kind::kNull && !read_text(*node, policy_.namespace_name))
      return;
    const std::string& name = policy_.namespace_name.value;
    if (name.empty()) {
      if (namespaced) out_.error(metadata.span, "the field \"namespace\" is missing in metadata");
    } else if (!namespaced) {
      out_.error(node->span, "a TracingPolicy has no namespace", {},
                 "leave the namespace out, or make it a TracingPolicyNamespaced");
    } else if (name.size() > kLongestNamespace || !is_dns_label(name)) {
      out_.error(node->span, quoted(name) + " is not a valid namespace name",
                 "at most 63 lower-case letters, digits and '-', with a letter or digit at both ends");
    }
  }

  Diagnostics& out_;
  Reader reader_;
  Policy& policy_;
};

}  // namespace
}  // namespace tripline::policy

namespace tripline {

std::optional<Policy> parse(const Source& source, Diagnostics& diagnostics) {
  const size_t errors_before = diagnostics.errors();
  const std::optional<policy::Document> document = policy::read_yaml(source, diagnostics);
  if (!document) return std::nullopt;
  Policy out;
  out.source_name = source.name;
  policy::Envelope(diagnostics, out, source.loose).read(*document);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  return out;
}

}  // namespace tripline
