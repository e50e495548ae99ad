// SPDX-License-Identifier: Apache-2.0
#include "flags/complete.h"

#include <algorithm>
#include <vector>

#include "flags/help.h"
#include "flags/parse.h"

namespace tripline::flags {
namespace {

constexpr std::string_view kWithFiles = ":0\n";
constexpr std::string_view kWithoutFiles = ":4\n";

class Candidates {
 public:
  Candidates(std::string_view begun, bool described) : begun_(begun), described_(described) {}

  void add(std::string_view candidate, std::string_view description) {
    if (!candidate.starts_with(begun_)) return;
    out_ += candidate;
    if (described_ && !description.empty()) {
      out_ += '\t';
      out_ += description.substr(0, description.find('\n'));
    }
    out_ += '\n';
  }
  [[nodiscard]] std::string text(std::string_view end) const { return out_ + std::string(end); }

 private:
  std::string_view begun_;
  bool described_;
  std::string out_;
};

void add_flags(Path path, Candidates& candidates) {
  KnownFlags known = known_flags(path);
  known.own.insert(known.own.end(), known.inherited.begin(), known.inherited.end());
  for (const Flag* flag : known.own) {
    if (flag->hidden || !flag->deprecated.empty()) continue;
    const std::string help = flag_words(*flag, path).help;
    candidates.add("--" + std::string(flag->name), help);
    if (flag->letter) candidates.add(std::string{'-', flag->letter}, help);
  }
}

// Is the last of `words` a flag that waits for its value?
bool awaits_value(Path path, std::span<const std::string_view> words) {
  if (words.empty()) return false;
  const std::string_view last = words.back();
  if (!last.starts_with('-') || last.contains('=') || last == "--") return false;
  KnownFlags known = known_flags(path);
  known.own.insert(known.own.end(), known.inherited.begin(), known.inherited.end());
  return std::ranges::any_of(known.own, [&](const Flag* flag) {
    const bool named =
        last.starts_with("--") ? flag->name == last.substr(2) : last.size() == 2 && flag->letter == last[1];
    return named && flag->type != Type::kBool;
  });
}

}  // namespace

std::string complete(const Command& root, std::span<const std::string_view> args, bool described) {
  if (args.empty()) return std::string(kWithFiles);
  const std::string_view begun = args.back();
  const Found found = find_command(root, args.first(args.size() - 1));
  const Command& command = *found.path.back();
  if (awaits_value(found.path, found.rest)) return std::string(kWithFiles);

  Candidates candidates(begun, described);
  if (begun.starts_with('-')) {
    add_flags(found.path, candidates);
    return candidates.text(kWithoutFiles);
  }
  std::vector<const Command*> commands;
  for (const Command& one : command.commands)
    if (is_shown(one)) commands.push_back(&one);
  std::ranges::sort(commands, {}, [](const Command* one) { return one->name(); });
  for (const Command* one : commands) candidates.add(one->name(), one->summary);
  return candidates.text(commands.empty() ? kWithFiles : kWithoutFiles);
}

}  // namespace tripline::flags
