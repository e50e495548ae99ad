// SPDX-License-Identifier: Apache-2.0
#include "kernel/features.h"

#include <gtest/gtest.h>

namespace tripline {
namespace {

// Whatever kernel the tests run on: the answers must go together.
TEST(Features, OfThisMachine) {
  Result<ProbeReport> report = probe_kernel({.features = false, .functions = false, .formats = false});
  ASSERT_TRUE(report) << report.error().text();
  Kernel& kernel = report->kernel;
  const Result<Features> features = probe_features(kernel);
  if (!features) {
    EXPECT_TRUE(features.error().errnum == EPERM || features.error().errnum == ENOSYS)
        << features.error().text();
    GTEST_SKIP() << "no programs can be loaded here: " << features.error().text();
  }
  EXPECT_TRUE(!features->kprobe_multi || features->kprobe);
  EXPECT_TRUE(!features->override_return || features->kprobe);
  EXPECT_TRUE(!features->uprobe_multi || features->uprobe);
  EXPECT_TRUE(!features->ima_file_hash || features->bpf_lsm);
  EXPECT_TRUE(!features->task_storage || features->get_current_task_btf);
  EXPECT_EQ(*features, *probe_features(kernel));

  kernel.btf.reset();  // without types, nothing that needs them
  const Result<Features> untyped = probe_features(kernel);
  ASSERT_TRUE(untyped);
  EXPECT_FALSE(untyped->fentry || untyped->fmod_ret || untyped->bpf_lsm || untyped->tp_btf);
  EXPECT_EQ(untyped->kprobe, features->kprobe);
}

// Where there are no LSM programs nothing is known of hooks; else file_open is as it always was.
TEST(Features, LsmHooks) {
  Result<ProbeReport> report = probe_kernel({.functions = false, .formats = false, .lsm_hooks = false});
  ASSERT_TRUE(report);
  Kernel& kernel = report->kernel;
  EXPECT_TRUE(kernel.lsm_refused.empty() && kernel.lsm_bool.empty());
  probe_lsm_hooks(kernel, {"file_open", "no_such"});
  EXPECT_TRUE(kernel.lsm_refused.empty() && kernel.lsm_bool.empty());
}

TEST(Features, LsmProgramsNeedTheLsm) {
  Result<ProbeReport> report = probe_kernel({.features = false, .functions = false, .formats = false});
  ASSERT_TRUE(report);
  report->kernel.lsms = {"capability"};
  const Result<Features> features = probe_features(report->kernel);
  EXPECT_TRUE(!features || !features->bpf_lsm);
}

}  // namespace
}  // namespace tripline
