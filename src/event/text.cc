// SPDX-License-Identifier: Apache-2.0
#include "event/text.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base/utf8.h"

namespace tripline {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_ascii(std::string_view bytes) {
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    if (word & 0x8080808080808080) return false;
  }
  for (; at < bytes.size(); at++)
    if (bytes[at] & 0x80) return false;
  return true;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  if (is_ascii(bytes)) return true;
  while (!bytes.empty()) {
    size_t length = first_character(bytes).length;
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string to_valid_utf8(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size() + kReplacement.size());
  bool in_run = false;
  while (!bytes.empty()) {
    size_t length = first_character(bytes).length;
    if (length > 0)
      text.append(bytes.substr(0, length));
    else if (!in_run)
      text.append(kReplacement);
    in_run = length == 0;
    bytes.remove_prefix(length > 0 ? length : 1);
  }
  return text;
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* to = text.data();
  const auto byte = [&](size_t at) -> uint32_t { return static_cast<uint8_t>(bytes[at]); };
  size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    *to++ = kDigits[group >> 18];
    *to++ = kDigits[group >> 12 & 63];
    *to++ = kDigits[group >> 6 & 63];
    *to++ = kDigits[group & 63];
  }
  if (at == bytes.size()) return text;
  const bool two = at + 2 == bytes.size();
  const uint32_t group = byte(at) << 16 | (two ? byte(at + 1) << 8 : 0);
  *to++ = kDigits[group >> 18];
  *to++ = kDigits[group >> 12 & 63];
  if (two) *to = kDigits[group >> 6 & 63];
  return text;
}

std::string hex_text(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (char byte : bytes) {
    text += kDigits[static_cast<uint8_t>(byte) >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string clean_path(std::string_view path) {
  bool rooted = path.starts_with('/');
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size() < path.size() ? part.size() + 1 : path.size());
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!rooted)
      parts.push_back(part);
  }
  std::string text = rooted ? "/" : "";
  for (std::string_view part : parts) {
    if (text.size() > (rooted ? 1 : 0)) text += '/';
    text += part;
  }
  return text.empty() ? "." : text;
}

std::string binary_path(std::string_view name, std::string_view cwd) {
  if (name.empty() || name.starts_with('/')) return to_valid_utf8(name);
  std::string joined(cwd);
  if (!joined.empty()) joined += '/';
  joined += name;
  return to_valid_utf8(clean_path(joined));
}

std::string join_arguments(std::string_view argv) {
  std::string text;
  bool first = true;
  while (!argv.empty()) {
    std::string_view token = argv.substr(0, argv.find('\0'));
    argv.remove_prefix(token.size() < argv.size() ? token.size() + 1 : argv.size());
    if (first) {
      first = false;
      continue;
    }
    if (!text.empty()) text += ' ';
    bool quote = token.contains(' ');
    if (quote) text += '"';
    text += token;
    if (quote) text += '"';
  }
  return is_valid_utf8(text) ? text : to_valid_utf8(text);
}

std::string keep_variables(std::string_view environment, std::span<const std::string> names) {
  std::string text;
  while (!environment.empty()) {
    const std::string_view variable = environment.substr(0, environment.find('\0'));
    environment.remove_prefix(std::min(variable.size() + 1, environment.size()));
    const size_t equals = variable.find('=');
    const std::string_view name = equals == variable.npos ? kNoVariable : variable.substr(0, equals);
    if (!names.empty() && std::ranges::find(names, name) == names.end()) continue;
    text += variable;
    text += '\0';
  }
  return is_valid_utf8(text) ? text : to_valid_utf8(text);
}

std::string permission_text(uint16_t mode) {
  if (mode == 0) return "---------";
  static constexpr char kTypes[] = "\0pc\0d\0b\0-\0l\0s\0\0";  // by S_IFMT; none: no letter
  static constexpr char kTriples[] = "---\0--x\0-w-\0-wx\0r--\0r-x\0rw-\0rwx";
  std::array<char, 10> text;
  text[0] = kTypes[mode >> 12];
  for (const int at : {0, 1, 2}) std::memcpy(&text[1 + 3 * at], &kTriples[4 * (mode >> (6 - 3 * at) & 7)], 3);
  const auto mark = [&](uint16_t special, char& execute, char letter) {
    if (mode & special) execute = static_cast<char>(execute == 'x' ? letter : letter - 'a' + 'A');
  };
  mark(S_ISUID, text[3], 's');
  mark(S_ISGID, text[6], 's');
  mark(S_ISVTX, text[9], 't');
  const size_t first = text[0] == '\0' ? 1 : 0;
  return {text.data() + first, text.size() - first};
}

std::string_view signal_name(uint32_t number) {
  static constexpr std::array<std::string_view, 32> kNames = {
      "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
      "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
      "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
      "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"};
  return number < kNames.size() ? kNames[number] : std::string_view{};
}

}  // namespace tripline
