// SPDX-License-Identifier: Apache-2.0
// Does one observable thing, named by its arguments, for the guest tests. Ends with status 0 when it was done.
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
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

constexpr int kWaitedFor = 200;  // the descriptor that threads wait for

void* wait_for_a_byte(void*) {
  char byte = 0;
  must(read(kWaitedFor, &byte, 1) == 1, "read");
  return nullptr;
}

// N threads that are in the same system call at once, before the first of them returns.
void waiting(int n) {
  int ends[2];
  must(pipe(ends) == 0 && dup2(ends[0], kWaitedFor) == kWaitedFor, "pipe");
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 32 << 10);
  std::vector<pthread_t> all(static_cast<size_t>(n));
  for (pthread_t& thread : all)
    must(pthread_create(&thread, &small, wait_for_a_byte, nullptr) == 0, "pthread_create");
  sleep(2);  // the last of them has to get there
  const std::string bytes(all.size(), 'x');
  must(write(ends[1], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
  for (const pthread_t thread : all) pthread_join(thread, nullptr);
}

// Processes with those ids of 22 bits whose low 15 bits are one of n numbers, all alive at once.
void crowd(int n) {
  constexpr int kApart = 1 << 15, kFirst = 20000, kLast = 1 << 22;
  const rlimit most{1 << 16, 1 << 16};
  setrlimit(RLIMIT_NPROC, &most);
  int ends[2];
  must(pipe(ends) == 0, "pipe");
  for (int id = kFirst; id < kLast; id += kApart) {
    for (pid_t pid = id; pid < id + n; ++pid) {
      clone_args arguments{};
      arguments.exit_signal = SIGCHLD;
      arguments.set_tid = reinterpret_cast<uintptr_t>(&pid);
      arguments.set_tid_size = 1;
      const long child = syscall(SYS_clone3, &arguments, sizeof(arguments));
      must(child >= 0, "clone3");
      if (child > 0) continue;
      char byte = 0;
      close(ends[1]);
      (void)!read(ends[0], &byte, 1);  // until the parent has ended, or closed its end
      _exit(0);
    }
  }
  close(ends[1]);
  while (wait(nullptr) > 0) {
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

// Says that its arguments are gigabytes of memory, of which it has touched the beginning, and waits.
[[noreturn]] void huge() {
  constexpr size_t kSize = size_t{16} << 30, kTouched = size_t{1} << 20;
  char* memory = static_cast<char*>(
      mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  must(memory != MAP_FAILED, "mmap");
  for (size_t at = 0; at < kTouched; at += 2) memory[at] = 'x';
  const auto start = reinterpret_cast<unsigned long>(memory);
  must(prctl(PR_SET_MM, PR_SET_MM_ARG_START, start, 0, 0) == 0, "PR_SET_MM_ARG_START");
  must(prctl(PR_SET_MM, PR_SET_MM_ARG_END, start + kSize, 0, 0) == 0, "PR_SET_MM_ARG_END");
  std::puts("ready");
  std::fflush(stdout);
  for (;;) pause();
}

// Goes down n folders below the current one, and executes `nop` there.
[[noreturn]] void deep(int n) {
  for (int i = 0; i < n; ++i) {
    must(mkdir("d", 0755) == 0 && chdir("d") == 0, "go down");
  }
  become({"trigger", "nop"});
}

constexpr int kYields = 16;  // a turn is lost after so many calls at the latest
const char* read_file = nullptr;
int read_calls = 0;

void* read_and_yield(void*) {
  const int file = open(read_file, O_RDONLY);
  char byte = 0;
  for (int n = 0; n < read_calls; ++n) {
    if (pread(file, &byte, 1, 0) < 0) must(errno == EPERM, "read");
    if (n % kYields == 0) sched_yield();
  }
  return nullptr;
}

// N threads that read the file so many times each, and take the CPU from one another.
void readers(const char* file, int n, int calls) {
  signal(SIGURG, SIG_IGN);
  read_file = file;
  read_calls = calls;
  std::vector<pthread_t> all(static_cast<size_t>(n));
  for (pthread_t& thread : all)
    must(pthread_create(&thread, nullptr, read_and_yield, nullptr) == 0, "pthread_create");
  for (const pthread_t thread : all) pthread_join(thread, nullptr);
}

// Opens the file by a system call of the 32-bit mode, which a 64-bit program can make too.
void open32(const char* path) {
  constexpr size_t kSize = 4096;
  constexpr long kOpenat = 295;
  char* low = static_cast<char*>(
      mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));
  must(low != MAP_FAILED && std::strlen(path) < kSize, "mmap");
  std::strcpy(low, path);
  long result = kOpenat;
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(AT_FDCWD), "c"(low), "d"(O_RDONLY), "S"(0)
               : "memory", "r8", "r9", "r10", "r11");
  if (result < 0) errno = static_cast<int>(-result);
  must(result >= 0, "open32");
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
  else if (what == "waiting" && argc == 3)
    waiting(number(argv[2]));
  else if (what == "readers" && argc == 5)
    readers(argv[2], number(argv[3]), number(argv[4]));
  else if (what == "crowd" && argc == 3)
    crowd(number(argv[2]));
  else if (what == "flood" && argc == 4)
    flood(argv[2], number(argv[3]), false);
  else if (what == "flood-stopped" && argc == 4)
    flood(argv[2], number(argv[3]), true);
  else if (what == "arguments" && argc == 3)
    arguments(number(argv[2]));
  else if (what == "open32" && argc == 3)
    open32(argv[2]);
  else if (what == "huge")
    huge();
  else if (what == "deep" && argc == 3)
    deep(number(argv[2]));
  else {
    std::fprintf(stderr, "trigger: there is no %s\n", what.c_str());
    return 2;
  }
  return 0;
}
