// SPDX-License-Identifier: Apache-2.0
#include "serve/server.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <utility>

#include "serve/call.h"
#include "serve/why.h"

namespace tripline {
namespace {

constexpr std::string_view kEvents = "/tetragon.FineGuidanceSensors/GetEvents";
constexpr std::string_view kUnix = "unix://";
// Beyond what a request may have, so that the refusal is ours; what is larger still is gRPC's to refuse.
constexpr int kLargestRead = 2 * static_cast<int>(kLargestRequest);
constexpr unsigned kReloadSeconds = 5;

bool asks_why(const grpc::GenericCallbackServerContext& context) {
  const auto& headers = context.client_metadata();
  const auto found = headers.find(kWhyHeader);
  return found != headers.end() && found->second == kWhyAsked;
}

class ApiService : public grpc::CallbackGenericService {
 public:
  explicit ApiService(const Backend& backend) : backend_(backend), encoder_(backend.node) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const std::string& method = context->method();
    if (method == kEvents) return start_events(backend_, encoder_, asks_why(*context));
    return start_unary([this, method](const std::string& request, Reply reply) {
      call_method(backend_, method, request, std::move(reply));
    });
  }
  void set_labels(const Labels& labels) { encoder_.set_labels(labels); }

 private:
  const Backend& backend_;
  SharedEncoder encoder_;
};

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// gRPC watches one file of authorities. Several are joined, and then nothing is read again.
std::shared_ptr<grpc::experimental::CertificateProviderInterface> certificates(const TlsFiles& files) {
  using grpc::experimental::FileWatcherCertificateProvider;
  if (files.client_ca.empty())
    return std::make_shared<FileWatcherCertificateProvider>(files.key, files.certificate, kReloadSeconds);
  if (files.client_ca.size() == 1) {
    return std::make_shared<FileWatcherCertificateProvider>(files.key, files.certificate,
                                                            files.client_ca.front(), kReloadSeconds);
  }
  std::string authorities;
  for (const std::string& path : files.client_ca) authorities += text_of(path) + '\n';
  const std::vector<grpc::experimental::IdentityKeyCertPair> pairs = {
      {text_of(files.key), text_of(files.certificate)}};
  return std::make_shared<grpc::experimental::StaticDataCertificateProvider>(authorities, pairs);
}

std::shared_ptr<grpc::ServerCredentials> tls_credentials(const TlsFiles& files) {
  grpc::experimental::TlsServerCredentialsOptions options(certificates(files));
  options.watch_identity_key_cert_pairs();
  if (!files.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

// Only root and its group may connect.
void protect_socket(const std::string& path) { chmod(path.c_str(), 0660); }

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const Backend& backend) : service(backend) {}
  ~Impl() {
    if (server) server->Shutdown(std::chrono::system_clock::now());
    if (!socket.empty()) unlink(socket.c_str());
  }

  ApiService service;
  std::unique_ptr<grpc::Server> server;
  std::string socket;  // that we made
  int port = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
int Server::port() const { return impl_->port; }
void Server::set_labels(const Labels& labels) { impl_->service.set_labels(labels); }

Result<std::unique_ptr<Server>> Server::start(const Backend& backend, const ServerOptions& options) {
  // Distributions build it in: a search for cycles each time a lock is taken, a tenth of what it costs to send an event.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  auto impl = std::make_unique<Impl>(backend);
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kLargestRead);
  builder.RegisterCallbackGenericService(&impl->service);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // What an event would pass through on its way for nothing: we compress none, and nobody asks for statistics.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  const bool is_socket = options.address.starts_with(kUnix);
  std::string socket = is_socket ? options.address.substr(kUnix.size()) : options.socket;
  if (!options.address.empty() && !is_socket) {
    builder.AddListeningPort(options.address,
                             options.tls ? tls_credentials(*options.tls) : grpc::InsecureServerCredentials(),
                             &impl->port);
  }
  if (!socket.empty()) {
    unlink(socket.c_str());
    builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  }
  const mode_t before = umask(0117);
  impl->server = builder.BuildAndStart();
  umask(before);
  if (!impl->server) {
    const std::string where = options.address.empty() ? socket : options.address;
    return fail("listen on", where, 0, "the address is in use, or cannot be used");
  }
  if (!socket.empty()) protect_socket(socket);
  impl->socket = std::move(socket);
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace tripline
