// SPDX-License-Identifier: Apache-2.0
#include "client/generate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client/commands.h"

namespace tripline {
namespace {

// Probes as sys/sdt.h writes them into a program, one of them twice, and functions of several kinds.
constexpr const char* kProgram = R"(
  .globl marked, twice, chosen, not_code
  .type marked, @function
marked:
990: nop
991: nop
992: nop
  ret
  .size marked, .-marked
  .type twice, @function
twice: ret
  .size twice, .-twice
  .type chosen, @gnu_indirect_function
chosen: ret
  .data
  .type not_code, @object
not_code: .long 7
  .macro probe place, name, operands
  .pushsection .note.stapsdt,"","note"
  .balign 4
  .4byte 8, 994f-993f, 3
  .asciz "stapsdt"
993: .8byte \place, 0, 0
  .asciz "shop"
  .asciz "\name"
  .asciz "\operands"
994: .balign 4
  .popsection
  .endm
  probe 990b, sold, "-4@%edi 8@%rsi 16@%xmm0 8f@%rax"
  probe 991b, sold, "-4@%edx 8@%rsi 16@%xmm0 8f@%rax"
  probe 992b, shut, ""
  .section .note.GNU-stack,"",@progbits
)";

class Generate : public testing::Test {
 protected:
  Generate() {
    std::string name = "/tmp/generate_test_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream(folder_ + "/a.s") << kProgram;
    EXPECT_EQ(std::system(("cd " + folder_ + " && gcc -shared -nostdlib -o a.so a.s").c_str()), 0);
  }
  ~Generate() override { std::filesystem::remove_all(folder_); }

  static std::expected<std::string, std::string> generated(const std::vector<std::string_view>& more) {
    std::vector<std::string_view> words = {"tp", "generate"};
    words.insert(words.end(), more.begin(), more.end());
    const flags::Outcome outcome = flags::parse(tetra_command(), words);
    const auto* parsed = std::get_if<flags::Parsed>(&outcome);
    return parsed ? generated_policy(*parsed) : std::unexpected("the command line was refused");
  }
  std::string folder_;
};

TEST_F(Generate, Uprobes) {
  const std::string path = folder_ + "/a.so";
  const std::string wanted = R"(apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  creationTimestamp: null
  name: uprobes
spec:
  uprobes:
  - message: ""
    path: )" + path + R"(
    return: false
    symbols:
    - marked
    - twice
)";
  EXPECT_EQ(generated({"uprobes", "--binary", path}), wanted) << "each once, though it is in two tables";
  ASSERT_EQ(std::system(("strip " + path).c_str()), 0);
  EXPECT_EQ(generated({"uprobes", "-b", path}), wanted) << "a library keeps what it exports";
}

TEST_F(Generate, Usdts) {
  const std::string path = folder_ + "/a.so";
  EXPECT_EQ(generated({"usdts", "--binary", path}), R"(apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  creationTimestamp: null
  name: usdts
spec:
  usdts:
  - args:
    - index: 0
      label: -4@%edi
      type: int32
    - index: 1
      label: 8@%rsi
      type: uint64
    - index: 2
      label: 16@%xmm0
    - index: 3
      label: 8f@%rax
    message: ""
    name: sold
    path: )" + path + R"(
    provider: shop
  - message: ""
    name: shut
    path: )" + path + R"(
    provider: shop
)");
  ASSERT_EQ(
      std::system(("cd " + folder_ + " && echo .text > b.s && gcc -shared -nostdlib -o b.so b.s").c_str()),
      0);
  EXPECT_EQ(
      generated({"usdts", "-b", folder_ + "/b.so"}),
      "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  creationTimestamp: null\n  name: "
      "usdts\nspec: {}\n");
}

TEST_F(Generate, FilesThatAreNone) {
  for (const char* what : {"uprobes", "usdts"}) {
    EXPECT_EQ(generated({what}).error(), "binary is not specified, please use --binary option");
    EXPECT_EQ(generated({what, "-b", "/nowhere/x"}).error(),
              "failed to open '/nowhere/x': open /nowhere/x: no such file or directory");
    EXPECT_EQ(generated({what, "-b", folder_ + "/a.s"}).error(),
              "failed to open '" + folder_ + "/a.s': it is not an ELF file");
    EXPECT_FALSE(generated({what, "-b", folder_}));
  }
}

}  // namespace
}  // namespace tripline
