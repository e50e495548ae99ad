// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "base/utf8.h"
#include "policy/parse/yaml.h"
#include "policy/policy.h"

namespace tripline::policy {
namespace {

constexpr size_t kMostNodes = 1'000'000;  // after expansion of aliases
// Of a text; so many count as a node, so that aliases of a long one are not a small thing.
constexpr size_t kBytesOfNode = 64;
constexpr size_t kDeepest = 100;
// The library keeps all of a line in memory, many times over, before it gives out the first event.
constexpr size_t kLongestLine = size_t{1} << 20;
constexpr size_t kLongestProperty = 256;  // bytes of an anchor or tag that are looked through for its end
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

// Is `line` the marker `---` or `...`, alone or with something after a blank?
bool is_marker(std::string_view line, std::string_view marker) {
  return line.starts_with(marker) && (line.size() == 3 || is_blank(line[3]) || line[3] == '\r');
}

// The text of the first document: up to the marker that ends it. A marker at the start of a line cannot be part of
// any scalar.
std::string_view first_document(std::string_view text) {
  bool begun = false;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (is_marker(line, "---") || is_marker(line, "...")) {
      if (begun) return text.substr(0, at);
      begun = line[0] == '-';
    } else if (!begun && !line.starts_with('%')) {
      const size_t first = line.find_first_not_of(" \t\r");
      begun = first != std::string_view::npos && line[first] != '#';
    }
    at = end + 1;
  }
  return text;
}

// What must not stand in a document at the start of `rest`: the reason, or "" and the length of what may.
std::pair<std::string_view, size_t> unacceptable(std::string_view rest) {
  const auto [point, length] = first_character(rest);
  if (length == 0) return {"this is not UTF-8", 1};
  if (point == '\r' && !rest.starts_with("\r\n")) return {"a carriage return without a line feed", 1};
  if (point == '\t' || point == '\n' || point == '\r' || point == 0x85) return {"", length};
  if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return {"a control character", length};
  if (point == 0xfeff) return {"a byte order mark that is not at the start", length};
  if (point == 0xfffe || point == 0xffff) return {"a character that is not allowed in text", length};
  return {"", length};
}

// `first_offset`: how many bytes stand before `text` in its first line.
bool check_characters(std::string_view text, int first_offset, Diagnostics& diagnostics) {
  int line = 1;
  size_t line_start = 0;
  for (size_t at = 0; at < text.size();) {
    auto [reason, length] = unacceptable(text.substr(at));
    std::string_view expected = "UTF-8 text without control characters";
    if (at - line_start >= kLongestLine) {
      reason = "this line is too long";
      expected = "at most 1 MiB in a line";
    }
    if (!reason.empty()) {
      const int column = static_cast<int>(at - line_start) + 1 + (line == 1 ? first_offset : 0);
      diagnostics.error({line, column, static_cast<int>(length)}, std::string(reason), std::string(expected));
      return false;
    }
    at += length;
    if (text[at - 1] == '\n') {
      ++line;
      line_start = at;
    }
  }
  return true;
}

// [-+] digits [. digits] [e [-+] digits]: what YAML 1.1 readers take for a fractional number.
bool looks_fractional(std::string_view text) {
  const auto take_digits = [&] {
    const size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  const auto take_sign = [&] {
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  };
  take_sign();
  const size_t whole = take_digits();
  size_t fraction = 0;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    fraction = take_digits();
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  take_sign();
  return take_digits() > 0 && text.empty();
}

// Decides what an unquoted scalar is.
void resolve(Node& node) {
  const std::string_view text = node.text;
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) {
    node.kind = Node::Kind::kNull;
    return;
  }
  node.boolean = one_of(text, {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"});
  if (node.boolean ||
      one_of(text, {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) {
    node.kind = Node::Kind::kBoolean;
    return;
  }
  node.kind = Node::Kind::kText;
  const char first = text[0];
  const bool numeric = (first >= '0' && first <= '9') || first == '.' || first == '+' || first == '-';
  if (!numeric || text.size() > 400) return;
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != '_'; });
  if (const auto integer = parse_integer(digits)) {
    node.kind = Node::Kind::kNumber;
    node.integer = *integer;
  } else if (looks_fractional(digits)) {
    node.kind = Node::Kind::kNumber;
    double value = 0;
    const char* begin = digits.data() + (digits[0] == '+' ? 1 : 0);
    const bool fits = std::from_chars(begin, digits.data() + digits.size(), value).ec == std::errc();
    if (fits && value == std::trunc(value) && std::abs(value) < 0x1p64) {
      node.integer = Integer{value < 0, static_cast<uint64_t>(std::abs(value))};
    }
  } else if (one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF",
                           ".nan", ".NaN", ".NAN"})) {
    node.kind = Node::Kind::kNumber;
  }
}

// The library writes \N and \_ as one byte each, which is not UTF-8; everything else in a scalar is.
std::string repaired(const std::string& value) {
  std::string out;
  for (std::string_view rest = value; !rest.empty();) {
    const size_t length = std::max<size_t>(first_character(rest).length, 1);
    if (length == 1 && (rest[0] & 0x80) != 0) out += '\xc2';
    out += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return out;
}

// Builds the tree from the library's events. Mistakes that leave the rest readable (a key given twice) are
// collected; after any other, the events that still come are let pass. (The library stops by itself at some hundred
// levels of nesting, before its recursion can hurt.)
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, int first_line_offset, Document& document, Diagnostics& diagnostics)
      : text_(text), first_line_offset_(first_line_offset), document_(document), diagnostics_(diagnostics) {
    line_starts_.push_back(0);
    for (size_t at = 0; (at = text.find('\n', at)) != std::string_view::npos;) line_starts_.push_back(++at);
  }

