// SPDX-License-Identifier: Apache-2.0
// Detects the eBPF features of the running kernel, by the smallest program that needs each feature. A program that
// loads proves the kernel knows its type and helpers; whether it could also be attached is inferred from what
// attaching would need, because nothing is ever attached here.
#pragma once

#include "kernel/kernel.h"

namespace tripline {

// Uses kernel.btf and kernel.lsms. Fails when this process may not load programs at all, or there is no eBPF.
[[nodiscard]] Result<Features> probe_features(const Kernel& kernel);

// Fills in kernel.lsm_refused and kernel.lsm_bool for these hooks, or for all when there are none. Uses kernel.btf and
// kernel.features; does nothing where no LSM program can be attached.
void probe_lsm_hooks(Kernel& kernel, std::vector<std::string> hooks);

}  // namespace tripline
