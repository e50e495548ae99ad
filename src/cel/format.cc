// SPDX-License-Identifier: Apache-2.0
#include "cel/format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "cel/network.h"
#include "cel/number_text.h"
#include "cel/points.h"
#include "cel/time.h"
#include "cel/type_name.h"

namespace tripline::cel {
namespace {

using Made = std::expected<std::string, std::string>;

constexpr int kMostDigits = 1000;  // after the point

std::unexpected<std::string> refused(std::string_view what, const Value& value) {
  return failed("error during formatting: " + std::string(what) + ", was given " +
                std::string(type_name(value)));
}

std::string plain(double value) {
  constexpr int kNever = 1000;
  return to_text(value, {.least = -kNever, .most = kNever});
}

// As a double, even where that is not exact.
std::string seconds(const Duration& duration) {
  constexpr int64_t kSecond = 1'000'000'000;
  return plain(static_cast<double>(duration.nanos / kSecond) +
               (static_cast<double>(duration.nanos % kSecond) / kSecond)) +
         "s";
}

class Formatter {
 public:
  Formatter(Frame& frame, const std::vector<Value>& values) : frame_(frame), values_(values) {}

  Outcome run(std::string_view form) {
    std::string out;
    for (size_t at = 0; at < form.size(); ++at) {
      if (form[at] != '%') {
        out += form[at];
        continue;
      }
      if (++at == form.size()) return failed("unexpected end of string");
      if (form[at] == '%') {
        out += '%';
        continue;
      }
      Made clause = this->clause(form, at);
      if (!clause) return failed(std::move(clause).error());
      if (!frame_.spend_on_bytes(128 + clause->size(), clause->size())) return frame_.exhausted();
      out += *clause;
    }
    if (!frame_.spend_on_bytes(form.size(), form.size())) return frame_.exhausted();
    return text(std::move(out));
  }

 private:
  // `at` is left on its last character.
  Made clause(std::string_view form, size_t& at) {
    std::optional<int> precision;
    if (form[at] == '.') {
      const size_t end = std::min(form.find_first_not_of("0123456789", at + 1), form.size());
      int digits = 0;
      const auto read = std::from_chars(form.data() + at + 1, form.data() + end, digits);
      if (read.ec != std::errc() || digits > kMostDigits)
        return failed("could not parse formatting clause: a precision is a number up to " +
                      std::to_string(kMostDigits));
      precision = digits;
      at = end;
      if (at == form.size()) return failed("unexpected end of string");
    }
    const char kind = form[at];
    if (std::string_view("sdfebxXo").find(kind) == std::string_view::npos)
      return failed("could not parse formatting clause: unrecognized formatting clause \"" +
                    valid_utf8(form.substr(at, 1)) + "\"");
    if (next_ == values_.size()) return failed("index " + std::to_string(next_) + " out of range");
    return one(kind, precision.value_or(6), values_[next_++]);
  }

  Made one(char kind, int precision, const Value& value) {
    switch (kind) {
      case 's':
        return shown(value, 0);
      case 'd':
        return decimal(value);
      case 'f':
        return real(value, precision, std::chars_format::fixed, "fixed-point");
      case 'e':
        return real(value, precision, std::chars_format::scientific, "scientific");
      case 'b':
        if (const auto* truth = value.get<bool>()) return *truth ? "1" : "0";
        return whole(value, 2, "only integers and bools can be formatted as binary");
      case 'o':
        return whole(value, 8, "octal clause can only be used on integers");
      default:
        return hex(value, kind == 'X');
    }
  }

  Made shown(const Value& value, int depth) {
    constexpr int kDeepest = 100;
    if (depth > kDeepest) return failed("error during formatting: nested too deeply");
    if (!frame_.spend(1)) return frame_.exhausted();
    switch (value.kind()) {
      case Kind::kNull:
        return "null";
      case Kind::kBool:
        return value.as<bool>() ? "true" : "false";
      case Kind::kInt:
      case Kind::kUint:
        return decimal(value);
      case Kind::kDouble:
        return plain(value.as<double>());
      case Kind::kString:
        return std::string(value.as<Text>().view);
      case Kind::kBytes:
        return valid_utf8(value.as<Bytes>().view, true);
      case Kind::kTimestamp:
        return to_text(value.as<Timestamp>());
      case Kind::kDuration:
        return seconds(value.as<Duration>());
      case Kind::kType:
        return std::string(value.as<TypeName>().name);
      case Kind::kIp:
        return to_text(value.as<Ip>());
      case Kind::kCidr:
        return to_text(value.as<Cidr>());
      case Kind::kList:
        return list(*value.as<List>().items, depth);
      case Kind::kMap:
        return map(*value.as<Map>().entries, depth);
      case Kind::kMessage:
      case Kind::kOptional:
        break;
    }
    return refused(
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
        "durations, and "
        "timestamps",
        value);
  }

