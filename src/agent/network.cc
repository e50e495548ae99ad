// SPDX-License-Identifier: Apache-2.0
#include "agent/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

#include "agent/tls.h"
#include "policy/internet.h"

namespace tripline {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint16_t kDnsPort = 53;
constexpr size_t kAnswerMax = size_t{1} << 20;  // bytes of an answer that are waited for
constexpr size_t kDnsHeader = 12;

// Where the answer may come from, and until when it is waited for.
struct Waiting {
  int stop;
  Clock::time_point deadline;
};

// Is `socket` ready for `events` before the wait is over?
bool ready(int socket, short events, const Waiting& waiting) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(waiting.deadline - Clock::now()).count();
  if (left <= 0) return false;
  std::array<pollfd, 2> polled = {{{socket, events, 0}, {waiting.stop, POLLIN, 0}}};
  const int count = poll(polled.data(), polled.size(), static_cast<int>(left));
  return count > 0 && polled[1].revents == 0;
}

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

Address address_of(const sockaddr_in& from) {
  Address out;
  std::memcpy(&out.bytes, &from, sizeof(from));
  out.size = sizeof(from);
  return out;
}

// `host` when it is written as a number.
std::optional<Address> numeric(const std::string& host, uint16_t port) {
  sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) return address_of(four);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1) return std::nullopt;
  Address out;
  std::memcpy(&out.bytes, &six, sizeof(six));
  out.size = sizeof(six);
  return out;
}

// The first line of `path` with words of which `wanted` accepts one: its result.
template <typename Wanted>
std::optional<std::string> find_line(const char* path, const Wanted& wanted) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string first, word;
    words >> first;
    while (words >> word) {
      if (wanted(first, word)) return first == "nameserver" ? word : first;
    }
  }
  return std::nullopt;
}

// Sends `question` to a resolver by UDP. Its answer; none in time, or when something else answers.
std::optional<std::string> ask(const Address& resolver, const std::string& question, const Waiting& waiting) {
  const Fd socket(::socket(resolver.bytes.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* to = reinterpret_cast<const sockaddr*>(&resolver.bytes);
  if (!socket || connect(socket.get(), to, resolver.size) != 0) return std::nullopt;
  if (send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) return std::nullopt;
  std::array<char, 4096> answer{};
  while (ready(socket.get(), POLLIN, waiting)) {
    const ssize_t size = recv(socket.get(), answer.data(), answer.size(), 0);
    if (size < 0) return std::nullopt;
    if (static_cast<size_t>(size) < kDnsHeader || std::memcmp(answer.data(), question.data(), 2) != 0)
      continue;
    return std::string(answer.data(), static_cast<size_t>(size));
  }
  return std::nullopt;
}

std::optional<std::string> question_for(const std::string& name) {
  uint16_t id = 0;
  if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id)) id = static_cast<uint16_t>(getpid());
  return policy::dns_question(name, id);
}

uint16_t word_at(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]));
}

// The first address of IPv4 in an answer, whose question has `question` bytes with its header.
std::optional<in_addr> first_address(std::string_view answer, size_t question) {
  constexpr size_t kFixed = 10;  // type, class, time to live, length
  constexpr uint8_t kPointer = 0xc0;
  size_t at = question;
  while (at < answer.size()) {
    while (at < answer.size() && static_cast<uint8_t>(answer[at]) != 0 &&
           static_cast<uint8_t>(answer[at]) < kPointer) {
      at += static_cast<uint8_t>(answer[at]) + size_t{1};
    }
    if (at >= answer.size()) break;
    at += static_cast<uint8_t>(answer[at]) == 0 ? 1 : 2;
    if (answer.size() < kFixed || at > answer.size() - kFixed) break;
    const uint16_t type = word_at(answer, at);
    const size_t length = word_at(answer, at + 8);
    at += kFixed;
    if (length > answer.size() - at) break;
    in_addr out{};
    if (type == 1 && length == sizeof(out)) {
      std::memcpy(&out, answer.data() + at, sizeof(out));
      return out;
    }
    at += length;
  }
  return std::nullopt;
}

