// SPDX-License-Identifier: Apache-2.0

// A Go program for user_test.py.
package main

import (
	"fmt"
	"os"
	"strconv"
)

//go:noinline
func work(number int) int {
	return number + 100
}

func main() {
	number, _ := strconv.Atoi(os.Args[1])
	fmt.Println(work(number))
}
