// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/saved.h"

namespace tripline {
namespace {

using test::saved;

TEST(Kernel, VersionOfARelease) {
  EXPECT_EQ(release_version("6.12.117+deb12-amd64"), kernel_version(6, 12, 117));
  EXPECT_EQ(release_version("5.10.0-32-amd64"), kernel_version(5, 10));
  EXPECT_EQ(release_version("7.3"), kernel_version(7, 3));
  EXPECT_EQ(release_version("6.1.999"), kernel_version(6, 1, 255));
  EXPECT_EQ(release_version("6"), kernel_version(6, 0));
  EXPECT_EQ(release_version("6.x"), kernel_version(6, 0));
  EXPECT_EQ(release_version("linux"), 0u);
  EXPECT_EQ(release_version(""), 0u);
  EXPECT_LT(release_version("6.9.1"), release_version("6.12.0"));
}

TEST(Kernel, TraceableByTheLists) {
  const Kernel kernel{.functions = {"fd_install", "fd_install_received"},
                      .module_functions = {"p9_client_open [9pnet]", "p9_client_open_all [9pnet]"},
                      .functions_known = true};
  EXPECT_TRUE(kernel.traceable("fd_install"));
  EXPECT_TRUE(kernel.traceable("p9_client_open"));
  EXPECT_FALSE(kernel.traceable("p9_client"));
  EXPECT_FALSE(kernel.traceable("fd_inst"));
  EXPECT_FALSE(kernel.traceable(""));
}

TEST(Kernel, TraceableByBtfWhenTheListsAreUnknown) {
  EXPECT_TRUE(saved("restricted-6.18").traceable("fd_install"));
  EXPECT_FALSE(saved("restricted-6.18").traceable("no_such_function"));
  EXPECT_FALSE(Kernel{}.traceable("fd_install"));
}

TEST(Kernel, FormatByName) {
  const Kernel kernel{.formats = {{.name = "a/b"}, {.name = "sched/sched_switch"}}};
  EXPECT_EQ(kernel.format("a/b"), &kernel.formats[0]);
  EXPECT_EQ(kernel.format("sched/sched"), nullptr);
  EXPECT_EQ(kernel.format("z"), nullptr);
}

// What is known about these kernels from elsewhere.
TEST(Kernel, WithoutTypesIsOtherwiseTheSame) {
  const Result<Kernel> kernel =
      read_kernel_file(std::string(TRIPLINE_TEST_DATA) + "/kernels/debian-6.12.kernel");
  ASSERT_TRUE(kernel) << kernel.error().text();
  ASSERT_TRUE(kernel->btf);
  const Kernel rest = without_types(*kernel);
  EXPECT_FALSE(rest.btf);
  EXPECT_TRUE(rest.modules.empty());
  EXPECT_EQ(rest.release, kernel->release);
  EXPECT_EQ(rest.version, kernel->version);
  EXPECT_EQ(rest.machine, kernel->machine);
  EXPECT_EQ(rest.features.bpf_loop, kernel->features.bpf_loop);
  EXPECT_EQ(rest.lsms, kernel->lsms);
  EXPECT_EQ(rest.functions, kernel->functions);
  EXPECT_EQ(rest.functions_known, kernel->functions_known);
  EXPECT_EQ(rest.error_injection, kernel->error_injection);
  EXPECT_EQ(rest.tracepoints, kernel->tracepoints);
  EXPECT_EQ(rest.config, kernel->config);
}

TEST(SavedKernels, Features) {
  for (const char* name : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3", "inject-6.12"}) {
    SCOPED_TRACE(name);
    const Features& features = saved(name).features;
    EXPECT_TRUE(features.fentry && features.fmod_ret && features.kprobe && features.bpf_lsm);
    EXPECT_TRUE(features.raw_tracepoint && features.tp_btf && features.uprobe && features.ringbuf);
    EXPECT_TRUE(features.send_signal);
    const bool from_6_1 = saved(name).version >= kernel_version(6, 1);
    EXPECT_EQ(features.task_storage, from_6_1);
    EXPECT_EQ(features.bpf_loop, from_6_1);
    EXPECT_EQ(features.get_current_task_btf, from_6_1);
    EXPECT_EQ(features.strncmp, from_6_1);
    EXPECT_EQ(features.ima_file_hash, from_6_1);
    const bool from_6_12 = saved(name).version >= kernel_version(6, 12);
    EXPECT_EQ(features.kprobe_multi, from_6_12);  // Debian's 6.1 is built without FPROBE
    EXPECT_EQ(features.uprobe_multi, from_6_12);
    EXPECT_EQ(features.override_return, std::string_view(name) == "inject-6.12");
  }
  const Features& restricted = saved("restricted-6.18").features;
  EXPECT_FALSE(restricted.fentry || restricted.fmod_ret || restricted.kprobe || restricted.kprobe_multi ||
               restricted.bpf_lsm || restricted.override_return || restricted.ima_file_hash);
  EXPECT_TRUE(restricted.raw_tracepoint && restricted.tp_btf && restricted.ringbuf &&
              restricted.task_storage);
}

TEST(SavedKernels, Lists) {
  for (const char* name : {"debian-5.10", "debian-6.1", "debian-6.12", "debian-7.3", "inject-6.12"}) {
    SCOPED_TRACE(name);
    const Kernel& kernel = saved(name);
    EXPECT_EQ(kernel.machine, "x86_64");
    EXPECT_TRUE(kernel.functions_known);
    EXPECT_TRUE(kernel.traceable("fd_install"));
    EXPECT_TRUE(kernel.traceable("security_file_open"));
    EXPECT_FALSE(kernel.traceable("no_such_function"));
    EXPECT_TRUE(std::ranges::binary_search(kernel.tracepoints, "sched/sched_process_exec"));
    EXPECT_NE(std::ranges::find(kernel.lsms, "bpf"), kernel.lsms.end());
    const TracepointFormat* exit = kernel.format("raw_syscalls/sys_exit");
    ASSERT_NE(exit, nullptr);
    ASSERT_EQ(exit->fields.size(), 6u);
    EXPECT_EQ(exit->fields[4],
              (TracepointField{.type = "long", .name = "id", .offset = 8, .size = 8, .is_signed = true}));
  }
  EXPECT_TRUE(saved("debian-6.12").traceable("p9_client_rpc"));  // of a module
  EXPECT_TRUE(saved("debian-6.12").error_injection.empty());
  EXPECT_TRUE(std::ranges::binary_search(saved("inject-6.12").error_injection, "__x64_sys_lseek"));
  EXPECT_TRUE(std::ranges::binary_search(saved("inject-6.12").config, "CONFIG_BPF_KPROBE_OVERRIDE=y"));
}

}  // namespace
}  // namespace tripline
