// SPDX-License-Identifier: Apache-2.0
// A program that has all of gRPC in it and needs no shared library, as ours is: a server and a client of it speak over
// TCP and over a unix socket.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tetragon/eventlogservice.grpc.pb.h"
#include "tetragon/sensors.grpc.pb.h"

namespace tripline {
namespace {

class Service : public tetragon::FineGuidanceSensors::Service {
  grpc::Status GetVersion(grpc::ServerContext* /*context*/, const tetragon::GetVersionRequest* /*request*/,
                          tetragon::GetVersionResponse* response) override {
    response->set_version("this one");
    return grpc::Status::OK;
  }
  grpc::Status GetEvents(grpc::ServerContext* /*context*/, const tetragon::GetEventsRequest* /*request*/,
                         grpc::ServerWriter<tetragon::GetEventsResponse>* writer) override {
    for (uint64_t at = 0; at < 100; at++) {
      tetragon::GetEventsResponse event;
      event.mutable_test()->set_arg0(at);
      writer->Write(event);
    }
    return {grpc::StatusCode::UNKNOWN, "no more"};
  }
};

void talk(const std::string& address) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const auto stub = tetragon::FineGuidanceSensors::NewStub(channel);
  grpc::ClientContext first;
  first.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  tetragon::GetVersionResponse version;
  const grpc::Status status = stub->GetVersion(&first, {}, &version);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(version.version(), "this one");

  grpc::ClientContext second;
  second.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto reader = stub->GetEvents(&second, {});
  tetragon::GetEventsResponse event;
  uint64_t count = 0;
  while (reader->Read(&event)) EXPECT_EQ(event.test().arg0(), count++);
  EXPECT_EQ(count, 100u);
  EXPECT_EQ(reader->Finish().error_message(), "no more");

  grpc::ClientContext third;
  third.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  tetragon::GetEventLogParamsResponse log;
  EXPECT_EQ(tetragon::EventLogService::NewStub(channel)->GetEventLogParams(&third, {}, &log).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST(StaticServer, Answers) {
  const std::filesystem::path folder = testing::TempDir() + "/static_server." + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  const std::string path = "unix://" + (folder / "socket").string();
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.AddListeningPort(path, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_TRUE(server);
  talk("127.0.0.1:" + std::to_string(port));
  talk("localhost:" + std::to_string(port));
  talk(path);
  server->Shutdown();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tripline
