/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens and closes a file again and again and prints what one round costs: `workload FILE`. In a guest whose clock
 * counts instructions, a nanosecond is an instruction; the cheapest of many batches is free of interruptions.
 * `workload --once FILE` does it one time and prints nothing.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BATCHES = 60, ROUNDS = 100 };

static long long now(void) {
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int once(const char* file) {
  int fd = open(file, O_RDONLY);

  if (fd < 0) return -1;
  close(fd);
  return 0;
}

int main(int argc, char** argv) {
  long long best = -1;

  if (argc == 3 && !strcmp(argv[1], "--once")) return once(argv[2]) != 0;
  if (argc != 2) return 2;
  for (int batch = 0; batch < BATCHES; batch++) {
    long long start = now(), spent;

    for (int round = 0; round < ROUNDS; round++) {
      if (once(argv[1]) != 0) {
        perror(argv[1]);
        return 1;
      }
    }
    spent = now() - start;
    if (best < 0 || spent < best) best = spent;
  }
  printf("%.1f\n", (double)best / ROUNDS);
  return 0;
}
