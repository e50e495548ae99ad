// SPDX-License-Identifier: Apache-2.0
#include "flags/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include "base/go_text.h"
#include "flags/command.h"
#include "flags/standard.h"

namespace tripline::flags {
namespace {

std::vector<const Flag*> all_flags(Path path) {
  KnownFlags known = known_flags(path);
  known.own.insert(known.own.end(), known.inherited.begin(), known.inherited.end());
  return std::move(known.own);
}

// Finding the command: which words are values of flags is all that matters here.

bool takes_value(std::span<const Flag* const> flags, std::string_view name) {
  const auto flag = std::ranges::find_if(
      flags, [&](const Flag* one) { return one->name == name || (!one->also.empty() && one->also == name); });
  return flag == flags.end() || (*flag)->type != Type::kBool;
}

bool takes_value(std::span<const Flag* const> flags, char letter) {
  const auto flag = std::ranges::find(flags, letter, &Flag::letter);
  return flag == flags.end() || (*flag)->type != Type::kBool;
}

// Does `arg` take the word behind it?
bool takes_next(std::span<const Flag* const> flags, std::string_view arg) {
  if (arg.contains('=')) return false;
  if (arg.starts_with("--")) return takes_value(flags, arg.substr(2));
  return arg.starts_with("-") && arg.size() == 2 && takes_value(flags, arg[1]);
}

// The places of the words that are neither flags nor their values.
std::vector<size_t> places_of_words(std::span<const Flag* const> flags,
                                    std::span<const std::string_view> args) {
  std::vector<size_t> places;
  for (size_t at = 0; at < args.size(); ++at) {
    const std::string_view arg = args[at];
    if (arg == "--") break;
    if (takes_next(flags, arg)) {
      ++at;
    } else if (!arg.empty() && !arg.starts_with('-')) {
      places.push_back(at);
    }
  }
  return places;
}

const Command* child(const Command& parent, std::string_view word) {
  for (const Command& command : parent.commands) {
    if (command.name() == word || std::ranges::find(command.aliases, word) != command.aliases.end())
      return &command;
  }
  return nullptr;
}

// Reading the flags.

class Reader {
 public:
  Reader(std::vector<const Command*> path, std::span<const std::string_view> args) : args_(args) {
    parsed_.path = std::move(path);
    for (const Flag* flag : all_flags(parsed_.path)) {
      parsed_.settings.push_back({flag, default_value(*flag), false});
    }
  }

  // The message when a flag is wrong.
  std::optional<std::string> read() {
    while (at_ < args_.size()) {
      const std::string_view arg = args_[at_++];
      std::optional<std::string> wrong;
      if (arg == "--") {
        for (; at_ < args_.size(); ++at_) parsed_.words.emplace_back(args_[at_]);
      } else if (arg.starts_with("--")) {
        wrong = read_long(arg);
      } else if (arg.size() > 1 && arg[0] == '-') {
        wrong = read_letters(arg.substr(1));
      } else {
        parsed_.words.emplace_back(arg);
      }
      if (wrong) return wrong;
    }
    return std::nullopt;
  }

  [[nodiscard]] const Parsed& parsed() const { return parsed_; }
  Parsed take() { return std::move(parsed_); }
  [[nodiscard]] bool wants_help() const { return wants_help_; }

 private:
  std::optional<std::string> read_long(std::string_view arg) {
    const std::string_view body = arg.substr(2);
    if (body.starts_with('-') || body.starts_with('=')) return "bad flag syntax: " + std::string(arg);
    const size_t equals = body.find('=');
    const std::string_view name = body.substr(0, equals);
    const auto setting = std::ranges::find_if(parsed_.settings, [&](const Setting& one) {
      return one.flag->name == name || (!one.flag->also.empty() && one.flag->also == name);
    });
    if (setting == parsed_.settings.end()) return "unknown flag: --" + std::string(name);
    std::string_view value = "true";
    if (equals != std::string_view::npos) {
      value = body.substr(equals + 1);
    } else if (setting->flag->type != Type::kBool) {
      if (at_ == args_.size()) return "flag needs an argument: --" + std::string(name);
      value = args_[at_++];
    }
    return set(*setting, value);
  }

