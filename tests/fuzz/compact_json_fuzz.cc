// SPDX-License-Identifier: Apache-2.0
// Lines of a compact export: any are expanded or refused, and do not become more than they may. And lines that are not
// compact, those of the input and of random events, come back to the last byte when they have been made compact.
#include <functional>
#include <string>

#include "export/compact_json.h"
#include "fuzz/input.h"
#include "render/json.h"
#include "serve/random_event.h"

namespace {

using namespace tripline;
using fuzz::require;

bool is_plain(std::string_view line) {
  std::string out;
  return JsonExpander().add(line, out) && out == std::string(line) + "\n";
}

void expect_back(std::string_view lines) {
  JsonCompactor compactor;
  std::string compact;
  for (const std::string_view line : fuzz::parts_of(lines, '\n', 1000))
    if (!line.empty()) compactor.add(line, compact);
  JsonExpander expander;
  std::string back;
  for (const std::string_view line : fuzz::parts_of(compact, '\n', 10'000))
    if (!line.empty()) require(expander.add(line, back).has_value());
  require(back == lines);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  JsonExpander expander;
  std::string out, plain;
  test::RandomEvents random(std::hash<std::string_view>{}(text));
  for (const std::string_view line : fuzz::parts_of(text, '\n', 100)) {
    out.clear();
    if (const auto added = expander.add(line, out); !added) require(!added.error().empty() && out.empty());
    for (const std::string_view each : fuzz::parts_of(out, '\n', 100))
      if (is_plain(each)) plain.append(each) += '\n';
    if (is_plain(line)) plain.append(line) += '\n';
    plain += to_json(random.event(), {"n", ""}) + "\n";
  }
  expect_back(plain);
  return 0;
}
