// SPDX-License-Identifier: Apache-2.0
// `tripline check`: says what is wrong with policies, before anything runs them.
#include <fcntl.h>
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/fd.h"
#include "kernel/kernel.h"
#include "main/commands.h"
#include "policy/checked.h"
#include "policy/policy.h"

namespace tripline {
namespace {

struct Arguments {
  std::vector<std::string> paths;
  std::string kernel;
  std::string format = "text";
};

// At most `most` bytes of a file, or of standard input for "-".
Result<std::string> read_file(const std::string& path, size_t most) {
  const bool standard_input = path == "-";
  const Fd owned(standard_input ? -1 : open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = standard_input ? STDIN_FILENO : owned.get();
  if (fd < 0) return fail("read", path, errno);
  std::string text;
  std::vector<char> piece(size_t{1} << 16);
  while (text.size() < most) {
    const ssize_t got = read(fd, piece.data(), std::min(piece.size(), most - text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("read", path, errno);
    if (got == 0) break;
    text.append(piece.data(), static_cast<size_t>(got));
  }
  return text;
}

// The running kernel, or the saved one in the file at `path`.
Result<Kernel> load_kernel(const std::string& path) {
  if (path.empty()) {
    Result<ProbeReport> report = probe_kernel();
    if (!report) return std::unexpected(report.error());
    for (const std::string& fact : report->unreadable)
      fmt::print(stderr, "tripline: could not read {}\n", fact);
    return std::move(report->kernel);
  }
  const Result<std::string> file = read_file(path, size_t{1} << 30);
  if (!file) return std::unexpected(file.error());
  Result<Kernel> kernel = read_kernel(std::as_bytes(std::span(*file)));
  if (!kernel) kernel.error().object = path;
  return kernel;
}

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
  if (out.empty()) return fail("check", path, 0, "there is no *.yaml or *.yml in this folder");
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
bool check_one(const Source& source, const Kernel& kernel, bool as_json) {
  Diagnostics diagnostics;
  if (const std::optional<Policy> policy = parse(source, diagnostics)) {
    static_cast<void>(check(*policy, kernel, diagnostics));
  }
  diagnostics.sort();
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (as_json) {
      print_json(source, diagnostic);
    } else {
      fmt::print(stderr, "{}", render(source, diagnostic));
    }
  }
  if (diagnostics.dropped() > 0 && !as_json) {
    fmt::print(stderr, "{}: {} more messages are not shown\n", source.name, diagnostics.dropped());
  }
  return !diagnostics.has_errors();
}

int refuse(const Error& error) {
  fmt::print(stderr, "tripline: {}\n", error.text());
  return 1;
}

std::string summary(size_t checked, size_t wrong) {
  const std::string policies = fmt::format("{} {} checked", checked, checked == 1 ? "policy" : "policies");
  return wrong == 0 ? policies + ", no errors" : fmt::format("{}, {} with errors", policies, wrong);
}

int run_check(const Arguments& arguments) {
  const bool as_json = arguments.format == "json";
  const Result<Kernel> kernel = load_kernel(arguments.kernel);
  if (!kernel) return refuse(kernel.error());
  size_t checked = 0;
  size_t wrong = 0;
  int status = 0;
  for (const std::string& path : arguments.paths) {
    const Result<std::vector<std::string>> files = expand(path);
    if (!files) status = refuse(files.error());
    for (const std::string& file : files.value_or(std::vector<std::string>{})) {
      Result<std::string> text = read_file(file, kLargestDocument + 1);
      if (!text) {
        status = refuse(text.error());
        continue;
      }
      ++checked;
      const Source source{.name = file == "-" ? "<stdin>" : file, .text = *std::move(text)};
      if (!check_one(source, *kernel, as_json)) ++wrong;
    }
  }
  if (!as_json) fmt::print("{}\n", summary(checked, wrong));
  return wrong > 0 ? 1 : status;
}

}  // namespace

void add_check(CLI::App& app, int& status) {
  CLI::App* command = app.add_subcommand("check", "Say what is wrong with policies");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("FILE", arguments->paths, "A policy, a folder of policies (*.yaml, *.yml), or - for stdin")
      ->required();
  command->add_option("--kernel", arguments->kernel, "Check for a saved kernel (see `tripline kernel dump`)");
  command->add_option("-o,--output", arguments->format, "How to print what is wrong")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([arguments, &status] { status = run_check(*arguments); });
}

}  // namespace tripline
