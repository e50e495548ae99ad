// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "policy/checked.h"
#include "policy/corpus.h"
#include "policy/tiny_kernel.h"

namespace tripline {
namespace {

Verdict on(const Kernel& kernel, const std::string& spec) {
  Verdict out;
  const Source source = policy_with(spec);
  out.policy = parse(source, out.diagnostics);
  if (out.policy) out.checked = check(*out.policy, kernel, out.diagnostics);
  out.diagnostics.sort();
  return out;
}

std::string lsm(const std::string& fields) { return "  lsmhooks: [{" + fields + "}]\n"; }

std::string told(const std::string& fields) { return messages(on(tiny_kernel(), lsm(fields)).diagnostics); }

TEST(CheckLsm, AttachedAsSuch) {
  const Verdict verdict = on(tiny_kernel(), lsm("hook: file_open, args: [{index: 0, type: file, label: f}]"));
  ASSERT_TRUE(verdict.checked) << messages(verdict.diagnostics);
  const CheckedHook& hook = verdict.checked->hooks.at(0);
  EXPECT_EQ(hook.kind, HookKind::kLsm);
  EXPECT_EQ(hook.attachment, Attachment::kLsm);
  EXPECT_EQ(hook.target, Target(target::LsmHook{"file_open"}));
  EXPECT_EQ(hook.args.at(0).label, "f");
  EXPECT_EQ(hook.selectors.size(), 1U) << "without selectors every call is posted";
}

TEST(CheckLsm, WhereBpfIsNoActiveModule) {
  Kernel kernel = tiny_kernel();
  kernel.lsms = {"capability", "yama"};
  const Verdict verdict = on(kernel, lsm("hook: file_open"));
  ASSERT_TRUE(verdict.checked) << messages(verdict.diagnostics);
  EXPECT_EQ(verdict.checked->hooks.at(0).attachment, Attachment::kFmodRet);
  EXPECT_EQ(short_name(verdict.checked->hooks.at(0).target), "security_file_open");
  EXPECT_EQ(verdict.checked->hooks.at(0).call, "file_open");
  EXPECT_EQ(messages(on(kernel, lsm("hook: task_free")).diagnostics),
            "6:21 error: the LSM hook \"task_free\" cannot be hooked: BPF is not among the active security "
            "modules\n");
  kernel.features.fmod_ret = false;
  EXPECT_EQ(messages(on(kernel, lsm("hook: file_open")).diagnostics),
            "6:21 error: the LSM hook \"file_open\" cannot be hooked: BPF is not among the active security "
            "modules\n");
}

TEST(CheckLsm, Refusals) {
  EXPECT_EQ(told("hook: file_opem"), "6:21 error: this kernel has no LSM hook \"file_opem\"\n");
  EXPECT_EQ(told("hook: ''"), "6:21 error: the hook is empty\n");
  EXPECT_EQ(told("hook: file_open, args: [{index: 1, type: int}]"),
            "6:47 error: \"bpf_lsm_file_open\" has 1 parameter; there is none with index 1\n");
  EXPECT_EQ(told("hook: file_open, args: [{index: 0, type: char_buf, returnCopy: true}]"),
            "6:78 error: returnCopy cannot be used in lsmhooks\n");
  EXPECT_EQ(told("hook: file_open, args: [{index: 0}]"),
            "6:39 error: the type of this argument is missing\n");
  EXPECT_EQ(told("hook: file_open, selectors: [{matchActions: [{action: GetUrl}, {action: Set}]}]"),
            "6:69 error: GetUrl cannot be used in lsmhooks\n6:87 error: Set cannot be used in lsmhooks\n");
  EXPECT_EQ(
      told("hook: file_open, selectors: [{matchReturnArgs: [{index: 0, operator: Equal, values: ['1']}]}]"),
      "6:63 error: matchReturnArgs cannot be used in lsmhooks\n");
  EXPECT_EQ(told("hook: file_open, selectors: [{matchReturnActions: [{action: GetUrl}]}]"),
            "6:66 warning: matchReturnActions has no effect without \"return: true\"\n");
  EXPECT_EQ(told("hook: task_free, selectors: [{matchActions: [{action: Override}]}]"),
            "6:69 error: the LSM hook \"task_free\" returns nothing: there is nothing to override\n");
}

// Newer kernels have hooks that BPF programs may not be at, as they found out when they were asked.
TEST(CheckLsm, HooksThatTakeNoPrograms) {
  Kernel kernel = tiny_kernel();
  kernel.lsm_refused = {"task_free"};
  EXPECT_EQ(messages(on(kernel, lsm("hook: task_free")).diagnostics),
            "6:21 error: the LSM hook \"task_free\" cannot be hooked: this kernel does not allow BPF LSM "
            "programs there\n");
  kernel.lsm_refused = {"file_open"};  // the function that calls it can be
  const Verdict verdict = on(kernel, lsm("hook: file_open"));
  ASSERT_TRUE(verdict.checked);
  EXPECT_EQ(short_name(verdict.checked->hooks[0].target), "security_file_open");
  EXPECT_EQ(verdict.checked->hooks[0].attachment, Attachment::kFmodRet);
}

// A file that was made before they were asked does not tell.
TEST(CheckLsm, FilesWithoutWhatHooksTake) {
  Kernel kernel = tiny_kernel();
  kernel.from_file = true;
  const Verdict verdict = on(kernel, lsm("hook: file_open"));
  EXPECT_EQ(messages(verdict.diagnostics),
            "6:21 error: it is not known whether this kernel allows BPF LSM programs at \"file_open\"\n");
  EXPECT_EQ(
      verdict.diagnostics.all().at(0).hint,
      "the kernel file has no section lsm_refused: make a new one on that kernel with \"tripline kernel "
      "dump\"");
  kernel.lsm_hooks_known = true;
  EXPECT_EQ(messages(on(kernel, lsm("hook: file_open")).diagnostics), "");
}

TEST(CheckLsm, HooksThatReturnTrueOrFalse) {
  Kernel kernel = tiny_kernel();
  kernel.lsm_bool = {"file_open"};
  const auto with = [&](const std::string& actions) {
    return on(kernel, lsm("hook: file_open, selectors: [{matchActions: [" + actions + "]}]"));
  };
  EXPECT_EQ(messages(with("{action: Override, argError: -1}").diagnostics),
            "6:60 error: the LSM hook \"file_open\" returns true or false: it cannot be overridden with an "
            "error\n");
  EXPECT_TRUE(with("{action: Override, argError: 0}").checked);
  EXPECT_TRUE(with("{action: Sigkill}").checked);
  kernel.lsms = {"capability"};  // fmod_ret returns whatever it likes
  EXPECT_TRUE(with("{action: Override, argError: -1}").checked);
}

TEST(CheckLsm, Hashes) {
  const auto asks = [](const std::string& hook) {
    return lsm("hook: " + hook + ", selectors: [{matchActions: [{action: Post, imaHash: true}]}, {}]");
  };
  const Verdict verdict = on(tiny_kernel(), asks("file_open"));
  ASSERT_TRUE(verdict.checked);
  EXPECT_EQ(messages(verdict.diagnostics), "");
  EXPECT_TRUE(shows_hash(verdict.checked->hooks.at(0)));
  EXPECT_TRUE(verdict.checked->hooks[0].selectors.at(0).actions.at(0).ima_hash);
  EXPECT_FALSE(verdict.checked->hooks[0].selectors.at(1).actions.at(0).ima_hash);
}

// The event comes without it.
TEST(CheckLsm, HashesThatCannotBeHad) {
  const auto told = [](const Kernel& kernel, const std::string& hook) {
    const Verdict verdict =
        on(kernel, lsm("hook: " + hook + ", selectors: [{matchActions: [{action: Post, imaHash: true}]}]"));
    EXPECT_TRUE(verdict.checked && !shows_hash(verdict.checked->hooks.at(0)));
    return messages(verdict.diagnostics);
  };
  Kernel kernel = tiny_kernel();
  EXPECT_EQ(told(kernel, "task_free"),
            "6:84 warning: imaHash has no effect here: no file can be hashed at \"task_free\"\n");
  kernel.lsms = {"capability"};
  EXPECT_EQ(told(kernel, "file_open"),
            "6:84 warning: imaHash has no effect here: BPF is not among the active security modules\n");
  kernel = tiny_kernel();
  kernel.features.ima_file_hash = false;
  EXPECT_EQ(told(kernel, "file_open"),
            "6:84 warning: imaHash has no effect here: this kernel cannot hash files for BPF programs\n");
}

TEST(CheckLsm, ValuesThatAHookCanReturn) {
  const auto error = [](const std::string& value) {
    const Verdict verdict =
        on(tiny_kernel(), lsm("hook: file_open, selectors: [{matchActions: [{action: Override, "
                              "argError: " +
                              value + "}]}]"));
    return verdict.checked ? verdict.checked->hooks[0].selectors[0].actions[0].error : 99;
  };
  EXPECT_EQ(error("-13"), -13);
  EXPECT_EQ(error("-4095"), -4095);
  EXPECT_EQ(error("-4096"), -1);
  EXPECT_EQ(error("5"), -1);
  EXPECT_EQ(error("0"), 0);
}

}  // namespace
}  // namespace tripline
