// SPDX-License-Identifier: Apache-2.0
// The server over real sockets of the loopback, asked by gRPC's generic stub.
#include "serve/server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <regex>
#include <thread>

#include "grpc/health/v1/health.pb.h"
#include "serve/why.h"
#include "tetragon/events.pb.h"
#include "tetragon/sensors.pb.h"
#include "tripline/agent.pb.h"

namespace tripline {
namespace {

grpc::ByteBuffer buffer_of(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  return buffer.DumpToSingleSlice(&slice).ok() ? std::string(slice.begin(), slice.end()) : std::string();
}

struct Got {
  grpc::Status status;
  std::string bytes;
};

class Client {
 public:
  explicit Client(const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials =
                                                 grpc::InsecureChannelCredentials())
      : stub_(grpc::CreateChannel(target, credentials)) {}

  Got call(const std::string& path, const std::string& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    const grpc::ByteBuffer bytes = buffer_of(request);
    grpc::ByteBuffer answer;
    std::mutex mutex;
    std::condition_variable over;
    std::optional<grpc::Status> status;
    stub_.UnaryCall(&context, path, {}, &bytes, &answer, [&](grpc::Status done) {
      const std::lock_guard lock(mutex);
      status = std::move(done);
      over.notify_one();
    });
    std::unique_lock lock(mutex);
    over.wait(lock, [&] { return status.has_value(); });
    return {*status, status->ok() ? bytes_of(answer) : std::string()};
  }
  grpc::GenericStub& stub() { return stub_; }

