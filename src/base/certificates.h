// SPDX-License-Identifier: Apache-2.0
// Where distributions keep the certificates that they trust, for when they are not where OpenSSL looks. The first that can
// be read counts.
#pragma once

namespace tripline {

inline constexpr const char* kCertificateBundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
};

}  // namespace tripline
