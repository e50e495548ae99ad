// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "serve/call.h"
#include "serve/server.h"
#include "serve/stable_bytes.h"

namespace tripline {
namespace {

constexpr std::string_view kService = "grpc.health.v1.Health";

bool is_known(const std::string& service) { return service.empty() || service == "liveness"; }

// Sends what it is told, and stays open until the client goes: the state of the agent does not change while it answers.
class Watch : public grpc::ServerGenericBidiReactor {
 public:
  Watch() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    grpc::health::v1::HealthCheckRequest request;
    if (!ok || !request.ParseFromString(to_bytes(request_)))
      return finish({grpc::StatusCode::INTERNAL, "no request"});
    grpc::health::v1::HealthCheckResponse response;
    response.set_status(is_known(request.service()) ? grpc::health::v1::HealthCheckResponse::SERVING
                                                    : grpc::health::v1::HealthCheckResponse::SERVICE_UNKNOWN);
    response_ = to_buffer(stable_bytes(response));
    StartWrite(&response_);
  }
  void OnCancel() override { finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  // The client can go while its request is refused.
  void finish(const grpc::Status& status) {
    if (!finished_.exchange(true)) Finish(status);
  }

  std::atomic<bool> finished_ = false;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

void check(const std::string& bytes, Reply& reply) {
  grpc::health::v1::HealthCheckRequest request;
  if (!request.ParseFromString(bytes)) return reply({Answer::Code::kInternal, "no request"});
  if (!is_known(request.service())) return reply({Answer::Code::kNotFound, "unknown service"});
  grpc::health::v1::HealthCheckResponse response;
  response.set_status(grpc::health::v1::HealthCheckResponse::SERVING);
  reply({Answer::Code::kOk, stable_bytes(response)});
}

void list(Reply& reply) {
  grpc::health::v1::HealthListResponse response;
  for (const char* service : {"", "liveness"})
    (*response.mutable_statuses())[service].set_status(grpc::health::v1::HealthCheckResponse::SERVING);
  reply({Answer::Code::kOk, stable_bytes(response)});
}

class HealthService : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    const std::string& method = context->method();
    if (method == "/grpc.health.v1.Health/Watch") return new Watch;
    if (method == "/grpc.health.v1.Health/Check")
      return start_unary([](const std::string& bytes, Reply reply) { check(bytes, reply); });
    if (method == "/grpc.health.v1.Health/List")
      return start_unary([](const std::string&, Reply reply) { list(reply); });
    return start_refusal(unknown_method(method, kService));
  }
};

}  // namespace

class HealthServer::Impl {
 public:
  ~Impl() {
    if (server) server->Shutdown(std::chrono::system_clock::now());
  }
  HealthService service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

HealthServer::HealthServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HealthServer::~HealthServer() = default;
int HealthServer::port() const { return impl_->port; }

Result<std::unique_ptr<HealthServer>> HealthServer::start(const std::string& address) {
  auto impl = std::make_unique<Impl>();
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&impl->service);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &impl->port);
  impl->server = builder.BuildAndStart();
  if (!impl->server) return fail("listen on", address, 0, "the address is in use, or cannot be used");
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(impl)));
}

}  // namespace tripline
