// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/whole.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "abi/scratch.h"
#include "compile/condition/bytes.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

constexpr auto kWord = static_cast<uint32_t>(sizeof(uint64_t));

// As a load of a little-endian machine yields them.
uint64_t last_word(std::string_view path) {
  uint64_t word = 0;
  std::memcpy(&word, path.data() + path.size() - kWord, kWord);
  return word;
}

class Decision {
 public:
  Decision(Builder& builder, Value buffer, Value start, Whole how,
           const std::function<void(const Bits&)>& found)
      : builder_(builder),
        buffer_(buffer),
        start_(start),
        how_(how),
        found_(found),
        done_(builder.label("whole")) {}

  using Groups = std::vector<std::pair<size_t, BitsOfPaths>>;  // by length

  void run(const Groups& groups) {
    search_length(groups, 0, groups.size());
    builder_.place(done_);
  }

 private:
  void search_length(const Groups& groups, size_t from, size_t to) {
    if (to - from == 1) {
      const auto first = static_cast<int64_t>(TL_PATH_END - groups[from].first);
      builder_.branch_if(kNotEqual, Width::k8, start_, first, done_);
      same_length(static_cast<uint32_t>(first), groups[from].second);
      return;
    }
    const size_t middle = from + (to - from) / 2;
    const Label shorter = builder_.label("shorter");
    const Label longer = builder_.label("longer");
    // A longer path starts at a lower offset.
    const auto limit = static_cast<int64_t>(TL_PATH_END - groups[middle].first);
    builder_.branch(kGreater, Width::k8, start_, limit, shorter, longer);
    builder_.place(shorter);
    search_length(groups, from, middle);
    builder_.place(longer);
    search_length(groups, middle, to);
  }

  // The last bytes first: beginnings are alike.
  void same_length(uint32_t first, const BitsOfPaths& paths) {
    if (paths.begin()->first.size() < kWord) {
      for (const auto& [path, bits] : paths) equal(first, path, bits);
      builder_.jump(done_);
      return;
    }
    std::map<uint64_t, BitsOfPaths> by_end;
    for (const auto& [path, bits] : paths)
      by_end[last_word(path)].emplace(path.substr(0, path.size() - kWord), bits);
    std::map<uint64_t, Label> choices;
    for (const auto& [word, same] : by_end) choices.emplace(word, builder_.label("end"));
    const Value word = builder_.load(buffer_, TL_PATH_END - kWord, Width::k8, "last bytes");
    search_value(builder_, Width::k8, word, choices, done_);
    for (const auto& [end, same] : by_end) {
      builder_.place(choices.at(end));
      if (how_ == Whole::kByEnd) {
        found_(all_of(same));
      } else {
        for (const auto& [beginning, bits] : same) equal(first, beginning, bits);
      }
      builder_.jump(done_);
    }
  }

  static Bits all_of(const BitsOfPaths& paths) {
    Bits out(paths.begin()->second.size());
    for (const auto& [path, bits] : paths) {
      for (size_t word = 0; word < out.size(); ++word) out[word] |= bits[word];
    }
    return out;
  }

  void equal(uint32_t at, std::string_view text, const Bits& bits) {
    const Label other = builder_.label("other");
    test_bytes(builder_, buffer_, at, text, other);
    found_(bits);
    builder_.jump(done_);
    builder_.place(other);
  }

  Builder& builder_;
  Value buffer_;
  Value start_;
  Whole how_;
  const std::function<void(const Bits&)>& found_;
  Label done_;
};

}  // namespace

void decide_whole(Builder& builder, Value buffer, Value start, const BitsOfPaths& paths, Whole how,
                  const std::function<void(const Bits&)>& found) {
  std::map<size_t, BitsOfPaths> by_length;
  for (const auto& [path, bits] : paths) {
    if (!path.empty() && path.size() <= TL_PATH_MAX) by_length[path.size()].emplace(path, bits);
  }
  if (by_length.empty()) return;
  Decision(builder, buffer, start, how, found).run({by_length.begin(), by_length.end()});
}

}  // namespace tripline
