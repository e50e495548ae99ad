// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "render/json.h"

namespace tripline {
namespace {

const Node kNode{"node", ""};

// What no recording holds; the others are in round_trip_test.cc.
TEST(JsonArgument, EveryKind) {
  auto json_of = [](ArgumentValue value) {
    Event event;
    event.process.process = std::make_shared<const Process>();
    event.payload = ProcessKprobe{.function = "f", .args = {{std::move(value), ""}}};
    std::string line = to_json(event, kNode);
    size_t at = line.find("\"args\":[") + 8;
    return line.substr(at, line.find("],\"action\"") - at);
  };
  EXPECT_EQ(json_of(CapabilitySetArg{CapabilitySet::kKernelCapT, 0x123}),
            R"({"kernel_cap_t_arg":"0000000000000123"})");
  EXPECT_EQ(json_of(BpfProgArg{"BPF_PROG_TYPE_LSM", 3, "p"}),
            R"({"bpf_prog_arg":{"ProgType":"BPF_PROG_TYPE_LSM","InsnCnt":3,"ProgName":"p"}})");
  EXPECT_EQ(json_of(BpfProgArg{}), R"({"bpf_prog_arg":{}})");
  EXPECT_EQ(json_of(BpfCmdArg{36}), R"({"bpf_cmd_arg":"BPF_TOKEN_CREATE"})");
  EXPECT_EQ(json_of(BpfCmdArg{37}), R"({"bpf_cmd_arg":37})");
  EXPECT_EQ(json_of(BpfCmdArg{-1}), R"({"bpf_cmd_arg":-1})");
  EXPECT_EQ(json_of(CapabilityArg{41}), R"({"capability_arg":{"value":41}})");
  EXPECT_EQ(json_of(CapabilityArg{0}), R"({"capability_arg":{"value":0,"name":"CAP_CHOWN"}})");
  EXPECT_EQ(json_of(ModuleArg{"m", true, 0x49407 | 1u << 20}),
            R"({"module_arg":{"name":"m","signature_ok":true,"tainted":["TAINT_PROPRIETARY_MODULE",)"
            R"("TAINT_FORCED_MODULE","TAINT_FORCED_UNLOAD_MODULE","TAINT_STAGED_MODULE",)"
            R"("TAINT_OUT_OF_TREE_MODULE","TAINT_KERNEL_LIVE_PATCH_MODULE","TAINT_TEST_MODULE"]}})");
  EXPECT_EQ(json_of(ModuleArg{"m", std::nullopt, 1u << 13}),
            R"({"module_arg":{"name":"m","tainted":["TAINT_UNSIGNED_MODULE"]}})");
  EXPECT_EQ(json_of(UserNsArg{{1, 0, 5, {7, false}}}),
            R"({"user_ns_arg":{"level":1,"uid":0,"gid":5,"ns":{"inum":7}}})");
  EXPECT_EQ(json_of(SockArg{}), R"({"sock_arg":{}})");
  EXPECT_EQ(json_of(SockArg{.mark = 1, .priority = 2, .cookie = ~uint64_t{0}}),
            R"({"sock_arg":{"mark":1,"priority":2,"cookie":"18446744073709551615"}})");
  EXPECT_EQ(json_of(SkbArg{.sec_path_len = 1, .sec_path_olen = 2}),
            R"({"skb_arg":{"sec_path_len":1,"sec_path_olen":2}})");
  EXPECT_EQ(json_of(PerfEventArg{"f", "PERF_TYPE_RAW", 1, 2}),
            R"({"perf_event_arg":{"KprobeFunc":"f","Type":"PERF_TYPE_RAW","Config":"1","ProbeOffset":"2"}})");
  EXPECT_EQ(json_of(LongArg{-9'000'000'000}), R"({"long_arg":"-9000000000"})");
  EXPECT_EQ(json_of(UintArg{0}), R"({"uint_arg":0})");
  EXPECT_EQ(json_of(StringArg{}), R"({"string_arg":""})");
  EXPECT_EQ(json_of(BytesArg{std::string("\0\xff", 2)}), R"({"bytes_arg":"AP8="})");
  EXPECT_EQ(json_of(SockaddrUnArg{"AF_UNIX", ""}), R"({"sockaddrun_arg":{"family":"AF_UNIX"}})");
}

}  // namespace
}  // namespace tripline
