// SPDX-License-Identifier: Apache-2.0
// Every policy of a folder that check() accepts for the running kernel is taken by that kernel: loaded and attached, and
// taken out again. The verifier must not refuse what we accept.
//
// usage: corpus_test FOLDER LEAST       (only in a guest: it attaches programs)
// LEAST: how many policies must have been accepted.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent.h"
#include "base/diagnostics.h"
#include "base/source.h"
#include "kernel/kernel.h"
#include "policy/policy.h"

using namespace tripline;

namespace {

int refuse(const Error& error) {
  std::fprintf(stderr, "corpus_test: %s\n", error.text().c_str());
  return 1;
}

std::vector<std::string> documents_in(const char* folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") out.push_back(entry.path().string());
  }
  std::ranges::sort(out);
  return out;
}

// Null when the document is refused.
PolicyPtr accepted(const std::string& path, const Kernel& kernel) {
  Diagnostics diagnostics;
  std::ifstream file(path);
  const Source source{path, {std::istreambuf_iterator<char>(file), {}}};
  const auto parsed = parse(source, diagnostics);
  if (!parsed) return nullptr;
  auto checked = check(*parsed, kernel, diagnostics, {}, read_files(*parsed));
  if (!checked) return nullptr;
  return std::make_shared<const CheckedPolicy>(std::move(*checked));
}

int test(const std::shared_ptr<const Kernel>& kernel, const char* folder, int least) {
  Result<std::unique_ptr<Agent>> agent = Agent::start(kernel, {}, [](const Event&) {});
  if (!agent) return refuse(agent.error());
  int taken = 0;
  int failed = 0;
  for (const std::string& path : documents_in(folder)) {
    const PolicyPtr policy = accepted(path, *kernel);
    if (policy == nullptr) continue;
    if (const auto added = (*agent)->add({&policy, 1}); !added) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), added.error().text().c_str());
      ++failed;
      continue;
    }
    ++taken;
    (*agent)->round();
    if (const auto replaced = (*agent)->replace({}); !replaced) return refuse(replaced.error());
  }
  std::printf("%d policies were taken by the kernel, %d were not\n", taken, failed);
  return failed == 0 && taken >= least ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (access("/run/guest", F_OK) != 0 || argc != 3) {
    std::fprintf(
        stderr, "corpus_test FOLDER LEAST: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 1;
  }
  rlimit files{};  // a list of functions takes some for each where no program can be shared
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  Result<ProbeReport> probed = probe_kernel();
  if (!probed) return refuse(probed.error());
  return test(std::make_shared<const Kernel>(std::move(probed->kernel)), argv[1], std::atoi(argv[2]));
}
