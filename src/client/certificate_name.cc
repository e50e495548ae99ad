// SPDX-License-Identifier: Apache-2.0
#include "client/certificate_name.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <ranges>
#include <vector>

namespace tripline {
namespace {

struct Free {
  void operator()(BIO* bytes) const { BIO_free(bytes); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string> labels_of(std::string_view name) {
  std::vector<std::string> out;
  for (const auto label : name | std::views::split('.')) out.emplace_back(label.begin(), label.end());
  return out;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.front() != '-' && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// The name of a host, in lower case; a pattern may have a star as its first label of several.
bool is_name(const std::vector<std::string>& labels, bool pattern) {
  const bool star = pattern && labels.size() > 1 && labels.front() == "*";
  return std::ranges::all_of(labels | std::views::drop(star ? 1 : 0), is_label);
}

std::string address_text(const ASN1_OCTET_STRING& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(&bytes) == 4 ? AF_INET : AF_INET6;
  const size_t size = family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr);
  if (static_cast<size_t>(ASN1_STRING_length(&bytes)) != size) return "?";
  return inet_ntop(family, ASN1_STRING_get0_data(&bytes), text.data(), text.size());
}

struct Names {
  bool present = false;
  std::vector<std::string> hosts, addresses;
};

Names names_in(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, Free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  Names out{.present = names != nullptr};
  for (int n = 0; names && n < sk_GENERAL_NAME_num(names.get()); ++n) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), n);
    if (name->type == GEN_IPADD) out.addresses.push_back(address_text(*name->d.iPAddress));
    if (name->type == GEN_DNS) {
      out.hosts.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                             static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    }
  }
  return out;
}

}  // namespace

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool name_matches(std::string_view pattern, std::string_view host) {
  const std::string_view bare = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  const auto wanted = labels_of(lower(pattern)), given = labels_of(lower(bare));
  if (!is_name(wanted, true) || !is_name(given, false))
    return !pattern.empty() && pattern != "." && lower(pattern) == lower(host);
  if (wanted.empty() || wanted.size() != given.size()) return false;
  const int from = wanted.front() == "*" ? 1 : 0;
  return std::ranges::equal(wanted | std::views::drop(from), given | std::views::drop(from));
}

std::optional<std::string> name_error(const X509* certificate, const std::string& host) {
  const Names names = names_in(certificate);
  const bool by_address = is_address(host);
  const auto matches = [&](const std::string& name) { return name_matches(name, host); };
  if (by_address ? X509_check_ip_asc(const_cast<X509*>(certificate), host.c_str(), 0) == 1
                 : std::ranges::any_of(names.hosts, matches))
    return {};
  const std::vector<std::string>& valid = by_address ? names.addresses : names.hosts;
  if (valid.empty() && by_address)
    return "cannot validate certificate for " + host + " because it doesn't contain any IP SANs";
  if (valid.empty()) return "certificate is not valid for any names, but wanted to match " + host;
  return fmt::format("certificate is valid for {}, not {}", fmt::join(valid, ", "), host);
}

std::optional<std::string> pem_name_error(std::string_view pem, const std::string& host) {
  const std::unique_ptr<BIO, Free> bytes(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509, Free> certificate(PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr));
  if (!certificate) return "the server shows no certificate";
  return name_error(certificate.get(), host);
}

}  // namespace tripline
