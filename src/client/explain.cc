// SPDX-License-Identifier: Apache-2.0
#include "client/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "base/go_text.h"
#include "client/shape.h"
#include "render/json_out.h"
#include "render/text_buffer.h"

namespace tripline {
namespace {

constexpr std::string_view kVersion = "v1alpha1";
constexpr size_t kTextIndent = 5;
constexpr size_t kFieldIndent = 3;

struct FieldText {
  std::string_view path, text;
};
constexpr std::array kTexts = std::to_array<FieldText>({
#define TRIPLINE_FIELD_TEXT(path, text) {path, text},
#include "client/field_texts.inc"
#undef TRIPLINE_FIELD_TEXT
});

// The text of the longest path that `path` ends with.
std::string_view text_of(std::string_view path) {
  const FieldText* best = nullptr;
  for (const FieldText& row : kTexts) {
    const bool fits = path.ends_with(row.path) &&
                      (path.size() == row.path.size() || path[path.size() - row.path.size() - 1] == '.');
    if (fits && (!best || row.path.size() > best->path.size())) best = &row;
  }
  return best ? best->text : std::string_view();
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// The lines of `text`, each `indent` in.
std::string indented(std::string_view text, size_t indent) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out += fmt::format("{:{}}{}\n", "", indent, text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string type_text(const Shape& shape) {
  return fmt::format("<{}{}>", shape.is_list ? "[]" : "", shape.type);
}

// A path within a resource: `tracingpolicy.spec.kprobes[0].call`.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  std::string part;
  bool inside = false;
  for (const char c : text) {
    if (c == '[')
      inside = true;
    else if (c == ']')
      inside = false;
    else if (inside)
      continue;
    else if (c == '.')
      parts.push_back(std::exchange(part, {}));
    else
      part += c;
  }
  parts.push_back(part);
  std::erase(parts, "");
  return parts;
}

struct Place {
  const Shape* shape = nullptr;
  std::string path;  // by which texts are found
};

std::string names_of(const std::vector<Shape>& fields) {
  std::string out;
  for (const Shape& field : fields) out += fmt::format("{}{}", out.empty() ? "" : ", ", field.name);
  return out;
}

std::expected<Place, std::string> find(const Resource& resource, const std::vector<std::string>& parts,
                                       std::string_view whole) {
  Place place{&resource.shape, lower(resource.kind)};
  for (size_t n = 1; n < parts.size(); ++n) {
    const auto& fields = place.shape->fields;
    const auto found = std::ranges::find(fields, parts[n], &Shape::name);
    if (found == fields.end()) {
      return std::unexpected(fmt::format("field {} not found in {} (available fields: {})",
                                         go_quoted(parts[n]), go_quoted(whole), names_of(fields)));
    }
    place = {&*found, place.path + "." + found->name};
  }
  return place;
}

void add_fields(std::string& out, const Place& place, size_t indent, bool deep) {
  for (const Shape& field : place.shape->fields) {
    const std::string path = place.path + "." + field.name;
    out += fmt::format("{:{}}{}\t{}{}\n", "", indent, field.name, type_text(field),
                       field.required ? " -required-" : "");
    out += indented(text_of(path), indent + kTextIndent - kFieldIndent);
    out += '\n';
    if (deep) add_fields(out, {&field, path}, indent + kFieldIndent, deep);
  }
}

std::string example(const Shape& shape, size_t indent, bool in_list);

std::string example_value(const Shape& shape, size_t indent) {
  if (shape.type == "object") {
    if (shape.fields.empty()) return " {}\n";
    return "\n" + example(shape, shape.is_list ? indent : indent + 2, shape.is_list);
  }
  const std::string_view scalar = shape.type == "string" ? "\"\"" : shape.type == "boolean" ? "false" : "0";
  return shape.is_list ? fmt::format("\n{:{}}- {}\n", "", indent, scalar) : fmt::format(" {}\n", scalar);
}

// Only what must be there, one level of what may.
std::string example(const Shape& shape, size_t indent, bool in_list) {
  std::string out;
  for (const Shape& field : shape.fields) {
    if (!field.required) continue;
    const bool dash = in_list && out.empty();
    const size_t inner = in_list ? indent + 2 : indent;
    out += fmt::format("{:{}}{}{}:{}", "", dash ? indent : inner, dash ? "- " : "", field.name,
                       example_value(field, inner));
  }
  if (out.empty()) out = fmt::format("{:{}}{}\n", "", indent, in_list ? "- {}" : "{}");
  return out;
}

std::string as_text(const Resource& resource, const Place& place, const flags::Parsed& parsed) {
  std::string out = fmt::format("KIND:     {}\nVERSION:  {}\n\n", resource.kind, kVersion);
  const bool whole = place.shape == &resource.shape;
  const std::string_view text = whole ? std::string_view() : text_of(place.path);
  if (!whole) out += fmt::format("FIELD:    {} {}\n\n", place.shape->name, type_text(*place.shape));
  if (whole)
    out += "DESCRIPTION:\n\n\n";
  else if (!text.empty())
    out += "DESCRIPTION:\n" + indented(text, kTextIndent) + "\n";
  if (!place.shape->fields.empty()) {
    out += "FIELDS:\n";
    add_fields(out, place, kFieldIndent, parsed.is("recursive"));
  }
  if (parsed.is("example")) {
    out += "EXAMPLE:\n";
    out += whole ? example(*place.shape, kTextIndent, false)
                 : fmt::format("{:{}}{}:{}", "", kTextIndent, place.shape->name,
                               example_value(*place.shape, kTextIndent));
    out += '\n';
  }
  return out;
}

void write_json(JsonOut& json, const Shape& shape, const std::string& path, bool element);

void write_members(JsonOut& json, const Shape& shape, const std::string& path) {
  const bool requires_any = std::ranges::any_of(shape.fields, &Shape::required);
  if (requires_any) {
    json.array("required");
    for (const Shape& field : shape.fields)
      if (field.required) json.text(field.name);
    json.end_array();
  }
  if (shape.fields.empty()) return;
  json.object("properties");
  for (const Shape& field : shape.fields) {
    json.object(field.name);
    write_json(json, field, path + "." + field.name, false);
    json.end();
  }
  json.end();
}

void write_json(JsonOut& json, const Shape& shape, const std::string& path, bool element) {
  const std::string_view text = text_of(path);
  if (!element && !text.empty()) json.set_member("description", text);
  if (shape.is_list && !element) {
    json.set_member("type", std::string_view("array"));
    json.object("items");
    write_json(json, shape, path, true);
    json.end();
    return;
  }
  json.set_member("type", std::string_view(shape.type));
  write_members(json, shape, path);
}

std::string scalar_line(std::string_view text) {
  return text.contains(": ") || text.contains(" #") || text.contains('\n') || text.starts_with('\'')
             ? go_quoted(text)
             : std::string(text);
}

void write_yaml(std::string& out, const Shape& shape, const std::string& path, size_t indent, bool element) {
  const auto line = [&](std::string_view key, std::string_view value) {
    out += fmt::format("{:{}}{}:{}{}\n", "", indent, key, value.empty() ? "" : " ", value);
  };
  const std::string_view text = text_of(path);
  if (!element && !text.empty()) line("description", scalar_line(text));
  if (shape.is_list && !element) {
    line("items", "");
    write_yaml(out, shape, path, indent + 2, true);
    line("type", "array");
    return;
  }
  if (!shape.fields.empty()) {
    line("properties", "");
    for (const Shape& field : shape.fields) {
      out += fmt::format("{:{}}{}:\n", "", indent + 2, field.name);
      write_yaml(out, field, path + "." + field.name, indent + 4, false);
    }
    if (std::ranges::any_of(shape.fields, &Shape::required)) {
      line("required", "");
      for (const Shape& field : shape.fields)
        if (field.required) out += fmt::format("{:{}}- {}\n", "", indent, field.name);
    }
  }
  line("type", shape.type);
}

std::string listing(const std::vector<Resource>& all) {
  std::string out = fmt::format("{:<25}{}\n", "NAME", "SHORTNAMES");
  for (const Resource& resource : all) out += fmt::format("{:<25}{}\n", resource.kind, resource.short_name);
  return out;
}

}  // namespace

std::expected<std::string, std::string> explained(const flags::Parsed& parsed) {
  const std::vector<Resource> all = resources();
  if (parsed.is("list")) return listing(all);
  if (parsed.words.size() != 1)
    return std::unexpected(fmt::format("accepts 1 arg(s), received {}", parsed.words.size()));
  const std::string& whole = parsed.words.front();
  const std::vector<std::string> parts = parts_of(whole);
  const std::string name = parts.empty() ? "" : parts[0];
  const auto resource = std::ranges::find_if(all, [&](const Resource& one) {
    return lower(one.kind) == lower(name) || one.short_name == lower(name);
  });
  if (resource == all.end()) {
    return std::unexpected(
        fmt::format("unsupported resource: {} (supported resources: PodInfo, TracingPolicy, "
                    "TracingPolicyNamespaced, tgpi, tgtp, "
                    "tgtpn)",
                    name));
  }
  if (!parsed.text("api-version").empty() && parsed.text("api-version") != kVersion)
    return std::unexpected(fmt::format("version {} not found", parsed.text("api-version")));
  const auto place = find(*resource, parts, whole);
  if (!place) return std::unexpected(place.error());
  if (parsed.text("output") == "json") {
    TextBuffer out;
    JsonOut json(out);
    json.start();
    write_json(json, *place->shape, place->path, false);
    json.end();
    out.add('\n');
    return std::string(out.view());
  }
  if (parsed.text("output") == "yaml") {
    std::string out;
    write_yaml(out, *place->shape, place->path, 0, false);
    return out;
  }
  return as_text(*resource, *place, parsed);
}

}  // namespace tripline
