// SPDX-License-Identifier: Apache-2.0
// Which parameters of the kernel's functions are addresses of a process. BTF tells it only of kernels built with type
// tags; of others a table made of the kernel's sources does. A parameter in neither is not one, as far as is known: drivers
// are not in the table. Private to the policy room.
#pragma once

#include "kernel/kernel.h"

namespace tripline::policy {

[[nodiscard]] bool is_user_parameter(std::string_view function, const Btf::Parameter& parameter);

}  // namespace tripline::policy
