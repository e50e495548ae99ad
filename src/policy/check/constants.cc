// SPDX-License-Identifier: Apache-2.0
#include "policy/check/constants.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>
#include <utility>

#include "policy/words.h"

namespace tripline::policy {
namespace {

using Name = std::pair<std::string_view, uint32_t>;

#define TRIPLINE_NUMBER(name) \
  Name { #name, static_cast<uint32_t>(name) }

// clang-format off
constexpr auto kFamilies = std::to_array<Name>({
    TRIPLINE_NUMBER(AF_UNSPEC), TRIPLINE_NUMBER(AF_UNIX), TRIPLINE_NUMBER(AF_INET), TRIPLINE_NUMBER(AF_INET6),
    TRIPLINE_NUMBER(AF_AX25), TRIPLINE_NUMBER(AF_IPX), TRIPLINE_NUMBER(AF_APPLETALK), TRIPLINE_NUMBER(AF_NETROM),
    TRIPLINE_NUMBER(AF_BRIDGE), TRIPLINE_NUMBER(AF_ATMPVC), TRIPLINE_NUMBER(AF_X25), TRIPLINE_NUMBER(AF_ROSE),
    TRIPLINE_NUMBER(AF_NETBEUI), TRIPLINE_NUMBER(AF_SECURITY), TRIPLINE_NUMBER(AF_KEY), TRIPLINE_NUMBER(AF_NETLINK),
    TRIPLINE_NUMBER(AF_PACKET), TRIPLINE_NUMBER(AF_ASH), TRIPLINE_NUMBER(AF_ECONET), TRIPLINE_NUMBER(AF_ATMSVC),
    TRIPLINE_NUMBER(AF_RDS), TRIPLINE_NUMBER(AF_IRDA), TRIPLINE_NUMBER(AF_PPPOX), TRIPLINE_NUMBER(AF_WANPIPE),
    TRIPLINE_NUMBER(AF_LLC), TRIPLINE_NUMBER(AF_IB), TRIPLINE_NUMBER(AF_MPLS), TRIPLINE_NUMBER(AF_CAN),
    TRIPLINE_NUMBER(AF_TIPC), TRIPLINE_NUMBER(AF_BLUETOOTH), TRIPLINE_NUMBER(AF_IUCV), TRIPLINE_NUMBER(AF_RXRPC),
    TRIPLINE_NUMBER(AF_ISDN), TRIPLINE_NUMBER(AF_PHONET), TRIPLINE_NUMBER(AF_IEEE802154), TRIPLINE_NUMBER(AF_CAIF),
    TRIPLINE_NUMBER(AF_ALG), TRIPLINE_NUMBER(AF_NFC), TRIPLINE_NUMBER(AF_VSOCK), TRIPLINE_NUMBER(AF_KCM),
    TRIPLINE_NUMBER(AF_QIPCRTR), TRIPLINE_NUMBER(AF_SMC), TRIPLINE_NUMBER(AF_XDP), TRIPLINE_NUMBER(AF_MCTP),
});

constexpr auto kProtocols = std::to_array<Name>({
    TRIPLINE_NUMBER(IPPROTO_IP), TRIPLINE_NUMBER(IPPROTO_ICMP), TRIPLINE_NUMBER(IPPROTO_IGMP),
    TRIPLINE_NUMBER(IPPROTO_IPIP), TRIPLINE_NUMBER(IPPROTO_TCP), TRIPLINE_NUMBER(IPPROTO_EGP),
    TRIPLINE_NUMBER(IPPROTO_PUP), TRIPLINE_NUMBER(IPPROTO_UDP), TRIPLINE_NUMBER(IPPROTO_IDP),
    TRIPLINE_NUMBER(IPPROTO_TP), TRIPLINE_NUMBER(IPPROTO_DCCP), TRIPLINE_NUMBER(IPPROTO_IPV6),
    TRIPLINE_NUMBER(IPPROTO_RSVP), TRIPLINE_NUMBER(IPPROTO_GRE), TRIPLINE_NUMBER(IPPROTO_ESP),
    TRIPLINE_NUMBER(IPPROTO_AH), TRIPLINE_NUMBER(IPPROTO_MTP), TRIPLINE_NUMBER(IPPROTO_BEETPH),
    TRIPLINE_NUMBER(IPPROTO_ENCAP), TRIPLINE_NUMBER(IPPROTO_PIM), TRIPLINE_NUMBER(IPPROTO_COMP),
    TRIPLINE_NUMBER(IPPROTO_SCTP), TRIPLINE_NUMBER(IPPROTO_UDPLITE), TRIPLINE_NUMBER(IPPROTO_MPLS),
    TRIPLINE_NUMBER(IPPROTO_ETHERNET), TRIPLINE_NUMBER(IPPROTO_RAW), TRIPLINE_NUMBER(IPPROTO_MPTCP),
});
// clang-format on
#undef TRIPLINE_NUMBER

// From 1 on, as the kernel counts them.
constexpr auto kStates = std::to_array<std::string_view>(
    {"TCP_ESTABLISHED", "TCP_SYN_SENT", "TCP_SYN_RECV", "TCP_FIN_WAIT1", "TCP_FIN_WAIT2", "TCP_TIME_WAIT",
     "TCP_CLOSE", "TCP_CLOSE_WAIT", "TCP_LAST_ACK", "TCP_LISTEN", "TCP_CLOSING", "TCP_NEW_SYN_RECV"});

std::optional<uint32_t> find(std::span<const Name> names, std::string_view name) {
  const auto* found = std::ranges::find(names, name, &Name::first).base();
  return found == names.data() + names.size() ? std::nullopt : std::optional(found->second);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::optional<uint32_t> family_number(std::string_view name) { return find(kFamilies, name); }
std::optional<uint32_t> protocol_number(std::string_view name) { return find(kProtocols, name); }

std::optional<uint32_t> state_number(std::string_view name) {
  const auto found = std::ranges::find(kStates, name);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<uint32_t>(found - kStates.begin()) + 1;
}

CapabilityNames capability_set(std::string_view names) {
  CapabilityNames out;
  for (size_t at = 0; at <= names.size();) {
    const size_t comma = std::min(names.find(',', at), names.size());
    const std::string_view name = trimmed(names.substr(at, comma - at));
    std::string upper(name);
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (const auto known = parse_word<Capability>(upper)) {
      out.set |= uint64_t{1} << static_cast<unsigned>(*known);
    } else if (!out.unknown) {
      out.unknown = name;
    }
    at = comma + 1;
  }
  return out;
}

}  // namespace tripline::policy
