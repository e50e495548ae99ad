// SPDX-License-Identifier: Apache-2.0
#include "serve/call.h"

#include <memory>
#include <mutex>
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

// One thread of gRPC at a time writes; the loop wakes it when it has nothing left to write.
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
    auto subscription = backend_.hub->subscribe(backend_.queue, [this] { write_next(); });
    {
      const std::lock_guard lock(mutex_);  // the loop may wake it already
      subscription_ = std::move(subscription);
    }
    write_next();
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
    }
    if (!ok) return finish({grpc::StatusCode::CANCELLED, "the reader disconnected"});
    write_next();
  }

  void OnCancel() override { finish({grpc::StatusCode::CANCELLED, "the reader disconnected"}); }

  // The subscription goes without any lock held: while it goes, an event may be on its way to it.
  void OnDone() override { delete this; }

 private:
  void finish(const grpc::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(finished_, true)) return;
    }
    Finish(status);
  }

  void write_next() {
    grpc::WriteOptions options;
    {
      const std::lock_guard lock(mutex_);
      if (writing_ || finished_ || !subscription_) return;
      const SharedEvent* event = next_event();
      if (event == nullptr) return;
      writing_ = true;
      const std::string& bytes = event->bytes(SharedEvent::Form::kMessage,
                                              [this](const Event& each) { return encoder_.encode(each); });
      if (why_) {
        std::string own = fields_.empty() ? bytes : shaped_bytes(bytes, fields_);
        response_ = to_buffer(with_why(std::move(own), event->event().why));
      } else {
        response_ = to_buffer(fields_.empty() ? bytes : shaped_bytes(bytes, fields_));
      }
      // A message that is held back goes with the next one, which a filter could keep from coming.
      if (next_ < batch_.size() && filter_.empty()) options.set_buffer_hint();
    }
    StartWrite(&response_, options);
  }

  // The next that the reader gets, until the one after it is asked for; null when none waits.
  const SharedEvent* next_event() {
    for (;;) {
      if (next_ == batch_.size()) {
        batch_ = subscription_->take(kBatch);
        next_ = 0;
        if (batch_.empty()) return nullptr;
      }
      const SharedEvent& event = *batch_[next_++];
      if (filter_.passes(event.event())) return &event;
    }
  }

  const Backend& backend_;
  SharedEncoder& encoder_;
  const bool why_;
  EventFilter filter_;
  FieldFilters fields_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::mutex mutex_;
  bool writing_ = false;
  bool finished_ = false;
  std::vector<SharedEventPtr> batch_;
  size_t next_ = 0;
  std::unique_ptr<Subscription> subscription_;
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
