/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What user_test.py hooks: functions that end in unusual ways.
 *
 *   target number N...    work(N) for each
 *   target deep N         a function that calls itself N times
 *   target jump           work(1), then out of work_and_leave(2) by longjmp, then work(3)
 *   target jumps          out of work_and_leave(2) by longjmp, then work_and_leave(3), as deep as that
 *   target exec           work_and_leave(4) executes this program anew, which calls work(5)
 *   target thread         work_and_leave(6) ends its thread; then work(7)
 *   target signal         a handler that interrupts work_and_wait(8) calls work(9)
 *   target vfork          a child of vfork() calls work(10), then the parent work(11)
 *   target many N         N threads call work(12) 100 times each
 *   target cold           text in memory that is not present
 *   target wait           work(N) for each line N of standard input
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOOKED __attribute__((noinline, noclone, used, externally_visible))

HOOKED long work(long number) {
  __asm__ volatile("" : "+r"(number)::"memory");
  return number + 100;
}
HOOKED long text(const char* text) {
  __asm__ volatile("" : "+r"(text)::"memory");
  return 0;
}
HOOKED long instead(long number) {
  __asm__ volatile("" : "+r"(number)::"memory");
  return number + 5000;
}
HOOKED long deep(long number) {
  __asm__ volatile("" : "+r"(number)::"memory");
  return number == 0 ? 0 : 1 + deep(number - 1);
}

static jmp_buf out;

HOOKED long work_and_leave(long number) {
  static char* again[] = {"target", "number", "5", NULL};

  __asm__ volatile("" : "+r"(number)::"memory");
  if (number == 2) longjmp(out, 1);
  if (number == 4) execv("/proc/self/exe", again);
  if (number == 6) pthread_exit(NULL);
  return number;
}

HOOKED long work_and_wait(long number) {
  __asm__ volatile("" : "+r"(number)::"memory");
  raise(SIGUSR1);
  return number;
}

static void on_signal(int unused) {
  (void)unused;
  work(9);
}

static void* leave(void* unused) {
  work_and_leave(6);
  return unused;
}

static void* often(void* unused) {
  for (int i = 0; i < 100; i++) work(12);
  return unused;
}

/* A string in a file that nobody has read yet: the page comes in when it is touched. */
static void cold(void) {
  char name[] = "/tmp/cold-XXXXXX";
  int file = mkstemp(name);
  char* page;

  if (file < 0 || ftruncate(file, 8192) != 0 || pwrite(file, "out of reach", 13, 4090) != 13) exit(1);
  page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, file, 0);
  unlink(name);
  text(page + 4090);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  char line[64];

  if (!strcmp(what, "number")) {
    for (int i = 2; i < argc; i++) printf("%ld\n", work(atol(argv[i])));
  } else if (!strcmp(what, "deep") && argc == 3) {
    printf("%ld\n", deep(atol(argv[2])));
  } else if (!strcmp(what, "jump")) {
    work(1);
    if (!setjmp(out)) work_and_leave(2);
    work(3);
  } else if (!strcmp(what, "jumps")) {
    for (volatile long n = 2; n <= 3; n++)
      if (!setjmp(out)) work_and_leave(n);
  } else if (!strcmp(what, "exec")) {
    work_and_leave(4);
  } else if (!strcmp(what, "thread")) {
    pthread_t thread;

    pthread_create(&thread, NULL, leave, NULL);
    pthread_join(thread, NULL);
    work(7);
  } else if (!strcmp(what, "signal")) {
    signal(SIGUSR1, on_signal);
    work_and_wait(8);
  } else if (!strcmp(what, "vfork")) {
    pid_t child = vfork();

    if (child == 0) {
      work(10);
      _exit(0);
    }
    waitpid(child, NULL, 0);
    work(11);
  } else if (!strcmp(what, "many") && argc == 3) {
    int count = atoi(argv[2]);
    pthread_t threads[64];

    for (int i = 0; i < count && i < 64; i++) pthread_create(&threads[i], NULL, often, NULL);
    for (int i = 0; i < count && i < 64; i++) pthread_join(threads[i], NULL);
  } else if (!strcmp(what, "cold")) {
    cold();
  } else if (!strcmp(what, "wait")) {
    while (fgets(line, sizeof(line), stdin)) {
      printf("%ld\n", work(atol(line)));
      fflush(stdout);
    }
  } else {
    return 2;
  }
  return 0;
}
