/* SPDX-License-Identifier: GPL-2.0-only */
char LICENSE[] __attribute__((section("license"))) = "GPL";