 private:
  grpc::GenericStub stub_;
};

constexpr const char* kSensors = "/tetragon.FineGuidanceSensors/";

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    backend_.hub = &hub_;
    backend_.node = {"node", ""};
    backend_.info.version = "v7";
    backend_.info.settings = {{"name", std::string("x")}, {"flag", true}, {"count", int64_t{5}}};
    backend_.info.probes = {{"lsm", true}};
    backend_.log_level = [this] { return level_; };
    backend_.set_log_level = [this](int level) { level_ = level; };
    backend_.queue = 4;
    folder_ = std::filesystem::temp_directory_path() / ("tripline-serve-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
    auto server = Server::start(backend_, {.address = "127.0.0.1:0", .socket = folder_ / "s.sock"});
    ASSERT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    client_ = std::make_unique<Client>("127.0.0.1:" + std::to_string(server_->port()));
  }
  void TearDown() override {
    client_.reset();
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  Hub hub_;
  Backend backend_;
  int level_ = 4;
  std::filesystem::path folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ServerTest, AnswersOverTcpAndItsSocket) {
  tetragon::GetVersionResponse version;
  const Got over_tcp = client_->call(std::string(kSensors) + "GetVersion", "");
  ASSERT_TRUE(over_tcp.status.ok()) << over_tcp.status.error_message();
  ASSERT_TRUE(version.ParseFromString(over_tcp.bytes));
  EXPECT_EQ(version.version(), "v7");
  const std::string path = folder_ / "s.sock";
  EXPECT_EQ(Client("unix:" + path).call(std::string(kSensors) + "GetVersion", "").bytes, over_tcp.bytes);
  struct stat socket{};
  ASSERT_EQ(stat(path.c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 07777, 0660U);
  server_.reset();
  EXPECT_NE(stat(path.c_str(), &socket), 0) << "the socket goes with the server";
}

TEST_F(ServerTest, SaysWhatIsNoMethod) {
  const auto refused = [&](const std::string& path, const std::string& request = "") {
    const Got got = client_->call(path, request);
    return std::to_string(got.status.error_code()) + " " + got.status.error_message();
  };
  EXPECT_EQ(refused(std::string(kSensors) + "NoSuch"),
            "12 unknown method NoSuch for service tetragon.FineGuidanceSensors");
  EXPECT_EQ(refused("/tetragon.Other/X"), "12 unknown service tetragon.Other");
  EXPECT_EQ(refused("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"),
            "12 unknown service grpc.reflection.v1alpha.ServerReflection");
  EXPECT_EQ(refused("/nonsense"), "12 malformed method name: \"/nonsense\"");
  EXPECT_EQ(refused(std::string(kSensors) + "AddTracingPolicy", "\xff\xff\xff"),
            "13 grpc: error unmarshalling request: proto:\u00a0cannot parse invalid wire-format data");
  EXPECT_EQ(refused(std::string(kSensors) + "ListSensors"), "2 ListSensors is deprecated");
  EXPECT_EQ(refused(std::string(kSensors) + "GetVersion", std::string((4 << 20) + 1, '\x7a')),
            "8 grpc: received message larger than max (4194305 vs. 4194304)");
  EXPECT_EQ(refused(std::string(kSensors) + "EnableTracingPolicy"),
            "2 EnableTracingPolicy is deprecated and will be removed in the next release. Use "
            "--enable-deprecated-tracingpolicy-grpc option to enable it in the meantime");
  tetragon::GetDebugRequest debug;
  debug.set_flag(static_cast<tetragon::ConfigFlag>(77));
  EXPECT_EQ(refused(std::string(kSensors) + "GetDebug", debug.SerializeAsString()),
            "2 client requested unknown config flag 77");
}

// Losses are told by a service of our own.
TEST_F(ServerTest, TellsWhatWasLost) {
  const std::string path = "/tripline.api.Agent/GetLosses";
  backend_.post = [](const std::function<void()>& command) { command(); };
  EXPECT_EQ(client_->call(path, "").status.error_message(), "losses are not counted");
  backend_.losses = [] {
    Losses out{.life_lost = 3};
    out.policies.push_back(
        {.id = {5, {"grpc", "ns", "p"}}, .counter = {.lost = 2}, .alone = 4, .cut = 6, .forgotten = 5});
    out.policies.push_back({.counter = {.lost = 9}});
    return Result<Losses>(std::move(out));
  };
  api::GetLossesResponse losses;
  ASSERT_TRUE(losses.ParseFromString(client_->call(path, "").bytes));
  EXPECT_EQ(losses.ShortDebugString(),
            "policies { name: \"p\" namespace: \"ns\" ring: 2 alone: 4 forgotten: 5 cut: 6 } "
            "policies { ring: 9 } life: 3");
}

TEST_F(ServerTest, LogLevelIsReadAndSet) {
  const auto level = [&] {
    tetragon::GetDebugResponse debug;
    EXPECT_TRUE(debug.ParseFromString(client_->call(std::string(kSensors) + "GetDebug", "").bytes));
    return debug.level();
  };
  EXPECT_EQ(level(), tetragon::LOG_LEVEL_INFO);
  tetragon::SetDebugRequest set;
  set.set_level(tetragon::LOG_LEVEL_WARN);
  EXPECT_TRUE(client_->call(std::string(kSensors) + "SetDebug", set.SerializeAsString()).status.ok());
  EXPECT_EQ(level(), tetragon::LOG_LEVEL_WARN);
  set.set_level(static_cast<tetragon::LogLevel>(99));
  tetragon::SetDebugResponse echo;
  ASSERT_TRUE(
      echo.ParseFromString(client_->call(std::string(kSensors) + "SetDebug", set.SerializeAsString()).bytes));
  EXPECT_EQ(int{echo.level()}, 99);
  EXPECT_EQ(level(), tetragon::LOG_LEVEL_WARN) << "a level that there is not changes nothing";
}

// One stream of events, read on a thread of its own.
class Reader {
 public:
  Reader(Client& client, const tetragon::GetEventsRequest& request, const std::string& why = "") {
    if (!why.empty()) context_.AddMetadata(kWhyHeader, why);
    call_ = client.stub().PrepareCall(&context_, std::string(kSensors) + "GetEvents", &queue_);
    call_->StartCall(nullptr);
    EXPECT_TRUE(wait());
    call_->WriteLast(buffer_of(request.SerializeAsString()), {}, nullptr);
    EXPECT_TRUE(wait());
  }
  ~Reader() {
    context_.TryCancel();
    if (!finished_) status();
  }
  // Absent at the end of the stream.
  std::optional<tetragon::GetEventsResponse> next() {
    grpc::ByteBuffer answer;
    tetragon::GetEventsResponse event;
    call_->Read(&answer, nullptr);
    if (!wait() || !event.ParseFromString(bytes_of(answer))) return {};
    return event;
  }
  grpc::Status status() {
    grpc::Status status;
    call_->Finish(&status, nullptr);
    wait();
    finished_ = true;
    return status;
  }

 private:
  bool wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
};

Event exec_of(const std::string& binary) {
  auto process = std::make_shared<Process>();
  process->binary = SharedText(binary);
  Event event;
  event.process.process = process;
  event.payload = ProcessExec{};
  return event;
}

void wait_for_readers(const Hub& hub) {
  while (!hub.has_subscribers()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(ServerTest, StreamsEventsInOrder) {
  Reader reader(*client_, {});
  wait_for_readers(hub_);
  for (int n = 0; n < 300; ++n) {
    hub_.publish(exec_of("/bin/" + std::to_string(n)));
    hub_.wake();
    const auto event = reader.next();
    ASSERT_TRUE(event);
    ASSERT_EQ(event->process_exec().process().binary(), "/bin/" + std::to_string(n));
    ASSERT_EQ(event->node_name(), "node");
  }
  EXPECT_EQ(hub_.lost(), 0U);
}

// Beside it, whoever does not ask gets the bytes as ever.
TEST_F(ServerTest, SaysWhyToWhoeverAsks) {
  tetragon::GetEventsRequest cut;
  cut.add_field_filters()->mutable_fields()->add_paths("process.pid");
  Reader asks(*client_, {}, kWhyAsked);
  Reader asks_for_less(*client_, cut, kWhyAsked);
  Reader other(*client_, {});
  Reader wrong(*client_, {}, "0");
  while (hub_.readers().size() < 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  Event event = exec_of("/bin/a");
  event.why.entered = std::make_shared<const Reason>(Reason{.file = "p.yaml", .line = 4, .held = {{"x", 5}}});
  hub_.publish(event);
  hub_.wake();
  for (Reader* reader : {&asks, &asks_for_less}) {
    const auto got = reader->next();
    ASSERT_TRUE(got);
    const Why why = why_of(*got);
    ASSERT_TRUE(why.entered);
    EXPECT_EQ(*why.entered, *event.why.entered);
  }
  for (Reader* reader : {&other, &wrong}) {
    const auto got = reader->next();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->process_exec().process().binary(), "/bin/a");
    EXPECT_EQ(got->GetReflection()->GetUnknownFields(*got).field_count(), 0);
  }
}

// What a reader asks for reaches it at once, though what lies in between does not pass.
TEST_F(ServerTest, StreamsWhatAReaderAsksFor) {
  backend_.queue = 100;  // what does not pass waits there, too
  tetragon::GetEventsRequest request;
  request.add_allow_list()->add_binary_regex("0$");
  request.add_deny_list()->add_binary_regex("/50$");
  tetragon::FieldFilter& fields = *request.add_field_filters();
  fields.mutable_fields()->add_paths("process.execId");
  fields.set_action(tetragon::EXCLUDE);
  Reader reader(*client_, request);
  wait_for_readers(hub_);
  for (int n = 0; n < 100; ++n) {
    Event event = exec_of("/bin/" + std::to_string(n));
    auto process = std::make_shared<Process>(*event.process.process);
    process->exec_id = "id";
    event.process.process = process;
    hub_.publish(std::move(event));
    hub_.wake();
    if (n % 10 != 0 || n == 50) continue;
    const auto got = reader.next();
    ASSERT_TRUE(got);
    ASSERT_EQ(got->process_exec().process().binary(), "/bin/" + std::to_string(n));
    ASSERT_EQ(got->process_exec().process().exec_id(), "");
  }
}

// All of them were there before the first could be sent.
TEST_F(ServerTest, StreamsEventsThatComeTogether) {
  Reader reader(*client_, {});
  wait_for_readers(hub_);
  for (int round = 0; round < 3; ++round) {
    for (int n = 0; n < 4; ++n) hub_.publish(exec_of("/bin/" + std::to_string(n)));
    hub_.wake();
    for (int n = 0; n < 4; ++n) {
      const auto event = reader.next();
      ASSERT_TRUE(event);
      ASSERT_EQ(event->process_exec().process().binary(), "/bin/" + std::to_string(n));
    }
  }
}

// Nothing is merged, and nothing is lost, whatever is said of the buffer.
TEST_F(ServerTest, AggregationChangesNothing) {
  tetragon::GetEventsRequest request;
  request.mutable_aggregation_options()->mutable_window_size()->set_seconds(-1);
  Reader reader(*client_, request);
  request.mutable_aggregation_options()->mutable_window_size()->set_seconds(3600);
  request.mutable_aggregation_options()->set_channel_buffer_size(1);
  Reader other(*client_, request);
  while (hub_.readers().size() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  for (int n = 0; n < 3; ++n) hub_.publish(exec_of("/bin/a"));
  hub_.wake();
  for (int n = 0; n < 3; ++n) {
    for (Reader* each : {&reader, &other}) {
      const auto event = each->next();
      ASSERT_TRUE(event);
      EXPECT_FALSE(event->has_aggregation_info());
    }
  }
  EXPECT_EQ(hub_.lost(), 0U);
}

// Expressions that were made to take long, and events for which they do.
TEST_F(ServerTest, AFilterThatTakesLongHoldsUpOnlyItsReader) {
  backend_.queue = 1000;
  tetragon::GetEventsRequest request;
  for (int n = 0; n < 3; ++n) request.add_deny_list()->add_binary_regex("(a|b)*a(a|b){100}c");
  // With so many others it has little memory.
  tetragon::Filter& others = *request.add_deny_list();
  while (others.pod_regex().size() < 1900) others.add_pod_regex("x");
  std::string hostile;
  for (int n = 0; n < 128 << 10; ++n) hostile += n * 7919 % 13 < 6 ? 'a' : 'b';
  Reader slow(*client_, request);
  wait_for_readers(hub_);
  hub_.publish(exec_of("/bin/a"));
  hub_.wake();
  ASSERT_TRUE(slow.next()) << "it works";
  Reader other(*client_, {});
  while (hub_.readers().size() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  constexpr int kEvents = 20;
  const auto begin = std::chrono::steady_clock::now();
  for (int n = 0; n < kEvents; ++n) {
    hub_.publish(exec_of(hostile + std::to_string(n)));
    hub_.wake();
    const auto event = other.next();
    ASSERT_TRUE(event);
    ASSERT_TRUE(event->process_exec().process().binary().ends_with(std::to_string(n)));
  }
  const auto all = std::chrono::steady_clock::now() - begin;
  ASSERT_TRUE(slow.next());
  const auto first = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(all, first / 2) << "one event of the slow reader takes longer than all of the other's";
  const auto end = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - end, first * 3) << "nor do the others hold up the end";
}

TEST_F(ServerTest, RefusesFiltersThatCannotBe) {
  tetragon::GetEventsRequest request;
  request.add_allow_list()->add_binary_regex("[");
  Reader reader(*client_, request);
  EXPECT_FALSE(reader.next());
  const grpc::Status status = reader.status();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNKNOWN);
  EXPECT_EQ(status.error_message(), "failed to compile regexp: error parsing regexp: missing closing ]: `[`");
  EXPECT_FALSE(hub_.has_subscribers());
}

TEST_F(ServerTest, AReaderThatDoesNotReadLosesItsEventsAndNobodyElses) {
  Reader idle(*client_, {});
  wait_for_readers(hub_);
  const std::string large(1 << 20, 'x');
  for (int n = 0; n < 40; ++n) {
    hub_.publish(exec_of(large));
    hub_.wake();
  }
  EXPECT_GT(hub_.lost(), 0U);
  Reader reader(*client_, {});
  // Nobody says when the second one has subscribed; from then on it gets what is published.
  std::jthread publisher([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      hub_.publish(exec_of("/bin/probe"));
      hub_.wake();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const auto event = reader.next();
  ASSERT_TRUE(event);
  EXPECT_EQ(event->process_exec().process().binary(), "/bin/probe");
}

TEST_F(ServerTest, StopsWhileReadersWait) {
  auto reader = std::make_unique<Reader>(*client_, tetragon::GetEventsRequest());
  wait_for_readers(hub_);
  server_.reset();
  EXPECT_FALSE(reader->next());
  EXPECT_FALSE(reader->status().ok());
  EXPECT_FALSE(hub_.has_subscribers());
}

// A policy is being loaded when the agent is told to end: nobody will answer any more.
TEST_F(ServerTest, StopsWhileACallWaitsForItsAnswer) {
  std::vector<std::function<void()>> posted;
  std::mutex mutex;
  backend_.post = [&](std::function<void()> command) {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(command));
  };
  Got got;
  std::jthread caller([&] { got = client_->call(std::string(kSensors) + "ListDomains", ""); });
  for (bool came = false; !came; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
    const std::lock_guard lock(mutex);
    came = !posted.empty();
  }
  server_.reset();
  caller.join();
  EXPECT_FALSE(got.status.ok());
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Of either authority a client's certificate is taken; without one, or of a third, it is not.
TEST_F(ServerTest, ClientsMayHaveCertificatesOfSeveralAuthorities) {
  const std::string script = "cd " + folder_.string() +
                             R"( && key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
for ca in one two three; do openssl req -x509 $key -keyout $ca.key -out $ca.crt -days 2 -subj /CN=$ca || exit 1; done
for name in server:one of-one:one of-two:two of-three:three; do n=${name%:*}; ca=${name#*:}
  openssl req $key -keyout $n.key -out $n.csr -subj /CN=$n && printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > $n.ext &&
  openssl x509 -req -in $n.csr -CA $ca.crt -CAkey $ca.key -CAcreateserial -days 2 -out $n.crt -extfile $n.ext || exit 1
done)";
  ASSERT_EQ(
      std::system(
          ("sh -c '" + std::regex_replace(script, std::regex("'"), R"('\'')") + "' 2> /dev/null").c_str()),
      0);
  const std::string path = folder_.string() + "/";
  const auto server = Server::start(
      backend_,
      {.address = "127.0.0.1:0",
       .socket = {},
       .tls = TlsFiles{path + "server.crt", path + "server.key", {path + "one.crt", path + "two.crt"}}});
  ASSERT_TRUE(server) << server.error().text();
  const auto answers = [&](const std::string& name) {
    grpc::SslCredentialsOptions options{text_of(path + "one.crt"), "", ""};
    if (!name.empty()) {
      options.pem_private_key = text_of(path + name + ".key");
      options.pem_cert_chain = text_of(path + name + ".crt");
    }
    Client client("localhost:" + std::to_string((*server)->port()), grpc::SslCredentials(options));
    return client.call(std::string(kSensors) + "GetVersion", "").status.ok();
  };
  EXPECT_TRUE(answers("of-one"));
  EXPECT_TRUE(answers("of-two"));
  EXPECT_FALSE(answers("of-three"));
  EXPECT_FALSE(answers(""));
}

TEST(HealthServerTest, KnowsTwoServices) {
  const auto server = HealthServer::start("127.0.0.1:0");
  ASSERT_TRUE(server) << server.error().text();
  Client client("127.0.0.1:" + std::to_string((*server)->port()));
  const auto check = [&](const std::string& service) {
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    return client.call("/grpc.health.v1.Health/Check", request.SerializeAsString());
  };
  EXPECT_EQ(check("liveness").bytes, "\x08\x01");
  EXPECT_EQ(check("").bytes, "\x08\x01");
  EXPECT_EQ(check("readiness").status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(check("readiness").status.error_message(), "unknown service");
  EXPECT_EQ(client.call("/grpc.health.v1.Health/List", "").bytes.size(), 24U);
  EXPECT_EQ(client.call("/tetragon.FineGuidanceSensors/GetVersion", "").status.error_message(),
            "unknown service tetragon.FineGuidanceSensors");
}

}  // namespace
}  // namespace tripline
