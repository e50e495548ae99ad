/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* upb: user functions with type information, and a reference counter */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define NI __attribute__((noinline, noclone, used, externally_visible))
struct leaf { unsigned char k; short h; const char *text; };
struct rec { int a; unsigned b; long c; char name[16]; struct rec *next; struct leaf lf[2]; };
NI int ub_rec(struct rec *r, int n) { asm volatile("" ::: "memory"); return r->a + n; }
NI int ub_plain(int a) { asm volatile("" ::: "memory"); return a * 2; }
__attribute__((used, section(".data"))) volatile unsigned short ub_ref = 0;
int main(int c, char **v) {
  if (c < 2) return 99;
  if (!strcmp(v[1], "rec")) { struct rec q = { 70, 8, 9, "inner", 0, {{1,-2,"in0"},{3,-4,"in1"}} }, r = { atoi(v[2]), 22, -33, "outer", c > 3 ? 0 : &q, {{5,-6,"out0"},{7,-8,"out1"}} }; printf("%d\n", ub_rec(&r, 1)); return 0; }
  if (!strcmp(v[1], "ref")) { printf("%d\n", ub_ref); ub_plain(4); return 0; }
  return 97; }
