// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admission/admission.h"
#include "binary/btf.h"
#include "binary/digest.h"
#include "binary/open.h"
#include "binary/read_at.h"

namespace tripline {
namespace {

// What is wanted of one file.
struct Wanted {
  bool binary = false;  // symbols, probes, segments
  bool types = false;
  std::vector<std::string_view> digests;
};

using WantedFiles = std::map<std::string, Wanted, std::less<>>;

void want_types(const policy::Text& path, WantedFiles& out) {
  if (!path.value.empty()) out[path.value].types = true;
}

// Of an entry "ALGORITHM:DIGITS", as far as the algorithm is one.
void want_digest(const std::string& digest, Wanted& out) {
  std::string name;
  for (const char c : digest.substr(0, digest.find(':'))) {
    if (c != ' ' && c != '\t') name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  const auto* kind = std::ranges::find(binary::kDigestKinds, name, &binary::DigestKind::name);
  if (kind == binary::kDigestKinds.end() || std::ranges::find(out.digests, kind->name) != out.digests.end())
    return;
  out.digests.push_back(kind->name);
}

WantedFiles wanted_by(const policy::Spec& spec) {
  WantedFiles out;
  for (const policy::UprobeHook& hook : spec.uprobes) {
    if (hook.path.value.empty()) continue;
    Wanted& file = out[hook.path.value];
    file.binary = true;
    for (const policy::Text& digest : hook.binary_digests) want_digest(digest.value, file);
    want_types(hook.btf_path, out);
  }
  for (const policy::UsdtHook& hook : spec.usdts) {
    if (hook.path.value.empty()) continue;
    out[hook.path.value].binary = true;
    want_types(hook.btf_path, out);
  }
  return out;
}

void read_types(const binary::ReadAt& read, KnownFile& out) {
  auto bytes = binary::read_btf(read);
  if (!bytes) {
    out.no_types = bytes.error().detail;
    return;
  }
  if (bytes->empty()) {
    out.no_types = "has no section .BTF";
    return;
  }
  auto types = Btf::parse(*std::move(bytes));
  if (types)
    out.types = *std::move(types);
  else
    out.no_types = "has damaged type information";
}

KnownFile read_file(const std::string& path, const Wanted& wanted, const std::string& root) {
  KnownFile out;
  std::error_code ignored;
  const std::string whole = path.starts_with('/') || !root.empty()
                                ? path
                                : std::filesystem::absolute(path, ignored).lexically_normal().string();
  out.file.path = whole;
  auto opened = binary::open_file(whole, root);
  if (!opened) {
    out.refusal = std::move(opened.error());
    return out;
  }
  out.file.device = opened->device;
  out.file.inode = opened->inode;
  const binary::ReadAt read = binary::reader_of(opened->fd.get());
  if (wanted.binary) {
    auto binary = binary::read_binary(read);
    if (binary)
      out.binary = *std::move(binary);
    else
      out.refusal = std::move(binary.error());
  }
  if (wanted.types) read_types(read, out);
  if (!wanted.digests.empty()) {
    if (const auto digests = binary::digests(opened->fd.get(), wanted.digests)) {
      for (size_t n = 0; n < wanted.digests.size(); ++n)
        out.digests.emplace(wanted.digests[n], (*digests)[n]);
    }
  }
  const auto fd = std::make_shared<const Fd>(std::move(opened->fd));
  if (wanted.binary)
    out.code = [fd](uint64_t offset, size_t size) { return binary::reader_of(fd->get())(offset, size); };
  // Of another root only what is in the file counts.
  if (root.empty()) out.file.open = fd;
  return out;
}

}  // namespace

Files read_files(const Policy& policy, const std::string& root) {
  Files out;
  for (const auto& [path, wanted] : wanted_by(policy.spec))
    out.emplace(path, std::make_shared<const KnownFile>(read_file(path, wanted, root)));
  return out;
}

}  // namespace tripline
