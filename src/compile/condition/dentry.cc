// SPDX-License-Identifier: Apache-2.0
#include "compile/condition/dentry.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "compile/condition/bytes.h"

namespace tripline {
namespace {

using enum ir::Compare;
using ir::Value;
using ir::Width;

constexpr std::string_view kDeleted = " (deleted)";
constexpr uint32_t kWord = 8;
// Components a walk looks at before it gives up and says maybe.
constexpr int kWalkMax = 8;

// The 8 bytes of `name` at `at` as a load of a little-endian machine yields them; bytes past the end are 0.
uint64_t word_at(std::string_view name, size_t at) {
  uint64_t word = 0;
  std::memcpy(&word, name.data() + at, std::min<size_t>(kWord, name.size() - at));
  return word;
}

// Is the name of `dentry` one of those? Each leads to a label of its own; one too long to be inline may be any.
class NameTest {
 public:
  NameTest(Builder& builder, const FileOffsets& offsets, Value dentry, Label maybe, Label no)
      : builder_(builder), offsets_(offsets), dentry_(dentry), maybe_(maybe), no_(no) {}

  void run(const std::map<std::string, Label>& names) {
    names_ = &names;
    std::map<uint64_t, std::vector<std::string>> by_length;
    for (const auto& [name, found] : names) by_length[name.size()].push_back(name);
    const Value length = builder_.load(dentry_, offsets_.name_length, Width::k4, "d_name.len");
    std::map<uint64_t, Label> choices;
    for (const auto& [size, same] : by_length) {
      choices.emplace(size,
                      size < offsets_.inline_size ? builder_.label("len" + std::to_string(size)) : maybe_);
    }
    search_value(builder_, Width::k4, length, choices, no_);
    for (const auto& [size, same] : by_length) {
      if (size >= offsets_.inline_size) continue;
      builder_.place(choices.at(size));
      std::vector<uint32_t> offsets;
      for (uint32_t at = 0; at + kWord <= size; at += kWord) offsets.push_back(at);
      if (size < kWord) {
        offsets.push_back(0);
      } else if (size % kWord != 0) {
        offsets.push_back(static_cast<uint32_t>(size) - kWord);
      }
      words(same, offsets);
    }
  }

 private:
  // All names have the same length; `left` are the words of them not compared yet.
  void words(const std::vector<std::string>& names, std::vector<uint32_t> left) {
    const auto distinct = [&](uint32_t at) {
      std::set<uint64_t> seen;
      for (const std::string& name : names) seen.insert(word_at(name, at));
      return seen.size();
    };
    const auto best = std::ranges::max_element(left, {}, distinct);
    const uint32_t at = *best;
    left.erase(best);
    std::map<uint64_t, std::vector<std::string>> by_word;
    const size_t size = names.front().size();
    const Value word = builder_.load(dentry_, offsets_.inline_name + at, Width::k8, "name");
    // A short name is followed by bytes that mean nothing: they are shifted out.
    const int64_t shift = size < kWord ? static_cast<int64_t>(64 - 8 * size) : 0;
    if (shift != 0) builder_.add(ir::Binary{ir::BinaryOp::kShiftLeft, word, shift});
    for (const std::string& name : names) by_word[word_at(name, at) << shift].push_back(name);
    std::map<uint64_t, Label> choices;
    for (const auto& [key, same] : by_word)
      choices.emplace(key, left.empty() ? names_->at(same.front()) : builder_.label("name"));
    search_value(builder_, Width::k8, word, choices, no_);
    if (left.empty()) return;
    for (const auto& [key, same] : by_word) {
      builder_.place(choices.at(key));
      words(same, left);
    }
  }

