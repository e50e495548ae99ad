// SPDX-License-Identifier: Apache-2.0
#include "main/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tripline {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail("make pipe", "", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// What the forked process does; never returns.
[[noreturn]] void be_child(char** argv, int go, int failed, const Inherited& inherited) {
  char byte = 0;
  ssize_t got;
  do {
    got = read(go, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) _exit(127);  // nobody is left who would let us go
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &inherited.mask, nullptr);
  setrlimit(RLIMIT_NOFILE, &inherited.files);
  execvp(argv[0], argv);
  const int error = errno;
  const ssize_t written = write(failed, &error, sizeof(error));
  _exit(written == sizeof(error) && error != ENOENT ? 126 : 127);
}

}  // namespace

Result<Child> Child::fork_waiting(std::vector<std::string> command, const Inherited& inherited) {
  Result<Pipe> go = make_pipe();
  Result<Pipe> failed = make_pipe();
  if (!go) return std::unexpected(go.error());
  if (!failed) return std::unexpected(failed.error());
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  Child child;
  child.pid_ = fork();
  if (child.pid_ < 0) return fail("fork", "", errno);
  if (child.pid_ == 0) {
    go->write.reset();  // so that our end ends the wait
    be_child(argv.data(), go->read.get(), failed->write.get(), inherited);
  }
  child.waiting_ = true;
  child.go_ = std::move(go->write);
  child.failed_ = std::move(failed->read);
  return child;
}

Child::~Child() {
  if (!waiting_ || !go_) return;
  go_.reset();
  waitpid(pid_, nullptr, 0);
}

int Child::let_go() {
  waiting_ = false;
  const char byte = 1;
  const ssize_t written = write(go_.get(), &byte, 1);
  go_.reset();
  if (written != 1) return errno;
  int error = 0;
  ssize_t got;
  do {
    got = read(failed_.get(), &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  failed_.reset();
  return got == sizeof(error) ? error : 0;
}

std::optional<int> Child::ended() {
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return {};
  if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
  return WEXITSTATUS(status);
}

}  // namespace tripline
