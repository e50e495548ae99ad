// SPDX-License-Identifier: Apache-2.0
#include "operator/lease.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "crd/tree.h"

namespace tripline::op {

using crd::Tree;
using kube::Clock;
using kube::Json;

std::string micro_time(std::chrono::system_clock::time_point time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<std::time_t>(micros / 1'000'000)),
                     micros % 1'000'000);
}

Lease::Lease(kube::Client client, std::string name_space, std::string name, std::string identity,
             LeaseTimes times)
    : client_(std::move(client)),
      name_space_(std::move(name_space)),
      name_(std::move(name)),
      identity_(std::move(identity)),
      times_(times) {}

// `existing`: what is replaced; null: there is none yet.
bool Lease::write(const Json* existing, int64_t transitions, std::string_view acquired) {
  const std::string now = micro_time(std::chrono::system_clock::now());
  Tree::Object metadata{{"name", name_}, {"namespace", name_space_}};
  if (existing != nullptr)
    metadata.push_back({"resourceVersion", existing->at("metadata").at("resourceVersion").text});
  const int64_t seconds = std::max<int64_t>(1, std::chrono::ceil<std::chrono::seconds>(times_.lease).count());
  const std::string body = crd::json(
      crd::object({{"apiVersion", "coordination.k8s.io/v1"},
                   {"kind", "Lease"},
                   {"metadata", std::move(metadata)},
                   {"spec", crd::object({{"holderIdentity", identity_},
                                         {"leaseDurationSeconds", seconds},
                                         {"acquireTime", acquired.empty() ? std::string_view(now) : acquired},
                                         {"renewTime", now},
                                         {"leaseTransitions", transitions}})}}));
  const std::string folder = "/apis/coordination.k8s.io/v1/namespaces/" + name_space_ + "/leases";
  const auto done =
      existing == nullptr ? client_.post(folder, body) : client_.put(folder + "/" + name_, body);
  if (!done && !done.error().is(409)) trouble_ = done.error().text();  // 409: another was faster
  if (done) holder_ = identity_;
  return done.has_value();
}

bool Lease::attempt() {
  trouble_.clear();
  const auto text =
      client_.get("/apis/coordination.k8s.io/v1/namespaces/" + name_space_ + "/leases/" + name_);
  if (!text) {
    if (text.error().is(404)) return write(nullptr, 0, {});
    trouble_ = text.error().text();
    return false;
  }
  const auto lease = kube::read_json(*text);
  if (!lease) {
    trouble_ = "the lease is not JSON";
    return false;
  }
  const Json& spec = lease->at("spec");
  holder_ = spec.at("holderIdentity").text;
  const int64_t transitions = spec.at("leaseTransitions").integer().value_or(0);
  if (holder_ == identity_) return write(&*lease, transitions, spec.at("acquireTime").text);
  const std::string renewed = holder_ + " " + spec.at("renewTime").text;
  if (renewed != seen_) {
    seen_ = renewed;
    seen_at_ = Clock::now();
  }
  const std::chrono::seconds valid(spec.at("leaseDurationSeconds").integer().value_or(0));
  if (!holder_.empty() && Clock::now() - seen_at_ < valid) return false;
  return write(&*lease, transitions + 1, {});
}

bool Lease::acquire() {
  while (!attempt())
    if (client_.stop().wait(times_.retry)) return false;
  return true;
}

bool Lease::hold() {
  auto renewed = Clock::now();
  while (!client_.stop().wait(times_.retry)) {
    if (attempt()) {
      renewed = Clock::now();
    } else if (holder_ != identity_ || Clock::now() - renewed >= times_.renew_deadline) {
      return false;
    }
  }
  return true;
}

void Lease::release() {
  // The client was told to stop with us: one of its own has to say goodbye.
  client_ = kube::Client(client_.access(), std::make_shared<kube::Stop>(),
                         {.connect = std::chrono::seconds(2), .answer = std::chrono::seconds(2)});
  identity_.clear();
  times_.lease = std::chrono::seconds(1);
  const auto text =
      client_.get("/apis/coordination.k8s.io/v1/namespaces/" + name_space_ + "/leases/" + name_);
  const auto lease = text ? kube::read_json(*text) : std::nullopt;
  if (!lease || lease->at("spec").at("holderIdentity").text != holder_) return;
  (void)write(&*lease, lease->at("spec").at("leaseTransitions").integer().value_or(0),
              lease->at("spec").at("acquireTime").text);
}

}  // namespace tripline::op
