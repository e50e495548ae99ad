// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostics.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>

#include "base/utf8.h"

namespace tripline {
namespace {

constexpr size_t kWindow = 100;     // bytes of a source line shown at most
constexpr size_t kQuotedMost = 80;  // bytes of the author's text shown in a message
constexpr size_t kWordMost = 256;   // a longer word is no misspelt name

// One character of a line as it is shown: as many bytes as in the source, and how many columns they take.
struct Glyph {
  std::string_view bytes;
  int width = 1;
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Characters that terminals draw two columns wide: the common East Asian blocks and emoji.
bool is_wide(uint32_t point) {
  return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
         (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
         (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
         (point >= 0xffe0 && point <= 0xffe6) || (point >= 0x1f300 && point <= 0x1faff) ||
         (point >= 0x20000 && point <= 0x3fffd);
}

bool is_combining(uint32_t point) {
  return (point >= 0x300 && point <= 0x36f) || (point >= 0x200b && point <= 0x200f) || point == 0xfeff;
}

// What to show for the character that `rest` (not empty) begins with.
Glyph first_glyph(std::string_view rest) {
  const auto [point, length] = first_character(rest);
  if (rest[0] == '\t') return {" ", 1};
  if (length == 0 || point < 0x20 || point == 0x7f) return {"?", 1};
  if (point >= 0x80 && point < 0xa0) return {"??", 2};
  return {rest.substr(0, length), is_combining(point) ? 0 : is_wide(point) ? 2 : 1};
}

// The line as shown and the underline below it, for bytes [begin, end) of `line`.
std::pair<std::string, std::string> draw(std::string_view line, size_t begin, size_t end) {
  size_t from = 0;
  size_t to = line.size();
  if (line.size() > kWindow) {
    const size_t middle = begin + std::min(end - begin, kWindow / 2) / 2;
    from = middle > kWindow / 2 ? std::min(middle - kWindow / 2, line.size() - kWindow) : 0;
    from = std::min(from, begin);
    to = from + kWindow;
    while (from > 0 && is_continuation(line[from])) --from;
    while (to < line.size() && is_continuation(line[to])) ++to;
  }
  std::string text = from > 0 ? "..." : "";
  std::string below(text.size(), ' ');
  for (size_t at = from; at < to;) {
    const Glyph glyph = first_glyph(line.substr(at));
    text += glyph.bytes;
    below.append(static_cast<size_t>(glyph.width), at >= begin && at < end ? '~' : ' ');
    at += glyph.bytes.size();
  }
  if (to < line.size()) text += "...";
  if (begin >= to) below += '~';
  below.erase(below.find_last_not_of(' ') + 1);
  return {std::move(text), std::move(below)};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Edit distance with transpositions of neighbours, without regard to case; anything above `most` is most + 1.
size_t distance(std::string_view a, std::string_view b, size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most) return most + 1;
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    size_t least = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1])) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
      least = std::min(least, now[j]);
    }
    if (least > most) return most + 1;
    std::swap(before, last);
    std::swap(last, now);
  }
  return std::min(last[b.size()], most + 1);
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::kError) ++errors_;
  if (all_.size() < kKept) {
    all_.push_back(std::move(diagnostic));
  } else {
    ++dropped_;
  }
}

void Diagnostics::error(Span span, std::string message, std::string expected, std::string hint) {
  add({Severity::kError, span, std::move(message), std::move(expected), std::move(hint)});
}

void Diagnostics::warning(Span span, std::string message, std::string expected, std::string hint) {
  add({Severity::kWarning, span, std::move(message), std::move(expected), std::move(hint)});
}

void Diagnostics::sort() {
  const auto before = [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.span.line, a.span.column) < std::pair(b.span.line, b.span.column);
  };
  for (auto each = all_.begin(); each != all_.end(); ++each) {
    std::rotate(std::upper_bound(all_.begin(), each, *each, before), each, each + 1);
  }
  // What an alias stands for is read once for each use; it is wrong only once.
  const auto [first, last] = std::ranges::unique(all_);
  all_.erase(first, last);
}

std::string render(const Source& source, const Diagnostic& diagnostic) {
  const Span span = diagnostic.span;
  std::string out = source.name;
  if (span.line > 0) {
    out += ':' + std::to_string(span.line);
    if (span.column > 0) out += ':' + std::to_string(span.column);
  }
  out += diagnostic.severity == Severity::kError ? ": error: " : ": warning: ";
  out += diagnostic.message + '\n';
  if (span.line > 0 && span.column > 0) {
    const std::string_view line = source.line(span.line);
    const size_t begin = std::min(static_cast<size_t>(span.column - 1), line.size());
    const size_t end = std::min(begin + static_cast<size_t>(std::max(span.length, 1)), line.size());
    const auto [text, below] = draw(line, begin, end);
    out += "    " + text + "\n    " + below + '\n';
  }
  if (!diagnostic.expected.empty()) out += "expected: " + diagnostic.expected + '\n';
  if (!diagnostic.hint.empty()) out += "hint: " + diagnostic.hint + '\n';
  return out;
}

std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    if (at >= kQuotedMost) {
      out += "...";
      break;
    }
    const Glyph glyph = first_glyph(text.substr(at));
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[at];
    } else if (byte == '\n' || byte == '\t') {
      out += byte == '\n' ? "\\n" : "\\t";
    } else if (glyph.bytes[0] == '?' && byte != '?') {
      for (const char c : text.substr(at, glyph.bytes.size())) {
        const auto each = static_cast<unsigned char>(c);
        out += {'\\', 'x', kHex[each >> 4], kHex[each & 15]};
      }
    } else {
      out += glyph.bytes;
    }
    at += glyph.bytes.size();
  }
  return out + '"';
}

std::string listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kWordMost) return {};
  // A third of the word may be wrong, but never so much that any short word would do.
  size_t most = std::min<size_t>((word.size() + 2) / 3, 4);
  if (most >= word.size()) most = word.size() - 1;
  std::string_view best;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kWordMost) continue;
    const size_t apart = distance(word, candidate, most);
    if (apart > most) continue;
    best = candidate;
    if (apart == 0) break;
    most = apart - 1;
  }
  return std::string(best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string meant = nearest(word, candidates);
  return meant.empty() ? meant : "did you mean " + quoted(meant) + "?";
}

}  // namespace tripline
