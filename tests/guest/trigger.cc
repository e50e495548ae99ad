// SPDX-License-Identifier: Apache-2.0
// Does one observable thing, named by its arguments, for the guest tests. Ends with status 0 when it was done.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

int number(const char* text) { return std::atoi(text); }

void must(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::_Exit(1);
}

[[noreturn]] void become(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv("/proc/self/exe", argv.data());
  must(false, "exec");
  std::abort();
}

// N children, each of which executes `nop` and ends; eight at a time.
void storm(int n) {
  int running = 0;
  for (int i = 0; i < n; ++i) {
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) become({"trigger", "nop", std::to_string(i)});
    if (++running == 8) {
      must(wait(nullptr) > 0, "wait");
      --running;
    }
  }
  while (wait(nullptr) > 0) {
  }
}

// N children that end at once, without exec.
void forks(int n) {
  for (int i = 0; i < n; ++i) {
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) _exit(i & 0x7f);
    must(waitpid(child, nullptr, 0) == child, "wait");
  }
}

pthread_barrier_t barrier;

void* end_together(void*) {
  pthread_barrier_wait(&barrier);
  return nullptr;
}

// N processes of four threads that end at the same moment.
void threads(int n) {
  for (int i = 0; i < n; ++i) {
    const pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
      pthread_barrier_init(&barrier, nullptr, 4);
      pthread_t thread;
      for (int t = 0; t < 3; ++t) pthread_create(&thread, nullptr, end_together, nullptr);
      end_together(nullptr);
      pthread_exit(nullptr);
    }
    must(waitpid(child, nullptr, 0) == child, "wait");
  }
}

// Opens PATH n times. With `stopped` the parent, which reads our events, is stopped meanwhile.
void flood(const char* path, int n, bool stopped) {
  if (stopped) must(kill(getppid(), SIGSTOP) == 0, "stop");
  for (int i = 0; i < n; ++i) {
    const int fd = open(path, O_RDONLY);
    must(fd >= 0, "open");
    close(fd);
  }
  if (stopped) must(kill(getppid(), SIGCONT) == 0, "continue");
}

// Executes `nop` with that many bytes of arguments in words of a thousand.
[[noreturn]] void arguments(int bytes) {
  std::vector<std::string> words = {"trigger", "nop"};
  for (; bytes > 0; bytes -= 1000)
    words.emplace_back(static_cast<size_t>(bytes > 1000 ? 999 : bytes - 1), 'x');
  become(std::move(words));
}

// Goes down n folders below the current one, and executes `nop` there.
[[noreturn]] void deep(int n) {
  for (int i = 0; i < n; ++i) {
    must(mkdir("d", 0755) == 0 && chdir("d") == 0, "go down");
  }
  become({"trigger", "nop"});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "nop") return 0;
  if (what == "storm" && argc == 3)
    storm(number(argv[2]));
  else if (what == "forks" && argc == 3)
    forks(number(argv[2]));
  else if (what == "threads" && argc == 3)
    threads(number(argv[2]));
  else if (what == "flood" && argc == 4)
    flood(argv[2], number(argv[3]), false);
  else if (what == "flood-stopped" && argc == 4)
    flood(argv[2], number(argv[3]), true);
  else if (what == "arguments" && argc == 3)
    arguments(number(argv[2]));
  else if (what == "deep" && argc == 3)
    deep(number(argv[2]));
  else {
    std::fprintf(stderr, "trigger: there is no %s\n", what.c_str());
    return 2;
  }
  return 0;
}