  std::optional<std::string> read_letters(std::string_view letters) {
    const std::string_view group = letters;
    while (!letters.empty()) {
      const char letter = letters[0];
      letters.remove_prefix(1);
      const auto setting = std::ranges::find_if(
          parsed_.settings, [&](const Setting& one) { return one.flag->letter == letter; });
      if (setting == parsed_.settings.end())
        return fmt::format("unknown shorthand flag: '{}' in -{}", letter, group);
      std::string_view value = "true";
      if (letters.size() > 1 && letters[0] == '=') {
        value = std::exchange(letters, {}).substr(1);
      } else if (setting->flag->type != Type::kBool) {
        if (!letters.empty()) {
          value = std::exchange(letters, {});
        } else if (at_ < args_.size()) {
          value = args_[at_++];
        } else {
          return fmt::format("flag needs an argument: '{}' in -{}", letter, group);
        }
      }
      if (auto wrong = set(*setting, value)) return wrong;
    }
    return std::nullopt;
  }

  std::optional<std::string> set(Setting& setting, std::string_view text) {
    const Flag& flag = *setting.flag;
    std::expected<Value, std::string> value = parse_value(flag.type, text, flag.choices);
    if (!value) return invalid_argument(flag, text, value.error());
    auto* list = std::get_if<std::vector<std::string>>(&setting.value);
    if (list && setting.given) {
      // The first value replaces the default, the others add to it.
      auto& added = std::get<std::vector<std::string>>(*value);
      list->insert(list->end(), std::make_move_iterator(added.begin()), std::make_move_iterator(added.end()));
    } else {
      setting.value = std::move(*value);
    }
    if (!flag.deprecated.empty() && !setting.given)
      parsed_.notes.push_back(fmt::format("Flag --{} has been deprecated, {}", flag.name, flag.deprecated));
    setting.given = true;
    if (&flag == &kHelpFlag) wants_help_ = std::get<bool>(setting.value);
    return std::nullopt;
  }

  std::span<const std::string_view> args_;
  size_t at_ = 0;
  Parsed parsed_;
  bool wants_help_ = false;
};

// What is wrong with the number of words; "" when nothing is.
std::string refused_words(Path path, std::span<const std::string> words) {
  using Rule = Arguments::Rule;
  const Arguments& rule = path.back()->arguments;
  const size_t count = words.size();
  const bool fits = rule.rule == Rule::kAny || (rule.rule == Rule::kNone && count == 0) ||
                    (rule.rule == Rule::kCount && count == rule.count) ||
                    (rule.rule == Rule::kAtLeast && count >= rule.count) ||
                    (rule.rule == Rule::kAtMost && count <= rule.count);
  if (fits) return {};
  if (!rule.refusal.empty()) return std::string(rule.refusal);
  switch (rule.rule) {
    case Rule::kNone:
      return fmt::format("unknown command {} for {}", go_quoted(words[0]), go_quoted(path_text(path)));
    case Rule::kAtLeast:
      return fmt::format("requires at least {} arg(s), only received {}", rule.count, count);
    case Rule::kAtMost:
      return fmt::format("accepts at most {} arg(s), received {}", rule.count, count);
    case Rule::kCount:
    case Rule::kAny:
      break;
  }
  return fmt::format("accepts {} arg(s), received {}", rule.count, count);
}

std::string missing_flags(std::span<const Setting> settings) {
  std::vector<std::string> names;
  for (const Setting& setting : settings)
    if (setting.flag->required && !setting.given) names.push_back(go_quoted(setting.flag->name));
  if (names.empty()) return {};
  return fmt::format("required flag(s) {} not set", fmt::join(names, ", "));
}

size_t distance(std::string_view one, std::string_view other) {
  std::vector<size_t> row(other.size() + 1);
  for (size_t at = 0; at < row.size(); ++at) row[at] = at;
  for (size_t i = 0; i < one.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < other.size(); ++j) {
      const size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({row[j + 1] + 1, row[j] + 1, changed}));
    }
  }
  return row.back();
}

