/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that are measured. In a guest whose clock counts instructions a nanosecond is an instruction.
 *
 *   workload cost OP ARG        prints what one round costs: the cheapest of many batches is free of interruptions
 *   workload stopped OP ARG     the same while the parent, which would read our events, is stopped
 *   workload times N OP ARG     does it N times and prints nothing
 *   workload burst N OP ARG     the same while the parent is stopped
 *   workload where NAME         prints where in its file one of its functions is: bench_number, bench_text or bench_marker
 *   workload start CMD ARGS...  prints the CPU time that CMD takes until it has written its first byte
 *
 * A round of OP: `open FILE` opens and closes it, `read FILE` reads a byte, `write FILE` writes one, `lseek FD` asks for
 * the position of a descriptor, which need not be one; `prctl N` asks for an operation that there is not; `dup FD` duplicates
 * one; `number N` and `text TEXT` call a function
 * of this program, `marker N` passes a USDT probe of it; `spawn -` forks a process that executes
 * this program anew and ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sdt.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 60, ROUNDS = 100 };

static long long now(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void must(int good, const char* what) {
  if (good) return;
  perror(what);
  exit(1);
}

static void round_open(const char* file) {
  int fd = open(file, O_RDONLY);

  must(fd >= 0, file);
  close(fd);
}

static void round_read(const char* file) {
  static int fd = -1;
  char byte;

  if (fd < 0) fd = open(file, O_RDONLY);
  must(pread(fd, &byte, 1, 0) == 1, file);
}

static void round_write(const char* file) {
  static int fd = -1;

  if (fd < 0) fd = open(file, O_WRONLY);
  must(pwrite(fd, "x", 1, 0) == 1, file);
}

static void round_dup(const char* fd) {
  int other = dup(atoi(fd));

  must(other >= 0, fd);
  close(other);
}

static void round_lseek(const char* fd) { (void)lseek(atoi(fd), 0, SEEK_CUR); }

static void round_prctl(const char* number) { (void)prctl(atoi(number), 0L, 0L, 0L, 0L); }

/* What is hooked in user space. */
#define HOOKED __attribute__((noinline, noclone, used, externally_visible))
HOOKED long bench_number(long number) {
  __asm__ volatile("" : "+r"(number));
  return number;
}
HOOKED long bench_text(const char* text) {
  __asm__ volatile("" : "+r"(text));
  return (long)text;
}
HOOKED void bench_marker(long number) { DTRACE_PROBE1(bench, marker, number); }

static void round_number(const char* number) { bench_number(number[0] == '7' ? 770000 : 1); }
static void round_marker(const char* number) { bench_marker(number[0] == '7' ? 770000 : 1); }
static void round_text(const char* text) { bench_text(text); }

/* Where the byte at an address of this program is in its file. */
static void where(const char* name) {
  unsigned long address = (unsigned long)(!strcmp(name, "bench_text")     ? (void*)bench_text
                                          : !strcmp(name, "bench_marker") ? (void*)bench_marker
                                                                          : (void*)bench_number);
  unsigned long first, last, offset;
  char line[512];
  FILE* maps = fopen("/proc/self/maps", "r");

  must(maps != NULL, "maps");
  while (fgets(line, sizeof(line), maps)) {
    if (sscanf(line, "%lx-%lx %*s %lx", &first, &last, &offset) != 3 || address < first || address >= last)
      continue;
    printf("%lu\n", address - first + offset);
    return;
  }
}

static void round_spawn(const char* unused) {
  static char* argv[] = {"workload", "nop", NULL};
  pid_t child = fork();

  (void)unused;
  if (child == 0) {
    execv("/proc/self/exe", argv);
    _exit(1);
  }
  must(child > 0 && waitpid(child, NULL, 0) == child, "spawn");
}

static const struct operation {
  const char* name;
  void (*round)(const char*);
} operations[] = {{"open", round_open},    {"read", round_read},     {"write", round_write},
                  {"lseek", round_lseek},  {"dup", round_dup},       {"prctl", round_prctl},
                  {"spawn", round_spawn},  {"number", round_number}, {"text", round_text},
                  {"marker", round_marker}};

static const struct operation* operation_of(const char* name) {
  for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
    if (!strcmp(operations[i].name, name)) return &operations[i];
  fprintf(stderr, "workload: there is no %s\n", name);
  exit(2);
}

static void cost(const char* name, const char* argument) {
  const struct operation* operation = operation_of(name);
  long long best = -1;

  for (int batch = 0; batch < BATCHES; batch++) {
    long long start = now(), spent;

    for (int round = 0; round < ROUNDS; round++) operation->round(argument);
    spent = now() - start;
    if (best < 0 || spent < best) best = spent;
  }
  printf("%.1f\n", (double)best / ROUNDS);
}

static void times(long n, const char* name, const char* argument) {
  const struct operation* operation = operation_of(name);

  while (n-- > 0) operation->round(argument);
}

static void start(char** command) {
  int ends[2];
  char byte;
  pid_t child;
  clockid_t clock;
  struct timespec t;

  must(pipe(ends) == 0, "pipe");
  child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(command[0], command);
    _exit(127);
  }
  close(ends[1]);
  must(child > 0 && read(ends[0], &byte, 1) == 1, "first byte");
  must(clock_getcpuclockid(child, &clock) == 0 && clock_gettime(clock, &t) == 0, "CPU time");
  printf("%lld\n", t.tv_sec * 1000000000LL + t.tv_nsec);
  while (read(ends[0], &byte, 1) == 1) {
  }
  must(waitpid(child, NULL, 0) == child, "wait");
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";

  if (!strcmp(what, "nop")) return 0;
  if (!strcmp(what, "cost") && argc == 4) {
    cost(argv[2], argv[3]);
  } else if (!strcmp(what, "stopped") && argc == 4) {
    must(kill(getppid(), SIGSTOP) == 0, "stop");
    cost(argv[2], argv[3]);
    must(kill(getppid(), SIGCONT) == 0, "continue");
  } else if (!strcmp(what, "burst") && argc == 5) {
    must(kill(getppid(), SIGSTOP) == 0, "stop");
    times(atol(argv[2]), argv[3], argv[4]);
    must(kill(getppid(), SIGCONT) == 0, "continue");
  } else if (!strcmp(what, "times") && argc == 5) {
    times(atol(argv[2]), argv[3], argv[4]);
  } else if (!strcmp(what, "where") && argc == 3) {
    where(argv[2]);
  } else if (!strcmp(what, "start") && argc > 2) {
    start(argv + 2);
  } else {
    fprintf(stderr, "workload: cost|stopped OP ARG, times|burst N OP ARG or start CMD ARGS...\n");
    return 2;
  }
  return 0;
}
