// SPDX-License-Identifier: Apache-2.0
// Policy files as a command takes them: read, parsed and checked against one kernel, all of them before anything is
// done with any. What is wrong with them goes to standard error.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"

namespace tripline {

// Those in `paths`; absent when one cannot be read.
[[nodiscard]] std::optional<std::vector<Document>> read_documents(const std::vector<std::string>& paths);

// Absent when anything is wrong.
[[nodiscard]] std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> admit_all(
    std::vector<Document> documents, const Kernel& kernel, const AdmissionOptions& options);

// The policies in the files `paths`, in that order, for an author: with what lint() says. Absent when anything is wrong.
[[nodiscard]] std::optional<std::vector<std::shared_ptr<const CheckedPolicy>>> load_policies(
    const std::vector<std::string>& paths, const Kernel& kernel, const AdmissionOptions& options);

}  // namespace tripline
