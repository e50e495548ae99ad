// SPDX-License-Identifier: Apache-2.0
// The subcommands of the binary, one file each, and what their command lines say, which tripline.cc fills in from the
// tables of program.h. A command prints what it has to say and returns the exit status of the process.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flags/parse.h"
#include "load/host.h"

namespace tripline {

struct CheckFlags {
  std::vector<std::string> paths;  // policies, folders of them, "-" for standard input
  std::string kernel;              // a saved kernel; empty: the running one
  std::string format = "text";     // or "json"
  std::string root = {};           // where programs and libraries are looked up; empty: "/"
};

struct CompileFlags {
  std::vector<std::string> files;
  std::string kernel;
  std::string output;
  std::string root = {};
};

struct ExplainFlags {
  std::vector<std::string> files;
  std::string kernel;
  std::string root = {};
};

struct ExpandFlags {
  std::vector<std::string> files;  // "-" for standard input; none: that alone
};

struct RunFlags {
  std::vector<std::string> policies;
  std::string format = "json";
  std::vector<std::string> events;  // FORMAT:FILE
  std::string stats;                // FILE; empty: not wanted
  bool all = false;
  uint64_t ring_size = HostOptions{}.events;
  bool parents_map = false;
  bool process_cred = false;
  bool process_ns = false;
  bool environment = false;
  std::vector<std::string> variables;
  std::string users = "disabled";
  std::string cluster;
  std::vector<std::string> ancestors;
  bool timestamps = false;
  bool why = false;
  bool stack_addresses = false;
  bool network_actions = false;
  std::string pod;  // NAMESPACE/NAME[,LABEL=VALUE]...; empty: there is no Kubernetes
  std::string color = "auto";
  std::vector<std::string> command;
};

[[nodiscard]] int check_command(const CheckFlags& flags);
[[nodiscard]] int compile_command(const CompileFlags& flags);
[[nodiscard]] int explain_command(const ExplainFlags& flags);
// Names of definitions; none: all.
[[nodiscard]] int crds_command(const std::vector<std::string>& names);
[[nodiscard]] int expand_command(const ExpandFlags& flags);
[[nodiscard]] int kernel_dump_command();
[[nodiscard]] int kernel_show_command(const std::string& path);  // empty: the running kernel
[[nodiscard]] int run_command(const RunFlags& flags);
[[nodiscard]] int webhook_command(const flags::Parsed& parsed);
[[nodiscard]] int man_command(const std::string& folder);
// These read their command line themselves, as the programs do whose names they also answer to. `own_name`: as a
// sub-command of `tripline`.
[[nodiscard]] int agent_command(std::span<const std::string_view> args, bool own_name);
[[nodiscard]] int client_command(std::span<const std::string_view> args, bool own_name);
[[nodiscard]] int operator_command(std::span<const std::string_view> args, bool own_name);
[[nodiscard]] int oci_hook_command(std::span<const std::string_view> args);
[[nodiscard]] int oci_hook_setup_command(std::span<const std::string_view> args);
[[nodiscard]] int cel_command(std::span<const std::string_view> args);

// Whether `tripline` with these arguments is the client.
[[nodiscard]] bool is_client_command(std::span<const std::string_view> args);

}  // namespace tripline
