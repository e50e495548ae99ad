// SPDX-License-Identifier: Apache-2.0
#include "client/channel.h"

#include <google/protobuf/message.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include "base/go_text.h"
#include "client/certificate_name.h"
#include "client/dial.h"
#include "client/handshake.h"
#include "serve/why.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

constexpr std::string_view kService = "tetragon.FineGuidanceSensors";
constexpr std::string_view kUnix = "unix://";
constexpr const char* kInfoFile = "/var/run/tetragon/tetragon-info.json";

// As Go's gRPC names them.
constexpr std::array<std::string_view, 17> kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

std::string rpc_error(grpc::StatusCode code, std::string_view text) {
  const auto number = static_cast<size_t>(code);
  const std::string_view name = number < kCodes.size() ? kCodes[number] : "Unknown";
  return "rpc error: code = " + std::string(name) + " desc = " + std::string(text);
}

bool has_too_many_colons(const std::string& address) {
  return !address.starts_with(kUnix) && !address.starts_with('[') && std::ranges::count(address, ':') > 1;
}

bool wants_tls(const ChannelOptions& options) {
  return !options.certificate.empty() || !options.key.empty() || !options.authorities.empty() ||
         options.skip_verify || !options.server_name.empty();
}

std::string error_of(const grpc::Status& status, const std::string& address, const ChannelOptions& options) {
  std::string text = status.error_message();
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) text = "context deadline exceeded";
  if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
      text.starts_with("Received message larger"))
    text = "grpc: r" + text.substr(1);
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    if (has_too_many_colons(address)) {
      text = "invalid target address " + address + ", error info: address " + address +
             ":443: too many colons in address";
    } else if (const auto dial = dial_error(address)) {
      text = "connection error: desc = \"transport: Error while dialing: " + *dial + "\"";
    } else if (const auto why = wants_tls(options) ? handshake_error(options, address) : std::nullopt) {
      text = "connection error: desc = \"" + *why + "\"";
    } else if (text.starts_with("failed to connect")) {
      text = "connection error: desc = \"error reading server preface: EOF\"";
    } else if (text == "Socket closed") {
      text = "error reading from server: EOF";
    }
  }
  return rpc_error(status.error_code(), text);
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

using ChannelCredentials = std::expected<std::shared_ptr<grpc::ChannelCredentials>, std::string>;

// In place of gRPC's own look at the certificate's names.
class NameVerifier : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit NameVerifier(std::string host) : host_(std::move(host)) {}
  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/, grpc::Status* status) override {
    const grpc::string_ref pem = request->peer_cert();
    if (const auto wrong = pem_name_error({pem.data(), pem.size()}, host_))
      *status = {grpc::StatusCode::UNAUTHENTICATED, *wrong};
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  std::string host_;
};

ChannelCredentials credentials_of(const ChannelOptions& options, const std::string& host) {
  if (!wants_tls(options)) return grpc::InsecureChannelCredentials();
  const bool has_client = !options.certificate.empty() || !options.key.empty();
  const auto refuse = [](const std::string& why) {
    return std::unexpected("building TLS credentials: " + why);
  };
  if (options.certificate.empty() != options.key.empty())
    return refuse("--tls-cert-file and --tls-key-file must be set together");
  std::string authorities;
  for (const std::string& path : options.authorities) {
    if (!std::ifstream(path))
      return refuse("reading CA bundle " + go_quoted(path) + ": open " + path + ": " + go_error(errno));
    authorities += read_file(path);
  }
  std::vector<grpc::experimental::IdentityKeyCertPair> pairs;
  if (has_client) {
    for (const std::string& path : {options.certificate, options.key}) {
      if (!std::ifstream(path)) return refuse("open " + path + ": no such file or directory");
    }
    pairs.push_back({read_file(options.key), read_file(options.certificate)});
  }
  grpc::experimental::TlsChannelCredentialsOptions tls;
  if (!authorities.empty() || has_client) {
    tls.set_certificate_provider(
        std::make_shared<grpc::experimental::StaticDataCertificateProvider>(authorities, pairs));
    if (!authorities.empty()) tls.watch_root_certs();
    if (has_client) tls.watch_identity_key_cert_pairs();
  }
  if (options.skip_verify) {
    tls.set_verify_server_certs(false);
    tls.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  } else {
    tls.set_certificate_verifier(grpc::experimental::ExternalCertificateVerifier::Create<NameVerifier>(host));
  }
  // All calls are for the one host whose name the verifier has looked for.
  tls.set_check_call_host(false);
  return grpc::experimental::TlsCredentials(tls);
}

std::string path_of(std::string_view method) {
  // A service of another package is given whole.
  if (const size_t slash = method.find('/'); slash != std::string_view::npos)
    return (method.substr(0, slash).contains('.') ? "/" : "/tetragon.") + std::string(method);
  return "/" + std::string(kService) + "/" + std::string(method);
}

grpc::ByteBuffer to_buffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

bool parse(const grpc::ByteBuffer& buffer, google::protobuf::Message& out) {
  grpc::Slice whole;
  return buffer.TrySingleSlice(&whole).ok()
             ? out.ParseFromArray(whole.begin(), static_cast<int>(whole.size()))
             : buffer.DumpToSingleSlice(&whole).ok() &&
                   out.ParseFromArray(whole.begin(), static_cast<int>(whole.size()));
}

}  // namespace

