// SPDX-License-Identifier: Apache-2.0
// How bytes from the kernel become the strings of an event. Free functions without state; each says what it does to
// bytes that are odd, because those are the ones an attacker chooses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tripline {

// `bytes` with each run of bytes that is no UTF-8 replaced by one U+FFFD. Surrogates and overlong forms are no UTF-8.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);
[[nodiscard]] bool is_valid_utf8(std::string_view bytes);

[[nodiscard]] std::string base64(std::string_view bytes);

// Two lower-case digits a byte.
[[nodiscard]] std::string hex_text(std::string_view bytes);

// `path` without empty, "." and ".." components, by its text alone: no link is followed. "" becomes ".".
[[nodiscard]] std::string clean_path(std::string_view path);

// The executed file as the event names it: `name` itself when absolute, else below `cwd`, cleaned.
[[nodiscard]] std::string binary_path(std::string_view name, std::string_view cwd);

// The `arguments` text of argv[0..], given with its NULs: all but argv[0], joined with spaces; a token that holds a
// space is put in double quotes. Nothing separates the empty tokens at the start. The last NUL may be missing.
[[nodiscard]] std::string join_arguments(std::string_view argv);

// The variables of an environment, each with its NUL, that have one of these names; all when there are no names. The
// last NUL may be missing. Text without a '=' is a variable named kNoVariable.
inline constexpr std::string_view kNoVariable = "invalid";
[[nodiscard]] std::string keep_variables(std::string_view environment, std::span<const std::string> names);

// `mode` as ls prints it. A mode without a file type has no type letter; no mode at all is nine dashes.
[[nodiscard]] std::string permission_text(uint16_t mode);

// "SIGKILL" for 9; empty for a number without a name.
[[nodiscard]] std::string_view signal_name(uint32_t number);

}  // namespace tripline
