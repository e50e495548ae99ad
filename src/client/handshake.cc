// SPDX-License-Identifier: Apache-2.0
#include "client/handshake.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>

#include "client/certificate_name.h"
#include "client/dial.h"

namespace tripline {
namespace {

constexpr std::string_view kHandshakeFailed = "transport: authentication handshake failed: ";
constexpr std::string_view kPreface = "error reading server preface: ";
constexpr std::string_view kUnverified = "tls: failed to verify certificate: x509: ";

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;
using Certificate = std::unique_ptr<X509, Free>;

// The alerts of TLS as Go names them.
std::string alert_text(int number) {
  constexpr auto kAlerts = std::to_array<std::pair<int, std::string_view>>({
      {10, "unexpected message"},
      {20, "bad record MAC"},
      {40, "handshake failure"},
      {42, "bad certificate"},
      {43, "unsupported certificate"},
      {44, "revoked certificate"},
      {45, "expired certificate"},
      {46, "unknown certificate"},
      {47, "illegal parameter"},
      {48, "unknown certificate authority"},
      {49, "access denied"},
      {50, "error decoding message"},
      {51, "error decrypting message"},
      {70, "protocol version not supported"},
      {71, "insufficient security level"},
      {80, "internal error"},
      {109, "missing extension"},
      {110, "unsupported extension"},
      {112, "unrecognized name"},
      {116, "certificate required"},
      {120, "no application protocol"},
  });
  const auto* known = std::ranges::find(kAlerts, number, &std::pair<int, std::string_view>::first);
  return "remote error: tls: " +
         (known == kAlerts.end() ? fmt::format("alert({})", number) : std::string(known->second));
}

// What ended a step of the handshake or a read.
std::string step_error() {
  const unsigned long error = ERR_peek_error();
  const int reason = ERR_GET_REASON(error);
  if (error == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return "EOF";
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
    return "tls: first record does not look like a TLS handshake";
  if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
    return alert_text(reason - SSL_AD_REASON_OFFSET);
  const char* text = ERR_reason_error_string(error);
  return std::string("tls: ") + (text != nullptr ? text : "handshake failure");
}

// The client's side of a request for its certificate.
struct Offer {
  const ChannelOptions& from;
  bool owed = false;  // the server asked for one and got none
};

// A server says of which authorities it wants certificates; another one is not offered.
int offer_certificate(SSL* connection, void* given) {
  auto& offer = *static_cast<Offer*>(given);
  const ChannelOptions& from = offer.from;
  offer.owed = true;
  if (from.certificate.empty()) return 1;
  if (SSL_use_certificate_chain_file(connection, from.certificate.c_str()) != 1 ||
      SSL_use_PrivateKey_file(connection, from.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return 1;
  const STACK_OF(X509_NAME)* wanted = SSL_get0_peer_CA_list(connection);
  const int count = wanted != nullptr ? sk_X509_NAME_num(wanted) : 0;
  const X509_NAME* issuer = X509_get_issuer_name(SSL_get_certificate(connection));
  bool fits = count <= 0;
  for (int n = 0; n < count && !fits; ++n) fits = X509_NAME_cmp(sk_X509_NAME_value(wanted, n), issuer) == 0;
  if (!fits) SSL_certs_clear(connection);
  offer.owed = !fits;
  return 1;
}

// The certificate is looked at afterwards, so that the handshake goes on with one that is wrong.
Context make_context(Offer& offer) {
  const ChannelOptions& options = offer.from;
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) return nullptr;
  for (const std::string& path : options.authorities) SSL_CTX_load_verify_file(context.get(), path.c_str());
  if (options.authorities.empty()) SSL_CTX_set_default_verify_paths(context.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_cb(context.get(), offer_certificate, &offer);
  constexpr std::array<unsigned char, 3> kProtocols = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kProtocols.data(), kProtocols.size());
  return context;
}

std::string time_text(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::optional<std::string> date_error(X509* certificate) {
  const auto refuse = [](const ASN1_TIME* limit, std::string_view side) {
    std::tm parts{};
    ASN1_TIME_to_tm(limit, &parts);
    return fmt::format("certificate has expired or is not yet valid: current time {} is {} {}",
                       time_text(std::time(nullptr)), side, time_text(timegm(&parts)));
  };
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    return refuse(X509_get0_notBefore(certificate), "before");
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    return refuse(X509_get0_notAfter(certificate), "after");
  return {};
}

std::optional<std::string> certificate_error(SSL* connection, const std::string& host) {
  const Certificate certificate(SSL_get1_peer_certificate(connection));
  if (!certificate) return {};
  if (auto wrong = date_error(certificate.get())) return wrong;
  if (auto wrong = name_error(certificate.get(), host)) return wrong;
  if (SSL_get_verify_result(connection) != X509_V_OK) return "certificate signed by unknown authority";
  return {};
}

}  // namespace

std::optional<std::string> handshake_error(const ChannelOptions& options, const std::string& address) {
  const auto socket = dial(address);
  if (!socket) return {};
  constexpr timeval kLimit{.tv_sec = 5, .tv_usec = 0};
  for (const int side : {SO_RCVTIMEO, SO_SNDTIMEO})
    setsockopt(socket->get(), SOL_SOCKET, side, &kLimit, sizeof(kLimit));
  const std::string host = options.server_name.empty() ? host_of(address) : options.server_name;
  Offer offer{options};
  const Context context = make_context(offer);
  const Connection connection(context ? SSL_new(context.get()) : nullptr);
  SSL* const tls = connection.get();
  if (tls == nullptr || SSL_set_fd(tls, socket->get()) != 1) return {};
  if (!is_address(host)) SSL_set_tlsext_host_name(tls, host.c_str());
  ERR_clear_error();
  if (SSL_connect(tls) != 1) return std::string(kHandshakeFailed) + step_error();
  if (!options.skip_verify) {
    if (const auto wrong = certificate_error(tls, host))
      return std::string(kHandshakeFailed) + std::string(kUnverified) + *wrong;
  }
  // What the server thinks of the client's certificate it says in place of its first words.
  char byte = 0;
  ERR_clear_error();
  const int got = SSL_read(tls, &byte, 1);
  // One that says nothing in time has nothing against us.
  if (got == 1 || SSL_get_error(tls, got) == SSL_ERROR_WANT_READ) return {};
  const std::string said = step_error();
  // A server of gRPC's C++ library closes the connection before its alert is on the way.
  constexpr int kCertificateRequired = 116;
  return std::string(kPreface) + (said == "EOF" && offer.owed ? alert_text(kCertificateRequired) : said);
}

}  // namespace tripline
