// SPDX-License-Identifier: Apache-2.0
#include "render/why.h"

#include "render/json_out.h"
#include "render/quote.h"
#include "render/text_buffer.h"

namespace tripline {
namespace {

// A return that asked nothing, and left it at the selector of the entry, adds nothing.
const Reason* return_of(const Why& why) {
  if (!why.returned) return nullptr;
  const bool same = why.entered && why.entered->selector == why.returned->selector;
  return same && why.returned->held.empty() ? nullptr : why.returned.get();
}

void write_members(JsonOut& json, const Reason& reason) {
  json.member("file", reason.file);
  json.member("line", reason.line);
  json.set_member("selector", reason.selector);
  json.member("label", reason.label);
  if (reason.implied) json.set_member("implied", true);
  if (reason.held.empty()) return;
  json.array("filters");
  for (const HeldFilter& filter : reason.held) {
    json.start();
    json.set_member("text", std::string_view(filter.text));
    json.member("line", filter.line);
    json.end();
  }
  json.end_array();
}

std::string place_of(const Reason& reason, uint32_t line) {
  std::string out = quote_if_needed(reason.file);
  if (line != 0) out += ":" + std::to_string(line);
  return out;
}

// What a policy says may hold anything, line ends too.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    out += byte < 0x20 || byte == 0x7f ? '?' : each;
  }
  return out;
}

void add_reason(std::string& out, std::string_view when, const Reason& reason) {
  out += "\n   ";
  out += when;
  out += " " + place_of(reason, reason.line);
  out +=
      reason.implied ? ": no selector, every call matches" : ": selector " + std::to_string(reason.selector);
  if (!reason.label.empty()) out += " " + quote_if_needed(reason.label);
  for (const HeldFilter& filter : reason.held)
    out += "\n     " + place_of(reason, filter.line) + ": " + one_line(filter.text);
}

}  // namespace

std::string json_with_why(std::string_view line, const Why& why) {
  if (!why.entered || !line.ends_with('}')) return std::string(line);
  TextBuffer out;
  out.add(line.substr(0, line.size() - 1));
  JsonOut json(out);
  json.object("why");
  write_members(json, *why.entered);
  if (const Reason* returned = return_of(why)) {
    json.object("return");
    write_members(json, *returned);
    json.end();
  }
  json.end();
  json.end();
  return std::string(out.view());
}

std::string why_text(const Why& why) {
  std::string out;
  if (!why.entered) return out;
  add_reason(out, "why:", *why.entered);
  if (const Reason* returned = return_of(why)) add_reason(out, "why, when it returned:", *returned);
  return out;
}

}  // namespace tripline
