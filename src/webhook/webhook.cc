// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook.h"

#include <string>
#include <utility>

#include "webhook/kernels.h"
#include "webhook/review.h"
#include "webhook/server.h"

namespace tripline::webhook {
namespace {

Answered answer(const kube::HttpRequest& request, Kernels& kernels,
                const std::function<void(const LogLine&)>& say) {
  const std::string path = request.path.substr(0, request.path.find('?'));
  if (request.method == "GET" && (path == "/healthz" || path == "/readyz")) return {200, "text/plain", "ok"};
  if (path != "/validate") return {404, "text/plain", "404 page not found\n"};
  if (request.method != "POST") return {405, "text/plain", "only POST\n"};
  const auto reviewed =
      review(request.body, [&](const Source& document) { return judge(document, kernels.all()); });
  if (!reviewed) return {400, "text/plain", "this is no AdmissionReview of admission.k8s.io/v1\n"};
  if (!reviewed->allowed) say({LogLevel::kInfo, "A policy was refused", {{"name", reviewed->policy}}});
  return {200, "application/json", reviewed->answer};
}

}  // namespace

int run_webhook(const Options& options, const std::shared_ptr<const kube::Stop>& stop,
                const std::function<void(const LogLine&)>& say) {
  Kernels kernels(options.kernels, say);
  if (kernels.all().empty())
    say({LogLevel::kWarning,
         "No kernel can be read: policies are checked for what any kernel refuses alone",
         {}});
  auto server = Server::open(
      options.address, options.certificate, options.key,
      [&](const kube::HttpRequest& request) { return answer(request, kernels, say); }, say, stop);
  if (!server) {
    say({LogLevel::kError, "The webhook cannot begin", {{"error", server.error().text()}}});
    return 1;
  }
  say({LogLevel::kInfo, "Policies are reviewed", {{"port", std::to_string((*server)->port())}}});
  (*server)->run();
  return 0;
}

}  // namespace tripline::webhook
