// SPDX-License-Identifier: Apache-2.0
#include "kube/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/certificates.h"

namespace tripline::kube {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(BIO* bytes) const { BIO_free(bytes); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

using Kind = Failure::Kind;

// Waits until the socket is ready for `events`.
Answer<void> await(int socket, short events, Deadline deadline, const Stop& stop) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    std::array<pollfd, 2> polled = {{{socket, events, 0}, {stop.bell(), POLLIN, 0}}};
    const int count =
        poll(polled.data(), polled.size(), static_cast<int>(std::clamp<int64_t>(left, 0, 1'000'000)));
    if (polled[1].revents != 0) return failed(Kind::kStopped, "stopped");
    if (count > 0) return {};
    if (Clock::now() >= deadline) return failed(Kind::kLate, "no answer in time");
  }
}

std::string place_of(const Access& access) {
  const bool is_six = access.host.contains(':');
  return (is_six ? "[" + access.host + "]" : access.host) + ":" + std::to_string(access.port);
}

void notice_silence(int socket) {
  const auto set = [socket](int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
}

Answer<Fd> connect_to(const addrinfo& address, Deadline deadline, const Stop& stop) {
  Fd out(socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out) return failed(Kind::kUnreachable, std::strerror(errno));
  notice_silence(out.get());
  if (connect(out.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return failed(Kind::kUnreachable, std::strerror(errno));
    if (auto ready = await(out.get(), POLLOUT, deadline, stop); !ready)
      return std::unexpected(std::move(ready.error()));
    int problem = 0;
    socklen_t size = sizeof(problem);
    getsockopt(out.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) return failed(Kind::kUnreachable, std::strerror(problem));
  }
  return out;
}

// To the first of its addresses that answers.
Answer<Fd> dial(const Access& access, Deadline deadline, const Stop& stop) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int problem = getaddrinfo(access.host.c_str(), std::to_string(access.port).c_str(), &hints, &list);
  const Owned<addrinfo> owner(list);
  if (problem != 0)
    return failed(Kind::kUnreachable, "look up " + access.host + ": " + gai_strerror(problem));
  Answer<Fd> out = failed(Kind::kUnreachable, "it has no address");
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    out = connect_to(*each, deadline, stop);
    if (out || out.error().kind == Kind::kStopped) break;
  }
  if (!out) out.error().message = "connect to " + place_of(access) + ": " + out.error().message;
  return out;
}

std::unexpected<Failure> tls_failed(const std::string& what) {
  const unsigned long error = ERR_peek_error();
  const char* reason = error != 0 ? ERR_reason_error_string(error) : nullptr;
  return failed(Kind::kUnreachable, what + (reason != nullptr ? std::string(": ") + reason : ""));
}

Owned<BIO> bytes_of(const std::string& text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Answer<void> trust(SSL_CTX* context, const Access& access) {
  if (access.authorities.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    for (const char* bundle : kCertificateBundles) {
      if (::access(bundle, R_OK) != 0) continue;
      SSL_CTX_load_verify_file(context, bundle);
      break;
    }
    return {};
  }
  const auto text = read_secret(access.authorities);
  if (!text) return failed(Kind::kUnreachable, text.error().text());
  const Owned<BIO> bytes = bytes_of(*text);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  size_t count = 0;
  while (const Owned<X509> each{PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)})
    count += X509_STORE_add_cert(store, each.get()) == 1;
  ERR_clear_error();
  if (count == 0) return failed(Kind::kUnreachable, "there is no certificate in certificate-authority");
  return {};
}