  Builder& builder_;
  const FileOffsets& offsets_;
  Value dentry_;
  Label maybe_;
  Label no_;
  const std::map<std::string, Label>* names_ = nullptr;
};

// Names that begin alike, as intervals of their first bytes read as a big-endian number.
struct Interval {
  uint64_t low = 0;
  uint64_t high = 0;
  std::vector<Beginning> beginnings;
};

uint64_t big_endian(std::string_view bytes, uint8_t fill) {
  uint64_t out = 0;
  for (size_t n = 0; n < kWord; ++n)
    out = (out << 8) | (n < bytes.size() ? static_cast<uint8_t>(bytes[n]) : fill);
  return out;
}

class BeginningTest {
 public:
  BeginningTest(Builder& builder, const FileOffsets& offsets, Label maybe, Label no)
      : builder_(builder), offsets_(offsets), maybe_(maybe), no_(no) {}

  // Compares the name of `first` with the beginnings' first components, then that of `second` where it matters.
  void run(Value first, Value second, const std::vector<Beginning>& beginnings) {
    std::map<std::string, std::vector<Beginning>> by_bytes;
    for (const Beginning& beginning : beginnings)
      by_bytes[beginning.first.substr(0, kWord)].push_back(beginning);
    std::vector<Interval> intervals;
    for (auto& [bytes, same] : by_bytes) {
      intervals.push_back({big_endian(bytes, 0), big_endian(bytes, 0xff), std::move(same)});
    }
    merge_nested(intervals);
    const Value length = builder_.load(first, offsets_.name_length, Width::k4, "d_name.len");
    builder_.branch_if(kGreaterEqual, Width::k4, length, offsets_.inline_size, maybe_);
    const Value word = builder_.load(first, offsets_.inline_name, Width::k8, "name");
    builder_.add(ir::Binary{ir::BinaryOp::kByteSwap, word, 64});
    search_intervals(word, intervals, 0, intervals.size(), second);
  }

 private:
  // An interval inside another: the outer one takes over what the inner one asks for.
  static void merge_nested(std::vector<Interval>& intervals) {
    std::ranges::sort(intervals, [](const Interval& a, const Interval& b) {
      return a.low != b.low ? a.low < b.low : a.high > b.high;
    });
    std::vector<Interval> merged;
    for (Interval& interval : intervals) {
      if (!merged.empty() && interval.low <= merged.back().high) {
        auto& into = merged.back().beginnings;
        into.insert(into.end(), interval.beginnings.begin(), interval.beginnings.end());
      } else {
        merged.push_back(std::move(interval));
      }
    }
    intervals = std::move(merged);
  }

  void search_intervals(Value word, const std::vector<Interval>& intervals, size_t from, size_t to,
                        Value second) {
    if (to - from == 1) {
      const Interval& interval = intervals[from];
      if (interval.low != 0)
        builder_.branch_if(kLess, Width::k8, word, static_cast<int64_t>(interval.low), no_);
      const Label inside = builder_.label("begins");
      builder_.branch(kGreater, Width::k8, word, static_cast<int64_t>(interval.high), no_, inside);
      builder_.place(inside);
      inside_interval(interval, second);
      return;
    }
    const size_t middle = from + (to - from) / 2;
    const Label low = builder_.label("low");
    const Label high = builder_.label("high");
    builder_.branch(kLess, Width::k8, word, static_cast<int64_t>(intervals[middle].low), low, high);
    builder_.place(low);
    search_intervals(word, intervals, from, middle, second);
    builder_.place(high);
    search_intervals(word, intervals, middle, to, second);
  }

  // The first component begins as it should, as far as 8 bytes tell; the second one can still say no.
  void inside_interval(const Interval& interval, Value second) {
    std::set<Beginning> seconds;
    for (const Beginning& beginning : interval.beginnings) {
      if (beginning.second.empty()) {
        builder_.jump(maybe_);
        return;
      }
      seconds.insert({beginning.second, ""});
    }
    run(second, second, {seconds.begin(), seconds.end()});
  }

