// SPDX-License-Identifier: Apache-2.0
#include "agent/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <type_traits>
#include <variant>

namespace tripline {
namespace {

constexpr std::string_view kFirstLine = "tripline manifest 1";
constexpr char kBetween = '\t';

using Fields = std::vector<std::string>;

// The members of tl_counter, in the order of the file.
constexpr std::array kCounts = {&tl_counter::posted,
                                &tl_counter::lost,
                                &tl_counter::unposted,
                                &tl_counter::signals,
                                &tl_counter::monitored_signals,
                                &tl_counter::overrides,
                                &tl_counter::monitored_overrides,
                                &tl_counter::sets,
                                &tl_counter::monitored_sets,
                                &tl_counter::notices,
                                &tl_counter::monitored_notices,
                                &tl_counter::opened,
                                &tl_counter::returned};
static_assert(kCounts.size() * sizeof(__u64) == sizeof(tl_counter));

// --- writing --------------------------------------------------------------------------------------------------------

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || c == '%' || byte == 0x7f)
      out += fmt::format("%{:02x}", byte);
    else
      out += c;
  }
  return out;
}

class Lines {
 public:
  template <typename... T>
  void add(std::string_view word, const T&... fields) {
    text_ += word;
    (put(fields), ...);
    text_ += '\n';
  }
  std::string take() { return std::move(text_); }

 private:
  void put(std::string_view text) { (text_ += kBetween) += escaped(text); }
  template <typename T>
    requires std::is_arithmetic_v<T>
  void put(T number) {
    fmt::format_to(std::back_inserter(text_), "{}{:d}", kBetween, number);
  }
  void put(const PolicyPart& part) {
    put(static_cast<unsigned>(part.kind));
    put(part.section);
    put(part.selector);
    put(part.at_return);
  }
  void put(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) put(text);
  }
  void put(const tl_counter& counter) {
    for (const auto count : kCounts) put(counter.*count);
  }

  std::string text_;
};

struct WriteTarget {
  Lines& lines;
  void operator()(const target::Function& function) const {
    lines.add("function", function.name, function.module);
  }
  void operator()(const target::Functions& functions) const { lines.add("functions", functions.names); }
  void operator()(const target::Tracepoint& event) const {
    lines.add("tracepoint", event.subsystem, event.event);
  }
  void operator()(const target::LsmHook& hook) const { lines.add("lsm", hook.name); }
  void operator()(const target::Iterator& iterator) const { lines.add("iterator", iterator.objects); }
  void operator()(const target::UserCode& code) const {
    lines.add("code", code.file.path, code.file.device, code.file.inode);
    for (const target::UserPlace& place : code.places)
      lines.add("place", place.offset, place.semaphore, place.name);
  }
};

void add_counter(Lines& lines, std::string_view word, const LeftCounter& counter) {
  lines.add(word, counter.policy, counter.part, counter.counter);
}

// --- reading --------------------------------------------------------------------------------------------------------

// One line: its fields are taken from the first to the last. What is missing or no number makes it damaged.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) { word_ = next(); }
  [[nodiscard]] std::string_view word() const { return word_; }
  [[nodiscard]] bool whole() const { return !damaged_ && at_end_; }

  std::string text() {
    std::string out;
    const std::string_view from = at_end_ ? missing() : next();
    for (size_t n = 0; n < from.size(); ++n) {
      unsigned byte = 0;
      if (from[n] != '%') {
        out += from[n];
      } else if (n + 2 < from.size() && hex(from.substr(n + 1, 2), byte)) {
        out += static_cast<char>(byte);
        n += 2;
      } else {
        damaged_ = true;
      }
    }
    return out;
  }
  Fields texts() {
    Fields out;
    while (!at_end_) out.push_back(text());
    return out;
  }
  template <typename T = uint32_t>
  T number(uint64_t below = uint64_t{1} << 32) {
    const std::string_view from = at_end_ ? missing() : next();
    uint64_t out = 0;
    const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), out);
    const bool fits = sizeof(T) == 8 || out < below;
    if (error != std::errc() || end != from.data() + from.size() || !fits) damaged_ = true;
    return damaged_ ? T{} : static_cast<T>(out);
  }
  PolicyPart part() {
    PolicyPart out;
    out.kind = static_cast<HookKind>(number(kHookKinds));
    out.section = number();
    out.selector = number();
    out.at_return = number(2) == 1;
    return out;
  }
  LeftCounter counter() {
    LeftCounter out;
    out.policy = number();
    out.part = part();
    out.counter = number();
    return out;
  }

 private:
  static bool hex(std::string_view digits, unsigned& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
    return error == std::errc() && end == digits.data() + digits.size();
  }
  std::string_view next() {
    const size_t end = rest_.find(kBetween);
    const std::string_view out = rest_.substr(0, end);
    at_end_ = end == std::string_view::npos;
    rest_ = at_end_ ? std::string_view() : rest_.substr(end + 1);
    return out;
  }
  std::string_view missing() {
    damaged_ = true;
    return {};
  }

  std::string_view rest_;
  std::string_view word_;
  bool at_end_ = false;
  bool damaged_ = false;
};

std::optional<Attachment> attachment_named(std::string_view name) {
  for (unsigned n = 0; n < kAttachments; ++n) {
    const auto attachment = static_cast<Attachment>(n);
    if (attachment_name(attachment) == name) return attachment;
  }
  return {};
}