struct Channel::Impl {
  ChannelOptions options;
  std::string address;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::GenericStub> stub;
  std::mutex stream_mutex;
  grpc::ClientContext* stream = nullptr;  // of events that are read now

  void set_stream(grpc::ClientContext* context) {
    const std::lock_guard lock(stream_mutex);
    stream = context;
  }

  grpc::Status once(const std::string& path, const grpc::ByteBuffer& request, grpc::ByteBuffer& response,
                    std::chrono::system_clock::time_point deadline) const {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    std::mutex mutex;
    std::condition_variable over;
    std::optional<grpc::Status> status;
    stub->UnaryCall(&context, path, {}, &request, &response, [&](grpc::Status done) {
      const std::lock_guard lock(mutex);
      status = std::move(done);
      over.notify_one();
    });
    std::unique_lock lock(mutex);
    over.wait(lock, [&] { return status.has_value(); });
    return *status;
  }
};

Channel::Channel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Channel::Channel(Channel&&) noexcept = default;
Channel& Channel::operator=(Channel&&) noexcept = default;
Channel::~Channel() = default;

std::expected<Channel, std::string> Channel::open(const ChannelOptions& options) {
  // What fails is told once, by us.
  gpr_set_log_function([](gpr_log_func_args*) {});
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->address = options.address.empty() ? local_address(kInfoFile) : options.address;
  if (impl->address.empty()) impl->address = "localhost:54321";
  const bool is_socket = impl->address.starts_with(kUnix);
  const std::string own_host = is_socket ? "localhost" : host_of(impl->address);
  const ChannelCredentials credentials =
      credentials_of(options, options.server_name.empty() ? own_host : options.server_name);
  if (!credentials) return std::unexpected(credentials.error());
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_receive);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  const std::string target = is_socket ? "unix:" + impl->address.substr(kUnix.size()) : impl->address;
  impl->channel = grpc::CreateCustomChannel(target, *credentials, arguments);
  impl->stub = std::make_unique<grpc::GenericStub>(impl->channel);
  return Channel(std::move(impl));
}

std::expected<void, std::string> Channel::call(std::string_view method,
                                               const google::protobuf::Message& request,
                                               google::protobuf::Message& response) {
  const auto now = std::chrono::system_clock::now();
  const auto deadline =
      now + std::chrono::duration_cast<std::chrono::system_clock::duration>(impl_->options.timeout);
  const std::string path = path_of(method);
  const grpc::ByteBuffer bytes = to_buffer(request);
  const int64_t tries = std::max<int64_t>(impl_->options.retries, 0) + 1;
  auto pause = std::chrono::seconds(1);
  for (int64_t attempt = 1;; ++attempt) {
    grpc::ByteBuffer answer;
    const grpc::Status status = impl_->once(path, bytes, answer, deadline);
    if (status.ok()) {
      if (!parse(answer, response))
        return std::unexpected(rpc_error(grpc::INTERNAL, "the response is not a valid message"));
      return {};
    }
    const std::string error = error_of(status, impl_->address, impl_->options);
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE || tries == 1) return std::unexpected(error);
    if (attempt == tries) {
      return std::unexpected("max retries exhausted: failed after " + std::to_string(attempt) +
                             " attempts: " + error);
    }
    if (std::chrono::system_clock::now() + pause >= deadline) {
      std::this_thread::sleep_until(deadline);
      return std::unexpected(rpc_error(grpc::DEADLINE_EXCEEDED, "context deadline exceeded"));
    }
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
}

std::expected<void, std::string> Channel::events(const tetragon::GetEventsRequest& request, const Take& take,
                                                 std::optional<std::chrono::nanoseconds> limit, bool why) {
  grpc::ClientContext context;
  if (why) context.AddMetadata(kWhyHeader, kWhyAsked);
  if (limit) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(*limit));
  }
  impl_->set_stream(&context);
  grpc::CompletionQueue queue;
  const auto call = impl_->stub->PrepareCall(&context, path_of("GetEvents"), &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::ByteBuffer bytes = to_buffer(request);
  call->StartCall(nullptr);
  bool stopped = false;
  if (wait()) {
    call->WriteLast(bytes, {}, nullptr);
    if (wait()) {
      grpc::ByteBuffer answer;
      tetragon::GetEventsResponse event;
      while (!stopped) {
        call->Read(&answer, nullptr);
        if (!wait() || !parse(answer, event)) break;
        stopped = !take(event);
      }
    }
  }
  if (stopped) context.TryCancel();
  impl_->set_stream(nullptr);
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  if (stopped || status.ok()) return {};
  return std::unexpected(error_of(status, impl_->address, impl_->options));
}

void Channel::cancel_events() {
  const std::lock_guard lock(impl_->stream_mutex);
  if (impl_->stream != nullptr) impl_->stream->TryCancel();
}

std::string local_address(const std::string& info_file) {
  const std::string text = read_file(info_file);
  constexpr std::string_view kName = "\"server_address\":";
  size_t at = text.find(kName);
  if (at == std::string::npos) return {};
  at = text.find('"', at + kName.size());
  if (at == std::string::npos) return {};
  const size_t end = text.find('"', at + 1);
  return end == std::string::npos ? std::string() : text.substr(at + 1, end - at - 1);
}

}  // namespace tripline
