// SPDX-License-Identifier: Apache-2.0
// What filters on sockets, addresses and sets of capabilities become. What is wrong with them: corpus/bad/network.yaml.
#include <gtest/gtest.h>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

using Field = SocketFilter::Field;

Verdict filters(std::string_view list) {
  return judge(policy_with(
      "  kprobes:\n  - call: socket_capable\n    syscall: false\n    args: [{index: 0, type: sock}, {index: "
      "1, type: skb}, "
      "{index: 2, type: sockaddr_un}, {index: 4, type: cap_effective}, {index: 5, type: kernel_cap_t}]\n"
      "    selectors:\n    - matchArgs: [" +
      std::string(list) + "]\n"));
}

const std::vector<Filter>& all(const Verdict& verdict) {
  return verdict.checked->hooks.at(0).selectors.at(0).filters;
}
const SocketFilter& first(const Verdict& verdict) { return std::get<SocketFilter>(all(verdict).at(0)); }

TEST(CheckNetwork, AddressesAndBlocksOfBothKinds) {
  const Verdict verdict =
      filters("{index: 0, operator: NotDAddr, values: [10.1.2.3/9, 127.0.0.1, '2001:db8::ff/120']}");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const SocketFilter& filter = first(verdict);
  EXPECT_EQ(filter.field, Field::kDestinationAddress);
  EXPECT_TRUE(filter.negated);
  EXPECT_EQ(filter.addresses, (std::vector<AddressBlock>{
                                  {.is_ipv6 = false, .bytes = {10}, .prefix = 9},
                                  {.is_ipv6 = false, .bytes = {127, 0, 0, 1}, .prefix = 32},
                                  {.is_ipv6 = true, .bytes = {0x20, 1, 0xd, 0xb8}, .prefix = 120},
                              }));
}

TEST(CheckNetwork, PortsAreSwappedAndCut) {
  const Verdict verdict =
      filters("{index: 0, operator: SPort, values: ['80', '90:81', '70000', '65000:70000']}");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_EQ(messages(verdict.diagnostics), "11:71 warning: no port is in \"70000\"\n");
  EXPECT_EQ(first(verdict).numbers, (std::vector<IntRange>{{80, 80}, {81, 90}, {65000, 65535}}));
}

TEST(CheckNetwork, PrivilegedPortsHaveNoValues) {
  const Verdict verdict = filters("{index: 1, operator: NotDPortPriv, values: ['5000']}");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  EXPECT_NE(verdict.text.find("warning: the values of NotDPortPriv have no effect"), std::string::npos);
  EXPECT_EQ(first(verdict).field, Field::kDestinationPort);
  EXPECT_TRUE(first(verdict).negated);
  EXPECT_EQ(first(verdict).numbers, (std::vector<IntRange>{{0, 1023}}));
}

TEST(CheckNetwork, NamesAreNumbers) {
  const Verdict verdict = filters(
      "{index: 0, operator: Family, values: [AF_UNIX, AF_MCTP]}, {index: 1, operator: Protocol, values: "
      "[IPPROTO_UDP, "
      "'6']}, {index: 0, operator: State, values: [TCP_LISTEN, '0:12']}, {index: 2, operator: Family, "
      "values: ['1']}");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const auto numbers = [&](size_t n) { return std::get<SocketFilter>(all(verdict).at(n)).numbers; };
  EXPECT_EQ(numbers(0), (std::vector<IntRange>{{1, 1}, {45, 45}}));
  EXPECT_EQ(numbers(1), (std::vector<IntRange>{{17, 17}, {6, 6}}));
  EXPECT_EQ(numbers(2), (std::vector<IntRange>{{10, 10}, {1, 12}}));
  EXPECT_EQ(numbers(3), (std::vector<IntRange>{{1, 1}}));
}

TEST(CheckNetwork, SetsOfCapabilities) {
  const Verdict verdict = filters(
      "{index: 4, operator: Mask, values: ['cap_chown, DAC_OVERRIDE', '0x8000000000000000']}, {operator: "
      "CapabilitiesGained, args: [3, 4]}");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const auto& mask = std::get<IntFilter>(all(verdict).at(0));
  EXPECT_EQ(mask.values, (std::vector<IntRange>{{3, 3}, {INT64_MIN, INT64_MIN}}));
  const auto& gained = std::get<CapabilitiesGainedFilter>(all(verdict).at(1));
  EXPECT_EQ(gained.old, 3U);
  EXPECT_EQ(gained.gained, 4U);
}

// The size of an address is the argument behind it.
TEST(CheckNetwork, SizeOfAnAddress) {
  const Verdict verdict = filters("");
  ASSERT_TRUE(verdict.checked) << verdict.text;
  const CheckedArg& address = verdict.checked->hooks.at(0).args.at(2);
  ASSERT_TRUE(address.size);
  EXPECT_EQ(address.size->index, 3U);
}

}  // namespace
}  // namespace tripline
