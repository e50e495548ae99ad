/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The BPF objects built from this folder, inside the program: compiling or running a policy opens no file. */
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tripline {

// The ELF bytes of object NAME (bpf/objects.cmake lists them); empty when there is none of that name.
std::span<const std::byte> bpf_object(std::string_view name);

}  // namespace tripline
