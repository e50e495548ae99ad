// SPDX-License-Identifier: Apache-2.0
// A kubeconfig, or two that complete each other: read, or refused with a reason.
#include <array>
#include <string>

#include "fuzz/input.h"
#include "fuzz/temporary.h"
#include "kube/access.h"
#include "kube/base64.h"

// NOLINTNEXTLINE(readability-identifier-naming): the fuzzer's driver calls it by this name
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tripline;
  using fuzz::require;
  static const std::array<fuzz::MemoryFile, 2> kFiles;
  const std::string_view text = fuzz::text_of(data, size);
  const auto parts = fuzz::parts_of(text, '\0', kFiles.size());
  std::vector<std::string> paths;
  for (size_t at = 0; at < parts.size(); ++at) {
    kFiles.at(at).put(parts[at]);
    paths.push_back(kFiles.at(at).path());
  }
  const auto access = kube::access_by_kubeconfig(paths);
  if (access) {
    require(!access->host.empty() && access->port != 0 && !access->name_space.empty());
    require(access->certificate.empty() == access->key.empty());
    require(!access->skip_verify || access->authorities.empty());
    require(!access->prefix.ends_with('/'));
  } else {
    require(!access.error().text().empty());
  }

  const std::string encoded = kube::to_base64(text);
  require(kube::from_base64(encoded) == text);
  if (const auto bytes = kube::from_base64(text))
    require(kube::from_base64(kube::to_base64(*bytes)) == bytes);
  return 0;
}
