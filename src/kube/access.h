// SPDX-License-Identifier: Apache-2.0
// Access: the address of the API server and our credentials, from the files in a pod or from a kubeconfig.
//
// Contents of files are kept as paths here and read when needed: tokens and certificates are replaced while we run.
// exec, auth-provider and proxy-url are refused with an error, because ignoring them would change the request.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tripline::kube {

// A text, or the file that has it. Both empty: there is none.
struct Secret {
  std::string text = {};
  std::string file = {};

  [[nodiscard]] bool empty() const { return text.empty() && file.empty(); }
  bool operator==(const Secret&) const = default;
};

struct Access {
  std::string host;
  uint16_t port = 443;
  std::string prefix = {};  // of every path: "/k8s/clusters/c1"; no slash at its end
  bool tls = true;
  Secret authorities = {};       // PEM; none: those that the system trusts
  bool skip_verify = false;      // whoever answers is believed
  std::string server_name = {};  // that the certificate is for, if it is not `host`
  Secret token = {};
  Secret certificate = {};  // PEM; ours
  Secret key = {};
  std::string user = {};  // with a password, where there is no token
  std::string password = {};
  std::string name_space = {};  // "default" where nobody said another
  bool operator==(const Access&) const = default;
};

// `folder` has `token`, `ca.crt` and `namespace`. Without a readable ca.crt it is the system's authorities that count.
inline constexpr const char* kAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
[[nodiscard]] Result<Access> access_in_cluster(const std::string& host, const std::string& port,
                                               const std::string& folder = kAccountFolder);

// Of several files, what is defined first counts; those that are not there are passed over, unless none is.
[[nodiscard]] Result<Access> access_by_kubeconfig(std::span<const std::string> files);

// As the environment has it: `file` when it is given; in a pod, its account; else the files of KUBECONFIG, or
// ~/.kube/config.
[[nodiscard]] Result<Access> find_access(const std::string& file);

// https://HOST[:PORT][/PREFIX], http too; false when it is no such address.
[[nodiscard]] bool read_address(std::string_view address, Access& out);

// Read now.
[[nodiscard]] Result<std::string> read_secret(const Secret& secret);

}  // namespace tripline::kube
