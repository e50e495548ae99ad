// SPDX-License-Identifier: Apache-2.0
#include "oci/setup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>

#include "base/fd.h"
#include "kube/json.h"

namespace tripline::oci {
namespace {

using flags::Flag;
using flags::Type;

constexpr std::string_view kName = "tetragon-oci-hook";
constexpr std::string_view kInterfaces[] = {"oci-hooks"};

constexpr Flag kFlags[] = {
    {.name = "daemonize", .type = Type::kBool, .help = "Wait for a signal, and uninstall then"},
    {.name = "host-install-dir",
     .help = "The same folder as the container runtime sees it",
     .required = true},
    {.name = "interface",
     .type = Type::kChoice,
     .fallback = "oci-hooks",
     .help = "How the container runtime finds the hook: oci-hooks",
     .choices = kInterfaces},
    {.name = "local-binary", .fallback = "/usr/bin/tetragon-oci-hook", .help = "The program to install"},
    {.name = "local-install-dir", .help = "Folder for the program", .required = true},
    {.name = "oci-hooks.local-dir",
     .fallback = "/hostHooks",
     .help = "Folder where the container runtime looks for hooks"},
};
constexpr flags::Command kCommands[] = {
    {.usage = "install [argument]...",
     .summary = "Install the hook; words after -- are its arguments",
     .flags = kFlags},
    {.usage = "print-config [argument]...",
     .summary = "Print the hook definition for the container runtime",
     .flags = kFlags},
    {.usage = "uninstall [argument]...", .summary = "Remove the hook", .flags = kFlags},
};
constexpr flags::Command kSetup{.usage = "tetragon-oci-hook-setup",
                                .summary = "Install the hook for container runtimes",
                                .commands = kCommands,
                                .runs = false};

std::string in(const std::string& folder, std::string_view name) { return folder + "/" + std::string(name); }

Result<void> put(const std::string& path, std::string_view content, mode_t mode) {
  const std::string beside = path + ".new";
  Fd file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file) return fail("write", beside, errno);
  for (size_t done = 0; done < content.size();) {
    const ssize_t count = write(file.get(), content.data() + done, content.size() - done);
    if (count < 0) return fail("write", beside, errno);
    done += static_cast<size_t>(count);
  }
  if (fchmod(file.get(), mode) != 0 || fsync(file.get()) != 0) return fail("write", beside, errno);
  file = Fd();
  if (rename(beside.c_str(), path.c_str()) != 0) return fail("rename", beside, errno);
  return {};
}

}  // namespace

const flags::Command& setup_command() { return kSetup; }

std::string hook_document(const Setup& setup) {
  const std::string path = in(setup.host_folder, kName);
  std::string args = kube::json_quoted(path) + ", \"createRuntime\", \"--log-fname\", " +
                     kube::json_quoted(in(setup.host_folder, std::string(kName) + ".log"));
  for (const std::string& each : setup.arguments) args += ", " + kube::json_quoted(each);
  return "{\n  \"version\": \"1.0.0\",\n  \"hook\": {\n    \"path\": " + kube::json_quoted(path) +
         ",\n    \"args\": [" + args +
         "]\n  },\n  \"when\": {\"always\": true},\n  \"stages\": [\"createRuntime\"]\n}\n";
}

Result<void> install(const Setup& setup) {
  std::ifstream file(setup.program);
  std::ostringstream program;
  program << file.rdbuf();
  if (!file.is_open() || program.view().empty()) return fail("read", setup.program, errno);
  // The program first: a runtime that finds the file starts it.
  if (auto done = put(in(setup.local_folder, kName), program.view(), 0755); !done) return done;
  return put(in(setup.hooks_folder, std::string(kName) + ".json"), hook_document(setup), 0644);
}

Result<void> uninstall(const Setup& setup) {
  for (const std::string& path :
       {in(setup.hooks_folder, std::string(kName) + ".json"), in(setup.local_folder, kName)})
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return fail("remove", path, errno);
  return {};
}

}  // namespace tripline::oci
