// SPDX-License-Identifier: Apache-2.0
#include "webhook/options.h"

namespace tripline::webhook {
namespace {

using flags::Flag;
using flags::Type;

constexpr Flag kFlags[] = {
    {.name = "address", .fallback = ":9443", .help = "Where the API server reaches it: `address:port`"},
    {.name = "kernel",
     .type = Type::kTexts,
     .help =
         "A saved kernel `file` (see `tripline kernel dump`), or a folder of such files; can be repeated"},
    {.name = "tls-cert-file", .help = "Certificate (PEM); read again when it changes"},
    {.name = "tls-key-file", .help = "Private key (PEM); read again when it changes"},
};

constexpr flags::Command kCommand{
    .usage = "webhook",
    .summary = "Refuse policies in Kubernetes that its nodes could not load",
    .description =
        "Answers the API server's admission reviews of policies: what a node with one of the saved "
        "kernels would refuse is refused with the messages of `tripline check`.",
    .flags = kFlags,
    .arguments = {.rule = flags::Arguments::Rule::kNone}};

}  // namespace

const flags::Command& webhook_command() { return kCommand; }

std::expected<Options, std::string> read_options(const flags::Parsed& parsed) {
  Options out{.address = parsed.text("address"),
              .certificate = parsed.text("tls-cert-file"),
              .key = parsed.text("tls-key-file"),
              .kernels = parsed.list("kernel")};
  if (out.certificate.empty() || out.key.empty())
    return std::unexpected("the API server speaks TLS alone: give --tls-cert-file and --tls-key-file");
  if (out.kernels.empty())
    return std::unexpected("there is nothing to check policies against: give --kernel");
  return out;
}

}  // namespace tripline::webhook
