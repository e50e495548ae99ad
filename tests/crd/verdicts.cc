// SPDX-License-Identifier: Apache-2.0
// For comparison with an API server: says of each file on the command line, a line each, whether the parser takes the
// document: "good" or "bad", the kind and namespace it read, the file, and the first error, between tabs.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "base/diagnostics.h"
#include "policy/policy.h"

int main(int argc, char** argv) {
  for (int at = 1; at < argc; ++at) {
    std::ifstream file(argv[at]);
    std::ostringstream text;
    text << file.rdbuf();
    tripline::Diagnostics diagnostics;
    const auto policy = tripline::parse({argv[at], text.str()}, diagnostics);
    std::string error;
    for (const auto& each : diagnostics.all())
      if (each.severity == tripline::Severity::kError && error.empty()) error = each.message;
    std::printf("%s\t%s\t%s\n", policy ? "good" : "bad", argv[at], error.c_str());
  }
}
