/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* act: small deterministic doings for the recorded scenarios of h4 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#define NI __attribute__((noinline, noclone, used, externally_visible))
struct rec {
  int a;
  unsigned b;
  long c;
  char name[16];
  struct rec* next;
};
NI int up_one(int a) {
  asm volatile("" ::: "memory");
  return a + 100;
}
NI long up_two(long a, unsigned long b, int c) {
  asm volatile("" ::: "memory");
  return a + (long)b + c;
}
NI int up_str(const char* s, int n) {
  asm volatile("" ::: "memory");
  return (int)strlen(s) + n;
}
NI int up_five(int a, unsigned b, short c, signed char d, unsigned char e) {
  asm volatile("" ::: "memory");
  return a + b + c + d + e;
}
NI int up_buf(const char* p, unsigned long n) {
  asm volatile("" ::: "memory");
  return (int)n + (p ? 0 : 1);
}
NI int up_rec(struct rec* r) {
  asm volatile("" ::: "memory");
  return r->a;
}
NI int up_fill(char* p, int n) {
  for (int i = 0; i < n; i++) p[i] = 'A' + i;
  asm volatile("" ::: "memory");
  return n;
}
NI int up_null(const char* s) {
  asm volatile("" ::: "memory");
  return s == NULL;
}
NI void up_void(void) { asm volatile("" ::: "memory"); }
static long num(const char* s) { return strtol(s, 0, 0); }
int main(int c, char** v) {
  if (c < 2) return 99;
  const char* k = v[1];
#define IS(x) (!strcmp(k, x))
  if (IS("one")) {
    for (int i = 2; i < c; i++) printf("%d\n", up_one((int)num(v[i])));
    return 0;
  }
  if (IS("two")) {
    printf("%ld\n", up_two(num(v[2]), strtoul(v[3], 0, 0), (int)num(v[4])));
    return 0;
  }
  if (IS("str")) {
    for (int i = 2; i < c; i++) printf("%d\n", up_str(v[i], i));
    return 0;
  }
  if (IS("five")) {
    printf("%d\n", up_five((int)num(v[2]), (unsigned)strtoul(v[3], 0, 0), (short)num(v[4]),
                           (signed char)num(v[5]), (unsigned char)num(v[6])));
    return 0;
  }
  if (IS("buf")) {
    printf("%d\n", up_buf(v[2], strtoul(v[3], 0, 0)));
    return 0;
  }
  if (IS("rec")) {
    struct rec q = {7, 8, 9, "inner", 0}, r = {(int)num(v[2]), 22, -33, "outer", &q};
    if (c > 3) r.next = 0;
    printf("%d\n", up_rec(&r));
    return 0;
  }
  if (IS("fill")) {
    char b[64] = {0};
    printf("%d\n", up_fill(b, (int)num(v[2])));
    return 0;
  }
  if (IS("null")) {
    printf("%d\n", up_null(c > 2 ? v[2] : NULL));
    return 0;
  }
  if (IS("void")) {
    up_void();
    up_void();
    return 0;
  }
  if (IS("all")) {
    up_one(1);
    up_two(2, 3, 4);
    up_str("abc", 5);
    up_void();
    return 0;
  }
  /* system calls */
  if (IS("prctl")) {
    errno = 0;
    long r = syscall(SYS_prctl, num(v[2]), c > 3 ? num(v[3]) : 0, c > 4 ? num(v[4]) : 0,
                     c > 5 ? num(v[5]) : 0, c > 6 ? num(v[6]) : 0);
    printf("%ld %d\n", r, errno);
    return 0;
  }
  if (IS("lseek")) {
    for (int i = 2; i + 2 < c; i += 3) {
      errno = 0;
      long r = syscall(SYS_lseek, num(v[i]), num(v[i + 1]), num(v[i + 2]));
      printf("%ld %d\n", r, errno);
    }
    return 0;
  }
  if (IS("raw")) { /* raw N args.. */
    errno = 0;
    long a[6] = {0};
    for (int i = 3; i < c && i < 9; i++) a[i - 3] = num(v[i]);
    long r = syscall(num(v[2]), a[0], a[1], a[2], a[3], a[4], a[5]);
    printf("%ld %d\n", r, errno);
    return 0;
  }
  if (IS("int80")) { /* 32-bit entry: int80 N a b */
    long r;
    asm volatile("int $0x80"
                 : "=a"(r)
                 : "a"(num(v[2])), "b"(c > 3 ? num(v[3]) : 0), "c"(c > 4 ? num(v[4]) : 0)
                 : "memory", "r8", "r9", "r10", "r11");
    printf("%ld\n", r);
    return 0;
  }
  if (IS("write")) {
    int f = open(v[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (f != 7) {
      dup2(f, 7);
      close(f);
    }
    long r = write(7, v[3], c > 4 ? (size_t)num(v[4]) : strlen(v[3]));
    printf("%ld\n", r);
    return 0;
  }
  if (IS("writes")) {
    int f = open("/dev/null", O_WRONLY);
    dup2(f, 7);
    for (int i = 2; i < c; i++) {
      errno = 0;
      long r = write(7, v[i], strlen(v[i]));
      printf("%ld %d\n", r, errno);
    }
    return 0;
  }
  if (IS("writev")) {
    int f = open("/dev/null", O_WRONLY);
    dup2(f, 7);
    struct iovec io[8];
    int n = 0;
    for (int i = 2; i < c && n < 8; i++, n++) {
      io[n].iov_base = v[i];
      io[n].iov_len = strlen(v[i]);
    }
    printf("%ld\n", (long)writev(7, io, n));
    return 0;
  }
  if (IS("open")) {
    for (int i = 2; i < c; i++) {
      errno = 0;
      int f = open(v[i], O_RDONLY);
      printf("%s %d\n", f >= 0 ? "ok" : "no", errno);
      if (f >= 0) close(f);
    }
    return 0;
  }
  if (IS("creat")) {
    for (int i = 2; i < c; i++) {
      int f = open(v[i], O_WRONLY | O_CREAT, 0644);
      printf("%s %d\n", f >= 0 ? "ok" : "no", errno);
      if (f >= 0) close(f);
    }
    return 0;
  }
  if (IS("unlink")) {
    for (int i = 2; i < c; i++) {
      errno = 0;
      int r = unlink(v[i]);
      printf("%d %d\n", r, errno);
    }
    return 0;
  }
  if (IS("chdir")) {
    for (int i = 2; i < c; i++) {
      errno = 0;
      int r = chdir(v[i]);
      printf("%d %d\n", r, errno);
    }
    return 0;
  }
  if (IS("name")) {
    prctl(PR_SET_NAME, v[2]);
    return 0;
  }
  if (IS("fork")) {
    for (int i = 0; i < num(v[2]); i++) {
      pid_t p = fork();
      if (!p) _exit(i + 3);
      int st;
      waitpid(p, &st, 0);
      printf("%d\n", WEXITSTATUS(st));
    }
    return 0;
  }
  if (IS("exit")) _exit((int)num(v[2]));
  if (IS("sig")) {
    kill(getpid(), (int)num(v[2]));
    return 0;
  }
  if (IS("nice")) {
    errno = 0;
    int r = setpriority(0, 0, (int)num(v[2]));
    printf("%d %d\n", r, errno);
    return 0;
  }
  if (IS("exec")) {
    execv(v[2], v + 2);
    return 98;
  }
  if (IS("umask")) {
    for (int i = 2; i < c; i++) printf("%ld\n", syscall(SYS_umask, num(v[i])));
    return 0;
  }
  if (IS("dup2")) {
    for (int i = 2; i + 1 < c; i += 2) {
      errno = 0;
      long r = syscall(SYS_dup2, num(v[i]), num(v[i + 1]));
      printf("%ld %d\n", r, errno);
    }
    return 0;
  }
  return 97;
}
