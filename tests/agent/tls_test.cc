// SPDX-License-Identifier: Apache-2.0
// https in GetUrl, against servers of our own on the loopback interface whose certificates are made here.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "agent/network.h"

namespace tripline {
namespace {

using namespace std::chrono_literals;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr long kDay = 24 * 60 * 60;

// A key, and a certificate that signs itself.
struct Identity {
  Owned<EVP_PKEY> key;
  Owned<X509> certificate;
  std::string file;  // with the certificate

  // For what `names` says ("IP:127.0.0.1,DNS:localhost"), until so many seconds from now.
  explicit Identity(const std::string& names, long until = kDay)
      : key(EVP_EC_gen("P-256")), certificate(X509_new()) {
    X509* x509 = certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -2 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(x509), until);
    X509_set_pubkey(x509, key.get());
    X509_NAME* name = X509_get_subject_name(x509);
    const auto* text = reinterpret_cast<const unsigned char*>("tripline test");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x509, name);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, x509, x509, nullptr, nullptr, 0);
    for (const auto& [id, value] :
         {std::pair{NID_basic_constraints, std::string("critical,CA:TRUE")}, {NID_subject_alt_name, names}}) {
      const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
      EXPECT_EQ(X509_add_ext(x509, extension.get(), -1), 1);
    }
    EXPECT_GT(X509_sign(x509, key.get(), EVP_sha256()), 0);
    std::string path = testing::TempDir() + "authority-XXXXXX";
    const int fd = mkstemp(path.data());
    EXPECT_GE(fd, 0);
    FILE* out = fdopen(fd, "w");
    EXPECT_EQ(PEM_write_X509(out, x509), 1);
    std::fclose(out);
    file = path;
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity() { unlink(file.c_str()); }
};

// Takes one connection. Without an identity it says nothing to whoever comes.
class Server {
 public:
  explicit Server(const Identity* identity) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* at = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_.get(), at, size), 0);
    EXPECT_EQ(getsockname(socket_.get(), at, &size), 0);
    EXPECT_EQ(listen(socket_.get(), 4), 0);
    port_ = std::to_string(ntohs(address.sin_port));
    if (identity != nullptr) thread_ = std::thread([this, identity] { serve(*identity); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    if (thread_.joinable()) thread_.join();
  }
  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ":" + port_ + "/a?b";
  }
  // What was asked; empty when the client did not come so far.
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  void serve(const Identity& identity) {
    pollfd polled{socket_.get(), POLLIN, 0};
    if (poll(&polled, 1, 10'000) != 1) return;
    const Fd client(accept(socket_.get(), nullptr, nullptr));
    const Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    EXPECT_EQ(SSL_CTX_use_certificate(context.get(), identity.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), identity.key.get()), 1);
    const Owned<SSL> connection(SSL_new(context.get()));
    SSL_set_fd(connection.get(), client.get());
    if (SSL_accept(connection.get()) != 1) return;
    std::array<char, 512> bytes{};
    while (!request_.ends_with("\r\n\r\n")) {
      const int size = SSL_read(connection.get(), bytes.data(), bytes.size());
      if (size <= 0) return;
      request_.append(bytes.data(), static_cast<size_t>(size));
    }
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\n\r\nhello";
    SSL_write(connection.get(), kAnswer.data(), kAnswer.size());
  }

  Fd socket_;
  std::string port_;
  std::string request_;
  std::thread thread_;
};

// Was there an answer to a GET of that address?
bool answered(const std::string& url, const std::string& authorities) {
  NetworkOptions options;
  options.authorities = authorities;
  options.timeout = 2s;
  NetworkActions actions(options);
  actions.add({Action::kGetUrl, url});
  for (int i = 0; i < 1000 && actions.counts().done + actions.counts().failed == 0; ++i)
    std::this_thread::sleep_for(10ms);
  const NetworkCounts counts = actions.counts();
  EXPECT_EQ(counts.done + counts.failed, 1U);
  return counts.done == 1;
}

TEST(Tls, TheServerIsAsked) {
  signal(SIGPIPE, SIG_IGN);
  const Identity identity("IP:127.0.0.1");
  Server server(&identity);
  EXPECT_TRUE(answered(server.url("127.0.0.1"), identity.file));
  EXPECT_TRUE(server.request().starts_with("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:")) << "what http sends";
}

TEST(Tls, ByName) {
  signal(SIGPIPE, SIG_IGN);
  const Identity identity("DNS:localhost");
  Server server(&identity);
  EXPECT_TRUE(answered(server.url("localhost"), identity.file));
}

TEST(Tls, CertificatesThatAreRefused) {
  signal(SIGPIPE, SIG_IGN);
  const Identity good("IP:127.0.0.1"), other("IP:127.0.0.2,DNS:127.0.0.1,DNS:localhost.test"),
      expired("IP:127.0.0.1", -kDay);
  for (const auto& [served, trusted, what] : {std::tuple{&good, &other, "another authority"},
                                              {&other, &other, "another host"},
                                              {&expired, &expired, "expired"}}) {
    Server server(served);
    EXPECT_FALSE(answered(server.url("127.0.0.1"), trusted->file)) << what;
    EXPECT_EQ(server.request(), "") << what;
  }
  Server server(&good);
  EXPECT_FALSE(answered(server.url("127.0.0.1"), "")) << "the system does not know it";
  EXPECT_EQ(server.request(), "");
  EXPECT_FALSE(answered("https://127.0.0.1:1/", "/no/such/file"));
}

TEST(Tls, ServersThatSayNothing) {
  const Identity identity("IP:127.0.0.1");
  const Server silent(nullptr);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(answered(silent.url("127.0.0.1"), identity.file));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s);
}

// One that speaks without encryption.
TEST(Tls, ServersOfAnotherKind) {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof(address);
  auto* at = reinterpret_cast<sockaddr*>(&address);
  ASSERT_TRUE(bind(socket.get(), at, size) == 0 && listen(socket.get(), 1) == 0);
  ASSERT_EQ(getsockname(socket.get(), at, &size), 0);
  std::thread plain([&] {
    const Fd client(accept(socket.get(), nullptr, nullptr));
    constexpr std::string_view kAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    send(client.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
  });
  EXPECT_FALSE(answered("https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/", ""));
  plain.join();
}

}  // namespace
}  // namespace tripline
