// SPDX-License-Identifier: Apache-2.0
#include "daemon/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <utility>

#include "base/go_text.h"
#include "render/json_out.h"
#include "render/text_buffer.h"

namespace tripline {
namespace {

Result<void> write_whole(int fd, const std::string& path, const std::string& text) {
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return fail("write", path, errno);
  return {};
}

bool is_of_a_process(const std::string& path) {
  pid_t pid = 0;
  return (std::ifstream(path) >> pid) && pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

}  // namespace

Result<PidFile> PidFile::take(const std::string& folder) {
  std::string path = folder + "/tetragon.pid";
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return fail("make", folder, errno);
  Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  const auto refused = [&](const std::string& why) {
    return fail("create pid file", path, 0,
                "failed to create pid file '" + path +
                    "', another Tetragon instance seems to be up and running: " + why);
  };
  if (!file) {
    const int error = errno;
    return refused(is_of_a_process(path) ? "process is already running"
                                         : "open " + path + ": " + go_error(error));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return refused("process is already running");
  if (const auto written = write_whole(file.get(), path, std::to_string(getpid())); !written)
    return std::unexpected(written.error());
  return PidFile(std::move(path), std::move(file));
}

PidFile::~PidFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

std::string info_text(const DaemonFacts& facts) {
  TextBuffer out;
  JsonOut json(out);
  json.start();
  json.set_member("export_fname", facts.export_file);
  json.set_member("lib_dir", facts.lib_folder);
  json.set_member("btf_fname", facts.btf);
  json.set_member("server_address", facts.server_address);
  json.set_member("metrics_address", facts.metrics_address);
  json.set_member("gops_address", std::string_view());
  json.set_member("map_dir", facts.map_folder);
  json.set_member("bpftool_path", std::string_view());
  json.set_member("gops_path", std::string_view());
  json.set_member("max_recv_size", uint32_t{0});
  json.set_member("pid", static_cast<int32_t>(facts.pid));
  json.end();
  out.add('\n');
  return std::string(out.view());
}

Result<void> write_info(const std::string& folder, const DaemonFacts& facts) {
  const std::string path = folder + "/tetragon-info.json";
  // A reader sees the old one or the new one, never half of it.
  const std::string fresh = path + ".new";
  {
    const Fd file(open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0744));
    if (!file) return fail("open", fresh, errno);
    fchmod(file.get(), 0744);
    if (auto written = write_whole(file.get(), fresh, info_text(facts)); !written) return written;
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) return fail("rename", fresh, errno);
  return {};
}

}  // namespace tripline
