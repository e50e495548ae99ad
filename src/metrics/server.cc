// SPDX-License-Identifier: Apache-2.0
#include "metrics/server.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "metrics/http.h"
#include "metrics/own_process.h"
#include "metrics/text.h"

namespace tripline {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::string_view kPath = "/metrics";
// Readers look at the version.
constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

// A question to the loop, which may come to it when nobody waits for the answer any more.
struct Question {
  std::mutex mutex;
  std::condition_variable_any answered;
  std::optional<Result<AgentState>> answer;
};

HttpAnswer not_found() {
  return {404, "text/plain; charset=utf-8", std::make_shared<const std::string>("404 page not found\n")};
}

}  // namespace

class MetricsServer::Impl {
 public:
  explicit Impl(MetricSources sources) : sources_(std::move(sources)) {}

  HttpAnswer answer(std::string_view path, const std::stop_token& stop) {
    if (path != kPath) return not_found();
    const auto now = Clock::now();
    if (!text_ || now - made_ >= kFresh) {
      text_ = std::make_shared<const std::string>(make_text(stop));
      made_ = Clock::now();
    }
    return {200, kContentType, text_};
  }

  std::unique_ptr<HttpServer> http;

 private:
  std::string make_text(const std::stop_token& stop) {
    Page page;
    const auto state = ask(stop);
    if (state) {
      show(*state, page);
    } else {
      ++gathering_errors_;
    }
    page.add(Metric::metric_handler_errors_total, {"gathering"}, static_cast<double>(gathering_errors_));
    if (sources_.events != nullptr) sources_.events->show(page);
    const BuildFacts& build = sources_.build;
    page.add(Metric::build_info, {build.commit, "", build.modified, build.time, build.version}, 1);
    show_own_process(page);
    return text_of(page);
  }

  std::optional<AgentState> ask(const std::stop_token& stop) {
    const auto question = std::make_shared<Question>();
    sources_.post([question, state = sources_.state] {
      auto answer = state();
      const std::lock_guard lock(question->mutex);
      question->answer = std::move(answer);
      question->answered.notify_one();
    });
    std::unique_lock lock(question->mutex);
    question->answered.wait_for(lock, stop, kPatience, [&] { return question->answer.has_value(); });
    if (!question->answer || !*question->answer) return {};
    return **std::move(question->answer);
  }

  MetricSources sources_;
  // Of the server's thread.
  uint64_t gathering_errors_ = 0;
  std::shared_ptr<const std::string> text_;
  Clock::time_point made_{};
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() { impl_->http.reset(); }
int MetricsServer::port() const { return impl_->http->port(); }

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address,
                                                            MetricSources sources) {
  auto impl = std::make_unique<Impl>(std::move(sources));
  auto http =
      HttpServer::start(address, [impl = impl.get()](std::string_view path, const std::stop_token& stop) {
        return impl->answer(path, stop);
      });
  if (!http) return std::unexpected(http.error());
  impl->http = *std::move(http);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

}  // namespace tripline