std::optional<Target> target_of(Line& line) {
  const std::string_view word = line.word();
  if (word == "function") {
    std::string name = line.text();
    return target::Function{std::move(name), line.text()};
  }
  if (word == "functions") return target::Functions{line.texts()};
  if (word == "tracepoint") {
    std::string subsystem = line.text();
    return target::Tracepoint{std::move(subsystem), line.text()};
  }
  if (word == "lsm") return target::LsmHook{line.text()};
  if (word == "iterator") return target::Iterator{line.text()};
  if (word == "code") {
    target::UserCode out;
    out.file.path = line.text();
    out.file.device = line.number<uint64_t>();
    out.file.inode = line.number<uint64_t>();
    return out;
  }
  return {};
}

// Takes one line; false when it is damaged. Lines that belong to a hook or a policy follow the line of that.
bool take_line(Line& line, Manifest& out) {
  const std::string_view word = line.word();
  if (word == "pair") {
    out.next_pair = line.number();
  } else if (word == "alone") {
    out.alone_from = line.number();
  } else if (word == "policy") {
    LeftPolicy& policy = out.policies.emplace_back();
    policy.name.domain = line.text();
    policy.name.namespace_name = line.text();
    policy.name.name = line.text();
    policy.document = line.number<uint64_t>();
    policy.mode = line.number(TL_POLICIES_MAX);
  } else if (word == "counted") {
    if (out.policies.empty()) return false;
    auto& [part, counter] = out.policies.back().counts.emplace_back();
    part = line.part();
    for (const auto count : kCounts) counter.*count = line.number<uint64_t>();
  } else if (word == "hook") {
    LeftHook& hook = out.hooks.emplace_back();
    const auto attachment = attachment_named(line.text());
    if (!attachment) return false;
    hook.attachment = *attachment;
    hook.slot = line.number(TL_PROGRAMS_MAX);
    hook.born = line.number();
    hook.first_counter = line.number();
    hook.counters = line.number();
  } else if (word == "counter" || word == "pins" || word == "function" || word == "functions" ||
             word == "tracepoint" || word == "lsm" || word == "iterator" || word == "code" ||
             word == "place") {
    if (out.hooks.empty()) return false;
    if (word == "counter")
      out.hooks.back().owned.push_back(line.counter());
    else if (word == "pins")
      out.hooks.back().pins = line.texts();
    else if (word == "place") {
      auto* code = std::get_if<target::UserCode>(&out.hooks.back().target);
      if (code == nullptr) return false;
      target::UserPlace& place = code->places.emplace_back();
      place.offset = line.number<uint64_t>();
      place.semaphore = line.number<uint64_t>();
      place.name = line.text();
    } else
      out.hooks.back().target = *target_of(line);
  } else if (word == "resting") {
    out.resting.push_back(line.counter());
  } else if (word == "facts") {
    out.facts = line.texts();
  } else {
    return true;
  }
  return line.whole();
}

// Do numbers that stand for policies stand for one?
bool holds_together(const Manifest& manifest) {
  const auto is_known = [&](const LeftCounter& counter) { return counter.policy < manifest.policies.size(); };
  return std::ranges::all_of(manifest.resting, is_known) &&
         std::ranges::all_of(manifest.hooks,
                             [&](const LeftHook& hook) { return std::ranges::all_of(hook.owned, is_known); });
}

}  // namespace

std::string_view manifest_abi() { return TRIPLINE_ABI; }

std::string manifest_text(const Manifest& manifest) {
  Lines lines;
  lines.add(kFirstLine);
  lines.add("version", manifest.version);
  lines.add("abi", manifest_abi());
  lines.add("pair", manifest.next_pair);
  if (manifest.alone_from > 0) lines.add("alone", manifest.alone_from);
  for (const LeftPolicy& policy : manifest.policies) {
    lines.add("policy", policy.name.domain, policy.name.namespace_name, policy.name.name, policy.document,
              policy.mode);
    for (const auto& [part, counter] : policy.counts) lines.add("counted", part, counter);
  }
  for (const LeftHook& hook : manifest.hooks) {
    lines.add("hook", attachment_name(hook.attachment), hook.slot, hook.born, hook.first_counter,
              hook.counters);
    std::visit(WriteTarget{lines}, hook.target);
    if (!hook.pins.empty()) lines.add("pins", hook.pins);
    for (const LeftCounter& counter : hook.owned) add_counter(lines, "counter", counter);
  }
  for (const LeftCounter& counter : manifest.resting) add_counter(lines, "resting", counter);
  if (!manifest.facts.empty()) lines.add("facts", manifest.facts);
  lines.add("end");
  return lines.take();
}

Result<Manifest> read_manifest(std::string_view text) {
  const auto refused = [](std::string why) { return fail("read manifest", "", 0, std::move(why)); };
  const auto next = [&text] {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
  };
  if (next() != kFirstLine) return refused("it is of another form");
  Manifest out;
  bool is_ours = false, has_end = false;
  while (!text.empty() && !has_end) {
    Line line(next());
    if (line.word() == "version") {
      out.version = line.text();
    } else if (line.word() == "abi") {
      is_ours = line.text() == manifest_abi();
    } else if (line.word() == "end") {
      has_end = true;
    } else if (!is_ours) {
      return refused("version " + out.version + " lays out its maps in another way");
    } else if (!take_line(line, out)) {
      return refused("it is damaged");
    }
  }
  if (!has_end || !holds_together(out)) return refused("it is damaged");
  return out;
}

}  // namespace tripline
