// SPDX-License-Identifier: Apache-2.0
// What a call's entry leaves for its return: a note in a map of the library (bpf/lib/entry.bpf.h), with the selector that
// matched and what is read only when the call is over.
#pragma once

#include <cstddef>

#include "compile/judge/judging.h"

namespace tripline {

// Are there notes to be made or found?
[[nodiscard]] bool notes_calls(const Judging& judging);

// Which call this is.
void find_frame(const Judging& judging);

// At the entry. What the note of the call will hold, when `selector` has matched; a record that is sent makes the note.
void save_entry(const Judging& judging, size_t section, size_t selector);
// The note of a call that has no record: its return looks for it all the same.
void note_entry(const Judging& judging, size_t section);

// At the return. On with a call whose entry was noted, and the section's values in the slot; else to `no`.
void take_entry(const Judging& judging, size_t section, Label no);
// To `next` when it was a selector behind this one that the entry matched: this one has no say about the return.
void test_entry(const Judging& judging, size_t selector, Label next);
// To `same` when it was this selector that the entry matched; else on.
void test_other_entry(const Judging& judging, size_t selector, Label same);

}  // namespace tripline
