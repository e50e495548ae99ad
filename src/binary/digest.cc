// SPDX-License-Identifier: Apache-2.0
#include "binary/digest.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace tripline::binary {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

// Null when there is no such digest.
Context begin(std::string_view name) {
  if (std::ranges::find(kDigestKinds, name, &DigestKind::name) == kDigestKinds.end()) return nullptr;
  const EVP_MD* kind = EVP_get_digestbyname(std::string(name).c_str());
  Context context(EVP_MD_CTX_new());
  if (!kind || !context || EVP_DigestInit_ex(context.get(), kind, nullptr) != 1) return nullptr;
  return context;
}

std::string finish(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  std::string out;
  if (EVP_DigestFinal_ex(context, bytes.data(), &size) != 1) return out;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : std::span(bytes).first(size)) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> digests(int file, std::span<const std::string_view> names) {
  std::vector<Context> contexts;
  for (const std::string_view name : names) {
    contexts.push_back(begin(name));
    if (!contexts.back()) return fail("make digest", std::string(name), 0, "there is no such digest");
  }
  std::vector<unsigned char> block(size_t{256} << 10);
  for (uint64_t at = 0;;) {
    const ssize_t count = pread(file, block.data(), block.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("read file", "", errno);
    if (count == 0) break;
    for (const Context& context : contexts)
      EVP_DigestUpdate(context.get(), block.data(), static_cast<size_t>(count));
    at += static_cast<uint64_t>(count);
  }
  std::vector<std::string> out;
  for (const Context& context : contexts) out.push_back(finish(context.get()));
  return out;
}

}  // namespace tripline::binary