Answer<void> identify(SSL_CTX* context, const Access& access) {
  if (access.certificate.empty()) return {};
  const auto certificate = read_secret(access.certificate);
  const auto key = read_secret(access.key);
  if (!certificate) return failed(Kind::kUnreachable, certificate.error().text());
  if (!key) return failed(Kind::kUnreachable, key.error().text());
  const Owned<BIO> chain = bytes_of(*certificate);
  const Owned<X509> ours(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  if (!ours || SSL_CTX_use_certificate(context, ours.get()) != 1)
    return tls_failed("client-certificate cannot be used");
  while (X509* above = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, above) != 1) X509_free(above);
  }
  ERR_clear_error();
  const Owned<BIO> bytes = bytes_of(*key);
  const Owned<EVP_PKEY> secret(PEM_read_bio_PrivateKey(bytes.get(), nullptr, nullptr, nullptr));
  if (!secret || SSL_CTX_use_PrivateKey(context, secret.get()) != 1)
    return tls_failed("client-key cannot be used");
  return {};
}

Answer<Owned<SSL_CTX>> make_context(const Access& access) {
  ERR_clear_error();
  Owned<SSL_CTX> out(SSL_CTX_new(TLS_client_method()));
  if (!out || SSL_CTX_set_min_proto_version(out.get(), TLS1_2_VERSION) != 1) return tls_failed("TLS");
  SSL_CTX_set_mode(out.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (access.skip_verify) {
    SSL_CTX_set_verify(out.get(), SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(out.get(), SSL_VERIFY_PEER, nullptr);
    if (auto trusted = trust(out.get(), access); !trusted) return std::unexpected(trusted.error());
  }
  if (auto identified = identify(out.get(), access); !identified) return std::unexpected(identified.error());
  return out;
}

// The certificate must be for that name or address; of names the server is told which is meant.
bool expect_host(SSL* connection, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1) return true;
  ERR_clear_error();
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(connection, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

}  // namespace

struct Connection::Parts {
  Fd socket;
  Owned<SSL_CTX> context;  // null: without TLS
  Owned<SSL> tls;

  // Calls `step` until it has come to something. 0: the other side has closed.
  template <typename Step>
  Answer<size_t> until_done(const Step& step, Deadline deadline, const Stop& stop) {
    while (true) {
      ERR_clear_error();
      errno = 0;
      const int result = step();
      if (result > 0) return static_cast<size_t>(result);
      short events = POLLIN;
      switch (SSL_get_error(tls.get(), result)) {
        case SSL_ERROR_WANT_READ:
          break;
        case SSL_ERROR_WANT_WRITE:
          events = POLLOUT;
          break;
        case SSL_ERROR_ZERO_RETURN:
          return 0;
        case SSL_ERROR_SYSCALL:
          return failed(Kind::kUnreachable, errno != 0 ? std::strerror(errno) : "the connection was closed");
        default:
          if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
            return failed(Kind::kUnreachable, "the connection was closed");
          return tls_failed("TLS");
      }
      if (auto ready = await(socket.get(), events, deadline, stop); !ready)
        return std::unexpected(std::move(ready.error()));
    }
  }
};

Connection::Connection(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Connection::~Connection() = default;

Answer<std::unique_ptr<Connection>> Connection::open(const Access& access, Deadline deadline,
                                                     const Stop& stop) {
  auto parts = std::make_unique<Parts>();
  if (access.tls) {
    auto context = make_context(access);
    if (!context) return std::unexpected(std::move(context.error()));
    parts->context = *std::move(context);
  }
  auto socket = dial(access, deadline, stop);
  if (!socket) return std::unexpected(std::move(socket.error()));
  parts->socket = *std::move(socket);
  if (access.tls) {
    parts->tls.reset(SSL_new(parts->context.get()));
    SSL* const tls = parts->tls.get();
    const std::string& name = access.server_name.empty() ? access.host : access.server_name;
    if (tls == nullptr || !expect_host(tls, name) || SSL_set_fd(tls, parts->socket.get()) != 1)
      return tls_failed("TLS");
    auto done = parts->until_done([&] { return SSL_connect(tls); }, deadline, stop);
    const long verified = SSL_get_verify_result(tls);
    if (!done && verified != X509_V_OK && !access.skip_verify)
      return failed(Kind::kUnreachable, "the certificate of " + place_of(access) +
                                            " is refused: " + X509_verify_cert_error_string(verified));
    if (!done) {
      done.error().message = "handshake with " + place_of(access) + ": " + done.error().message;
      return std::unexpected(std::move(done.error()));
    }
  }
  return std::unique_ptr<Connection>(new Connection(std::move(parts)));
}

Answer<Identity> Identity::read(const Secret& certificate, const Secret& key) {
  ERR_clear_error();
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) return tls_failed("TLS");
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  if (auto identified = identify(context.get(), {.certificate = certificate, .key = key}); !identified)
    return std::unexpected(identified.error());
  if (SSL_CTX_check_private_key(context.get()) != 1) return tls_failed("the key is not the certificate's");
  Identity out;
  out.context_ = {context.release(), [](void* owned) { SSL_CTX_free(static_cast<SSL_CTX*>(owned)); }};
  return out;
}

Answer<std::unique_ptr<Connection>> Connection::accept(Fd socket, const Identity& identity, Deadline deadline,
                                                       const Stop& stop) {
  ERR_clear_error();
  auto parts = std::make_unique<Parts>();
  parts->socket = std::move(socket);
  notice_silence(parts->socket.get());
  auto* const context = static_cast<SSL_CTX*>(identity.context_.get());
  SSL_CTX_up_ref(context);
  parts->context.reset(context);
  parts->tls.reset(SSL_new(context));
  SSL* const tls = parts->tls.get();
  if (tls == nullptr || SSL_set_fd(tls, parts->socket.get()) != 1) return tls_failed("TLS");
  if (auto done = parts->until_done([&] { return SSL_accept(tls); }, deadline, stop); !done)
    return std::unexpected(std::move(done.error()));
  return std::unique_ptr<Connection>(new Connection(std::move(parts)));
}

Answer<void> Connection::write(std::string_view bytes, Deadline deadline, const Stop& stop) {
  while (!bytes.empty()) {
    size_t done = 0;
    if (parts_->tls) {
      const auto step = [&] {
        return SSL_write(parts_->tls.get(), bytes.data(),
                         static_cast<int>(std::min(bytes.size(), size_t{1} << 20)));
      };
      const auto written = parts_->until_done(step, deadline, stop);
      if (!written) return std::unexpected(written.error());
      if (*written == 0) return failed(Kind::kUnreachable, "the connection was closed");
      done = *written;
    } else {
      const ssize_t sent = send(parts_->socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return failed(Kind::kUnreachable, std::strerror(errno));
      if (sent < 0) {
        if (auto ready = await(parts_->socket.get(), POLLOUT, deadline, stop); !ready) return ready;
        continue;
      }
      done = static_cast<size_t>(sent);
    }
    bytes.remove_prefix(done);
  }
  return {};
}

Answer<size_t> Connection::read(std::span<char> into, Deadline deadline, const Stop& stop) {
  if (stop.is_set()) return failed(Kind::kStopped, "stopped");
  if (parts_->tls) {
    const auto step = [&] { return SSL_read(parts_->tls.get(), into.data(), static_cast<int>(into.size())); };
    return parts_->until_done(step, deadline, stop);
  }
  while (true) {
    const ssize_t got = recv(parts_->socket.get(), into.data(), into.size(), 0);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EAGAIN && errno != EINTR) return failed(Kind::kUnreachable, std::strerror(errno));
    if (auto ready = await(parts_->socket.get(), POLLIN, deadline, stop); !ready)
      return std::unexpected(std::move(ready.error()));
  }
}

bool Connection::is_quiet() const {
  if (parts_->tls && SSL_pending(parts_->tls.get()) > 0) return false;
  // TLS has messages of its own, which come unasked: only it knows whether bytes are an answer or an end.
  if (parts_->tls) {
    char byte = 0;
    ERR_clear_error();
    const int got = SSL_peek(parts_->tls.get(), &byte, 1);
    const bool quiet = got <= 0 && SSL_get_error(parts_->tls.get(), got) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    return quiet;
  }
  pollfd polled{parts_->socket.get(), POLLIN, 0};
  return poll(&polled, 1, 0) == 0;
}

}  // namespace tripline::kube
