// SPDX-License-Identifier: Apache-2.0
// Whether a server's certificate is for a host, by the rules and in the words of Go's library. OpenSSL's and gRPC's own
// rules differ: they refuse *.inside for a.inside, and gRPC takes the common name where there are no other names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

struct x509_st;

namespace tripline {

[[nodiscard]] bool is_address(const std::string& host);

// Whether a name in a certificate, perhaps one that begins with `*.`, is for a host. The star is for one label.
[[nodiscard]] bool name_matches(std::string_view pattern, std::string_view host);

// "certificate is valid for localhost, not other"; absent when the certificate is for the host.
[[nodiscard]] std::optional<std::string> name_error(const x509_st* certificate, const std::string& host);

// The same of a certificate as PEM.
[[nodiscard]] std::optional<std::string> pem_name_error(std::string_view pem, const std::string& host);

}  // namespace tripline
