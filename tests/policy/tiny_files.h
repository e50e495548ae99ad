// SPDX-License-Identifier: Apache-2.0
// Made-up files of user space, for tests that need to know all there is in them. None of them exists.
#pragma once

#include "policy/files.h"

namespace tripline {

// What they are:
//   /tiny/program   code at 0x1000 to 0x2000, which is there in the file too; data at 0x4000 to 0x4200, of which the
//                   first 0x100 bytes are in the file from 0x3000 on. Build id "abcd", SHA-256 64 times "1".
//     functions     first (16 bytes), second (32 bytes), no_size; twice, which are two; chooses, whose code chooses
//                   another; stray, which is in the data
//     probes        tiny:cells(rdi, rsi, rdx, each of 8 bytes)
//                   tiny:spread(-4@%edi), in three places, the last one with another operand: 4@8(%rsp)
//                   tiny:watched(7), with a semaphore at 0x3010; tiny:unwatched, whose semaphore is not in the file
//                   tiny:odd(8f@%xmm0, one that cannot be read, 2@%ah, 8@-16(%rbp,%rax,4)), tiny:bare()
//   /tiny/copy      the same file under another path
//   /tiny/stripped  without symbols and probes
//   /tiny/script    is none that can be hooked
//   /tiny/types     the types of the tiny kernel; /tiny/program has none
[[nodiscard]] Files tiny_files();

}  // namespace tripline
