// SPDX-License-Identifier: Apache-2.0
#include "policy/check/registers.h"

#include <gtest/gtest.h>

#include <string>

#include "kernel/kernel.h"

namespace tripline::policy {
namespace {

using Places = std::vector<std::optional<uint32_t>>;

// Functions of a real kernel, whose types have members; what the tiny kernel has is in attachment_test.cc.
TEST(Registers, OfFunctionsOfARealKernel) {
  const Result<Kernel> kernel =
      read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-6.12.kernel");
  ASSERT_TRUE(kernel) << kernel.error().text();
  const auto places = [&](const std::string& name) {
    const auto function = kernel->btf->function(name);
    EXPECT_TRUE(function) << name;
    return function ? parameter_registers(*kernel->btf, *function) : Places{};
  };
  // (enum bpf_cmd cmd, bpfptr_t uattr, unsigned int size)
  EXPECT_EQ(places("__sys_bpf"), (Places{0, 1, 3}));
  // (struct socket *sock, bool compat, int level, int optname, sockptr_t optval, int optlen)
  EXPECT_EQ(places("do_sock_setsockopt"), (Places{0, 1, 2, 3, 4, std::nullopt}));
  EXPECT_EQ(places("vfs_read"), (Places{0, 1, 2, 3}));
}

}  // namespace
}  // namespace tripline::policy
