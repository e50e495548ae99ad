// SPDX-License-Identifier: Apache-2.0
#include "serve/call.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "filter/event_filter.h"
#include "filter/field_filter.h"
#include "serve/shape.h"
#include "serve/why.h"
#include "tetragon/events.pb.h"

namespace tripline {
namespace {

// Events that a stream takes from its queue at a time.
constexpr size_t kBatch = 64;

grpc::Status status_of(const Answer& answer) {
  switch (answer.code) {
    case Answer::Code::kOk:
      return grpc::Status::OK;
    case Answer::Code::kUnknown:
      return {grpc::StatusCode::UNKNOWN, answer.bytes};
    case Answer::Code::kNotFound:
      return {grpc::StatusCode::NOT_FOUND, answer.bytes};
    case Answer::Code::kUnimplemented:
      return {grpc::StatusCode::UNIMPLEMENTED, answer.bytes};
    case Answer::Code::kInternal:
      return {grpc::StatusCode::INTERNAL, answer.bytes};
  }
  return {grpc::StatusCode::INTERNAL, answer.bytes};
}

grpc::Status too_large(size_t size) {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "grpc: received message larger than max (" +
                                                    std::to_string(size) + " vs. " +
                                                    std::to_string(kLargestRequest) + ")"};
}

class Refusal : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const Answer& answer) { Finish(status_of(answer)); }
  void OnDone() override { delete this; }
};

// It is finished once: by the answer, which may come when the call is gone, or by the client or a server that stops, which
// wait for no answer.
class Unary : public grpc::ServerGenericBidiReactor {
 public:
  explicit Unary(Handler handler) : handler_(std::move(handler)) { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return finish({grpc::StatusCode::INTERNAL, "grpc: the call has no request"});
    if (request_.Length() > kLargestRequest) return finish(too_large(request_.Length()));
    handler_(to_bytes(request_), [open = open_](const Answer& answer) {
      if (Unary* call = open->take()) call->send(answer);
    });
  }
  void OnCancel() override { finish({grpc::StatusCode::CANCELLED, "the client disconnected"}); }
  void OnDone() override { delete this; }

 private:
  // Whoever takes the call finishes it; it is there until then.
  struct Open {
    std::mutex mutex;
    Unary* call = nullptr;
    Unary* take() {
      const std::lock_guard lock(mutex);
      return std::exchange(call, nullptr);
    }
  };

  void finish(const grpc::Status& status) {
    if (open_->take() != nullptr) Finish(status);
  }
  void send(const Answer& answer) {
    if (answer.code != Answer::Code::kOk) return Finish(status_of(answer));
    response_ = to_buffer(answer.bytes);
    StartWriteAndFinish(&response_, {}, grpc::Status::OK);
  }

