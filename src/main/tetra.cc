// SPDX-License-Identifier: Apache-2.0
// The client under its old name: its command line, and the verbs that need no server.
#include <fmt/format.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "base/go_text.h"
#include "client/commands.h"
#include "client/explain.h"
#include "client/generate.h"
#include "client/modify.h"
#include "flags/complete.h"
#include "flags/help.h"
#include "flags/parse.h"
#include "flags/shell.h"
#include "main/commands.h"

namespace tripline {
namespace {

using Words = std::vector<std::string_view>;

int print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

int refuse(const std::string& message) {
  fmt::print(stderr, "Error: {}\n", message);
  return 1;
}

int modify(const flags::Parsed& parsed) {
  const std::string& path = parsed.words[0];
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.good() && errno != 0)
    return refuse("failed to read yaml file " + path + ": open " + path + ": " + go_error(errno));
  const std::string& mode = parsed.text("mode");
  if (!parsed.given("mode")) return print(text);
  const auto changed = client::with_mode(text, mode);
  if (!changed)
    return refuse("failed to apply mode " + go_quoted(mode) + " to yaml file " + path + ": " +
                  changed.error());
  return print(*changed);
}

int generate(const flags::Parsed& parsed) {
  const std::string_view what = parsed.command().name();
  const std::string regex = what == "ftrace-list" ? parsed.text("regex") : "";
  const auto policy = client::generated_policy(what, parsed.text("match-binary"), regex);
  return policy ? print(*policy) : refuse("generate " + std::string(what) + " is not supported yet");
}

int explain(const flags::Parsed& parsed) {
  client::ExplainOptions options{.output = parsed.text("output"),
                                 .api_version = parsed.text("api-version"),
                                 .recursive = parsed.is("recursive"),
                                 .example = parsed.is("example")};
  if (parsed.is("list")) return print(client::resource_list());
  if (parsed.words.size() != 1)
    return refuse(fmt::format("accepts 1 arg(s), received {}", parsed.words.size()));
  const auto text = client::explain(parsed.words[0], options);
  return text ? print(*text) : refuse(text.error());
}

int help(const flags::Command& root, const flags::Parsed& parsed) {
  const Words words(parsed.words.begin(), parsed.words.end());
  const flags::Found found = flags::find_command(root, words);
  if (found.rest.empty()) return print(flags::help_text(found.path));
  const flags::Command* path[] = {&root};
  fmt::print(stderr, "Unknown help topic [`{}`]\n{}", fmt::join(parsed.words, "` `"),
             flags::usage_text(path));
  return 0;
}

int run_verb(const flags::Command& root, const flags::Parsed& parsed) {
  const std::string name = parsed.name();
  if (name == "version" && !parsed.is("server")) return print("CLI version: \n");
  if (name == "tracingpolicy modify") return modify(parsed);
  if (name.starts_with("tracingpolicy generate ")) return generate(parsed);
  if (name == "explain") return explain(parsed);
  if (name == "help") return help(root, parsed);
  if (name.starts_with("completion "))
    return print(
        *flags::completion_script(parsed.command().name(), root.name(), !parsed.is("no-descriptions")));
  return refuse(name + " is not supported yet");
}

// The recorded client says so whatever it is asked.
void warn_without_bpffs() {
  constexpr auto kMagic = 0xcafe4a11U;
  for (const char* path : {"/sys/fs/bpf", "/run/cilium/bpffs"}) {
    struct statfs status{};
    if (statfs(path, &status) == 0 && static_cast<uint32_t>(status.f_type) == kMagic) return;
  }
  fmt::print(stderr, "level=warn msg=\"Could not find BPF map root\"\n");
}

}  // namespace

int tetra_command(int argc, char** argv) {
  warn_without_bpffs();
  const flags::Command& root = client::tetra_command();
  const Words words(argv + 1, argv + argc);
  if (!words.empty() && (words[0] == flags::kCompleteWord || words[0] == flags::kCompletePlainWord))
    return print(flags::complete(root, std::span(words).subspan(1), words[0] == flags::kCompleteWord));
  const flags::Outcome outcome = flags::parse(root, words);
  if (const auto* wanted = std::get_if<flags::HelpWanted>(&outcome))
    return print(flags::help_text(wanted->path));
  if (const auto* refusal = std::get_if<flags::Refusal>(&outcome)) {
    fmt::print(stderr, "{}", flags::refusal_text(*refusal, false));
    return 1;
  }
  const auto& parsed = std::get<flags::Parsed>(outcome);
  for (const std::string& note : parsed.notes) fmt::print(stderr, "{}\n", note);
  return run_verb(root, parsed);
}

}  // namespace tripline
