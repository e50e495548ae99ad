// SPDX-License-Identifier: Apache-2.0
#include "webhook/server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "metrics/listen.h"
#include "webhook/kernels.h"

namespace tripline::webhook {
namespace {

using kube::Clock;

constexpr size_t kPiece = size_t{16} << 10;
constexpr std::chrono::milliseconds kFullPause{100};

Answered plain(int status, std::string text) {
  return {status, "text/plain; charset=utf-8", std::move(text)};
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const std::string& address, std::string certificate,
                                             std::string key, Handler handler, Say say,
                                             std::shared_ptr<const kube::Stop> stop, Limits limits) {
  std::unique_ptr<Server> out(new Server());
  out->certificate_ = std::move(certificate);
  out->key_ = std::move(key);
  out->handler_ = std::move(handler);
  out->say_ = std::move(say);
  out->stop_ = std::move(stop);
  out->limits_ = limits;
  if (auto identified = out->identify(); !identified)
    return fail("read the certificate", out->certificate_, 0, identified.error().text());
  Result<Fd> listener = listen_on(address);
  if (!listener) return std::unexpected(listener.error());
  out->listener_ = *std::move(listener);
  return out;
}

Server::~Server() {
  for (Peer& peer : peers_) peer.thread.join();
}

int Server::port() const { return bound_port(listener_); }

kube::Answer<void> Server::identify() {
  std::string stamp = stamp_of(certificate_) + " " + stamp_of(key_);
  if (identity_ && (stamp == stamp_ || stamp == troubled_stamp_)) return {};
  auto read = kube::Identity::read({.text = {}, .file = certificate_}, {.text = {}, .file = key_});
  if (!read) {
    troubled_stamp_ = std::move(stamp);
    return std::unexpected(read.error());
  }
  if (identity_) say_({LogLevel::kInfo, "The certificate was read again", {{"file", certificate_}}});
  identity_ = *std::move(read);
  stamp_ = std::move(stamp);
  return {};
}

// One request and its answer. False: no more of them on this connection.
bool Server::exchange(kube::Connection& connection) {
  std::array<char, kPiece> piece{};
  auto got = connection.read(piece, Clock::now() + limits_.idle, *stop_);
  if (!got || *got == 0) return false;
  const kube::Deadline deadline = Clock::now() + limits_.request;
  const auto send = [&](const Answered& answer, bool keep) {
    const auto sent = connection.write(kube::answer_text(answer.status, answer.type, answer.body, keep),
                                       Clock::now() + limits_.request, *stop_);
    return sent.has_value() && keep;
  };
  if (!room_.try_acquire_until(deadline)) return send(plain(503, "too many requests at once\n"), false);
  struct Release {
    std::counting_semaphore<>& room;
    ~Release() { room.release(); }
  } const release{room_};
  kube::HttpRequestReader reader(limits_.body);
  while (true) {
    const auto added = reader.add({piece.data(), *got});
    if (reader.is_too_long()) return send(plain(413, "the request is too large\n"), false);
    if (!added) return send(plain(400, added.error().text() + "\n"), false);
    if (*added) break;
    got = connection.read(piece, deadline, *stop_);
    if (!got || *got == 0) return false;
  }
  return send(handler_(reader.request()), reader.keeps());
}

void Server::serve(Fd socket, const kube::Identity& identity) {
  auto connection =
      kube::Connection::accept(std::move(socket), identity, Clock::now() + limits_.handshake, *stop_);
  if (!connection) return;  // whoever it was hears of it
  while (exchange(**connection)) continue;
}

void Server::end_those_over() {
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (!peer->over) {
      ++peer;
      continue;
    }
    peer->thread.join();
    peer = peers_.erase(peer);
  }
}

void Server::run() {
  while (!stop_->is_set()) {
    end_those_over();
    if (peers_.size() >= limits_.connections) {
      if (stop_->wait(kFullPause)) return;
      continue;
    }
    std::array<pollfd, 2> polled = {{{listener_.get(), POLLIN, 0}, {stop_->bell(), POLLIN, 0}}};
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (polled[1].revents != 0) return;
    Fd accepted(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!accepted) {
      if ((errno == EMFILE || errno == ENFILE) && stop_->wait(kFullPause)) return;
      continue;
    }
    if (const auto identified = identify(); !identified)
      say_({LogLevel::kError,
            "The certificate that is there now cannot be used: the earlier one stays",
            {{"error", identified.error().text()}}});
    Peer& peer = peers_.emplace_back();
    peer.thread = std::thread([this, &peer, socket = std::move(accepted), identity = *identity_]() mutable {
      serve(std::move(socket), identity);
      peer.over = true;
    });
  }
}

}  // namespace tripline::webhook
