// SPDX-License-Identifier: Apache-2.0
#include "kube/access.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

namespace tripline::kube {
namespace {

constexpr size_t kLargestSecret = size_t{1} << 20;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

bool read_port(std::string_view text, uint16_t& out) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out);
  return problem == std::errc() && end == text.data() + text.size() && out != 0;
}

std::vector<std::string> kubeconfig_files() {
  std::vector<std::string> out;
  const std::string listed = variable("KUBECONFIG");
  for (size_t at = 0; at < listed.size();) {
    const size_t end = std::min(listed.find(':', at), listed.size());
    if (end > at) out.push_back(listed.substr(at, end - at));
    at = end + 1;
  }
  if (out.empty()) out.push_back(variable("HOME") + "/.kube/config");
  return out;
}

}  // namespace

bool read_address(std::string_view address, Access& out) {
  if (address.starts_with("https://")) {
    out.tls = true;
    address.remove_prefix(8);
  } else if (address.starts_with("http://")) {
    out.tls = false;
    address.remove_prefix(7);
  } else {
    return false;
  }
  const size_t slash = std::min(address.find('/'), address.size());
  std::string_view place = address.substr(0, slash);
  std::string_view prefix = address.substr(slash);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.find_first_of("?#% \r\n") != std::string_view::npos) return false;
  out.prefix = prefix;
  out.port = out.tls ? 443 : 80;
  std::string_view port;
  if (place.starts_with('[')) {
    const size_t bracket = place.find(']');
    if (bracket == std::string_view::npos) return false;
    out.host = place.substr(1, bracket - 1);
    port = place.substr(bracket + 1);
  } else {
    const size_t colon = place.find(':');
    out.host = place.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : place.substr(colon);
  }
  if (out.host.empty() || out.host.find_first_of("@ \t\r\n") != std::string::npos) return false;
  return port.empty() || (port[0] == ':' && read_port(port.substr(1), out.port));
}

Result<std::string> read_secret(const Secret& secret) {
  if (secret.file.empty()) return secret.text;
  std::ifstream file(secret.file, std::ios::binary);
  if (!file) return fail("read", secret.file, errno);
  std::string out(kLargestSecret + 1, '\0');
  file.read(out.data(), static_cast<std::streamsize>(out.size()));
  if (file.bad()) return fail("read", secret.file, EIO);
  out.resize(static_cast<size_t>(file.gcount()));
  if (out.size() > kLargestSecret) return fail("read", secret.file, 0, "it is larger than 1 MiB");
  return std::string(trimmed(out));
}

Result<Access> access_in_cluster(const std::string& host, const std::string& port,
                                 const std::string& folder) {
  Access out{.host = host};
  if (!read_port(port, out.port))
    return fail("find the API server", "KUBERNETES_SERVICE_PORT", 0, "\"" + port + "\" is not a valid port");
  out.token.file = folder + "/token";
  if (const auto token = read_secret(out.token); !token) return std::unexpected(token.error());
  const std::string authorities = folder + "/ca.crt";
  if (access(authorities.c_str(), R_OK) == 0) out.authorities.file = authorities;
  const auto name_space = read_secret({.file = folder + "/namespace"});
  out.name_space = name_space && !name_space->empty() ? *name_space : "default";
  return out;
}

Result<Access> find_access(const std::string& file) {
  if (!file.empty()) return access_by_kubeconfig({&file, 1});
  const std::string host = variable("KUBERNETES_SERVICE_HOST");
  if (!host.empty()) return access_in_cluster(host, variable("KUBERNETES_SERVICE_PORT"));
  return access_by_kubeconfig(kubeconfig_files());
}

}  // namespace tripline::kube
