// SPDX-License-Identifier: Apache-2.0
// `tripline check`: says what is wrong with policies, before anything runs them.
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "admission/admission.h"
#include "kernel/kernel.h"
#include "main/commands.h"
#include "main/input.h"
#include "policy/policy.h"

namespace tripline {
namespace {

bool is_policy_file(const std::filesystem::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

// The files that `path` stands for: itself, or every policy below the folder, sorted.
Result<std::vector<std::string>> expand(const std::string& path) {
  std::error_code error;
  if (path == "-" || !std::filesystem::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (Walk entry(path, error), end; !error && entry != end; entry.increment(error)) {
    if (is_policy_file(entry->path()) && !entry->is_directory(error)) out.push_back(entry->path().string());
  }
  if (error) return fail("read", path, error.value());
  std::ranges::sort(out);
  if (out.empty()) return fail("check", path, 0, "there is no *.yaml or *.yml file in this folder");
  return out;
}

void print_json(const Source& source, const Diagnostic& diagnostic) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  const auto text = [&](const char* key, const std::string& value) {
    json.Key(key);
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  const auto number = [&](const char* key, int value) {
    json.Key(key);
    json.Int(value);
  };
  json.StartObject();
  text("file", source.name);
  number("line", diagnostic.span.line);
  number("column", diagnostic.span.column);
  number("length", diagnostic.span.length);
  text("severity", diagnostic.severity == Severity::kError ? "error" : "warning");
  text("message", diagnostic.message);
  text("expected", diagnostic.expected);
  text("hint", diagnostic.hint);
  json.EndObject();
  fmt::print("{}\n", std::string_view(buffer.GetString(), buffer.GetSize()));
}

// Checks one document and says what is wrong. Is it right?
bool check_one(Source document, const Kernel& kernel, const CheckFlags& flags) {
  const AdmissionOptions options{.check = {.parents_map = true}, .root = flags.root, .lint = true};
  const auto [source, diagnostics, policy] = admit(parse_document(std::move(document)), kernel, options);
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (flags.format == "json") {
      print_json(source, diagnostic);
    } else {
      fmt::print(stderr, "{}", render(source, diagnostic));
    }
  }
  if (diagnostics.dropped() > 0) {
    fmt::print(stderr, "{}: {} more messages are not shown\n", source.name, diagnostics.dropped());
  }
  return policy != nullptr;
}

void refuse(const Error& error) { fmt::print(stderr, "tripline: {}\n", error.text()); }

// Counts of what was checked.
struct Tally {
  size_t checked = 0;
  size_t wrong = 0;
  size_t unread = 0;  // files and folders that could not be read

  [[nodiscard]] std::string text() const {
    std::string out = fmt::format("{} {} checked", checked, checked == 1 ? "policy" : "policies");
    out += wrong == 0 ? ", no errors" : fmt::format(", {} with errors", wrong);
    if (unread > 0) out += fmt::format(", {} not read", unread);
    return out;
  }
};

void check_file(const std::string& file, const Kernel& kernel, const CheckFlags& flags, Tally& tally) {
  Result<std::string> text = read_file(file, kLargestDocument + 1);
  if (!text) {
    ++tally.unread;
    refuse(text.error());
    return;
  }
  ++tally.checked;
  Source source{.name = file == "-" ? "<stdin>" : file, .text = *std::move(text)};
  if (!check_one(std::move(source), kernel, flags)) ++tally.wrong;
}

}  // namespace

int check_command(const CheckFlags& flags) {
  const bool as_json = flags.format == "json";
  const Result<Kernel> kernel = load_kernel(flags.kernel);
  if (!kernel) {
    refuse(kernel.error());
    return 1;
  }
  Tally tally;
  for (const std::string& path : flags.paths) {
    if (const Result<std::vector<std::string>> files = expand(path)) {
      for (const std::string& file : *files) check_file(file, *kernel, flags, tally);
    } else {
      ++tally.unread;
      refuse(files.error());
    }
  }
  if (!as_json) fmt::print("{}\n", tally.text());
  return tally.wrong + tally.unread > 0 ? 1 : 0;
}

}  // namespace tripline
