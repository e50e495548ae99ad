// SPDX-License-Identifier: Apache-2.0
// Comparisons on the fields of sockets, packets and addresses, in the value that the library put into the slot.
// Addresses are searched as integers: a block of addresses is a range.
#pragma once

#include "compile/builder.h"
#include "compile/values.h"
#include "policy/checked.h"

namespace tripline {

// On when `filter` holds for the value, an argument of this type, else to `no`.
void test_socket(Builder& builder, const SocketFilter& filter, ArgType type, ir::Value slot, const Held& held,
                 Label no);

// On when the second set of capabilities has what the first has not, else to `no`.
void test_gained(Builder& builder, ir::Value old, ir::Value gained, Label no);

}  // namespace tripline
