// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "kernel/btf_builder.h"
#include "kernel/kernel.h"
#include "kernel/saved.h"

namespace tripline {
namespace {

using Bytes = std::vector<std::byte>;

Bytes file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

void expect_equal(const Kernel& a, const Kernel& b) {
  EXPECT_EQ(a.release, b.release);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.machine, b.machine);
  EXPECT_EQ(a.features, b.features);
  EXPECT_EQ(a.lsms, b.lsms);
  EXPECT_EQ(a.lsm_refused, b.lsm_refused);
  EXPECT_EQ(a.lsm_bool, b.lsm_bool);
  EXPECT_EQ(a.lsm_hooks_known, b.lsm_hooks_known);
  EXPECT_TRUE(a.functions == b.functions);
  EXPECT_TRUE(a.module_functions == b.module_functions);
  EXPECT_EQ(a.functions_known, b.functions_known);
  EXPECT_TRUE(a.error_injection == b.error_injection);
  EXPECT_TRUE(a.tracepoints == b.tracepoints);
  EXPECT_TRUE(a.formats == b.formats);
  EXPECT_EQ(a.config, b.config);
  ASSERT_EQ(a.btf.has_value(), b.btf.has_value());
  if (!a.btf) return;
  EXPECT_TRUE(std::ranges::equal(a.btf->raw(), b.btf->raw()));
  ASSERT_EQ(a.modules.size(), b.modules.size());
  for (size_t n = 0; n < a.modules.size(); ++n) {
    EXPECT_EQ(a.modules[n].name, b.modules[n].name);
    EXPECT_TRUE(std::ranges::equal(a.modules[n].btf.raw(), b.modules[n].btf.raw()));
  }
  EXPECT_EQ(a.namespaces, b.namespaces);
}

Kernel small_kernel() {
  test::BtfBuilder b;
  b.reference(BTF_KIND_FUNC, b.prototype(0, {}), "fd_install");
  return {
      .release = "6.12.1-test",
      .version = kernel_version(6, 12, 1),
      .machine = "x86_64",
      .btf = *Btf::parse(b.bytes()),
      .features = {.fentry = true, .ringbuf = true},
      .lsms = {"lockdown", "bpf"},
      .lsm_refused = {"getprocattr", "vm_enough_memory"},
      .lsm_bool = {"inode_xattr_skipcap"},
      .lsm_hooks_known = true,
      .functions = {"fd_install", "vfs_open"},
      .functions_known = true,
      .tracepoints = {"sched/sched_switch"},
      .formats = {{.name = "sched/sched_switch",
                   .fields = {{"char[16]", "prev_comm", 8, 16, true}, {"unsigned long", "x", 24, 8, false}}}},
      .config = {"CONFIG_BPF=y", "CONFIG_LSM=\"lockdown,bpf\""}};
}

// --- round trips --------------------------------------------------------------------------------------

TEST(KernelFile, RoundTrip) {
  Kernel kernel = small_kernel();
  const Result<Bytes> file = save_kernel(kernel);
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_TRUE(text_of(*file).starts_with(
      "tripline kernel 1\nrelease 6.12.1-test\nmachine x86_64\nfeatures fentry ringbuf\n"));
  const Result<Kernel> back = read_kernel(*file);
  ASSERT_TRUE(back) << back.error().text();
  expect_equal(kernel, *back);
  EXPECT_EQ(*save_kernel(*back), *file);
}

TEST(KernelFile, UnknownAndEmptyAreDifferent) {
  for (const bool known : {false, true}) {
    const Result<Kernel> back =
        read_kernel(*save_kernel({.release = "5.10.0", .lsm_hooks_known = known, .functions_known = known}));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->lsm_hooks_known, known);
    EXPECT_EQ(back->functions_known, known);
    EXPECT_TRUE(back->functions.empty());
    EXPECT_FALSE(back->btf);
    EXPECT_EQ(back->machine, "");
  }
}

