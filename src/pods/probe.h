// SPDX-License-Identifier: Apache-2.0
// Whether a process may be a health check of its container. A guess, from its command alone: a process that somebody
// else started with the same command is taken for a check too.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tripline {

// `probes` are the commands of the container's checks; `arguments` are one text, as in events, where those that have
// blanks are in quotes.
[[nodiscard]] bool may_be_probe(std::span<const std::vector<std::string>> probes, std::string_view binary,
                                std::string_view arguments);

// That text as a shell would split it. What is wrong with it, a quote that never ends, is passed over.
[[nodiscard]] std::vector<std::string> split_arguments(std::string_view text);

}  // namespace tripline
