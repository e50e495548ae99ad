// SPDX-License-Identifier: Apache-2.0
// Against the server that comes with OpenSSL, on the loopback.
#include "client/handshake.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "client/dial.h"

namespace tripline {
namespace {

// A certificate of `ca` for localhost and its address; one of `old` ended long ago.
constexpr const char* kScript = R"(set -e
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
for ca in one two; do openssl req -x509 $key -keyout $ca.key -out $ca.crt -days 2 -subj /CN=$ca; done
for name in server:one client:one stranger:two old:one; do n=${name%:*} ca=${name#*:}
  openssl req $key -keyout $n.key -out $n.csr -subj /CN=$n
  printf 'subjectAltName=DNS:localhost,DNS:*.inside,IP:127.0.0.1' > $n.ext
  days='-days 2'; [ $n = old ] && days='-not_before 20200101000000Z -not_after 20200102000000Z'
  openssl x509 -req -in $n.csr -CA $ca.crt -CAkey $ca.key -CAcreateserial $days -out $n.crt -extfile $n.ext ||
    openssl x509 -req -in $n.csr -CA $ca.crt -CAkey $ca.key -CAcreateserial -days -1 -out $n.crt -extfile $n.ext
done
)";

int free_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

class HandshakeTest : public testing::Test {
 protected:
  HandshakeTest() {
    std::string name = "/tmp/handshake_test_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::ofstream(folder_ + "/make.sh") << kScript;
    EXPECT_EQ(std::system(("cd " + folder_ + " && sh make.sh > log 2>&1").c_str()), 0);
  }
  ~HandshakeTest() override {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void stop() {
    if (server_ <= 0) return;
    kill(server_, SIGKILL);
    waitpid(server_, nullptr, 0);
    server_ = 0;
  }

  // What it sends is what stands in its input: a line.
  void serve(const std::string& certificate, const std::string& more = "") {
    stop();
    const int port = free_port();
    address_ = "localhost:" + std::to_string(port);
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    std::string command = "cd " + folder_ +
                          " && exec openssl s_server -quiet -accept 127.0.0.1:" + std::to_string(port) +
                          " -cert " + certificate + ".crt -key " + certificate + ".key " + more + " <&" +
                          std::to_string(ends[0]) + " > server.log 2>&1";
    char shell[] = "sh", option[] = "-c";
    char* const args[] = {shell, option, command.data(), nullptr};
    ASSERT_EQ(posix_spawn(&server_, "/bin/sh", nullptr, nullptr, args, environ), 0);
    close(ends[0]);
    input_ = Fd(ends[1]);
    ASSERT_EQ(write(input_.get(), "hello\n", 6), 6);
    for (int n = 0; n < 200 && dial_error(address_); ++n)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }

  [[nodiscard]] std::string error(ChannelOptions options, const std::string& host = "localhost") const {
    for (std::string& path : options.authorities) path = folder_ + "/" + path + ".crt";
    if (!options.certificate.empty()) {
      options.key = folder_ + "/" + options.certificate + ".key";
      options.certificate = folder_ + "/" + options.certificate + ".crt";
    }
    return handshake_error(options, host + address_.substr(address_.rfind(':'))).value_or("none");
  }

  std::string folder_, address_;
  Fd input_;
  pid_t server_ = 0;
};

constexpr const char* kUnknown =
    "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed "
    "by "
    "unknown authority";
constexpr const char* kRequired = "error reading server preface: remote error: tls: certificate required";
constexpr const char* kVerify =
    "transport: authentication handshake failed: tls: failed to verify certificate: x509: ";

TEST_F(HandshakeTest, Certificates) {
  serve("server");
  EXPECT_EQ(error({.authorities = {"two"}}), kUnknown);
  EXPECT_EQ(error({.authorities = {"one"}, .server_name = "other"}),
            std::string(kVerify) + "certificate is valid for localhost, *.inside, not other");
  EXPECT_EQ(error({.authorities = {"one"}, .server_name = "10.0.0.1"}),
            std::string(kVerify) + "certificate is valid for 127.0.0.1, not 10.0.0.1");
  EXPECT_EQ(error({.authorities = {"one"}}), "none");
}

TEST_F(HandshakeTest, WhatIsAlsoRight) {
  serve("server");
  EXPECT_EQ(error({.authorities = {"one"}}, "127.0.0.1"), "none");
  serve("server");
  EXPECT_EQ(error({.authorities = {"one"}, .server_name = "a.inside"}), "none");
  serve("server");
  EXPECT_EQ(error({.server_name = "other", .skip_verify = true}), "none");
}

TEST_F(HandshakeTest, OneThatEnded) {
  serve("old");
  const std::string found = error({.authorities = {"one"}});
  EXPECT_TRUE(
      found.starts_with(std::string(kVerify) + "certificate has expired or is not yet valid: current time "))
      << found;
  EXPECT_TRUE(found.contains("Z is after 20")) << found;
}

// A client does not offer a certificate that the server would not take.
TEST_F(HandshakeTest, ServerThatAsksForCertificates) {
  serve("server", "-Verify 1 -verify_return_error -CAfile one.crt");
  EXPECT_EQ(error({.authorities = {"one"}}), kRequired);
  EXPECT_EQ(error({.certificate = "stranger", .authorities = {"one"}}), kRequired);
  EXPECT_EQ(error({.certificate = "client", .authorities = {"one"}}), "none");
}

TEST_F(HandshakeTest, NobodyOrSomebodyElse) {
  EXPECT_EQ(handshake_error({}, "localhost:" + std::to_string(free_port())).value_or("none"), "none");
  const Fd listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  ASSERT_EQ(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::thread answerer([&] {
    const Fd peer(accept(listener.get(), nullptr, nullptr));
    EXPECT_GT(write(peer.get(), "HTTP/1.1 400 Bad Request\r\n\r\n", 28), 0);
    char byte = 0;
    while (read(peer.get(), &byte, 1) == 1) {
    }
  });
  EXPECT_EQ(
      handshake_error({}, "localhost:" + std::to_string(ntohs(address.sin_port))).value_or("none"),
      "transport: authentication handshake failed: tls: first record does not look like a TLS handshake");
  answerer.join();
}

}  // namespace
}  // namespace tripline