  [[nodiscard]] Span span_of(const YAML::Mark& mark) const {
    if (mark.line < 0 || mark.column < 0) return {};
    return {mark.line + 1, mark.column + 1 + (mark.line == 0 ? first_line_offset_ : 0), 1};
  }

  [[nodiscard]] bool refused() const { return refused_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // A null that nobody wrote is missed behind its key.
    const std::string_view rest = rest_of_line(mark).substr(0, 5);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t,]}#"));
    const bool has_key = !open_.empty() && open_.back().has_key;
    Span span = has_key ? open_.back().key_span : span_of(mark);
    if (one_of(word, {"~", "null", "Null", "NULL"})) span = scalar_span(mark, word);
    if (const Node* node = make(span, anchor)) attach(*node);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    static const std::string kBinary = std::string(kTagPrefix) + "binary";
    static const std::string kText = std::string(kTagPrefix) + "str";
    Node* node = make(scalar_span(mark, value), anchor);
    if (node == nullptr) return;
    node->text = repaired(value);
    node->size += node->text.size() / kBytesOfNode;
    node->kind = Node::Kind::kText;
    const bool plain = tag == "?" || tag.empty();
    if (tag == kBinary) {
      diagnostics_.error(node->span, "binary values are not supported", "a string");
    } else if (plain || (tag.starts_with(kTagPrefix) && tag != kText)) {
      resolve(*node);
    }
    attach(*node, plain && value == "<<");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (refused_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end() ||
        std::ranges::any_of(open_, [&](const Open& open) { return open.node == found->second; })) {
      refuse(span_of(mark), "this alias is inside the node that it refers to");
    } else {
      attach(*found->second);
    }
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::kMapping);
  }
  void OnMapEnd() override { close(); }

 private:
  // A collection that is being read.
  struct Open {
    Node* node = nullptr;
    bool has_key = false;  // of a mapping: the next node is the value of `key`
    bool merge = false;    // that key is a merge key
    std::string key;
    Span key_span;
    std::unordered_map<std::string, int> seen;  // keys and their lines
  };

  void refuse(Span span, std::string message, std::string hint = {}) {
    if (!refused_) diagnostics_.error(span, std::move(message), {}, std::move(hint));
    refused_ = true;
  }
  void refuse_size(Span span) {
    refuse(span, "the document has more than a million nodes",
           "an alias counts as what it stands for, and a string as one node for each 64 bytes");
  }
  void refuse_depth(Span span) { refuse(span, "the document is nested over 100 levels deep"); }

  // Null when the document has been refused.
  Node* make(Span span, YAML::anchor_t anchor) {
    if (document_.nodes.size() >= kMostNodes) refuse_size(span);
    if (refused_) return nullptr;
    Node& node = document_.nodes.emplace_back();
    node.span = span;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    return &node;
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    if (open_.size() >= kDeepest) refuse_depth(span_of(mark));
    Node* node = make(span_of(mark), anchor);
    if (node == nullptr) return;
    node->kind = kind;
    open_.push_back({.node = node, .key = {}, .key_span = {}, .seen = {}});
  }

  void close() {
    if (refused_) return;
    Node& node = *open_.back().node;
    open_.pop_back();
    if (node.kind == Node::Kind::kMapping && !node.entries.empty() && text_at(node.span) != '{') {
      node.span = node.entries.front().key_span;
    }
    attach(node);
  }

  // Puts a finished node where it belongs: at the root, into a sequence, or into a mapping as key or value.
  void attach(const Node& node, bool is_merge_key = false) {
    if (open_.empty()) {
      document_.root = &node;
      return;
    }
    Open& parent = open_.back();
    parent.node->size += node.size;
    parent.node->height = std::max(parent.node->height, node.height + 1);
    if (open_.size() + node.height > kDeepest) refuse_depth(node.span);
    if (parent.node->size > kMostNodes) refuse_size(node.span);
    if (refused_) return;
    if (parent.node->kind == Node::Kind::kSequence) {
      parent.node->items.push_back(&node);
      return;
    }
    if (!parent.has_key) {
      take_key(parent, node, is_merge_key);
      return;
    }
    parent.has_key = false;
    if (parent.merge) {
      merge(parent, node);
    } else {
      add(parent, parent.key, parent.key_span, node);
    }
  }

  void take_key(Open& parent, const Node& node, bool is_merge_key) {
    if (node.kind == Node::Kind::kSequence || node.kind == Node::Kind::kMapping ||
        node.kind == Node::Kind::kNull) {
      diagnostics_.error(node.span, "a key must be a string");
    }
    parent.has_key = true;
    parent.merge = is_merge_key;
    parent.key = node.plain_text();
    parent.key_span = node.span;
  }

  void add(Open& parent, const std::string& key, Span key_span, const Node& value) {
    const auto [before, is_new] = parent.seen.emplace(key, key_span.line);
    if (!is_new) {
      diagnostics_.error(key_span, "the key " + quoted(key) + " is given twice", {},
                         "the first is on line " + std::to_string(before->second));
      return;
    }
    parent.node->entries.push_back({key, key_span, &value});
  }

  void merge(Open& parent, const Node& node) {
    const std::vector<const Node*> one = {&node};
    for (const Node* from : node.kind == Node::Kind::kSequence ? node.items : one) {
      if (from->kind != Node::Kind::kMapping) {
        diagnostics_.error(parent.key_span, "only a mapping can be merged", "an alias of a mapping");
        continue;
      }
      for (const Node::Entry& entry : from->entries) add(parent, entry.key, parent.key_span, *entry.value);
    }
  }

  [[nodiscard]] size_t offset_of(const YAML::Mark& mark) const {
    if (mark.line < 0 || static_cast<size_t>(mark.line) >= line_starts_.size()) return text_.size();
    return std::min(line_starts_[static_cast<size_t>(mark.line)] + static_cast<size_t>(mark.column),
                    text_.size());
  }

  // What stands from a place to the end of its line. (Lines can be long: none is searched for its end.)
  [[nodiscard]] std::string_view rest_of_line(const YAML::Mark& mark) const {
    const size_t start = offset_of(mark);
    const auto next = std::ranges::upper_bound(line_starts_, start);
    const size_t end = next == line_starts_.end() ? text_.size() : *next - 1;
    std::string_view line = text_.substr(start, end - start);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  [[nodiscard]] char text_at(Span span) const {
    const size_t at = line_starts_[static_cast<size_t>(span.line - 1)] +
                      static_cast<size_t>(span.column - 1) -
                      (span.line == 1 ? static_cast<size_t>(first_line_offset_) : 0);
    return at < text_.size() ? text_[at] : '\0';
  }

  // Where the scalar itself is, behind its anchor and tag, and how much of its line it takes.
  [[nodiscard]] Span scalar_span(const YAML::Mark& mark, std::string_view value) const {
    std::string_view line = rest_of_line(mark);
    size_t skipped = 0;
    while (!line.empty() && (line[0] == '&' || line[0] == '!')) {
      const size_t blank = line.substr(0, kLongestProperty).find_first_of(" \t");
      const size_t next = blank == std::string_view::npos ? blank : line.find_first_not_of(" \t", blank);
      if (next == std::string_view::npos) break;
      skipped += next;
      line.remove_prefix(next);
    }
    Span span = span_of(mark);
    span.column += static_cast<int>(skipped);
    span.length = std::max(1, static_cast<int>(scalar_length(line, value)));
    return span;
  }

  [[nodiscard]] static size_t scalar_length(std::string_view line, std::string_view value) {
    if (line.empty() || line[0] == '|' || line[0] == '>') return 1;
    if (line[0] == '"' || line[0] == '\'') {
      for (size_t at = 1; at < line.size(); ++at) {
        if (line[0] == '"' && line[at] == '\\') {
          ++at;
        } else if (line[at] == line[0]) {
          if (line[0] == '"' || at + 1 >= line.size() || line[at + 1] != '\'') return at + 1;
          ++at;
        }
      }
    } else if (line.starts_with(value)) {
      return value.size();
    }
    return std::min(line.find_last_not_of(" \t") + 1, line.size());
  }

  std::string_view text_;
  int first_line_offset_;
  Document& document_;
  Diagnostics& diagnostics_;
  std::vector<size_t> line_starts_;
  std::unordered_map<YAML::anchor_t, const Node*> anchors_;
  std::vector<Open> open_;
  bool refused_ = false;
};

