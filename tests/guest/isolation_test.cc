// SPDX-License-Identifier: Apache-2.0
// What a policy of a namespace must not do, tried on a real kernel: see, deny or kill a call of a process that is not in a
// container of that namespace, by whatever way the process, its cgroup or its pod came to be where it is. Policies deny
// prctl, each with an error of its own, so every call says who judged it.
//
// usage: isolation_test       (only in a guest: it attaches programs and makes cgroups)
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/agent.h"
#include "agent/node_pods.h"
#include "containers.h"
#include "objects.h"

using namespace tripline;
using namespace tripline::guest;
using namespace std::chrono_literals;

namespace {

enum Option : int { kDenied = 7301, kNotified, kReturned, kInside, kPosted, kNobody };
constexpr int kWatchedFd = 900;  // far from those that are open
// Of policies of the namespaces `one` and `two`; what prctl says of an option that it does not know; the process was killed.
constexpr int kOne = EPERM, kTwo = EACCES, kNone = EINVAL, kKilled = -1;

// A process that does what it is told.
class Subject {
 public:
  explicit Subject(const std::string& cgroup) {
    if (pipe(orders_.data()) != 0 || pipe(answers_.data()) != 0 || pipe(watched_.data()) != 0) _exit(1);
    pid_ = fork();
    if (pid_ == 0) {
      close(orders_[1]);
      close(answers_[0]);
      obey();
    }
    close(orders_[0]);
    close(answers_[1]);
    move(cgroup);
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject() {
    close(orders_[1]);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    for (const int fd : {answers_[0], watched_[0], watched_[1]}) close(fd);
  }

  void move(const std::string& cgroup) const { expect(enter_cgroup(cgroup, pid_), "cannot enter " + cgroup); }
  [[nodiscard]] int call(int option) const { return ask({'p', option}); }
  // From now on a child of it obeys, and it waits for that.
  [[nodiscard]] pid_t fork_child() const { return ask({'f', 0}); }
  // Reads from the watched descriptor; what happens meanwhile is done by `meanwhile`.
  [[nodiscard]] int read_while(const std::function<void()>& meanwhile) const {
    tell({'r', 0});
    (void)answer();  // it is about to
    std::this_thread::sleep_for(300ms);
    meanwhile();
    (void)!write(watched_[1], "x", 1);
    return answer();
  }

 private:
  struct Order {
    int what;
    int option;
  };
  void tell(Order order) const { (void)!write(orders_[1], &order, sizeof(order)); }
  [[nodiscard]] int answer() const {
    int out = 0;
    return read(answers_[0], &out, sizeof(out)) == sizeof(out) ? out : kKilled;
  }
  [[nodiscard]] int ask(Order order) const {
    tell(order);
    return answer();
  }
  void say(int what) const { (void)!write(answers_[1], &what, sizeof(what)); }
  [[noreturn]] void obey() const {
    signal(SIGPIPE, SIG_IGN);
    dup2(watched_[0], kWatchedFd);
    Order order{};
    while (read(orders_[0], &order, sizeof(order)) == sizeof(order)) {
      if (order.what == 'p') {
        say(prctl(order.option, 0, 0, 0, 0) == 0 ? 0 : errno);
      } else if (order.what == 'r') {
        say(0);
        char byte = 0;
        say(read(kWatchedFd, &byte, 1) == 1 ? 0 : errno);
      } else {
        const pid_t child = fork();
        if (child != 0) {
          waitpid(child, nullptr, 0);
          _exit(0);
        }
        say(getpid());
      }
    }
    _exit(0);
  }

  std::array<int, 2> orders_{}, answers_{}, watched_{};
  pid_t pid_ = 0;
};

std::string said(int answer) {
  return answer == kOne      ? "judged by one"
         : answer == kTwo    ? "judged by two"
         : answer == kNone   ? "judged by nobody"
         : answer == kKilled ? "killed"
                             : "answered " + std::to_string(answer);
}
void is(int answer, int expected, const std::string& what) {
  if (answer != expected) expect(false, what + " was " + said(answer) + ", not " + said(expected));
}

// --- policies

Source policy(const std::string& name, const std::string& name_space, const std::string& spec) {
  return {name, "kind: TracingPolicyNamespaced\nmetadata: {name: " + name + ", namespace: " + name_space +
                    "}\nspec:\n" + spec};
}
std::string prctl_hook(const std::string& call, Option option, const std::string& more) {
  return "  - call: " + call + "\n    syscall: " + (call == "sys_prctl" ? "true" : "false") +
         "\n    args: [{index: 0, type: int}]\n" +
         (more.contains("Return") ? "    return: true\n    returnArg: {index: 0, type: int}\n" : "") +
         "    selectors:\n    - matchArgs: [{index: 0, operator: Equal, values: [\"" +
         std::to_string(option) + "\"]}]\n" + more;
}
std::string deny(Option option, int error, const std::string& more = "") {
  return prctl_hook(
      "security_task_prctl", option,
      "      matchActions: [{action: Override, argError: -" + std::to_string(error) + "}]\n" + more);
}
Source denying(const std::string& name_space, int error) {
  return policy("deny", name_space, "  kprobes:\n" + deny(kDenied, error));
}

// --- processes

void test_moves(Agent& agent) {
  put(agent, pod("one", "web", {}), container("ca"), {make_cgroup("a")});
  put(agent, pod("two", "web", {}), container("cb"), {make_cgroup("b")});
  make_cgroup("host");
  make_cgroup("a/inner");
  if (!add(agent, denying("one", kOne)) || !add(agent, denying("two", kTwo))) return;
  const Subject subject("a");
  is(subject.call(kDenied), kOne, "a process of one");
  subject.move("b");
  is(subject.call(kDenied), kTwo, "moved to two");
  subject.move("host");
  is(subject.call(kDenied), kNone, "moved to the host");
  subject.move("a/inner");
  is(subject.call(kDenied), kOne, "moved from the host into a cgroup inside one's, as exec from outside is");
  const pid_t child = subject.fork_child();
  subject.move("b");  // the parent
  is(subject.call(kDenied), kOne, "forked before its parent moved to two");
  expect(enter_cgroup("b", child), "cannot move the child");
  is(subject.call(kDenied), kTwo, "a child that moved to two");
  clear(agent);
  is(subject.call(kDenied), kNone, "without policies");
}

void test_other_actions(Agent& agent) {
  const std::string notify =
      "  enforcers:\n  - calls: [security_task_prctl]\n  kprobes:\n" +
      prctl_hook("sys_prctl", kNotified,
                 "      matchActions: [{action: NotifyEnforcer, argError: -" + std::to_string(kOne) + "}]\n");
  const std::string at_return =
      "      matchReturnArgs: [{index: 0, operator: Equal, values: [\"-22\"]}]\n"
      "      matchReturnActions: [{action: Signal, argSig: 9}]\n";
  const std::string host_only = "      matchWorkloads: {hostSelector: {}}\n";
  const std::string all_pods = "      matchWorkloads: {podSelector: {}}\n";
  if (!add(agent, policy("notify", "one", notify)) ||
      !add(agent, policy("return", "one", "  kprobes:\n" + prctl_hook("sys_prctl", kReturned, at_return))) ||
      !add(agent, policy("nobody", "one", "  kprobes:\n" + deny(kNobody, kOne, host_only))) ||
      !add(agent, policy("inside", "one", "  kprobes:\n" + deny(kInside, kOne, all_pods))))
    return;
  for (const auto& [cgroup, is_judged] :
       {std::pair{"a", true}, {"a/inner", true}, {"b", false}, {"host", false}}) {
    const Subject subject(cgroup);
    const std::string who = std::string("in \"") + cgroup + "\"";
    is(subject.call(kNotified), is_judged ? kOne : kNone, "NotifyEnforcer, " + who);
    is(subject.call(kInside), is_judged ? kOne : kNone, "matchWorkloads of all pods, " + who);
    is(subject.call(kNobody), kNone, "matchWorkloads of the host, " + who);
    is(subject.call(kReturned), is_judged ? kKilled : kNone, "matchReturnArgs, " + who);
  }
  clear(agent);
}

// A call is judged for whoever entered it.
void test_returns_after_moves(Agent& agent) {
  const std::string read =
      "  kprobes:\n  - call: sys_read\n    syscall: true\n    return: true\n    args: [{index: 0, type: "
      "int}]\n"
      "    returnArg: {index: 0, type: int}\n    selectors:\n"
      "    - matchArgs: [{index: 0, operator: Equal, values: [\"" +
      std::to_string(kWatchedFd) +
      "\"]}]\n"
      "      matchReturnArgs: [{index: 0, operator: Equal, values: [\"1\"]}]\n"
      "      matchReturnActions: [{action: Signal, argSig: 9}]\n";
  if (!add(agent, policy("read", "one", read))) return;
  const Subject one("a"), two("b");
  is(two.read_while([&] { two.move("a"); }), 0, "entered in two, returned in one");
  is(one.read_while([&] { one.move("b"); }), kKilled, "entered in one, returned in two");
  clear(agent);
}

void test_events(Agent& agent, const int& posted) {
  if (!add(agent, policy("post", "one", "  kprobes:\n" + prctl_hook("security_task_prctl", kPosted, ""))))
    return;
  for (const char* cgroup : {"a", "b", "host", "a/inner"}) is(Subject(cgroup).call(kPosted), kNone, "Post");
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (posted < 2 && std::chrono::steady_clock::now() < end) {
    (void)agent.wait(100ms);
    agent.round();
  }
  (void)agent.wait(300ms);
  agent.round();
  expect(posted == 2, "there are " + std::to_string(posted) + " events of two calls");
  clear(agent);
}

// --- pods

const std::string kUidA = "aaaaaaaa-1111-2222-3333-444444444444",
                  kUidB = "bbbbbbbb-1111-2222-3333-444444444444",
                  kUidC = "cccccccc-1111-2222-3333-444444444444";
std::string id_of(char digit) { return std::string(64, digit); }
std::string place_of(const std::string& uid, const std::string& id) {
  return "kubepods/burstable/pod" + uid + "/" + id;
}
Pod told(const std::string& uid, const std::string& name_space, const std::vector<std::string>& running,
         Container::State state = Container::State::kRunning) {
  Pod out{.uid = uid, .name_space = name_space, .name = "web"};
  for (const std::string& id : running)
    out.containers.push_back({.id = id, .name = "main" + id.substr(0, 1), .image = "i", .state = state});
  return out;
}

// As the daemon has it; the test is the loop.
class Followed {
 public:
  explicit Followed(Agent& agent) : pods_(options()) {
    pods_.start(
        {.put =
             [&agent](const PodPtr& pod, const Container& container, const std::vector<uint64_t>& cgroups) {
               (void)agent.workloads().put(pod, container, cgroups);
             },
         .remove = [&agent](const std::string& id) { (void)agent.workloads().remove(id); },
         .post =
             [this](std::function<void()> command) {
               const std::lock_guard lock(mutex_);
               posted_.push_back(std::move(command));
             },
         .changed = [] {}},
        cgroup_root());
  }
  NodePods& pods() { return pods_; }
  // So long that cgroups are looked for several times.
  void rest() {
    for (int n = 0; n < 10; ++n) {
      std::this_thread::sleep_for(50ms);
      for (;;) {
        std::vector<std::function<void()>> now;
        {
          const std::lock_guard lock(mutex_);
          now = std::exchange(posted_, {});
        }
        if (now.empty()) break;
        for (const auto& command : now) command();
      }
    }
  }