  std::shared_ptr<Open> open_ = [this] {
    auto open = std::make_shared<Open>();
    open->call = this;
    return open;
  }();
  Handler handler_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

// One thread at a time writes: one of gRPC, or the loop, which wakes it when it has nothing left to write. A filter that
// may take long is asked on a thread of its own, which alone writes then: it holds up neither of them.
class Events : public grpc::ServerGenericBidiReactor {
 public:
  Events(const Backend& backend, SharedEncoder& encoder, bool why)
      : backend_(backend), encoder_(encoder), why_(why) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return finish({grpc::StatusCode::INTERNAL, "grpc: the call has no request"});
    if (request_.Length() > kLargestRequest) return finish(too_large(request_.Length()));
    tetragon::GetEventsRequest request;
    if (!request.ParseFromString(to_bytes(request_))) return finish(status_of(no_message()));
    auto filter = EventFilter::compile(request, backend_.filters);
    if (!filter) return finish({grpc::StatusCode::UNKNOWN, filter.error()});
    filter_ = *std::move(filter);
    fields_ = FieldFilters(request);
    const bool is_quick = filter_.is_quick();
    auto subscription = backend_.hub->subscribe(
        backend_.queue, is_quick ? std::function([this] { write_next(); }) : [this] { call_writer(); });
    {
      const std::lock_guard lock(mutex_);  // the loop may wake it already
      subscription_ = std::move(subscription);
      if (!is_quick) writer_ = std::jthread([this](const std::stop_token& stop) { keep_writing(stop); });
    }
    go_on();
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    }
    if (!ok) return finish({grpc::StatusCode::CANCELLED, "the reader disconnected"});
    go_on();
  }

  void OnCancel() override { finish({grpc::StatusCode::CANCELLED, "the reader disconnected"}); }

  // The subscription goes without any lock held: while it goes, an event may be on its way to it.
  void OnDone() override { delete this; }

 private:
  // Nothing may be written afterwards, so both are done under the lock. What gRPC calls then, it calls from elsewhere.
  void finish(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(finished_, true)) return;
    writer_.request_stop();
    Finish(status);
  }

  void go_on() {
    if (filter_.is_quick())
      write_next();
    else
      call_writer();
  }

  void write_next() {
    const std::lock_guard lock(mutex_);
    if (writing_ || finished_ || !subscription_) return;
    const SharedEvent* event = next_event({});
    if (event == nullptr) return;
    prepare(*event);
    writing_ = true;
    StartWrite(&response_, options_);
  }

  void call_writer() {
    const std::lock_guard lock(mutex_);
    called_ = true;
    call_.notify_one();
  }

  void keep_writing(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (call_.wait(lock, stop, [this] { return called_ && !writing_; })) {
      called_ = false;
      lock.unlock();
      const SharedEvent* event = next_event(stop);
      if (event != nullptr) prepare(*event);
      lock.lock();
      if (event == nullptr || finished_) continue;
      writing_ = true;
      StartWrite(&response_, options_);
    }
  }

  void prepare(const SharedEvent& event) {
    const std::string& bytes =
        event.bytes(SharedEvent::Form::kMessage, [this](const Event& each) { return encoder_.encode(each); });
    if (why_) {
      std::string own = fields_.empty() ? bytes : shaped_bytes(bytes, fields_);
      response_ = to_buffer(with_why(std::move(own), event.event().why));
    } else {
      response_ = to_buffer(fields_.empty() ? bytes : shaped_bytes(bytes, fields_));
    }
    options_ = {};
    // A message that is held back goes with the next one, which a filter could keep from coming. The first one is not: until
    // it has gone, gRPC does not ask for the next.
    if (std::exchange(has_begun_, true) && next_ < batch_.size() && filter_.empty())
      options_.set_buffer_hint();
  }

  // The next that the reader gets, until the one after it is asked for; null when none waits, or it is to stop.
  const SharedEvent* next_event(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (next_ == batch_.size()) {
        batch_ = subscription_->take(kBatch);
        next_ = 0;
        if (batch_.empty()) return nullptr;
      }
      const SharedEvent& event = *batch_[next_++];
      if (filter_.passes(event.event())) return &event;
    }
    return nullptr;
  }

  const Backend& backend_;
  SharedEncoder& encoder_;
  const bool why_;
  EventFilter filter_;
  FieldFilters fields_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  grpc::WriteOptions options_;
  std::mutex mutex_;
  bool writing_ = false;
  bool has_begun_ = false;
  bool finished_ = false;
  std::vector<SharedEventPtr> batch_;
  size_t next_ = 0;
  std::unique_ptr<Subscription> subscription_;
  bool called_ = false;  // there may be something to write
  std::condition_variable_any call_;
  std::jthread writer_;  // goes first
};

}  // namespace

std::string to_bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string out;
  if (!buffer.Dump(&slices).ok()) return out;
  out.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices)
    out.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return out;
}

grpc::ByteBuffer to_buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

grpc::ServerGenericBidiReactor* start_unary(Handler handler) { return new Unary(std::move(handler)); }
grpc::ServerGenericBidiReactor* start_refusal(const Answer& answer) { return new Refusal(answer); }
grpc::ServerGenericBidiReactor* start_events(const Backend& backend, SharedEncoder& encoder, bool why) {
  return new Events(backend, encoder, why);
}

}  // namespace tripline
