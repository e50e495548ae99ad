// SPDX-License-Identifier: Apache-2.0
// The command that `tripline run` runs: forked first and released later, so that everything it does is seen,
// including its exec.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace tripline {

// What this process had when `run` began, and has changed for itself.
struct Inherited {
  sigset_t mask;
  rlimit files;
};

class Child {
 public:
  // Forks a process that waits. It gets what is `inherited`; SIGPIPE is set to its default.
  static Result<Child> fork_waiting(std::vector<std::string> command, const Inherited& inherited);

  Child(Child&&) = default;
  Child& operator=(Child&&) = default;
  // Kills and reaps the process when it was never let go.
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Lets it execute the command. The errno of a failed exec, else 0.
  int let_go();
  // The exit status as a shell shows it (128+N for signal N), once the process has ended.
  std::optional<int> ended();

 private:
  Child() = default;
  pid_t pid_ = 0;
  bool waiting_ = false;
  Fd go_;      // a byte written here lets it go
  Fd failed_;  // the errno of a failed exec comes from here
};

}  // namespace tripline