 private:
  static NodePodsOptions options() {
    return {.store = {}, .first_pause = 20ms, .longest_pause = 80ms, .look_again = 40ms, .patience = 10s};
  }
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  NodePods pods_;
};

void test_pods(Agent& agent) {
  Followed node(agent);
  const std::string a = place_of(kUidA, id_of('a')), b = place_of(kUidB, id_of('b'));
  make_cgroup(a);
  if (!add(agent, denying("one", kOne)) || !add(agent, denying("two", kTwo))) return;
  node.pods().put(told(kUidA, "one", {id_of('a')}));
  node.rest();
  const Subject subject(a);
  is(subject.call(kDenied), kOne, "a container of one");
  // It makes cgroups as if they were another pod's, whose container has none yet.
  make_cgroup(a + "/pod" + kUidB + "/" + id_of('b'));
  make_cgroup(a + "/cri-containerd-" + id_of('b') + ".scope");
  node.pods().put(told(kUidB, "two", {id_of('b')}));
  node.rest();
  for (const char* inside : {"/pod", "/cri-containerd-"}) {
    subject.move(a + inside + (inside[1] == 'p' ? kUidB + "/" + id_of('b') : id_of('b') + ".scope"));
    is(subject.call(kDenied), kOne, std::string("in a cgroup with another's name, ") + inside);
  }
  make_cgroup(b);
  node.rest();
  const Subject other(b);
  is(other.call(kDenied), kTwo, "the container of two, when its cgroup is there");
  is(subject.call(kDenied), kOne, "still in the cgroup with another's name");
  // The other pod says that it has that container, too.
  node.pods().put(told(kUidB, "two", {id_of('b'), id_of('a')}));
  node.rest();
  is(subject.call(kDenied), kOne, "a container that another pod claims");
  node.pods().put(told(kUidB, "two", {id_of('b'), id_of('a')}, Container::State::kTerminated));
  node.rest();
  is(subject.call(kDenied), kOne, "a container of which another pod says that it ended");
  is(other.call(kDenied), kNone, "one of which its own pod says so");
  // A pod of the same name takes its place, while its process lives on.
  node.pods().remove(kUidA);
  make_cgroup(place_of(kUidC, id_of('c')));
  node.pods().put(told(kUidC, "one", {id_of('c')}));
  node.rest();
  is(subject.call(kDenied), kNone, "of a pod that is gone");
  const Subject successor(place_of(kUidC, id_of('c')));
  is(successor.call(kDenied), kOne, "of a pod with the name of one that is gone");
  node.pods().put(told(kUidC, "one", {id_of('c')}, Container::State::kWaiting));
  node.rest();
  is(successor.call(kDenied), kOne, "when an update does not show that it runs");
  node.pods().remove(kUidC);
  clear(agent);
}

// Cgroups come and go inside a container while it is looked for, and while policies come and go.
void test_cgroups_that_vanish(Agent& agent) {
  Followed node(agent);
  const std::string a = place_of(kUidA, id_of('d'));
  make_cgroup(a);
  std::atomic<bool> ends = false;
  std::thread maker([&] {
    for (int n = 0; !ends; ++n) {
      const std::string inside = a + "/" + std::to_string(n % 7);
      make_cgroup(inside + "/x");
      rmdir((cgroup_root() + "/" + inside + "/x").c_str());
      rmdir((cgroup_root() + "/" + inside).c_str());
    }
  });
  for (int n = 0; n < 4; ++n) {
    node.pods().put(told(kUidA, "one", {id_of('d')}));
    if (!add(agent, denying("one", kOne))) break;
    node.rest();
    const Subject subject(a);
    is(subject.call(kDenied), kOne, "of a container whose cgroups come and go");
    make_cgroup(a + "/stays");
    subject.move(a + "/stays");
    is(subject.call(kDenied), kOne, "inside it");
    clear(agent);
    node.pods().remove(kUidA);
  }
  ends = true;
  maker.join();
  expect(agent.workloads().lost() == 0, "a cgroup was lost");
}

int test() {
  if (!mount_cgroups(false)) {
    std::perror("isolation_test: mount cgroups");
    return 1;
  }
  const Objects nothing;
  int posted = 0;
  std::unique_ptr<Agent> agent = start_agent(
      [&posted](const Event& event) { posted += std::holds_alternative<ProcessKprobe>(event.payload); });
  if (!agent) return 1;
  test_moves(*agent);
  test_other_actions(*agent);
  test_returns_after_moves(*agent);
  for (int n = 0; n < 3; ++n) {  // the events of the tests before
    (void)agent->wait(100ms);
    agent->round();
  }
  posted = 0;
  test_events(*agent, posted);
  test_pods(*agent);
  test_cgroups_that_vanish(*agent);
  agent.reset();
  expect(settles(nothing), "something is left");
  return failures() == 0 ? 0 : 1;
}

}  // namespace

int main() {
  if (access("/run/guest", F_OK) != 0) {
    std::fprintf(stderr, "isolation_test: only in a guest (tools/vm): it attaches programs to the kernel\n");
    return 77;
  }
  return test();
}
