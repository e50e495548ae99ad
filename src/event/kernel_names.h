// SPDX-License-Identifier: Apache-2.0
// What the kernel's numbers are called in events where the event itself holds text. A number without a name shows
// as decimal text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tripline {

[[nodiscard]] std::string family_text(uint32_t family);         // "AF_INET"
[[nodiscard]] std::string short_family_text(uint32_t family);   // empty unless AF_UNIX, AF_INET or AF_INET6
[[nodiscard]] std::string socket_type_text(uint32_t type);      // "SOCK_STREAM"
[[nodiscard]] std::string ip_protocol_text(uint32_t protocol);  // "IPPROTO_TCP"
[[nodiscard]] std::string tcp_state_text(uint32_t state);       // "TCP_ESTABLISHED"
[[nodiscard]] std::string bpf_prog_type_text(uint32_t type);    // "BPF_PROG_TYPE_KPROBE"
[[nodiscard]] std::string bpf_map_type_text(uint32_t type);     // "BPF_MAP_TYPE_HASH"
[[nodiscard]] std::string perf_type_text(uint32_t type);        // "PERF_TYPE_SOFTWARE"
[[nodiscard]] std::string hash_algorithm_text(uint32_t algorithm);  // "sha256", as enum hash_algo counts

// IPv4 dotted, IPv6 in its canonical form, anything else "invalid IP". `bytes` holds 16, in network order.
[[nodiscard]] std::string address_text(uint32_t family, const uint8_t* bytes);

}  // namespace tripline
