/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
#include <sys/sdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#define NI __attribute__((noinline, noclone, used))
NI int fire(int a, const char *s, long l) { volatile int m = a + 1; int r = a; long k = l;
  DTRACE_PROBE(h4, none);
  DTRACE_PROBE3(h4, one, r, s, k);
  DTRACE_PROBE1(h4, mem, m);
  return m; }
NI int small(int8_t b, uint8_t c, int16_t d, uint16_t e) { volatile int8_t vb=b; volatile uint8_t vc=c; volatile int16_t vd=d; volatile uint16_t ve=e;
  DTRACE_PROBE4(h4, small, vb, vc, vd, ve); return 0; }
NI int cst(int n) { DTRACE_PROBE2(h4, cst, 42, n); return n; }
NI int twice(int n) { if (n > 5) DTRACE_PROBE1(h4, twice, n); else DTRACE_PROBE1(h4, twice, n + 1000); return n; }
struct item { int id; long w; const char *label; };
NI int rec(struct item *p) { DTRACE_PROBE1(h4, rec, p); return p->id; }
struct ctl { int pad[3]; int flag; } g;
NI int ctl(struct ctl *p) { p->flag = 5; asm volatile("" ::: "memory"); DTRACE_PROBE2(h4, ctl, p->flag, p); asm volatile("" ::: "memory"); return p->flag; }
int main(int c, char **v) {
  if (c < 2) return 99; const char *k = v[1];
  if (!strcmp(k, "fire")) { printf("%d\n", fire(atoi(v[2]), v[3], atol(v[4]))); return 0; }
  if (!strcmp(k, "small")) { small(atoi(v[2]), atoi(v[3]), atoi(v[4]), atoi(v[5])); return 0; }
  if (!strcmp(k, "cst")) { for (int i = 2; i < c; i++) cst(atoi(v[i])); return 0; }
  if (!strcmp(k, "twice")) { for (int i = 2; i < c; i++) twice(atoi(v[i])); return 0; }
  if (!strcmp(k, "rec")) { struct item it = { atoi(v[2]), 77, "tag" }; printf("%d\n", rec(&it)); return 0; }
  if (!strcmp(k, "ctl")) { for (int i = 2; i < c; i++) printf("%d\n", ctl(&g)); return 0; }
  return 97; }