  Builder& builder_;
  const FileOffsets& offsets_;
  Label maybe_;
  Label no_;
};

// The component of `value` that starts at `at`: its bytes, with a NUL when a slash follows. What comes after a blank
// is left out: it could be the beginning of " (deleted)", which is no part of a name.
std::string component(std::string_view value, size_t at) {
  const size_t slash = value.find('/', at);
  std::string_view bytes = value.substr(at, slash == std::string_view::npos ? slash : slash - at);
  const size_t blank = bytes.find(' ');
  if (blank != std::string_view::npos) return std::string(bytes.substr(0, blank));
  std::string out(bytes);
  if (slash != std::string_view::npos) out.push_back('\0');
  return out;
}

}  // namespace

std::optional<FileOffsets> file_offsets(const Kernel& kernel) {
  if (!kernel.btf) return std::nullopt;
  const Btf& btf = *kernel.btf;
  FileOffsets out;
  const auto get = [&](std::string_view type, std::string_view path, uint32_t& offset) {
    const auto member = btf.member(type, path);
    if (member) offset = member->offset;
    return member.has_value();
  };
  if (!get("file", "f_path.mnt", out.file_mnt) || !get("file", "f_path.dentry", out.file_dentry) ||
      !get("vfsmount", "mnt_root", out.mnt_root) || !get("dentry", "d_parent", out.parent) ||
      !get("dentry", "d_name.len", out.name_length) || !get("task_struct", "fs", out.task_fs) ||
      !get("fs_struct", "root.mnt", out.fs_root_mnt) ||
      !get("fs_struct", "root.dentry", out.fs_root_dentry)) {
    return std::nullopt;
  }
  // Renamed in 6.16 or so; the array is the same.
  for (const char* name : {"d_iname", "d_shortname.string"}) {
    const auto member = btf.member("dentry", name);
    if (!member) continue;
    out.inline_name = member->offset;
    out.inline_size = member->type.size;
  }
  if (out.inline_size < kWord) return std::nullopt;
  return out;
}

std::optional<LeafSet> leaves_of_equal(const std::vector<std::string>& values) {
  LeafSet set;
  for (const std::string& value : values) {
    if (!value.starts_with('/')) continue;  // equals no path
    // The root a process has can be called anything.
    if (value == "/" || value == "/ (deleted)") return std::nullopt;
    const auto add = [&](std::string_view path) {
      const size_t slash = path.rfind('/');
      const std::string_view leaf = path.substr(slash + 1);
      if (leaf.empty()) return;
      const std::string_view before = path.substr(0, slash);
      const size_t whole = before.rfind('/');  // else it is the end of a component, or there is none
      const bool has_folder = whole != std::string_view::npos;
      set.leaves.push_back({std::string(leaf), has_folder ? std::string(before.substr(whole + 1)) : ""});
    };
    add(value);
    if (value.ends_with(kDeleted)) add(std::string_view(value).substr(0, value.size() - kDeleted.size()));
  }
  return set;
}

std::optional<LeafSet> leaves_of_postfix(const std::vector<std::string>& values) {
  std::vector<std::string> paths;
  for (const std::string& value : values) {
    // Only a value with a slash holds a whole component; one that can end inside " (deleted)" says nothing.
    const size_t slash = value.rfind('/');
    if (slash == std::string::npos || slash + 1 == value.size() || value.ends_with(')')) return std::nullopt;
    const size_t before = slash > 0 ? value.rfind('/', slash - 1) : std::string::npos;
    paths.push_back(value.substr(before != std::string::npos ? before : slash));
  }
  return leaves_of_equal(paths);
}

std::optional<BeginningSet> beginnings_of_prefix(const std::vector<std::string>& values) {
  BeginningSet set;
  for (const std::string& value : values) {
    if (value.empty()) return std::nullopt;  // every path begins with it
    if (!value.starts_with('/')) continue;   // no path begins with it
    Beginning beginning;
    beginning.first = component(value, 1);
    if (beginning.first.empty() || beginning.first.front() == '\0') {
      if (value.size() > 1 && value[1] == '/') continue;  // "//": no path has it
      return std::nullopt;                                // "/", "/ x": any path
    }
    if (beginning.first.back() == '\0') {
      const size_t second = value.find('/', 1) + 1;
      if (second < value.size()) beginning.second = component(value, second);
      if (!beginning.second.empty() && beginning.second.front() == '\0') continue;
    }
    set.beginnings.push_back(std::move(beginning));
  }
  return set;
}

void test_leaf(Builder& builder, const FileOffsets& offsets, Value file, const LeafSet& set, Label maybe,
               Label no) {
  if (set.leaves.empty()) {
    builder.jump(no);
    return;
  }
  // Names in the same folders go on together.
  std::map<std::string, std::set<std::string>> folders_of;
  for (const Leaf& leaf : set.leaves) folders_of[leaf.name].insert(leaf.folder);
  std::map<std::set<std::string>, Label> folders;
  std::map<std::string, Label> names;
  for (const auto& [name, in] : folders_of) {
    if (in.contains("")) {
      names.emplace(name, maybe);
      continue;
    }
    const auto known = folders.find(in);
    names.emplace(name, known != folders.end() ? known->second
                                               : folders.emplace(in, builder.label("folder")).first->second);
  }
  const Value dentry = builder.load(file, offsets.file_dentry, Width::k8, "f_path.dentry");
  const Label other = builder.label("mounted");
  NameTest(builder, offsets, dentry, maybe, other).run(names);
  const Value parent = builder.value();
  const Label elsewhere = builder.label("elsewhere");
  for (const auto& [in, label] : folders) {
    builder.place(label);
    builder.add(ir::Load{parent, dentry, static_cast<int32_t>(offsets.parent), Width::k8, "d_parent"});
    std::map<std::string, Label> found;
    for (const std::string& name : in) found.emplace(name, maybe);
    NameTest(builder, offsets, parent, maybe, elsewhere).run(found);
  }
  // The root of a mount has the name of the place it is mounted on, not its own.
  const auto root_of_mount = [&] {
    const Value mnt = builder.load(file, offsets.file_mnt, Width::k8, "f_path.mnt");
    return builder.load(mnt, offsets.mnt_root, Width::k8, "mnt_root");
  };
  if (!folders.empty()) {
    builder.place(elsewhere);
    builder.branch_if(kEqual, Width::k8, parent, root_of_mount(), maybe);
    builder.jump(other);
  }
  builder.place(other);
  builder.branch(kEqual, Width::k8, dentry, root_of_mount(), maybe, no);
}

void test_beginning(Builder& builder, const FileOffsets& offsets, Value file, Value task,
                    const BeginningSet& set, Label maybe, Label no) {
  if (set.beginnings.empty()) {
    builder.jump(no);
    return;
  }
  const Value fs = builder.load(task, offsets.task_fs, Width::k8, "fs");
  const Value root_mnt = builder.load(fs, offsets.fs_root_mnt, Width::k8, "root.mnt");
  const Value mnt = builder.load(file, offsets.file_mnt, Width::k8, "f_path.mnt");
  builder.branch_if(kNotEqual, Width::k8, mnt, root_mnt, maybe);
  const Value root = builder.load(fs, offsets.fs_root_dentry, Width::k8, "root.dentry");
  const Value first = builder.load(file, offsets.file_dentry, Width::k8, "f_path.dentry");
  builder.branch_if(kEqual, Width::k8, first, root, maybe);
  const Value second = builder.copy(first);
  const Label found = builder.label("first");
  for (int n = 0; n < kWalkMax; ++n) {
    const Value parent = builder.load(first, offsets.parent, Width::k8, "d_parent");
    if (n + 1 == kWalkMax) {
      builder.branch(kEqual, Width::k8, parent, root, found, maybe);
    } else {
      builder.branch_if(kEqual, Width::k8, parent, root, found);
      builder.add(ir::Copy{second, first});
      builder.add(ir::Copy{first, parent});
    }
  }
  builder.place(found);
  BeginningTest(builder, offsets, maybe, no).run(first, second, set.beginnings);
}

}  // namespace tripline