// The commands of the root that may have been meant.
std::string suggestions(const Command& root, std::string_view word) {
  constexpr size_t kMostApart = 2;
  std::string out;
  for (const Command& command : root.commands) {
    if (command.hidden) continue;
    if (command.name().starts_with(word) || distance(word, command.name()) <= kMostApart)
      out += fmt::format("\t{}\n", command.name());
  }
  return out.empty() ? out : "\n\nDid you mean this?\n" + out;
}

}  // namespace

std::string Parsed::name() const {
  std::string out;
  for (const Command* command : path | std::views::drop(1)) {
    if (!out.empty()) out += ' ';
    out += command->name();
  }
  return out;
}

const Setting& Parsed::setting(std::string_view name) const {
  return *std::ranges::find_if(settings, [&](const Setting& one) { return one.flag->name == name; });
}
bool Parsed::is(std::string_view name) const { return std::get<bool>(setting(name).value); }
int64_t Parsed::number(std::string_view name) const { return std::get<int64_t>(setting(name).value); }
Duration Parsed::duration(std::string_view name) const { return std::get<Duration>(setting(name).value); }
const std::string& Parsed::text(std::string_view name) const {
  return std::get<std::string>(setting(name).value);
}
const std::vector<std::string>& Parsed::list(std::string_view name) const {
  return std::get<std::vector<std::string>>(setting(name).value);
}
bool Parsed::given(std::string_view name) const { return setting(name).given; }

std::string invalid_argument(const Flag& flag, std::string_view text, std::string_view why) {
  const std::string letter = flag.letter ? fmt::format("-{}, ", flag.letter) : "";
  return fmt::format("invalid argument {} for {} flag: {}", go_quoted(text),
                     go_quoted(letter + "--" + std::string(flag.name)), why);
}

KnownFlags known_flags(Path path) {
  KnownFlags known;
  for (const Flag& flag : path.back()->flags) known.own.push_back(&flag);
  for (const Flag& flag : path.back()->shared) known.own.push_back(&flag);
  known.own.push_back(&kHelpFlag);
  for (const Command* above : path.first(path.size() - 1))
    for (const Flag& flag : above->shared) {
      const bool hidden =
          std::ranges::any_of(known.own, [&](const Flag* own) { return own->name == flag.name; });
      if (!hidden) known.inherited.push_back(&flag);
    }
  const auto by_name = [](const Flag* flag) { return flag->name; };
  std::ranges::sort(known.own, {}, by_name);
  std::ranges::sort(known.inherited, {}, by_name);
  return known;
}

Found find_command(const Command& root, std::span<const std::string_view> args) {
  Found found{{&root}, {args.begin(), args.end()}};
  for (;;) {
    const std::vector<size_t> places = places_of_words(all_flags(found.path), found.rest);
    const Command* next = places.empty() ? nullptr : child(*found.path.back(), found.rest[places[0]]);
    if (next == nullptr) return found;
    found.path.push_back(next);
    found.rest.erase(found.rest.begin() + static_cast<ptrdiff_t>(places[0]));
  }
}

Outcome parse(const Command& root, std::span<const std::string_view> args) {
  const Found found = find_command(root, args);
  const Command& command = *found.path.back();
  if (found.path.size() == 1 && !root.commands.empty() && root.arguments.rule == Arguments::Rule::kAny) {
    const std::vector<size_t> words = places_of_words(all_flags(found.path), found.rest);
    if (!words.empty()) {
      const std::string_view word = found.rest[words[0]];
      return Refusal{found.path,
                     fmt::format("unknown command {} for {}{}", go_quoted(word), go_quoted(root.name()),
                                 suggestions(root, word)),
                     true};
    }
  }
  Reader reader(found.path, found.rest);
  if (auto wrong = reader.read()) return Refusal{found.path, std::move(*wrong)};
  if (reader.wants_help() || !command.runs) return HelpWanted{found.path};
  if (std::string wrong = refused_words(found.path, reader.parsed().words); !wrong.empty())
    return Refusal{found.path, std::move(wrong)};
  if (std::string missing = missing_flags(reader.parsed().settings); !missing.empty())
    return Refusal{found.path, std::move(missing)};
  return reader.take();
}

}  // namespace tripline::flags
