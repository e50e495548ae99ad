// SPDX-License-Identifier: Apache-2.0
// What `policytest` hooks in user space: functions and a probe of this very program, which is there on every machine, with
// symbols or without.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tripline {

// The path of this program.
[[nodiscard]] std::string own_program();

// `text` with the path of the program in place of {Program}, and in place of {Number}, {Other} and {Texts} where in its
// file these functions are.
[[nodiscard]] std::string with_places(std::string text);

int64_t call_number(int64_t number);
int64_t call_other(int64_t number);
int64_t call_texts(const char* first, const char* second);
// Passes the probe tripline:policytest, whose one argument is in memory; what is there then.
int pass_probe(int number);

}  // namespace tripline
