// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>
#include <vector>

#include "kube/access.h"
#include "kube/base64.h"

namespace tripline::kube {
namespace {

constexpr size_t kLargestFile = size_t{4} << 20;

// One file: its folder, from which relative paths begin, and what is in it.
struct File {
  std::string path;
  YAML::Node root;
};

YAML::Node member(const YAML::Node& node, const char* name) {
  return node && node.IsMap() ? node[name] : YAML::Node(YAML::NodeType::Undefined);
}

std::string text_of(const YAML::Node& node, const char* name) {
  const YAML::Node value = member(node, name);
  return value && value.IsScalar() ? value.Scalar() : std::string();
}

bool true_of(const YAML::Node& node, const char* name) { return text_of(node, name) == "true"; }

std::string beside(const File& file, const std::string& path) {
  if (path.empty() || path.front() == '/') return path;
  return (std::filesystem::path(file.path).parent_path() / path).string();
}

std::unexpected<Error> refused(const File& file, std::string why) {
  return fail("read kubeconfig", file.path, 0, std::move(why));
}

// What `list` of the first file that has an entry of that name says of it, under `inner`.
struct Found {
  const File* file = nullptr;
  YAML::Node node;
};
std::optional<Found> find(const std::vector<File>& files, const char* list, const std::string& name,
                          const char* inner) {
  for (const File& file : files) {
    const YAML::Node entries = member(file.root, list);
    if (!entries || !entries.IsSequence()) continue;
    for (const auto& entry : entries) {
      if (text_of(entry, "name") == name) return Found{&file, member(entry, inner)};
    }
  }
  return std::nullopt;
}

// `name`-data, in base64, wins over the path `name`.
Result<Secret> secret_of(const Found& found, const std::string& name) {
  Secret out;
  const std::string data = text_of(found.node, (name + "-data").c_str());
  if (data.empty()) {
    out.file = beside(*found.file, text_of(found.node, name.c_str()));
    return out;
  }
  auto text = from_base64(data);
  if (!text || text->empty()) return refused(*found.file, name + "-data is not valid base64");
  out.text = *std::move(text);
  return out;
}

Result<void> read_cluster(const Found& cluster, Access& out) {
  const std::string server = text_of(cluster.node, "server");
  if (!read_address(server, out))
    return refused(*cluster.file, "server \"" + server + "\" is not a valid address");
  if (!text_of(cluster.node, "proxy-url").empty())
    return refused(*cluster.file, "proxy-url is not supported");
  out.skip_verify = true_of(cluster.node, "insecure-skip-tls-verify");
  out.server_name = text_of(cluster.node, "tls-server-name");
  auto authorities = secret_of(cluster, "certificate-authority");
  if (!authorities) return std::unexpected(authorities.error());
  if (out.skip_verify && !authorities->empty())
    return refused(*cluster.file, "insecure-skip-tls-verify and certificate-authority exclude each other");
  out.authorities = *std::move(authorities);
  return {};
}

Result<void> read_user(const Found& user, Access& out) {
  for (const char* plugin : {"exec", "auth-provider"}) {
    if (const YAML::Node value = member(user.node, plugin); value && !value.IsNull())
      return refused(*user.file, std::string(plugin) + " is not supported; use a token or a certificate");
  }
  out.token.text = text_of(user.node, "token");
  if (out.token.text.empty()) out.token.file = beside(*user.file, text_of(user.node, "tokenFile"));
  out.user = text_of(user.node, "username");
  out.password = text_of(user.node, "password");
  for (const auto& [name, secret] :
       {std::pair{"client-certificate", &out.certificate}, std::pair{"client-key", &out.key}}) {
    auto read = secret_of(user, name);
    if (!read) return std::unexpected(read.error());
    *secret = *std::move(read);
  }
  if (out.certificate.empty() != out.key.empty())
    return refused(*user.file, "client-certificate and client-key go together");
  return {};
}

Result<std::optional<File>> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return std::nullopt;
    return fail("read kubeconfig", path, errno);
  }
  std::string text;
  for (std::array<char, 4096> bytes; in && text.size() <= kLargestFile;) {
    in.read(bytes.data(), bytes.size());
    text.append(bytes.data(), static_cast<size_t>(in.gcount()));
  }
  if (in.bad()) return fail("read kubeconfig", path, EIO);
  if (text.size() > kLargestFile) return fail("read kubeconfig", path, 0, "it is larger than 4 MiB");
  try {
    return File{path, YAML::Load(text)};
  } catch (const YAML::Exception& problem) {
    return fail("read kubeconfig", path, 0, problem.what());
  }
}

Result<Access> combine(const std::vector<File>& files) {
  const File* with_context = nullptr;
  for (const File& file : files) {
    if (with_context == nullptr && !text_of(file.root, "current-context").empty()) with_context = &file;
  }
  if (with_context == nullptr) return refused(files.front(), "there is no current-context");
  const std::string name = text_of(with_context->root, "current-context");
  const auto context = find(files, "contexts", name, "context");
  if (!context) return refused(*with_context, "there is no context \"" + name + "\"");
  const std::string cluster_name = text_of(context->node, "cluster");
  const auto cluster = find(files, "clusters", cluster_name, "cluster");
  if (!cluster) return refused(*context->file, "there is no cluster \"" + cluster_name + "\"");
  Access out;
  if (const auto read = read_cluster(*cluster, out); !read) return std::unexpected(read.error());
  if (const std::string user_name = text_of(context->node, "user"); !user_name.empty()) {
    const auto user = find(files, "users", user_name, "user");
    if (!user) return refused(*context->file, "there is no user \"" + user_name + "\"");
    if (const auto read = read_user(*user, out); !read) return std::unexpected(read.error());
  }
  out.name_space = text_of(context->node, "namespace");
  if (out.name_space.empty()) out.name_space = "default";
  return out;
}

}  // namespace

Result<Access> access_by_kubeconfig(std::span<const std::string> paths) {
  std::vector<File> files;
  for (const std::string& path : paths) {
    auto file = read_file(path);
    if (!file) return std::unexpected(file.error());
    if (*file) files.push_back(**std::move(file));
  }
  if (files.empty()) return fail("read kubeconfig", paths.empty() ? std::string() : paths.front(), ENOENT);
  // The library throws where a document is not what it is asked about.
  try {
    return combine(files);
  } catch (const YAML::Exception& problem) {
    return refused(files.front(), problem.what());
  }
}

}  // namespace tripline::kube