  // What a list is made of is in it once more.
  [[nodiscard]] bool spend(const std::string& part) {
    return frame_.spend_on_bytes(part.size(), part.size());
  }

  Made list(const std::vector<Value>& items, int depth) {
    std::string out = "[";
    for (size_t at = 0; at < items.size(); ++at) {
      Made item = shown(items[at], depth + 1);
      if (!item) return item;
      if (!spend(*item)) return frame_.exhausted();
      out += (at == 0 ? "" : ", ") + *item;
    }
    return out + "]";
  }

  Made map(const Entries& entries, int depth) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto& [key, value] : entries.all()) {
      Made name = shown(key, depth + 1);
      Made item = shown(value, depth + 1);
      if (!name) return name;
      if (!item) return item;
      if (!spend(*name) || !spend(*item)) return frame_.exhausted();
      lines.emplace_back(*std::move(name), *std::move(item));
    }
    std::ranges::sort(lines);
    std::string out = "{";
    for (size_t at = 0; at < lines.size(); ++at)
      out += (at == 0 ? "" : ", ") + lines[at].first + ": " + lines[at].second;
    return out + "}";
  }

  static Made decimal(const Value& value) {
    if (const auto* number = value.get<int64_t>()) return std::to_string(*number);
    if (const auto* natural = value.get<uint64_t>()) return std::to_string(*natural);
    if (const auto* number = value.get<double>()) return plain(*number);
    return refused("decimal clause can only be used on integers", value);
  }

  static Made real(const Value& value, int precision, std::chars_format format, const std::string& name) {
    double number = 0;
    if (const auto* whole = value.get<int64_t>()) {
      number = static_cast<double>(*whole);
    } else if (const auto* natural = value.get<uint64_t>()) {
      number = static_cast<double>(*natural);
    } else if (const auto* other = value.get<double>()) {
      number = *other;
    } else {
      return refused(name + " clause can only be used on doubles", value);
    }
    if (!std::isfinite(number)) return to_text(number);
    std::array<char, kMostDigits + 400> buffer{};
    const auto written =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format, precision);
    return std::string(buffer.data(), written.ptr);
  }

  static Made whole(const Value& value, int base, std::string_view complaint) {
    std::array<char, 72> buffer{};
    char* end = buffer.data() + buffer.size();
    if (const auto* number = value.get<int64_t>())
      return std::string(buffer.data(), std::to_chars(buffer.data(), end, *number, base).ptr);
    if (const auto* natural = value.get<uint64_t>())
      return std::string(buffer.data(), std::to_chars(buffer.data(), end, *natural, base).ptr);
    return refused(complaint, value);
  }

  Made hex(const Value& value, bool upper) {
    std::optional<std::string_view> octets;
    if (const auto* letters = value.get<Text>()) octets = letters->view;
    if (const auto* raw = value.get<Bytes>()) octets = raw->view;
    std::string out;
    if (octets) {
      if (!frame_.spend_on_bytes(octets->size(), octets->size() * 2)) return frame_.exhausted();
      constexpr std::string_view kDigits = "0123456789abcdef";
      for (const char byte : *octets) {
        out += kDigits[static_cast<unsigned char>(byte) >> 4];
        out += kDigits[static_cast<unsigned char>(byte) & 15];
      }
    } else {
      Made number = whole(value, 16, "only integers, byte buffers, and strings can be formatted as hex");
      if (!number) return number;
      out = *std::move(number);
    }
    if (upper)
      for (char& each : out)
        if (each >= 'a' && each <= 'f') each = static_cast<char>(each - 0x20);
    return out;
  }

  Frame& frame_;
  const std::vector<Value>& values_;
  size_t next_ = 0;
};

}  // namespace

Outcome format(Frame& frame, std::string_view form, const std::vector<Value>& values) {
  return Formatter(frame, values).run(form);
}

}  // namespace tripline::cel
