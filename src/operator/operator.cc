// SPDX-License-Identifier: Apache-2.0
#include "operator/operator.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "crd/definition.h"
#include "kube/access.h"
#include "kube/client.h"
#include "metrics/http.h"
#include "operator/definitions.h"
#include "operator/keeper.h"
#include "operator/lease.h"
#include "operator/status_keeper.h"

namespace tripline::op {
namespace {

constexpr int kFailed = 1;
constexpr const char* kPlain = "text/plain; charset=utf-8";

int refuse(const Say& say, std::string why) {
  say({LogLevel::kError, "The operator cannot continue", {{"error", std::move(why)}}});
  return kFailed;
}

std::vector<crd::Names> wanted(const Options& options) {
  std::vector<crd::Names> out;
  for (const crd::Names& names : crd::kDefinitions)
    if (!(names.holds == crd::Holds::kPodInfo ? options.skip_pod_info : options.skip_policies))
      out.push_back(names);
  return out;
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

HttpAnswer answer(int status, std::string text) {
  return {status, kPlain, std::make_shared<const std::string>(std::move(text))};
}

HttpAnswer answer_probe(std::string_view path) {
  return path == "/healthz" || path == "/readyz" ? answer(200, "ok") : answer(404, "404 page not found\n");
}

std::string metrics_text(const Keeper& keeper, const StatusKeeper& status, bool leads) {
  const Keeper::Counts counts = keeper.counts();
  const StatusKeeper::Counts written = status.counts();
  return fmt::format(
      "# HELP controller_runtime_reconcile_total Objects that were written, or could not be.\n"
      "# TYPE controller_runtime_reconcile_total counter\n"
      "controller_runtime_reconcile_total{{controller=\"podinfo\",result=\"error\"}} {}\n"
      "controller_runtime_reconcile_total{{controller=\"podinfo\",result=\"success\"}} {}\n"
      "controller_runtime_reconcile_total{{controller=\"policystatus\",result=\"error\"}} {}\n"
      "controller_runtime_reconcile_total{{controller=\"policystatus\",result=\"success\"}} {}\n"
      "# HELP leader_election_master_status Whether this operator is the leader.\n"
      "# TYPE leader_election_master_status gauge\n"
      "leader_election_master_status{{name=\"{}\"}} {}\n"
      "# HELP workqueue_depth Objects that wait to be looked at.\n"
      "# TYPE workqueue_depth gauge\n"
      "workqueue_depth{{name=\"podinfo\"}} {}\n"
      "workqueue_depth{{name=\"policystatus\"}} {}\n",
      counts.failed, counts.written, written.failed, written.written, kLeaseName, leads ? 1 : 0,
      counts.waiting, written.waiting);
}

// What is under way while it serves.
class Service {
 public:
  Service(const Options& options, kube::Access access, std::shared_ptr<const kube::Stop> stop, const Say& say)
      : options_(options),
        access_(std::move(access)),
        stop_(std::move(stop)),
        say_(say),
        keeper_(access_, keeper_stop_, say),
        status_(access_, keeper_stop_, say) {}

  int run() {
    for (const auto& [address, server] :
         {std::pair{&options_.health_address, &probes_}, std::pair{&options_.metrics_address, &metrics_}}) {
      if (address->empty()) continue;
      auto started = HttpServer::start(
          *address, [this, is_probe = server == &probes_](std::string_view path, const auto&) {
            if (is_probe) return answer_probe(path);
            return path == "/metrics" ? answer(200, metrics_text(keeper_, status_, leads_))
                                      : answer(404, "404 page not found\n");
          });
      if (!started) return refuse(say_, started.error().text());
      *server = *std::move(started);
    }
    return options_.elects ? run_elected() : work([this] {
      (void)wait();
      return true;
    });
  }

 private:
  [[nodiscard]] bool wait() const {
    while (!stop_->wait(std::chrono::hours(1))) continue;
    return true;
  }

  // Works until `hold` returns; false: we must not go on.
  template <typename Hold>
  int work(Hold&& hold) {
    leads_ = true;
    std::thread keeping;
    std::thread telling;
    if (!options_.skip_pod_info) keeping = std::thread([this] { keeper_.run(); });
    if (!options_.skip_policy_status) telling = std::thread([this] { status_.run(); });
    const bool orderly = hold();
    keeper_stop_->set();
    if (keeping.joinable()) keeping.join();
    if (telling.joinable()) telling.join();
    leads_ = false;
    return orderly ? 0 : refuse(say_, "the lease was lost: another operator takes over");
  }

  int run_elected() {
    const std::string space =
        options_.lease_namespace.empty() ? access_.name_space : options_.lease_namespace;
    std::random_device chance;
    const std::string identity = fmt::format("{}_{:08x}{:08x}", host_name(), chance(), chance());
    Lease lease(
        kube::Client(access_, stop_), space.empty() ? "default" : space, kLeaseName, identity,
        {.lease = options_.lease, .renew_deadline = options_.renew_deadline, .retry = options_.retry});
    say_({LogLevel::kInfo, "Waiting for the lease", {{"namespace", space}, {"identity", identity}}});
    if (!lease.acquire()) return 0;
    say_({LogLevel::kInfo, "This operator is the leader", {}});
    const int status = work([&lease] { return lease.hold(); });
    if (status == 0) lease.release();
    return status;
  }

  const Options& options_;
  kube::Access access_;
  std::shared_ptr<const kube::Stop> stop_;
  const Say& say_;
  std::shared_ptr<const kube::Stop> keeper_stop_ = std::make_shared<kube::Stop>();
  Keeper keeper_;
  StatusKeeper status_;
  std::atomic<bool> leads_ = false;
  std::unique_ptr<HttpServer> probes_;
  std::unique_ptr<HttpServer> metrics_;
};

}  // namespace

int run_operator(const Options& options, const std::shared_ptr<const kube::Stop>& stop, const Say& say) {
  for (const LogLine& warning : options.warnings) say(warning);
  auto access = kube::find_access(options.kubeconfig);
  if (!access) return refuse(say, access.error().text());
  if (!options.skip_definitions) {
    kube::Client client(*access, stop);
    const auto troubles = bring_definitions(client, wanted(options), options.force_update, say);
    for (const std::string& trouble : troubles) refuse(say, trouble);
    if (!troubles.empty()) return stop->is_set() ? 0 : kFailed;
  }
  return options.serves ? Service(options, *std::move(access), stop, say).run() : 0;
}

}  // namespace tripline::op
