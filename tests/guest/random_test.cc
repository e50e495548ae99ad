// SPDX-License-Identifier: Apache-2.0
// What check() accepts, the kernel takes: random policies over what this kernel and some files have are checked, and those that pass are
// loaded and attached, without ever doing anything.
//
// usage: random_test COUNT [SEED]    (only in a guest)
// COUNT: how many policies must have been accepted. SEED: of the first policy; the next one has the next number.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "random_policy.h"
#include "taker.h"

using namespace tripline;

namespace {

// Of user space: libraries, which have probes; this program, which runs; and one that does not run.
std::vector<std::string> files_beside(const char* self) {
  const std::string own = std::filesystem::absolute(self);
  return {"/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6", own,
          std::filesystem::path(own).parent_path() / "user_target"};
}

int run(const PolicyMaker& maker, const Kernel& kernel, Taker& taker, uint64_t count, uint64_t seed) {
  uint64_t taken = 0;
  uint64_t made = 0;
  uint64_t refused = 0;
  uint64_t of_user = 0;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (; taken + refused < count && made < 40 * count; ++made) {
    const std::string text = maker.make(seed + made);
    const Answer answer = ask(text, kernel);
    if (answer.policy == nullptr) continue;
    of_user +=
        std::ranges::any_of(answer.policy->hooks, [](const CheckedHook& hook) { return is_user(hook.kind); });
    const std::string refusal = taker.refusal(answer.policy, true);
    if (refusal.empty()) {
      ++taken;
      continue;
    }
    ++refused;
    std::printf("seed %llu:\n%s%s\n\n", static_cast<unsigned long long>(seed + made), text.c_str(),
                refusal.c_str());
    std::fflush(stdout);
  }
  std::printf(
      "of %llu policies check accepted %llu, %llu of them on code of user space; the kernel refused %llu\n",
      static_cast<unsigned long long>(made), static_cast<unsigned long long>(taken + refused),
      static_cast<unsigned long long>(of_user), static_cast<unsigned long long>(refused));
  return refused == 0 && taken == count ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (access("/run/guest", F_OK) != 0 || argc < 2) {
    std::fprintf(stderr, "random_test COUNT [SEED]: only in a guest (tools/vm)\n");
    return 1;
  }
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  const Result<ProbeReport> probed = probe_kernel();
  if (!probed || !probed->kernel.btf) return 1;
  Result<Host> host = Host::open(probed->kernel, {});
  if (!host) return 1;
  Taker taker(probed->kernel, std::move(*host));
  const PolicyMaker maker(probed->kernel, files_beside(argv[0]));
  return run(maker, probed->kernel, taker, std::strtoull(argv[1], nullptr, 10), seed);
}
