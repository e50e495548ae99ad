// SPDX-License-Identifier: Apache-2.0
#include "agent/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/certificates.h"

namespace tripline {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;

bool trust(SSL_CTX* context, const std::string& authorities) {
  if (!authorities.empty()) return SSL_CTX_load_verify_file(context, authorities.c_str()) == 1;
  bool any = SSL_CTX_set_default_verify_paths(context) == 1;
  for (const char* bundle : kCertificateBundles) {
    if (access(bundle, R_OK) != 0) continue;
    if (SSL_CTX_load_verify_file(context, bundle) == 1) any = true;
    break;
  }
  return any;
}

Context make_context(const std::string& authorities) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      !trust(context.get(), authorities))
    return nullptr;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // Nothing but a lost farewell: how much of the answer came does not matter.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  return context;
}

// The certificate must be for `host`, a name or an address; of names the server is told which is meant.
bool expect_host(SSL* connection, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1) return true;
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(connection, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

// Calls `step` until it has come to something: its result, above 0 when it is good.
template <typename Step>
int until_done(SSL* connection, const WaitFor& wait, const Step& step) {
  while (true) {
    ERR_clear_error();
    const int result = step();
    if (result > 0) return result;
    short events = 0;
    switch (SSL_get_error(connection, result)) {
      case SSL_ERROR_WANT_READ:
        events = POLLIN;
        break;
      case SSL_ERROR_WANT_WRITE:
        events = POLLOUT;
        break;
      default:
        return 0;
    }
    if (!wait(events)) return 0;
  }
}

}  // namespace

bool exchange_over_tls(int socket, const std::string& host, std::string_view request,
                       const std::string& authorities, size_t most, const WaitFor& wait) {
  const Context context = make_context(authorities);
  const Connection connection(context ? SSL_new(context.get()) : nullptr);
  SSL* tls = connection.get();
  if (tls == nullptr || !expect_host(tls, host) || SSL_set_fd(tls, socket) != 1) return false;
  // A connection that is still being made is no socket to the library yet.
  if (!wait(POLLOUT)) return false;
  if (until_done(tls, wait, [&] { return SSL_connect(tls); }) == 0) return false;
  const auto size = static_cast<int>(request.size());
  if (until_done(tls, wait, [&] { return SSL_write(tls, request.data(), size); }) == 0) return false;
  std::array<char, 4096> bytes{};
  size_t total = 0;
  while (total < most) {
    const int got =
        until_done(tls, wait, [&] { return SSL_read(tls, bytes.data(), static_cast<int>(bytes.size())); });
    if (got == 0) break;
    total += static_cast<size_t>(got);
  }
  return total > 0;
}

}  // namespace tripline