// What the host's files say of `name`; else what its first name server answers.
std::optional<Address> resolve(const std::string& name, uint16_t port, const Waiting& waiting) {
  if (const auto address = numeric(name, port)) return address;
  const auto known = find_line("/etc/hosts", [&](const std::string& address, const std::string& alias) {
    return alias == name && numeric(address, port);
  });
  if (known) return numeric(*known, port);
  const auto server = find_line("/etc/resolv.conf", [](const std::string& key, const std::string& value) {
    return key == "nameserver" && numeric(value, kDnsPort);
  });
  const auto question = question_for(name);
  if (!server || !question) return std::nullopt;
  const auto answer = ask(*numeric(*server, kDnsPort), *question, waiting);
  const auto found = answer ? first_address(*answer, question->size()) : std::nullopt;
  if (!found) return std::nullopt;
  return address_of({.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = *found, .sin_zero = {}});
}

bool send_all(int socket, std::string_view bytes, const Waiting& waiting) {
  while (!bytes.empty()) {
    if (!ready(socket, POLLOUT, waiting)) return false;
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// True when there was an answer, whatever it says.
bool read_answer(int socket, const Waiting& waiting) {
  std::array<char, 4096> bytes{};
  size_t total = 0;
  while (total < kAnswerMax && ready(socket, POLLIN, waiting)) {
    const ssize_t size = recv(socket, bytes.data(), bytes.size(), 0);
    if (size < 0 && errno == EAGAIN) continue;
    if (size <= 0) break;
    total += static_cast<size_t>(size);
  }
  return total > 0;
}

bool get(const std::string& text, const NetworkOptions& options, const Waiting& waiting) {
  const auto url = policy::parse_http_url(text);
  if (!url) return false;
  const auto address = resolve(url->host, url->port, waiting);
  if (!address) return false;
  const Fd socket(::socket(address->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return false;
  const auto* to = reinterpret_cast<const sockaddr*>(&address->bytes);
  if (connect(socket.get(), to, address->size) != 0 && errno != EINPROGRESS) return false;
  const std::string request = "GET " + url->target + " HTTP/1.1\r\nHost: " + url->authority +
                              "\r\nUser-Agent: tripline\r\nConnection: close\r\n\r\n";
  if (url->secure) {
    return exchange_over_tls(socket.get(), url->host, request, options.authorities, kAnswerMax,
                             [&](short events) { return ready(socket.get(), events, waiting); });
  }
  return send_all(socket.get(), request, waiting) && read_answer(socket.get(), waiting);
}

bool look_up(const std::string& name, const sockaddr_in& resolver, const Waiting& waiting) {
  const auto question = question_for(name);
  return question && ask(address_of(resolver), *question, waiting).has_value();
}

}  // namespace

NetworkOptions::NetworkOptions()
    : resolver{.sin_family = AF_INET, .sin_port = htons(kDnsPort), .sin_addr = {}, .sin_zero = {}} {
  inet_pton(AF_INET, "1.1.1.1", &resolver.sin_addr);
}

NetworkActions::NetworkActions(NetworkOptions options)
    : options_(std::move(options)), stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

NetworkActions::~NetworkActions() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    changed_.notify_all();
    changed_.wait_for(lock, options_.grace, [this] { return done_ + failed_ >= accepted_; });
    failed_ += waiting_.size();
    waiting_.clear();
  }
  constexpr uint64_t kStop = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &kStop, sizeof(kStop));
  thread_.join();
}

void NetworkActions::add(const Request& request) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kWaiting) {
    ++dropped_;
    return;
  }
  ++accepted_;
  waiting_.push_back(request);
  changed_.notify_all();
  if (thread_.joinable()) return;
  // Signals are the caller's.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void NetworkActions::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool answered = perform(request);
    lock.lock();
    ++(answered ? done_ : failed_);
    changed_.notify_all();
  }
}

bool NetworkActions::perform(const Request& request) const {
  const Waiting waiting{stop_.get(), Clock::now() + options_.timeout};
  if (request.action == Action::kGetUrl) return get(request.target, options_, waiting);
  return look_up(request.target, options_.resolver, waiting);
}

}  // namespace tripline
