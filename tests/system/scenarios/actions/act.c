/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
// act OP... : runs small operations in order and prints one line for each. Fields of an op are separated by commas.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
static char self[4096];
static int slot[32];
static char *f[16];
static int nf;
static void run(const char *op);
static void out(const char *op, long rc) {
  int e = errno;
  printf("%s = %ld%s%s\n", op, rc < 0 ? -1 : rc, rc < 0 ? " " : "", rc < 0 ? strerrorname_np(e) : "");
  fflush(stdout);
}
static void onsig(int s) { char b[32]; int n = snprintf(b, sizeof b, "caught %d\n", s); if (write(1, b, n)) {} }
static socklen_t addr(struct sockaddr_storage *st, const char *a, const char *p) {
  memset(st, 0, sizeof *st);
  if (a[0] == '/' || a[0] == '@') {
    struct sockaddr_un *u = (void *)st; u->sun_family = AF_UNIX;
    size_t n = strlen(a); memcpy(u->sun_path, a, n); if (a[0] == '@') u->sun_path[0] = 0;
    return offsetof(struct sockaddr_un, sun_path) + n + (a[0] == '/');
  }
  if (!strcmp(a, "unspec")) { st->ss_family = AF_UNSPEC; return sizeof(struct sockaddr_in); }
  if (strchr(a, ':')) { struct sockaddr_in6 *s = (void *)st; s->sin6_family = AF_INET6; s->sin6_port = htons(atoi(p)); inet_pton(AF_INET6, a, &s->sin6_addr); return sizeof *s; }
  struct sockaddr_in *s = (void *)st; s->sin_family = AF_INET; s->sin_port = htons(atoi(p)); inet_pton(AF_INET, a, &s->sin_addr); return sizeof *s;
}
#define A(i) (f[i])
#define N(i) (i < nf ? strtol(f[i], 0, 0) : 0)
#define S(i) slot[N(i) & 31]
static void *thr(void *p) { run(p); return 0; }
static void run(const char *op0) {
  char *buf = strdup(op0), *sp; const char *op = op0; nf = 0;
  for (char *t = strtok_r(buf, ",", &sp); t && nf < 16; t = strtok_r(0, ",", &sp)) f[nf++] = t;
  char *v = f[0]; struct sockaddr_storage st; socklen_t l; char data[8192]; memset(data, 'x', sizeof data);
  errno = 0;
  if (!strcmp(v, "s")) { // s,SLOT,KIND
    int dom = strchr(A(2), '6') ? AF_INET6 : !strncmp(A(2), "un", 2) ? AF_UNIX : AF_INET;
    int ty = strstr(A(2), "udp") || strstr(A(2), "dg") ? SOCK_DGRAM : strstr(A(2), "raw") ? SOCK_RAW : strstr(A(2), "seq") ? SOCK_SEQPACKET : SOCK_STREAM;
    int pr = strstr(A(2), "raw") ? 253 : strstr(A(2), "mptcp") ? 262 : strstr(A(2), "icmp") ? 1 : 0;
    if (strstr(A(2), "icmp")) ty = SOCK_DGRAM;
    if (!strcmp(A(2), "netlink")) { dom = AF_NETLINK; ty = SOCK_RAW; pr = 0; }
    S(1) = socket(dom, ty | SOCK_CLOEXEC, pr); int one = 1; if (dom != AF_UNIX) setsockopt(S(1), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    out(op, S(1) < 0 ? -1 : 0);
  } else if (!strcmp(v, "keep")) { fcntl(S(1), F_SETFD, 0);
  } else if (!strcmp(v, "bind")) { l = addr(&st, A(2), nf > 3 ? A(3) : "0"); out(op, bind(S(1), (void *)&st, l));
  } else if (!strcmp(v, "conn")) { l = addr(&st, A(2), nf > 3 ? A(3) : "0"); out(op, connect(S(1), (void *)&st, l));
  } else if (!strcmp(v, "listen")) { out(op, listen(S(1), 8));
  } else if (!strcmp(v, "acc")) { S(2) = accept4(S(1), 0, 0, SOCK_CLOEXEC); out(op, S(2) < 0 ? -1 : 0);
  } else if (!strcmp(v, "send")) { out(op, send(S(1), data, N(2), MSG_NOSIGNAL));
  } else if (!strcmp(v, "sendto")) { l = addr(&st, A(2), A(3)); out(op, sendto(S(1), data, N(4), MSG_NOSIGNAL, (void *)&st, l));
  } else if (!strcmp(v, "recv")) { out(op, recv(S(1), data, sizeof data, 0));
  } else if (!strcmp(v, "close")) { out(op, close(S(1)));
  } else if (!strcmp(v, "shut")) { out(op, shutdown(S(1), N(2)));
  } else if (!strcmp(v, "prio")) { int x = N(2); out(op, setsockopt(S(1), SOL_SOCKET, SO_PRIORITY, &x, sizeof x));
  } else if (!strcmp(v, "mark")) { int x = N(2); out(op, setsockopt(S(1), SOL_SOCKET, SO_MARK, &x, sizeof x));
  } else if (!strcmp(v, "linger0")) { struct linger g = {1, 0}; out(op, setsockopt(S(1), SOL_SOCKET, SO_LINGER, &g, sizeof g));
  } else if (!strcmp(v, "childsend")) { // childsend,SLOT,N : a child execs this program again and sends on the inherited socket
    fcntl(S(1), F_SETFD, 0); char a[64]; snprintf(a, sizeof a, "fdsend,%d,%ld", S(1), N(2));
    pid_t p = fork(); if (!p) { execl(self, "act", a, (char *)0); _exit(99); } int w; waitpid(p, &w, 0); fcntl(S(1), F_SETFD, FD_CLOEXEC);
  } else if (!strcmp(v, "fdsend")) { long r = send(N(1), data, N(2), MSG_NOSIGNAL); out("fdsend", r);
  } else if (!strcmp(v, "req")) { // first line of what the peer sends, then an empty answer
    long r = recv(S(1), data, sizeof data - 1, 0); data[r > 0 ? r : 0] = 0; data[strcspn(data, "\r\n")] = 0; printf("request: %s\n", data); fflush(stdout);
    const char *a = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"; send(S(1), a, strlen(a), MSG_NOSIGNAL); close(S(1));
  } else if (!strcmp(v, "poll")) { struct pollfd p = {S(1), POLLIN, 0}; out(op, poll(&p, 1, N(2)));
  } else if (!strcmp(v, "comm")) { out(op, prctl(PR_SET_NAME, A(1)));
  } else if (!strcmp(v, "prctl")) { out(op, syscall(SYS_prctl, N(1), N(2), N(3), N(4), N(5)));
  } else if (!strcmp(v, "lseek")) { out(op, syscall(SYS_lseek, -1, N(2), N(1)));
  } else if (!strcmp(v, "getcpu")) { unsigned c; long r = syscall(SYS_getcpu, &c, 0, 0); out(op, r);
  } else if (!strcmp(v, "umask")) { out(op, umask(N(1)));
  } else if (!strcmp(v, "getpriority")) { out(op, syscall(SYS_getpriority, N(1), 0));
  } else if (!strcmp(v, "sleep")) { usleep(N(1) * 1000);
  } else if (!strcmp(v, "open")) { int fd = open(A(1), O_RDONLY); out(op, fd < 0 ? -1 : 0); if (fd >= 0) close(fd);
  } else if (!strcmp(v, "openw")) { int fd = open(A(1), O_WRONLY | O_CREAT, 0644); out(op, fd < 0 ? -1 : 0); if (fd >= 0) close(fd);
  } else if (!strcmp(v, "put")) { int fd = open(A(1), O_WRONLY | O_CREAT | O_TRUNC, 0644); long r = write(fd, A(2), strlen(A(2))); out(op, r); close(fd);
  } else if (!strcmp(v, "mmap")) { int fd = open(A(1), O_RDONLY); void *m = mmap(0, 4096, N(2), MAP_PRIVATE, fd, 0); int e = errno; close(fd); errno = e; out(op, m == MAP_FAILED ? -1 : 0);
  } else if (!strcmp(v, "mkdir")) { out(op, mkdir(A(1), 0755));
  } else if (!strcmp(v, "rmdir")) { out(op, rmdir(A(1)));
  } else if (!strcmp(v, "unlink")) { out(op, unlink(A(1)));
  } else if (!strcmp(v, "symlink")) { out(op, symlink(A(1), A(2)));
  } else if (!strcmp(v, "link")) { out(op, link(A(1), A(2)));
  } else if (!strcmp(v, "rename")) { out(op, rename(A(1), A(2)));
  } else if (!strcmp(v, "chmod")) { out(op, chmod(A(1), N(2)));
  } else if (!strcmp(v, "kill")) { out(op, kill(N(1) ? N(1) : getpid(), N(2)));
  } else if (!strcmp(v, "killchild")) { // killchild,SIG : signal to a paused child
    pid_t p = fork(); if (!p) { pause(); pause(); _exit(7); } usleep(30000); long r = kill(p, N(1)); out(op, r); if (r || !N(1)) kill(p, SIGKILL); int w; waitpid(p, &w, 0);
    printf("child %s %d\n", WIFSIGNALED(w) ? "signal" : "exit", WIFSIGNALED(w) ? WTERMSIG(w) : WEXITSTATUS(w)); fflush(stdout);
  } else if (!strcmp(v, "trap")) { struct sigaction sa = {.sa_handler = onsig}; out(op, sigaction(N(1), &sa, 0));
  } else if (!strcmp(v, "ignore")) { signal(N(1), SIG_IGN);
  } else if (!strcmp(v, "setuid")) { out(op, setuid(N(1)));
  } else if (!strcmp(v, "fork") || !strcmp(v, "thread")) { // fork,OP with + instead of ,
    char *o = strdup(op0 + strlen(v) + 1); for (char *c = o; *c; c++) if (*c == '+') *c = ',';
    if (v[0] == 't') { pthread_t t; pthread_create(&t, 0, thr, o); pthread_join(t, 0); }
    else { pid_t p = fork(); if (!p) { run(o); _exit(0); } int w; waitpid(p, &w, 0); printf("child %s %d\n", WIFSIGNALED(w) ? "signal" : "exit", WIFSIGNALED(w) ? WTERMSIG(w) : WEXITSTATUS(w)); fflush(stdout); }
  } else if (!strcmp(v, "exec")) { char *o = strdup(op0 + 5), *av[16]; int n = 0; for (char *t = strtok_r(o, ",", &sp); t && n < 15; t = strtok_r(0, ",", &sp)) av[n++] = t; av[n] = 0;
    pid_t p = fork(); if (!p) { execv(av[0], av); out(op, -1); _exit(9); } int w; waitpid(p, &w, 0); printf("child %s %d\n", WIFSIGNALED(w) ? "signal" : "exit", WIFSIGNALED(w) ? WTERMSIG(w) : WEXITSTATUS(w)); fflush(stdout);
  } else if (!strcmp(v, "selfexec")) { char *o = strdup(op0 + 9); for (char *c = o; *c; c++) if (*c == '+') *c = ',';
    pid_t p = fork(); if (!p) { execl(self, "act", o, (char *)0); out(op, -1); _exit(9); } int w; waitpid(p, &w, 0); printf("child %s %d\n", WIFSIGNALED(w) ? "signal" : "exit", WIFSIGNALED(w) ? WTERMSIG(w) : WEXITSTATUS(w)); fflush(stdout);
  } else { printf("?? %s\n", op); exit(2); }
  free(buf);
}
int main(int c, char **v) {
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1); if (n > 0) self[n] = 0;
  alarm(8);
  for (int i = 1; i < c; i++) run(v[i]);
  return 0;
}
