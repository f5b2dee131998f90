// SPDX-License-Identifier: MIT OR Apache-2.0
#include "test/fuzz/target.hpp"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
	const std::string text = tmon::fuzz::complaint({data, size});
	if (!text.empty()) {
		std::fprintf(stderr, "fuzz: target %s: %s\n", tmon::fuzz::target_name, text.c_str());
		std::abort(); // libFuzzer shows the input and keeps it
	}
	return 0;
}
