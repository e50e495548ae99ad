// SPDX-License-Identifier: Apache-2.0
#include "flags/man.h"

#include <gtest/gtest.h>

#include "flags/program.h"

namespace tripline::flags {
namespace {

const ManualPage& page(const std::vector<ManualPage>& pages, std::string_view name) {
  return *std::ranges::find(pages, name, &ManualPage::name);
}

TEST(Man, APageForEveryCommandThatIsShown) {
  std::vector<std::string> names;
  for (const ManualPage& one : manual_pages(kProgram, "1", "0.1")) names.push_back(one.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"prog.1", "prog-policy.1", "prog-policy-add.1", "prog-policy-list.1",
                                      "prog-policy-make.1", "prog-status.1", "prog-level.1", "prog-help.1",
                                      "prog-completion.1", "prog-completion-bash.1", "prog-completion-fish.1",
                                      "prog-completion-powershell.1", "prog-completion-zsh.1"}));
}

TEST(Man, OfACommand) {
  const auto pages = manual_pages(kProgram, "1", "0.1");
  EXPECT_EQ(page(pages, "prog-policy-add.1").text, R"(.TH "PROG-POLICY-ADD" "1" "" "prog 0.1"
.SH NAME
prog\-policy\-add \- Add a policy
.SH SYNOPSIS
.B prog policy add <file> [flags]
.SH DESCRIPTION
Adds a policy.
.PP
From a file.

.SH OPTIONS
.TP
\fB\-c\fR, \fB\-\-count\fR \fIint\fR
How many
at most (default 2)
.TP
\fB\-h\fR, \fB\-\-help\fR
help for add
.TP
\fB\-l\fR, \fB\-\-label\fR \fIstrings\fR
Labels (default [x,y])
.TP
\fB\-m\fR, \fB\-\-mode\fR \fIstring\fR
The mode
.TP
\fB\-o\fR, \fB\-\-output\fR \fIstring\fR
Format (default text)
.TP
\fB\-q\fR, \fB\-\-quick\fR
No checks
.SH GLOBAL OPTIONS
.TP
\fB\-d\fR, \fB\-\-debug\fR
Say more
.TP
\fB\-\-server\fR \fIaddress\fR
The address of the server
.TP
\fB\-\-timeout\fR \fIduration\fR
How long to wait (default 30s)
.SH EXAMPLES
.nf
  prog policy add x.yaml
.fi
)");
}

}  // namespace
}  // namespace tripline::flags
