// SPDX-License-Identifier: Apache-2.0
// Gives every fuzzer the inputs of its corpus, once, without a fuzzing engine: among them is each that was ever found to
// fail. An input that fails ends the program, and is the last one that was named.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#define TRIPLINE_FUZZER(name) extern "C" int fuzz_##name(const uint8_t* data, size_t size);
TRIPLINE_FUZZERS
#undef TRIPLINE_FUZZER

namespace {

struct Fuzzer {
  const char* name;
  int (*run)(const uint8_t* data, size_t size);
};
constexpr Fuzzer kFuzzers[] = {
#define TRIPLINE_FUZZER(name) {#name, fuzz_##name},
    TRIPLINE_FUZZERS
#undef TRIPLINE_FUZZER
};

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

void run(const Fuzzer& fuzzer, const std::string& name, const std::string& input) {
  std::printf("%s\n", name.c_str());
  std::fflush(stdout);
  (void)fuzzer.run(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main() {
  const std::filesystem::path corpus = TRIPLINE_FUZZ_CORPUS;
  size_t bare = 0;
  for (const Fuzzer& fuzzer : kFuzzers) {
    run(fuzzer, std::string(fuzzer.name) + ": nothing", {});
    const auto files = files_of(corpus / fuzzer.name);
    bare += files.empty() ? 1 : 0;
    for (const auto& file : files) {
      std::ifstream in(file, std::ios::binary);
      run(fuzzer, file, {std::istreambuf_iterator<char>(in), {}});
    }
  }
  return bare == 0 ? 0 : 1;
}