// Tells whether there is something after the first document, and where.
class EndFinder : public YAML::EventHandler {
 public:
  std::optional<YAML::Mark> found;

  void OnDocumentStart(const YAML::Mark& mark) override { found = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}
};

// What the library says of the most common mistakes, and what we say.
struct Saying {
  std::string_view library;
  std::string_view ours;
  std::string_view hint;
};
constexpr std::string_view kLookAround =
    "check the indentation, and for strings with \": \" that need quotes";
constexpr auto kSayings = std::to_array<Saying>({
    {"illegal document indicator in scalar", "a quoted string is not closed", ""},
    {"illegal EOF in scalar", "a quoted string is not closed", ""},
    {"end of sequence flow not found", "this \"[\" is not closed", ""},
    {"end of map flow not found", "this \"{\" is not closed", ""},
    {"illegal map value", "a value is not allowed here", kLookAround},
    {"end of map not found", "this is neither another key nor the end of the mapping", kLookAround},
    {"end of sequence not found", "this is neither another element nor the end of the list", kLookAround},
});

// What the library says, in one of our sentences.
void report(const YAML::ParserException& refusal, Span span, const Source& source, Diagnostics& diagnostics) {
  const std::string_view line = source.line(span.line);
  const std::string_view indent = line.substr(0, line.find_first_not_of(" \t"));
  const size_t tab = indent.find('\t');
  if (tab != std::string_view::npos) {
    span = {span.line, static_cast<int>(tab) + 1, 1};
    diagnostics.error(span, "tabs cannot be used for indentation", "spaces");
    return;
  }
  // The place may be behind the last line; the last one that says something is more use.
  if (span.line > 0 && line.empty()) {
    int last = span.line;
    while (last > 1 && source.line(last).find_first_not_of(" \t") == std::string_view::npos) --last;
    span = {last, static_cast<int>(std::max<size_t>(source.line(last).size(), 1)), 1};
  }
  const auto known = std::ranges::find(kSayings, refusal.msg, &Saying::library);
  const bool found = known != kSayings.end();
  diagnostics.error(span, "invalid YAML: " + (found ? std::string(known->ours) : refusal.msg), {},
                    found ? std::string(known->hint) : "");
}

}  // namespace

