// SPDX-License-Identifier: Apache-2.0
#include "cel/zone.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

#include "cel/time.h"

namespace tripline::cel {
namespace {

constexpr int64_t kDay = 86'400;

// The line at the end of a zoneinfo file: "CET-1CEST,M3.5.0,M10.5.0/3".
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : rest_(text) {}

  std::optional<YearlyRule> run() {
    YearlyRule out;
    int west = 0;
    if (!name() || !clock(west)) return std::nullopt;
    out.standard = -west;
    if (rest_.empty()) return out;
    if (!name()) return std::nullopt;
    out.summer = out.standard + 3600;
    if (!rest_.starts_with(',')) {
      if (!clock(west)) return std::nullopt;
      out.summer = -west;
    }
    YearlyChange begin;
    YearlyChange end;
    if (!change(begin) || !change(end) || !rest_.empty()) return std::nullopt;
    out.changes = {begin, end};
    return out;
  }

 private:
  bool take(char expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool name() {
    const size_t size = rest_.size();
    if (take('<')) {
      while (!rest_.empty() && !rest_.starts_with('>')) rest_.remove_prefix(1);
      return take('>');
    }
    while (!rest_.empty() && std::isalpha(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
    return rest_.size() < size;
  }
  bool number(int& out) {
    out = 0;
    const size_t size = rest_.size();
    constexpr size_t kDigits = 3;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && size - rest_.size() < kDigits) {
      out = (out * 10) + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return rest_.size() < size;
  }
  // [+-]hours[:minutes[:seconds]]
  bool clock(int& seconds) {
    const int sign = take('-') ? -1 : 1;
    if (sign > 0) take('+');
    int hours = 0;
    int minutes = 0;
    int rest = 0;
    if (!number(hours) || (take(':') && (!number(minutes) || (take(':') && !number(rest))))) return false;
    seconds = sign * ((hours * 3600) + (minutes * 60) + rest);
    return true;
  }
  bool change(YearlyChange& out) {
    if (!take(',')) return false;
    out.seconds = 7200;
    if (take('M')) {
      out.kind = YearlyChange::Kind::kWeekday;
      if (!number(out.month) || !take('.') || !number(out.week) || !take('.') || !number(out.day))
        return false;
      if (out.month < 1 || out.month > 12 || out.week < 1 || out.week > 5 || out.day > 6) return false;
      --out.month;
    } else {
      const bool without_leap = take('J');
      out.kind = without_leap ? YearlyChange::Kind::kDayWithoutLeap : YearlyChange::Kind::kDay;
      if (!number(out.day) || out.day > 365 || (without_leap && out.day-- == 0)) return false;
    }
    return !take('/') || clock(out.seconds);
  }
  std::string_view rest_;
};

// Days since 1970.
int64_t day_of(const YearlyChange& change, int64_t year) {
  if (change.kind == YearlyChange::Kind::kDay) return days_before(year, 0, change.day);
  if (change.kind == YearlyChange::Kind::kDayWithoutLeap) {
    constexpr int kMarch = 59;
    const bool leap = days_before(year, 2, 0) - days_before(year, 0, 0) == kMarch + 1;
    return days_before(year, 0, change.day) + (leap && change.day >= kMarch ? 1 : 0);
  }
  const int64_t first = days_before(year, change.month, 0);
  const int64_t next_month =
      change.month == 11 ? days_before(year + 1, 0, 0) : days_before(year, change.month + 1, 0);
  const int64_t weekday = date_of(first * kDay).day_of_week;
  int64_t day = first + ((change.day - weekday + 7) % 7) + ((change.week - 1) * 7);
  while (day >= next_month) day -= 7;
  return day;
}

int32_t offset_by(const YearlyRule& rule, int64_t time) {
  if (!rule.changes) return rule.standard;
  const int64_t year = date_of(time + rule.standard).year;
  const auto when = [&](const YearlyChange& change, int32_t offset) {
    return (day_of(change, year) * kDay) + change.seconds - offset;
  };
  const int64_t begin = when(rule.changes->first, rule.standard);
  const int64_t end = when(rule.changes->second, rule.summer);
  const bool summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
  return summer ? rule.summer : rule.standard;
}

class FileReader {
 public:
  explicit FileReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool has(size_t size) const { return rest_.size() >= size; }
  void skip(size_t size) { rest_.remove_prefix(std::min(size, rest_.size())); }
  int64_t number(size_t size) {
    uint64_t out = 0;
    for (size_t at = 0; at < size; ++at) out = (out << 8) | static_cast<unsigned char>(rest_[at]);
    rest_.remove_prefix(size);
    const size_t unused = 64 - (8 * size);
    return static_cast<int64_t>(out << unused) >> unused;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

struct Counts {
  size_t ut = 0, standard = 0, leaps = 0, times = 0, types = 0, characters = 0;
  [[nodiscard]] size_t bytes(size_t of_time) const {
    return (times * (of_time + 1)) + (types * 6) + characters + (leaps * (of_time + 4)) + standard + ut;
  }
};

std::optional<Counts> header(FileReader& file, int& version) {
  constexpr size_t kSize = 44;
  constexpr size_t kMost = 100'000;
  if (!file.has(kSize) || !file.rest().starts_with("TZif")) return std::nullopt;
  version = file.rest()[4] == '\0' ? 1 : file.rest()[4] - '0';
  file.skip(20);
  Counts out;
  for (size_t* count : {&out.ut, &out.standard, &out.leaps, &out.times, &out.types, &out.characters}) {
    *count = static_cast<size_t>(file.number(4));
    if (*count > kMost) return std::nullopt;
  }
  return out;
}

std::optional<int32_t> fixed_offset(std::string_view name) {
  const int sign = name.starts_with('-') ? -1 : 1;
  if (name.starts_with('-') || name.starts_with('+')) name.remove_prefix(1);
  const auto digit = [name](size_t at) { return name[at] >= '0' && name[at] <= '9'; };
  if (name.size() != 5 || name[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return std::nullopt;
  const int hours = ((name[0] - '0') * 10) + (name[1] - '0');
  const int minutes = ((name[3] - '0') * 10) + (name[4] - '0');
  if (hours > 23 || minutes > 59) return std::nullopt;
  return sign * ((hours * 3600) + (minutes * 60));
}

bool is_name(std::string_view name) {
  constexpr size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && name[0] != '/' &&
         name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char byte) {
           return std::isalnum(static_cast<unsigned char>(byte)) != 0 ||
                  std::string_view("_+-/").find(byte) != std::string_view::npos;
         });
}

}  // namespace

std::optional<Zone> Zone::parse(std::string_view bytes) {
  FileReader file(bytes);
  int version = 0;
  auto counts = header(file, version);
  size_t of_time = 4;
  if (counts && version >= 2) {
    file.skip(counts->bytes(4));
    counts = header(file, version);
    of_time = 8;
  }
  if (!counts || counts->types == 0 || !file.has(counts->bytes(of_time))) return std::nullopt;
  Zone out;
  for (size_t at = 0; at < counts->times; ++at) out.changes_.emplace_back(file.number(of_time), 0);
  std::vector<size_t> types;
  for (size_t at = 0; at < counts->times; ++at) types.push_back(static_cast<size_t>(file.number(1) & 0xFF));
  std::vector<int32_t> offsets;
  for (size_t at = 0; at < counts->types; ++at) {
    offsets.push_back(static_cast<int32_t>(file.number(4)));
    file.skip(2);
  }
  for (size_t at = 0; at < counts->times; ++at) {
    if (types[at] >= offsets.size()) return std::nullopt;
    out.changes_[at].second = offsets[types[at]];
  }
  if (!std::ranges::is_sorted(out.changes_, {}, &std::pair<int64_t, int32_t>::first)) return std::nullopt;
  out.before_ = offsets[0];
  file.skip(counts->characters + (counts->leaps * (of_time + 4)) + counts->standard + counts->ut);
  std::string_view rule = file.rest();
  if (of_time == 8 && rule.starts_with('\n')) {
    rule.remove_prefix(1);
    out.rule_ = RuleReader(rule.substr(0, rule.find('\n'))).run();
  }
  return out;
}

std::expected<Zone, std::string> Zone::find(std::string_view name) {
  Zone out;
  if (name.empty() || name == "UTC") return out;
  if (const auto offset = fixed_offset(name)) {
    out.before_ = *offset;
    return out;
  }
  if (is_name(name)) {
    std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
    constexpr size_t kLargest = size_t{1} << 20;
    std::string bytes;
    if (file) bytes.assign(std::istreambuf_iterator<char>(file), {});
    if (bytes.size() <= kLargest)
      if (auto zone = parse(bytes)) return *std::move(zone);
  }
  return std::unexpected("unknown time zone \"" + std::string(name.substr(0, 100)) + '"');
}

int32_t Zone::offset_at(int64_t time) const {
  const auto next = std::ranges::upper_bound(changes_, time, {}, &std::pair<int64_t, int32_t>::first);
  if (next == changes_.end() && rule_) return offset_by(*rule_, time);
  return next == changes_.begin() ? before_ : std::prev(next)->second;
}

}  // namespace tripline::cel