// Compressing takes seconds, so all of them only in the long run.
TEST(KernelFile, SavedKernelsRoundTrip) {
  for (const char* name : test::kSavedKernels) {
    SCOPED_TRACE(name);
    const Bytes file = file_bytes(test::saved_path(name));
    EXPECT_LE(file.size(), 2'000'000u);
    const Kernel& kernel = test::saved(name);
    if (std::getenv("TRIPLINE_FULL") == nullptr && std::string_view(name) != "debian-5.10") continue;
    const Result<Bytes> again = save_kernel(kernel);
    ASSERT_TRUE(again);
    const Result<Kernel> back = read_kernel(*again);
    ASSERT_TRUE(back);
    expect_equal(kernel, *back);
  }
}

TEST(KernelFile, RefusesToSaveWhatCouldNotBeRead) {
  EXPECT_FALSE(save_kernel({.release = "6.1\nmachine x"}));
  EXPECT_FALSE(save_kernel({.lsms = {"a\nb"}}));
  EXPECT_FALSE(save_kernel({.tracepoints = {"b/b", "a/a"}}));
}

TEST(KernelFile, ErrorsNameTheFile) {
  const Result<Kernel> absent = read_kernel_file("/nonexistent/k.kernel");
  EXPECT_EQ(absent.error().text(), "read kernel file /nonexistent/k.kernel: No such file or directory");
  const std::string script = TRIPLINE_TEST_DATA "/kernels/make.sh";
  EXPECT_EQ(read_kernel_file(script).error().text(),
            "read kernel file " + script + ": this is not a saved kernel");
}

// --- damage -----------------------------------------------------------------------------------------------

TEST(KernelFileDamage, EveryFlippedBitOfASmallFile) {
  const Bytes good = *save_kernel(small_kernel());
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[at] ^= static_cast<std::byte>(1 << bit);
      EXPECT_FALSE(read_kernel(bad)) << at << " " << bit;
    }
  }
}

TEST(KernelFileDamage, EveryTruncationOfASmallFile) {
  const Bytes good = *save_kernel(small_kernel());
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(read_kernel(std::span(good).first(size))) << size;
  Bytes longer = good;
  longer.push_back({});
  EXPECT_FALSE(read_kernel(longer));
}

TEST(KernelFileDamage, ASampleOfSavedKernels) {
  std::mt19937 random(3);
  for (const char* name : test::kSavedKernels) {
    SCOPED_TRACE(name);
    Bytes file = file_bytes(test::saved_path(name));
    for (int i = 0; i < 150; ++i) {
      const size_t at = i < 50 ? static_cast<size_t>(i) * 8 : random() % file.size();
      const std::byte kept = std::exchange(file[at], file[at] ^ static_cast<std::byte>(1 + random() % 255));
      EXPECT_FALSE(read_kernel(file)) << at;
      file[at] = kept;
    }
    for (int i = 0; i < 100; ++i) {
      const size_t size = i < 50 ? static_cast<size_t>(i) * 16 : random() % file.size();
      EXPECT_FALSE(read_kernel(std::span(file).first(size))) << size;
    }
    EXPECT_FALSE(read_kernel(std::span(file).first(file.size() - 1)));
  }
}

// --- wrong, but with a right check sum ------------------------------------------------------------------------

// CRC-64 of xz.
uint64_t crc64(std::string_view text) {
  uint64_t sum = ~uint64_t{0};
  for (const char c : text) {
    sum ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) sum = (sum & 1) != 0 ? sum >> 1 ^ 0xc96c5795d7870f42 : sum >> 1;
  }
  return ~sum;
}

struct Parts {
  std::string header;  // up to the check line
  std::string packed;
};

Parts parts_of(const Kernel& kernel) {
  const std::string file = text_of(*save_kernel(kernel));
  const size_t check = file.find("check ");
  return {file.substr(0, check), file.substr(file.find("\n\n") + 2)};
}

// Why it is refused; empty if it is not.
std::string refusal(const Parts& parts) {
  std::array<char, 32> check{};
  std::snprintf(check.data(), check.size(), "check %016llx\n\n",
                static_cast<unsigned long long>(crc64(parts.header + parts.packed)));
  const Result<Kernel> kernel = read_kernel(bytes_of(parts.header + check.data() + parts.packed));
  return kernel ? "" : kernel.error().detail;
}