std::string Node::plain_text() const {
  if (kind == Kind::kBoolean) return boolean ? "true" : "false";
  if (kind == Kind::kNumber && integer) {
    return (integer->negative ? "-" : "") + std::to_string(integer->magnitude);
  }
  return text;
}

std::optional<Document> read_yaml(const Source& source, Diagnostics& diagnostics) {
  std::string_view text = source.text;
  if (text.size() > kLargestDocument) {
    diagnostics.error({}, "the document is larger than " + std::to_string(kLargestDocument >> 20) + " MiB");
    return std::nullopt;
  }
  int first_line_offset = 0;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    first_line_offset = static_cast<int>(kByteOrderMark.size());
  }
  text = first_document(text);
  if (!check_characters(text, first_line_offset, diagnostics)) return std::nullopt;

  Document document;
  TreeBuilder builder(text, first_line_offset, document, diagnostics);
  EndFinder rest;
  // The library takes the end of the text for a closing quote when it comes behind a line end. A marker it does not.
  std::istringstream stream(std::string(text) + (text.ends_with('\n') ? "...\n" : ""));
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder) && !builder.refused()) parser.HandleNextDocument(rest);
  } catch (const YAML::ParserException& refusal) {
    if (!builder.refused() && !rest.found)
      report(refusal, builder.span_of(refusal.mark), source, diagnostics);
    if (!rest.found) return std::nullopt;
  } catch (const std::exception& refusal) {
    diagnostics.error({}, std::string("invalid YAML: ") + refusal.what());
    return std::nullopt;
  }
  if (rest.found) {
    diagnostics.error(builder.span_of(*rest.found), "invalid YAML: it does not belong to what is above it",
                      {}, "check the indentation, and for a missing \":\"");
  }
  if (rest.found || builder.refused()) return std::nullopt;
  return document;
}

}  // namespace tripline::policy
