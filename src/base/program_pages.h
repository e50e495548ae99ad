// SPDX-License-Identifier: Apache-2.0
// Pages of the program itself: its code and constants, which are in memory once they were used, for as long as it runs.
#pragma once

namespace tripline {

// Gives all of them back. What is still used is in the page cache and comes back by itself; what only the start needed
// does not.
void give_back_program_pages();

}  // namespace tripline
