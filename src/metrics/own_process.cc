// SPDX-License-Identifier: Apache-2.0
#include "metrics/own_process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string_view>
#include <system_error>
#include <vector>

namespace tripline {
namespace {

// What follows the name in /proc/PID/stat, numbered as in proc(5) from 3 on.
std::vector<double> stat_fields(const std::string& proc) {
  std::ifstream file(proc + "/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  rest >> state;
  std::vector<double> out = {0, 0, 0, 0};
  for (double value = 0; rest >> value;) out.push_back(value);
  return out;
}

// Seconds since 1970.
double boot_time(const std::string& proc) {
  std::ifstream file(proc + "/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

// The numbers of group `IpExt`, by their names: a line of names, then a line of values.
std::map<std::string, double> network_counts(const std::string& proc) {
  std::map<std::string, double> out;
  std::ifstream file(proc + "/self/net/netstat");
  for (std::string names, values; std::getline(file, names) && std::getline(file, values);) {
    if (!names.starts_with("IpExt:")) continue;
    std::istringstream name_words(names);
    std::istringstream value_words(values);
    std::string name;
    std::string value;
    while (name_words >> name && value_words >> value) out[name] = std::strtod(value.c_str(), nullptr);
  }
  return out;
}

double limit(__rlimit_resource of) {
  rlimit found{};
  if (getrlimit(of, &found) != 0) return 0;
  return found.rlim_cur == RLIM_INFINITY ? -1 : static_cast<double>(found.rlim_cur);
}

}  // namespace

void show_own_process(Page& page, const std::string& proc) {
  constexpr size_t kUserTime = 14, kSystemTime = 15, kStart = 22, kVirtual = 23, kResident = 24;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::vector<double> stat = stat_fields(proc);
  if (stat.size() > kResident) {
    page.add(Metric::cpu_seconds_total, (stat[kUserTime] + stat[kSystemTime]) / ticks);
    page.add(Metric::start_time_seconds, boot_time(proc) + stat[kStart] / ticks);
    page.add(Metric::virtual_memory_bytes, stat[kVirtual]);
    page.add(Metric::resident_memory_bytes, stat[kResident] * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  page.add(Metric::max_fds, limit(RLIMIT_NOFILE));
  page.add(Metric::virtual_memory_max_bytes, limit(RLIMIT_AS));
  std::error_code problem;
  std::filesystem::directory_iterator open(proc + "/self/fd", problem);
  for (; !problem && open != std::filesystem::directory_iterator(); open.increment(problem))
    page.add(Metric::open_fds, 1);
  const auto network = network_counts(proc);
  if (const auto in = network.find("InOctets"); in != network.end())
    page.add(Metric::network_receive_bytes_total, in->second);
  if (const auto out = network.find("OutOctets"); out != network.end())
    page.add(Metric::network_transmit_bytes_total, out->second);
}

}  // namespace tripline
