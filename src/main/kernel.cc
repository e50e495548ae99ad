// SPDX-License-Identifier: Apache-2.0
// `tripline kernel dump` and `tripline kernel show`: the running Kernel as a file, and any Kernel as text.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>

#include "kernel/kernel.h"
#include "main/commands.h"

namespace tripline {
namespace {

int refuse(const std::string& message) {
  fmt::print(stderr, "tripline: {}\n", message);
  return 1;
}

void print_unreadable(const ProbeReport& report) {
  for (const std::string& fact : report.unreadable) fmt::print(stderr, "tripline: could not read {}\n", fact);
}

void print_kernel(const Kernel& kernel) {
  const auto line = [](std::string_view name, std::string_view value) {
    fmt::print("{:<17}{}\n", name, value);
  };
  line("release", kernel.release);
  line("machine", kernel.machine);
  line("types", kernel.btf ? fmt::format("{} ({} functions)", kernel.btf->type_count(),
                                         kernel.btf->function_names().size())
                           : "unknown: the kernel has no BTF");
  line("LSMs", kernel.lsms.empty() ? "unknown" : fmt::format("{}", fmt::join(kernel.lsms, ", ")));
  if (!kernel.lsm_refused.empty())
    line("no programs at", fmt::format("{}", fmt::join(kernel.lsm_refused, ", ")));
  line("functions", kernel.functions_known
                        ? fmt::format("{} can be traced, {} more in modules", kernel.functions.size(),
                                      kernel.module_functions.size())
                        : "unknown which can be traced");
  line("tracepoints",
       kernel.tracepoints.empty()
           ? "unknown"
           : fmt::format("{}, the formats of {}", kernel.tracepoints.size(), kernel.formats.size()));
  line("error injection", kernel.error_injection.empty()
                              ? "no known functions"
                              : fmt::format("{} functions", kernel.error_injection.size()));

  fmt::print("\nfeatures\n");
  const auto feature = [](bool has, std::string_view name, std::string_view what) {
    fmt::print("  {:<4}{:<22}{}\n", has ? "yes" : "no", name, what);
  };
#define TRIPLINE_PRINT_FEATURE(name, what) feature(kernel.features.name, #name, what);
  TRIPLINE_FEATURES(TRIPLINE_PRINT_FEATURE)
#undef TRIPLINE_PRINT_FEATURE

  fmt::print("\nconfiguration{}\n", kernel.config.empty() ? ": unknown" : "");
  for (const std::string& option : kernel.config) fmt::print("  {}\n", option);
}

}  // namespace

int kernel_dump_command() {
  if (isatty(STDOUT_FILENO)) return refuse("a saved kernel is binary: redirect the output to a file");
  const Result<ProbeReport> report = probe_kernel();
  if (!report) return refuse(report.error().text());
  print_unreadable(*report);
  const Result<std::vector<std::byte>> file = save_kernel(report->kernel);
  if (!file) return refuse(file.error().text());
  if (std::fwrite(file->data(), 1, file->size(), stdout) != file->size() || std::fflush(stdout) != 0) {
    return refuse(fmt::format("write: {}", std::strerror(errno)));
  }
  return 0;
}

int kernel_show_command(const std::string& path) {
  if (!path.empty()) {
    const Result<Kernel> kernel = read_kernel_file(path);
    if (!kernel) return refuse(kernel.error().text());
    print_kernel(*kernel);
    return 0;
  }
  const Result<ProbeReport> report = probe_kernel();
  if (!report) return refuse(report.error().text());
  print_kernel(report->kernel);
  print_unreadable(*report);
  return 0;
}

}  // namespace tripline
