// SPDX-License-Identifier: Apache-2.0
// The schema of a policy's spec, for the API server of Kubernetes (OpenAPI v3, structural): made of the tables that
// the parser reads by, so that both take the same documents.
#pragma once

#include "crd/tree.h"

namespace tripline::crd {

[[nodiscard]] Tree spec_schema();

}  // namespace tripline::crd