std::string refusal(const Kernel& kernel, const std::string& from, const std::string& to) {
  Parts parts = parts_of(kernel);
  const size_t at = parts.header.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  parts.header.replace(at, from.size(), to);
  return refusal(parts);
}

TEST(KernelFileRefusal, Headers) {
  const Kernel kernel = small_kernel();
  EXPECT_EQ(refusal(parts_of(kernel)), "");
  EXPECT_EQ(refusal(kernel, "tripline", "triplane"), "this is not a saved kernel");
  EXPECT_EQ(refusal(kernel, "kernel 1", "kernel 2"),
            "it was saved in a format that this version does not support");
  EXPECT_EQ(refusal(kernel, "features fentry", "features not_invented_yet fentry"), "");
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string, std::string>>{
           {"machine", "engine"},
           {"section lsms 13", "section lsms -1"},
           {"section lsms 13", "section lsms 13 "},
           {"section lsms 13", "section lsms 99999999999999999999"},
           {"section lsms 13", "section lsms 1000000000000"},
           {"section lsms 13", "section unheard_of 13"},
           {"section lsms 13", "section lsms 13\nsection lsms 0"},
           {"packed ", "packed x"}}) {
    EXPECT_EQ(refusal(kernel, from, to), "its header is damaged") << to;
  }
  EXPECT_EQ(refusal(kernel, "packed ", "packed 1"), "it is cut off");
  EXPECT_EQ(refusal(kernel, "section lsms 13", "section lsms 14"), "its compressed part is damaged");
  EXPECT_EQ(refusal(kernel, "section lsms 13", "section lsms 12"), "its compressed part is damaged");
}

TEST(KernelFileRefusal, Bombs) {
  const Kernel kernel{.release = "6.1.0", .config = {std::string(1 << 20, 'a')}};
  EXPECT_EQ(refusal(parts_of(kernel)), "it would unpack to far more than it can hold");
  EXPECT_EQ(refusal(small_kernel(), "section lsms 13", "section lsms 100000000"),
            "it would unpack to far more than it can hold");
}

TEST(KernelFileRefusal, Bodies) {
  // Moves a line end from one list to the next, and so on: the sizes add up, the lists do not.
  Kernel lists{.release = "6.1.0", .lsms = {"abc"}, .config = {"b", "c"}};
  EXPECT_EQ(refusal(lists, "section lsms 4\nsection config 4", "section lsms 3\nsection config 5"),
            "its list of lsms ends within a line");
  EXPECT_EQ(refusal({.release = "6.1.0", .lsms = {"c", "b"}}, "section lsms", "section config"),
            "its list of config is not sorted");
  EXPECT_EQ(refusal({.release = "6.1.0", .lsms = {"b", "a"}}, "section lsms", "section formats"),
            "its formats are not sorted");
  EXPECT_EQ(refusal({.release = "6.1.0", .lsms = {"\t8 4 1 int\tx"}}, "section lsms", "section formats"),
            "its formats are damaged");
  EXPECT_EQ(
      refusal({.release = "6.1.0", .lsms = {"a/b", "\t8 x 1 int\tx"}}, "section lsms", "section formats"),
      "its formats are damaged");
  EXPECT_EQ(refusal({.release = "6.1.0", .lsms = {"a/b", "\t8 4 1 int"}}, "section lsms", "section formats"),
            "its formats are damaged");
  EXPECT_EQ(refusal({.release = "6.1.0", .lsms = {"no types"}}, "section lsms", "section btf"),
            "its BTF is damaged: the data is shorter than its header");
}

TEST(KernelFileRefusal, RandomCompressedBytesDoNoHarm) {
  const Parts good = parts_of(small_kernel());
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    Parts bad = good;
    for (int i = 0; i < 3; ++i)
      bad.packed[random() % bad.packed.size()] ^= static_cast<char>(1 << random() % 8);
    (void)refusal(bad);
  }
}

}  // namespace
}  // namespace tripline
